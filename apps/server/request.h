// What a client asks for, read and checked.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "axia/answers/generate.h"

namespace axia::server {

/// Which values a request asks for, by name: `steer`, or one of `plan` and `plan_json`.
struct SteerWish {
    std::map<std::string, double> steer;              // value -> +-p0, strictly between 0 and 1
    std::string plan;                                 // a stored plan
    std::string plan_json;                            // a whole plan, as text
    std::string direction, amount, rows, gate, hold;  // empty = the plan's own
    std::vector<int> layers;
    double alpha = 0;  // 0 = the plan's own

    bool any() const { return !steer.empty() || !plan.empty() || !plan_json.empty(); }
    /// The same wish gives the same text.
    std::string key() const;
};

/// One way of answering a request.
struct Arm {
    bool prompt = false;   // the values stand in the system message
    bool steered = false;  // the plan acts

    std::string_view name() const {
        return prompt ? (steered ? "prompt+steered" : "prompt") : steered ? "steered" : "unsteered";
    }
};

using Prompt = std::variant<std::string, std::vector<model::Token>>;

struct CompletionRequest {
    std::string model;                     // empty = whichever is served
    std::vector<model::Message> messages;  // of a chat
    std::vector<Prompt> prompts;           // of a completion
    answers::GenerateOptions options;
    std::optional<std::uint32_t> seed;
    int n = 1;              // answers to each prompt
    bool logprobs = false;  // of the answer's tokens
    int top = 0;            // likeliest tokens beside each
    bool echo = false;      // the prompt before the answer
    bool stream = false;
    bool stream_usage = false;
    SteerWish wish;
    std::vector<Arm> arms;          // at least one
    std::vector<std::string> read;  // values whose probes are read with `trace`
    bool trace = false;             // per token and layer
};

/// What the reader of JSON is to be spared, found in one pass over the text, which may be no JSON:
/// its cost grows with the square of an object's members. Throws core::Error{input}.
void require_bounded_json(std::string_view body);

/// Throw core::Error{input} naming the field.
CompletionRequest parse_chat_request(std::string_view body);
CompletionRequest parse_completion_request(std::string_view body);

struct EmbeddingRequest {
    std::string model;
    std::vector<Prompt> inputs;
    bool base64 = false;  // little-endian F32, as OpenAI's own client asks for
    int dimensions = 0;   // 0 = all
};
EmbeddingRequest parse_embedding_request(std::string_view body);

struct TokenizeRequest {
    std::string text;
    std::vector<model::Message> messages;  // instead of a text: in the chat template
    bool special = true;                   // the tokenizer's own tokens around it
};
TokenizeRequest parse_tokenize_request(std::string_view body);
std::vector<model::Token> parse_detokenize_request(std::string_view body);

}  // namespace axia::server
