// What an OpenAI-compatible endpoint sends back, read without trust.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace axia::model {

/// A token that could stand at one place, as the endpoint writes it.
struct TokenChance {
    std::string token;
    double log_probability = 0;  // natural log
};

struct ScoredToken {
    TokenChance chosen;
    std::vector<TokenChance> top;  // the likeliest, as many as the endpoint gives
};

struct EndpointChoice {
    std::string text;                 // a refusal's words when there is no other text
    std::string finish;               // "stop", "length", "content_filter", ...; empty = not said
    std::vector<ScoredToken> tokens;  // empty = the endpoint gives no log-probabilities
    bool implausible = false;         // `tokens` are no probabilities, see parse_chat_reply
};

struct EndpointReply {
    std::vector<EndpointChoice> choices;
    std::uint64_t prompt_tokens = 0, answer_tokens = 0;  // as the endpoint counts; 0 = not said
    std::string reason;    // why there is no answer; empty = there is one
    bool refused = false;  // no answer because the endpoint does not take this request: HTTP 4xx
    bool lacking = false;  // refused because the endpoint does not have this call: 404, 405, 501
    int tries = 0;
};

/// A body of /chat/completions. Log-probabilities may have the form of chats or of completions;
/// NaN and Infinity, which are no JSON, are read. Log-probabilities that are missing, not finite,
/// above 0 or whose top probabilities sum to more than 1 (by more than .01) are `implausible`; a
/// first token without one is none of these. Throws Error{network} saying in one line what is
/// wrong: no JSON, deeper than 64, no choices, an error in place of an answer.
EndpointReply parse_chat_reply(std::string_view body);

/// The same for /completions.
EndpointReply parse_completion_reply(std::string_view body);

/// The ids in a body of /models, in its order. Throws Error{network}.
std::vector<std::string> parse_models_reply(std::string_view body);

/// The message in the body of an error: one line of at most 200 bytes, empty when there is none.
std::string parse_error_reply(std::string_view body);

}  // namespace axia::model
