#include "answers/stream.h"

#include <algorithm>

#include "axia/core/files.h"

namespace axia::answers {

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

}  // namespace

bool AnswerText::settle(const std::vector<std::string>& stops, bool last, std::string& piece) {
    std::size_t end = last ? pending_.size() : whole_utf8(pending_);
    bool stopped = false;
    for (const std::string& stop : stops) {
        if (stop.empty()) continue;
        const std::size_t found = pending_.find(stop);
        if (found != std::string::npos && found <= end) end = found, stopped = true;
    }
    if (!stopped && !last) {
        for (const std::string& stop : stops) {
            for (std::size_t n = std::min(stop.size(), end); n > 0; --n) {
                if (pending_.compare(end - n, n, stop, 0, n) == 0) {
                    end -= n;
                    break;
                }
            }
        }
        end = whole_utf8(std::string_view(pending_).substr(0, end));
    }
    piece = mended_utf8(std::string_view(pending_).substr(0, end));
    pending_.erase(0, end);
    settled_ += end;
    text_ += piece;
    return stopped;
}

steer::RowSteer Stream::steering(std::size_t at) {
    const bool last_of_prompt = at + 1 == prompt.size();
    const bool trace =
        (options->trace && last_of_prompt) || (options->trace_answer && at + 1 >= prompt.size());
    steer::RowSteer row = steer::row_steer(plan, &state, at, prompt.size());
    if (plan == nullptr && watched != nullptr && trace) {
        row = steer::row_steer(watched, &state, at, prompt.size());
        row.watch = true;
    }
    row.trace = trace && row.plan != nullptr;
    return row;
}

Token Stream::advance(const model::Model& model, std::span<const float> logits, bool room,
                      std::string& piece) {
    const Token token = sampler.draw(logits);
    const bool ended = model.is_end(token);
    if (!ended) {
        next = token;
        ++tokens;
        text.add(model.token_bytes(token));
    }
    const bool full = tokens >= options->max_tokens || !room;
    stopped = text.settle(options->stop, ended || full, piece);
    if (ended || stopped || full) {
        running = false;
        finish = ended || stopped ? "stop" : "length";
    }
    return token;
}

Generated Stream::result() {
    Generated out;
    out.text = text.text();
    out.finish = finish;
    out.prompt_tokens = static_cast<int>(prompt.size());
    out.tokens = tokens;
    out.trace = std::move(state.trace);
    out.rows_shifted = state.rows_shifted;
    out.rows_seen = state.rows_seen;
    out.infeasible = state.infeasible;
    return out;
}

void decode_steered(model::Session& session, steer::SteerHook& hook,
                    std::span<const model::Row> rows, std::vector<steer::RowSteer> steering) {
    const bool any = std::any_of(steering.begin(), steering.end(),
                                 [](const auto& s) { return s.plan != nullptr; });
    if (!any) {
        session.decode(rows);
        return;
    }
    model::LayerHook* const hooks[] = {&hook};
    hook.set_rows(std::move(steering));
    session.decode(rows, hooks);
}

}  // namespace axia::answers
