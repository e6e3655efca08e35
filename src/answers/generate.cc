#include "axia/answers/generate.h"

#include <algorithm>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using model::Token;

std::size_t whole_utf8(std::string_view bytes) {
    // at most the last three bytes can belong to an unfinished character
    const std::size_t size = bytes.size();
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, size); ++back) {
        const auto lead = static_cast<unsigned char>(bytes[size - back]);
        if (lead < 0x80) return size;
        if (lead >= 0xC0) {
            const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
            return length > back ? size - back : size;
        }
    }
    return size;
}

namespace {

/// Bytes that are no UTF-8 become U+FFFD: a model may draw any byte.
std::string mended_utf8(std::string_view bytes) {
    if (core::is_utf8(bytes)) return std::string(bytes);
    std::string text;
    for (std::size_t i = 0; i < bytes.size();) {
        std::size_t n = 1;
        while (n <= 4 && i + n <= bytes.size() && !core::is_utf8(bytes.substr(i, n))) ++n;
        if (n <= 4 && i + n <= bytes.size()) {
            text += bytes.substr(i, n);
            i += n;
        } else {
            text += "\xEF\xBF\xBD";
            ++i;
        }
    }
    return text;
}

/// One answer in the making.
struct Stream {
    const GenerateRequest* request = nullptr;
    Generated out;
    std::string pending;  // decoded, not yet certain
    model::Sampler sampler;
    steer::SequenceState state;
    Token next = 0;
    int position = 0;
    bool running = true;

    Stream(const GenerateRequest& r, const GenerateOptions& options)
        : request(&r), sampler(options.sampler) {}
};

/// Moves what is certain out of `pending`: whole characters that cannot be the start of a stop
/// text. Returns true when a stop text was met.
bool settle(Stream& stream, const GenerateOptions& options, bool last, std::string& piece) {
    std::size_t end = last ? stream.pending.size() : whole_utf8(stream.pending);
    bool stopped = false;
    for (const std::string& stop : options.stop) {
        if (stop.empty()) continue;
        const std::size_t found = stream.pending.find(stop);
        if (found != std::string::npos && found <= end) end = found, stopped = true;
    }
    if (!stopped && !last) {
        for (const std::string& stop : options.stop) {
            for (std::size_t n = std::min(stop.size(), end); n > 0; --n) {
                if (stream.pending.compare(end - n, n, stop, 0, n) == 0) {
                    end -= n;
                    break;
                }
            }
        }
        end = whole_utf8(std::string_view(stream.pending).substr(0, end));
    }
    piece = mended_utf8(std::string_view(stream.pending).substr(0, end));
    stream.pending.erase(0, end);
    stream.out.text += piece;
    return stopped;
}

}  // namespace

std::vector<Generated> generate(model::Session& session, std::span<const GenerateRequest> requests,
                                const GenerateOptions& options, const TextSink& sink,
                                const core::Watch& watch) {
    std::vector<Stream> streams;
    streams.reserve(requests.size());
    if (requests.size() > static_cast<std::size_t>(session.options().sequences)) {
        throw Error(ErrorKind::input, "more requests than the session has sequences");
    }
    const int share = session.options().context / std::max(1, static_cast<int>(requests.size()));
    for (const GenerateRequest& request : requests) {
        if (static_cast<int>(request.prompt.size()) + 1 > share) {
            throw Error(ErrorKind::input,
                        "the prompt has " + std::to_string(request.prompt.size()) +
                            " tokens and leaves no room in a context of " + std::to_string(share),
                        "prompt", "shorten it or raise --ctx");
        }
        streams.emplace_back(request, options);
        streams.back().out.prompt_tokens = static_cast<int>(request.prompt.size());
    }
    session.clear();
    steer::SteerHook hook;
    model::LayerHook* const hooks[] = {&hook};
    const auto decode = [&](const std::vector<model::Row>& rows,
                            std::vector<steer::RowSteer> steering) {
        const bool any = std::any_of(steering.begin(), steering.end(),
                                     [](const auto& s) { return s.plan != nullptr; });
        if (any) {
            hook.set_rows(std::move(steering));
            session.decode(rows, hooks);
        } else {
            session.decode(rows);
        }
    };
    const auto advance = [&](std::size_t i, std::size_t row) {
        Stream& stream = streams[i];
        const Token token = stream.sampler.draw(session.logits(row));
        std::string piece;
        const bool ended = session.model().is_end(token);
        if (!ended) {
            stream.next = token;
            ++stream.out.tokens;
            stream.pending += session.model().token_bytes(token);
        }
        const bool full = stream.out.tokens >= options.max_tokens || stream.position + 1 >= share;
        const bool stopped = settle(stream, options, ended || full, piece);
        if (sink && !piece.empty()) sink(i, piece);
        if (ended || stopped || full) {
            stream.running = false;
            stream.out.finish = ended || stopped ? "stop" : "length";
        }
    };

    // prompts one at a time: a prompt must lie whole in one batch for amounts kept from its last
    // row
    const auto batch = static_cast<std::size_t>(session.options().batch);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        Stream& stream = streams[i];
        const std::vector<Token>& prompt = stream.request->prompt;
        stream.state.tracing = options.trace;
        for (std::size_t begin = 0; begin < prompt.size(); begin += batch) {
            const std::size_t end = std::min(prompt.size(), begin + batch);
            std::vector<model::Row> rows;
            std::vector<steer::RowSteer> steering;
            for (std::size_t p = begin; p < end; ++p) {
                rows.push_back({prompt[p], static_cast<std::int32_t>(p),
                                static_cast<std::int32_t>(i), 0, p + 1 == prompt.size()});
                steering.push_back(
                    steer::row_steer(stream.request->plan, &stream.state, p, prompt.size()));
            }
            decode(rows, std::move(steering));
        }
        stream.position = static_cast<int>(prompt.size()) - 1;
        stream.state.tracing = false;
        advance(i, (prompt.size() - 1) % batch);
    }
    while (std::any_of(streams.begin(), streams.end(), [](const Stream& s) { return s.running; })) {
        std::vector<model::Row> rows;
        std::vector<steer::RowSteer> steering;
        std::vector<std::size_t> members;
        const bool cancelled = watch.cancelled && watch.cancelled();
        for (std::size_t i = 0; i < streams.size(); ++i) {
            Stream& stream = streams[i];
            if (!stream.running) continue;
            if (cancelled) {
                stream.running = false;
                stream.out.finish = "cancelled";
                continue;
            }
            ++stream.position;
            members.push_back(i);
            rows.push_back({stream.next, stream.position, static_cast<std::int32_t>(i), 0, true});
            steering.push_back(steer::row_steer(stream.request->plan, &stream.state,
                                                static_cast<std::size_t>(stream.position),
                                                stream.request->prompt.size()));
        }
        if (rows.empty()) break;
        decode(rows, std::move(steering));
        for (std::size_t k = 0; k < members.size(); ++k) advance(members[k], k);
    }
    std::vector<Generated> results;
    for (Stream& stream : streams) {
        stream.out.trace = std::move(stream.state.trace);
        stream.out.rows_shifted = stream.state.rows_shifted;
        stream.out.rows_seen = stream.state.rows_seen;
        stream.out.infeasible = stream.state.infeasible;
        results.push_back(std::move(stream.out));
    }
    return results;
}

}  // namespace axia::answers
