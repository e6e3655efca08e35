// Answers, streamed, several side by side in one batch, each under its own plan or none.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/core/log.h"
#include "axia/model/sampler.h"
#include "axia/steer/steering.h"

namespace axia::answers {

struct GenerateOptions {
    model::SamplerOptions sampler;
    int max_tokens = 200;
    std::vector<std::string> stop;  // the answer ends before the first of these
    bool trace = false;             // at the last prompt row
    bool trace_answer = false;      // and at every row of the answer
};

struct GenerateRequest {
    std::vector<model::Token> prompt;
    const steer::CompiledPlan* plan = nullptr;  // null = unsteered
};

struct Generated {
    std::string text;    // valid UTF-8; other bytes stand as U+FFFD
    std::string finish;  // "stop", "length" or "cancelled"
    int prompt_tokens = 0, tokens = 0;
    std::vector<steer::TraceEntry> trace;  // row by row, layers ascending
    std::uint64_t rows_shifted = 0, rows_seen = 0, infeasible = 0;
};

/// Called with each piece of request `index`'s answer as it becomes certain; always whole UTF-8.
using TextSink = std::function<void(std::size_t index, std::string_view piece)>;

/// Decodes all requests together; each has its own sampler with the same seed, so that an answer
/// does not depend on its neighbours. Clears the session. Throws Error{input} when a prompt leaves
/// no room for an answer in its share of the context.
std::vector<Generated> generate(model::Session& session, std::span<const GenerateRequest> requests,
                                const GenerateOptions& options, const TextSink& sink = {},
                                const core::Watch& watch = {});

/// Length of the longest prefix of `bytes` that ends on a whole UTF-8 character.
std::size_t whole_utf8(std::string_view bytes);

}  // namespace axia::answers
