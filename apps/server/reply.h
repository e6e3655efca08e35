// Answers and errors in the shapes that OpenAI's clients read.
#pragma once

#include <cstdint>
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
    std::string plan = "none";  // hash
    bool applied = false;       // false with a plan: its gate was closed
    std::optional<double> gate_score, gate_threshold;
    std::uint32_t seed = 0;
};

/// One choice, whole.
struct Choice {
    std::vector<model::Token> prompt;  // echoed; empty = not
    std::string prompt_text;
    std::string text;
    std::vector<answers::TokenScore> scores;  // of the answer
    answers::EngineAnswer answer;
    bool logprobs = false;
    SteeringNote note;
};

struct Usage {
    int prompt_tokens = 0, completion_tokens = 0;
};

std::string reply_json(const ReplyHead& head, const model::Model& model,
                       const std::vector<Choice>& choices, const Usage& usage);

/// Events of a stream: "data: {...}\n\n".
std::string first_event(const ReplyHead& head, std::size_t index);  // chats alone
std::string piece_event(const ReplyHead& head, const model::Model& model, std::size_t index,
                        std::string_view piece, const std::vector<answers::TokenScore>& scores,
                        bool logprobs);
std::string last_event(const ReplyHead& head, std::size_t index,
                       const answers::EngineAnswer& answer, const SteeringNote& note);
std::string usage_event(const ReplyHead& head, const Usage& usage);
std::string error_event(int status, std::string_view message);

/// Prometheus text of the engine's counts.
std::string metrics_text(const answers::EngineCounts& counts);

}  // namespace axia::server
