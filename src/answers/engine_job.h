// One request inside the engine, and which rows of the cache requests may share.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "answers/stream.h"
#include "axia/answers/engine.h"

namespace axia::answers {

using Clock = std::chrono::steady_clock;

/// A prefix shorter than this is decoded anew rather than kept.
constexpr std::size_t least_shared = 16;

/// How the rows of a sequence were steered, as far as another may share them: none, or all alike
/// by one plan whose shift of a row depends on that row alone.
struct Sharing {
    std::string key;       // empty = untouched, else the plan's hash
    std::size_t rows = 0;  // at most
};

struct EngineJob {
    std::uint64_t number = 0;
    EngineRequest request;
    EngineSink sink;
    Stream stream;
    Clock::time_point came = Clock::now(), last_token;
    std::size_t cells = 0;  // of the cache, at most
    bool cancelled = false;

    // the engine's thread alone
    int sequence = -1;
    std::size_t decoded = 0;   // rows of the prompt
    std::uint64_t leader = 0;  // a job whose first rows this one waits for
    std::size_t lead_rows = 0;
    EngineAnswer answer;
    std::vector<TokenScore> pending;  // scores whose text is not certain yet
    std::vector<std::size_t> ends;    // where each one's text ends, in bytes of the model's

    EngineJob(const model::Model& model, EngineRequest r, EngineSink s)
        : request(std::move(r)),
          sink(std::move(s)),
          stream(model, request.prompt, request.plan.get(), request.options) {
        stream.watched = request.watched.get();
    }
    EngineJob(const EngineJob&) = delete;
    EngineJob& operator=(const EngineJob&) = delete;

    bool prefilling() const { return decoded < request.prompt.size(); }
    const steer::Plan* plan() const {
        const steer::CompiledPlan* plan = request.plan.get();
        return plan != nullptr && !plan->plan().empty() ? &plan->plan() : nullptr;
    }
    /// Amounts measured at the last prompt row and applied before it: no part can go first.
    bool whole_prompt() const;
    /// With `rows` of the sequence in the cache, which of them others may use.
    Sharing shares(std::size_t rows) const;
    std::size_t rows_in_cache() const {
        return prefilling() ? decoded : static_cast<std::size_t>(stream.position) + 1;
    }
    model::Token token_at(std::size_t row) const {
        const std::size_t prompt = request.prompt.size();
        return row < prompt ? request.prompt[row] : answer.tokens[row - prompt];
    }
};

/// Rows left in the cache by an answer that has ended.
struct Kept {
    int sequence = 0;
    std::string key;
    std::vector<model::Token> tokens;
    std::uint64_t used = 0;  // when, in admissions
};

/// Rows from the start that two texts share.
std::size_t common_rows(std::span<const model::Token> a, std::span<const model::Token> b);

/// How likely a token is under a row of logits, and the `top` likeliest beside it.
TokenScore score_of(std::span<const float> logits, model::Token token, int top);

}  // namespace axia::answers
