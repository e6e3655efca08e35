// Answers and errors in the shapes that OpenAI's clients read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/engine.h"
#include "axia/core/error.h"

namespace axia::server {

/// HTTP status of an error.
int status_of(const core::Error& error);
/// {"error": {"message", "type", "param", "code"}}
std::string error_json(int status, std::string_view message, std::string_view param = {});

/// What every part of one reply repeats.
struct ReplyHead {
    bool chat = true;
    std::string id, model;
    std::int64_t created = 0;  // Unix seconds
};

/// How the answer was steered.
struct SteeringNote {
    std::string_view arm = "unsteered";
    std::string plan = "none";  // hash
    bool applied = false;       // false with a plan: its gate was closed
    std::optional<double> gate_score, gate_threshold;
    std::uint32_t seed = 0;
};

/// One choice, whole.
struct Choice {
    std::vector<model::Token> prompt;
    bool echo = false;        // the prompt before the answer
    std::string prompt_text;  // when echoed
    std::string text;
    std::vector<answers::TokenScore> scores;  // of the answer
    answers::EngineAnswer answer;
    bool logprobs = false;
    bool counted = true;  // false for a further answer to the same prompt: paid once
    SteeringNote note;
    std::shared_ptr<const steer::CompiledPlan> traced;  // whose readings the trace holds
};

struct Usage {
    int prompt_tokens = 0, completion_tokens = 0, cached_tokens = 0;
};

std::string reply_json(const ReplyHead& head, const model::Model& model,
                       const std::vector<Choice>& choices, const Usage& usage);

/// Events of a stream: "data: {...}\n\n".
std::string first_event(const ReplyHead& head, std::size_t index);  // chats alone
std::string piece_event(const ReplyHead& head, const model::Model& model, std::size_t index,
                        std::string_view piece, const std::vector<answers::TokenScore>& scores,
                        bool logprobs);
std::string last_event(const ReplyHead& head, const model::Model& model, std::size_t index,
                       const Choice& choice);
std::string usage_event(const ReplyHead& head, const Usage& usage);
std::string error_event(int status, std::string_view message);

/// Requests by what became of their steering.
struct SteeringCounts {
    std::uint64_t unsteered = 0, steered = 0, closed = 0;  // closed = by its gate
};

/// Prometheus text.
std::string metrics_text(const answers::EngineCounts& counts, const SteeringCounts& steering);

struct EmbeddingReply {
    std::string model;
    std::vector<std::vector<float>> vectors;
    bool base64 = false;
    int tokens = 0;
};
std::string embedding_json(const EmbeddingReply& reply);

}  // namespace axia::server
