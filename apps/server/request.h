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

/// The field `axia` of a request: which values, by name.
struct SteerWish {
    std::map<std::string, double> steer;  // value -> +-p0, strictly between 0 and 1
    std::string plan;                     // a stored plan
    bool trace = false;

    bool any() const { return !steer.empty() || !plan.empty(); }
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
};

/// Throw core::Error{input} naming the field.
CompletionRequest parse_chat_request(std::string_view body);
CompletionRequest parse_completion_request(std::string_view body);

struct TokenizeRequest {
    std::string text;
    bool special = true;  // the tokenizer's own tokens around it
};
TokenizeRequest parse_tokenize_request(std::string_view body);
std::vector<model::Token> parse_detokenize_request(std::string_view body);

}  // namespace axia::server
