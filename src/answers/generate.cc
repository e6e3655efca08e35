#include "axia/answers/generate.h"

#include <algorithm>

#include "answers/stream.h"
#include "axia/core/error.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using model::Token;

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
        streams.emplace_back(session.model(), request.prompt, request.plan, options);
    }
    session.clear();
    steer::SteerHook hook;
    const auto advance = [&](std::size_t i, std::size_t row) {
        Stream& stream = streams[i];
        std::string piece;
        stream.advance(session.model(), session.logits(row), stream.position + 1 < share, piece);
        if (sink && !piece.empty()) sink(i, piece);
    };

    // prompts one at a time: a prompt must lie whole in one batch for amounts kept from its last
    // row
    const auto batch = static_cast<std::size_t>(session.options().batch);
    for (std::size_t i = 0; i < streams.size(); ++i) {
        Stream& stream = streams[i];
        const std::span<const Token> prompt = stream.prompt;
        for (std::size_t begin = 0; begin < prompt.size(); begin += batch) {
            const std::size_t end = std::min(prompt.size(), begin + batch);
            std::vector<model::Row> rows;
            std::vector<steer::RowSteer> steering;
            for (std::size_t p = begin; p < end; ++p) {
                rows.push_back({prompt[p], static_cast<std::int32_t>(p),
                                static_cast<std::int32_t>(i), 0, p + 1 == prompt.size()});
                steering.push_back(stream.steering(p));
            }
            decode_steered(session, hook, rows, std::move(steering));
        }
        stream.position = static_cast<int>(prompt.size()) - 1;
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
                stream.finish = "cancelled";
                continue;
            }
            ++stream.position;
            members.push_back(i);
            rows.push_back({stream.next, stream.position, static_cast<std::int32_t>(i), 0, true});
            steering.push_back(stream.steering(static_cast<std::size_t>(stream.position)));
        }
        if (rows.empty()) break;
        decode_steered(session, hook, rows, std::move(steering));
        for (std::size_t k = 0; k < members.size(); ++k) advance(members[k], k);
    }
    std::vector<Generated> results;
    for (Stream& stream : streams) results.push_back(stream.result());
    return results;
}

}  // namespace axia::answers
