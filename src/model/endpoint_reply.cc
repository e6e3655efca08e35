#include "axia/model/endpoint_reply.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
using nlohmann::json;

namespace {

constexpr std::size_t deepest = 64;
constexpr std::size_t most_message_bytes = 200;
constexpr double tolerance = .01;  // of sums: log-probabilities come rounded to 16 bits

[[noreturn]] void unreadable(const std::string& what) {
    throw Error(ErrorKind::network, what);
}

/// The text without NaN and Infinity, which Python writes: null, and -Infinity the lowest number.
/// Throws when brackets nest too deep.
std::string plain_json(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    std::size_t depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            plain += c;
            if (c == '\\' && i + 1 < text.size()) plain += text[++i];
            in_string = c != '"';
            continue;
        }
        in_string = c == '"';
        if (c == '[' || c == '{') {
            if (++depth > deepest) unreadable("its reply nests too deep");
        }
        if ((c == ']' || c == '}') && depth > 0) --depth;
        const std::string_view rest = text.substr(i);
        bool replaced = false;
        for (const auto& [word, by] : {std::pair<std::string_view, std::string_view>{"NaN", "null"},
                                       {"-Infinity", "-1e308"},
                                       {"Infinity", "null"}}) {
            if (!rest.starts_with(word)) continue;
            plain += by;
            i += word.size() - 1;
            replaced = true;
            break;
        }
        if (!replaced) plain += c;
    }
    return plain;
}

json parse_body(std::string_view body) {
    json root = json::parse(plain_json(body), nullptr, false);
    if (root.is_discarded()) unreadable("its reply is not JSON");
    if (!root.is_object()) unreadable("its reply is no JSON object");
    return root;
}

const json& member(const json& object, const char* name) {
    static const json nothing;
    if (!object.is_object()) return nothing;
    const auto found = object.find(name);
    return found == object.end() ? nothing : *found;
}

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

/// A message's content: a text, or a list of parts with texts.
std::string content_of(const json& content) {
    if (!content.is_array()) return text_of(content);
    std::string text;
    for (const json& part : content) text += text_of(member(part, "text"));
    return text;
}

std::uint64_t count_of(const json& value) {
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

double number_of(const json& value) {
    return value.is_number() ? value.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

/// {"content": [{"token", "logprob", "top_logprobs": [{"token", "logprob"}]}]}
std::vector<ScoredToken> chat_tokens(const json& content) {
    std::vector<ScoredToken> tokens;
    const auto chance = [](const json& entry) {
        return TokenChance{text_of(member(entry, "token")), number_of(member(entry, "logprob"))};
    };
    for (const json& entry : content) {
        ScoredToken token{chance(entry), {}};
        const json& top = member(entry, "top_logprobs");
        if (top.is_array()) {
            for (const json& one : top) token.top.push_back(chance(one));
        }
        tokens.push_back(std::move(token));
    }
    return tokens;
}

/// {"tokens": [...], "token_logprobs": [...], "top_logprobs": [{token: logprob}]}
std::vector<ScoredToken> completion_tokens(const json& logprobs) {
    std::vector<ScoredToken> tokens;
    const json& names = member(logprobs, "tokens");
    const json& numbers = member(logprobs, "token_logprobs");
    const json& tops = member(logprobs, "top_logprobs");
    if (!names.is_array() || !numbers.is_array() || names.size() != numbers.size()) return tokens;
    for (std::size_t i = 0; i < names.size(); ++i) {
        ScoredToken token{{text_of(names[i]), number_of(numbers[i])}, {}};
        if (tops.is_array() && i < tops.size() && tops[i].is_object()) {
            for (const auto& [name, number] : tops[i].items()) {
                token.top.push_back({name, number_of(number)});
            }
        }
        tokens.push_back(std::move(token));
    }
    return tokens;
}

std::vector<ScoredToken> tokens_of(const json& logprobs) {
    const json& content = member(logprobs, "content");
    return content.is_array() ? chat_tokens(content) : completion_tokens(logprobs);
}

bool is_log_probability(double number) {
    return number <= tolerance;  // not of NaN
}

bool are_implausible(const std::vector<ScoredToken>& tokens) {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        // nothing stands before the first token of a text
        const bool unscored = i == 0 && tokens[i].top.empty();
        if (!is_log_probability(tokens[i].chosen.log_probability) && !unscored) return true;
        double sum = 0;
        for (const TokenChance& chance : tokens[i].top) {
            if (!is_log_probability(chance.log_probability)) return true;
            sum += std::exp(chance.log_probability);
        }
        if (sum > 1 + tolerance) return true;
    }
    return false;
}

EndpointReply parse_reply(std::string_view body, bool chat) {
    const json root = parse_body(body);
    const json& choices = member(root, "choices");
    if (!choices.is_array() || choices.empty()) {
        const std::string message = parse_error_reply(body);
        unreadable(message.empty() ? "its reply holds no choices" : "it reports: " + message);
    }
    EndpointReply reply;
    for (const json& entry : choices) {
        const json& message = member(entry, "message");
        EndpointChoice choice;
        if (chat) {
            if (!message.is_object()) unreadable("its reply holds a choice without a message");
            choice.text = content_of(member(message, "content"));
            if (choice.text.empty()) choice.text = text_of(member(message, "refusal"));
        } else {
            if (!member(entry, "text").is_string()) {
                unreadable("its reply holds a choice without a text");
            }
            choice.text = text_of(member(entry, "text"));
        }
        choice.finish = text_of(member(entry, "finish_reason"));
        choice.tokens = tokens_of(member(entry, "logprobs"));
        choice.implausible = are_implausible(choice.tokens);
        reply.choices.push_back(std::move(choice));
    }
    const json& usage = member(root, "usage");
    reply.prompt_tokens = count_of(member(usage, "prompt_tokens"));
    reply.answer_tokens = count_of(member(usage, "completion_tokens"));
    return reply;
}

/// Cut to whole UTF-8 characters, control characters as blanks.
std::string one_line(std::string text) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
    }
    if (text.size() > most_message_bytes) {
        std::size_t end = most_message_bytes - 3;
        while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
        text.resize(end);
        text += "...";
    }
    return text;
}

}  // namespace

EndpointReply parse_chat_reply(std::string_view body) {
    return parse_reply(body, true);
}

EndpointReply parse_completion_reply(std::string_view body) {
    return parse_reply(body, false);
}

std::vector<std::string> parse_models_reply(std::string_view body) {
    const json root = parse_body(body);
    const json& data = member(root, "data");
    if (!data.is_array()) unreadable("its reply holds no list of models");
    std::vector<std::string> names;
    for (const json& entry : data) {
        names.push_back(text_of(member(entry, "id")));
        if (names.back().empty()) unreadable("its reply holds a model without a name");
    }
    return names;
}

std::string parse_error_reply(std::string_view body) {
    json root;
    try {
        root = parse_body(body);
    } catch (const Error&) {
        return {};
    }
    const json& error = member(root, "error");
    for (const json* place :
         {&member(error, "message"), &error, &member(root, "message"), &member(root, "detail")}) {
        if (place->is_string()) return one_line(place->get<std::string>());
    }
    return {};
}

}  // namespace axia::model
