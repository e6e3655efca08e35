#include "server/request.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using model::Token;
using nlohmann::json;

namespace {

constexpr int most_depth = 64;
constexpr int most_answers = 64;  // of one request
constexpr int most_top = 20;
constexpr int most_tokens = 1 << 20;
constexpr std::size_t most_stops = 16;

[[noreturn]] void refuse(const std::string& what, const std::string& field,
                         const std::string& hint = {}) {
    throw Error(ErrorKind::input, what, field, hint);
}

json parse_body(std::string_view body) {
    const auto shallow = [](int depth, json::parse_event_t, const json&) {
        if (depth > most_depth) refuse("is nested too deeply", "body");
        return true;
    };
    json root;
    try {
        root = json::parse(body, shallow);
    } catch (const json::exception& error) {
        refuse("is not JSON: " + std::string(error.what()).substr(0, 200), "body");
    }
    if (!root.is_object()) refuse("must be a JSON object", "body");
    return root;
}

/// The members of one object, by type; null counts as missing.
class Fields {
  public:
    Fields(const json& object, std::string path) : object_(object), path_(std::move(path)) {
        if (!object.is_object()) refuse("must be an object", path_);
    }

    const json* find(const char* name) const {
        const auto found = object_.find(name);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    std::string where(const std::string& name) const {
        return path_.empty() ? name : path_ + "." + name;
    }
    bool flag(const char* name, bool otherwise) const {
        const json* value = find(name);
        if (value == nullptr) return otherwise;
        if (!value->is_boolean()) refuse("must be true or false", where(name));
        return value->get<bool>();
    }
    int whole(const char* name, int otherwise, int least, int most) const {
        const json* value = find(name);
        if (value == nullptr) return otherwise;
        const bool good = value->is_number_integer() && *value >= least && *value <= most;
        if (!good) {
            refuse("must be a whole number from " + std::to_string(least) + " to " +
                       std::to_string(most),
                   where(name));
        }
        return value->get<int>();
    }
    double number(const char* name, double otherwise) const {
        const json* value = find(name);
        if (value == nullptr) return otherwise;
        if (!value->is_number()) refuse("must be a number", where(name));
        return value->get<double>();
    }
    std::string text(const char* name) const {
        const json* value = find(name);
        if (value == nullptr) return {};
        if (!value->is_string()) refuse("must be a text", where(name));
        return value->get<std::string>();
    }
    /// Throws for a member outside `known`, with the nearest of them.
    void only(const std::vector<std::string>& known) const {
        for (const auto& [name, value] : object_.items()) {
            if (std::find(known.begin(), known.end(), name) != known.end()) continue;
            const std::string near = core::nearest_names(name, known);
            std::string list;
            for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
            refuse("is not known", where(name),
                   near.empty() ? "it can be " + list : "did you mean " + near + "?");
        }
    }

  private:
    const json& object_;
    std::string path_;
};

std::vector<Token> tokens_of(const json& list, const std::string& field) {
    std::vector<Token> tokens;
    for (const json& entry : list) {
        if (!entry.is_number_integer() || entry < 0 || entry > 0x7fffffff) {
            refuse("must hold token numbers", field);
        }
        tokens.push_back(entry.get<Token>());
    }
    return tokens;
}

SteerWish wish_of(const Fields& fields) {
    SteerWish wish;
    const json* axia = fields.find("axia");
    if (axia == nullptr) return wish;
    const Fields own(*axia, "axia");
    own.only({"steer", "plan", "trace"});
    wish.plan = own.text("plan");
    wish.trace = own.flag("trace", false);
    if (const json* steer = own.find("steer")) {
        if (!steer->is_object()) refuse("must be an object of value: target", "axia.steer");
        for (const auto& [value, target] : steer->items()) {
            const double p = target.is_number() ? target.get<double>() : 0;
            if (!(std::abs(p) > 0 && std::abs(p) < 1)) {
                refuse("must lie strictly between 0 and 1, or between -1 and 0 to lower the value",
                       "axia.steer." + value);
            }
            wish.steer.emplace(value, p);
        }
    }
    if (!wish.plan.empty() && !wish.steer.empty()) {
        refuse("steer and plan cannot stand together", "axia");
    }
    return wish;
}

/// What chats and completions have in common.
CompletionRequest common_of(const Fields& fields) {
    // silently leaving these out would answer another question than the one asked
    for (const char* name : {"tools", "functions", "tool_choice", "function_call", "suffix",
                             "logit_bias", "audio", "modalities"}) {
        const json* value = fields.find(name);
        if (value == nullptr || (value->is_structured() && value->empty())) continue;
        if (value->is_string() && (*value == "none" || *value == "")) continue;
        refuse("is not supported", fields.where(name), "leave it out");
    }
    for (const char* name : {"presence_penalty", "frequency_penalty"}) {
        if (fields.number(name, 0) != 0) {
            refuse("is not supported", fields.where(name), "leave it out, or 0");
        }
    }
    if (const json* format = fields.find("response_format")) {
        if (Fields(*format, "response_format").text("type") != "text") {
            refuse("is not supported but for {\"type\": \"text\"}", "response_format");
        }
    }
    CompletionRequest request;
    request.model = fields.text("model");
    request.n = fields.whole("n", 1, 1, most_answers);
    if (fields.whole("best_of", request.n, 1, most_answers) != request.n) {
        refuse("is not supported but as n", "best_of", "leave it out");
    }
    request.stream = fields.flag("stream", false);
    if (const json* options = fields.find("stream_options")) {
        request.stream_usage = Fields(*options, "stream_options").flag("include_usage", false);
    }
    model::SamplerOptions& sampler = request.options.sampler;
    sampler.temperature = fields.number("temperature", 1);
    sampler.top_p = fields.number("top_p", 1);
    sampler.top_k = fields.whole("top_k", 0, -1, most_tokens);
    if (sampler.top_k < 0) sampler.top_k = 0;  // how some clients say "off"
    sampler.min_p = fields.number("min_p", 0);
    if (const json* seed = fields.find("seed")) {
        if (!seed->is_number_integer()) refuse("must be a whole number", "seed");
        request.seed = static_cast<std::uint32_t>(seed->get<std::int64_t>());
    }
    if (const json* stop = fields.find("stop")) {
        const json list = stop->is_string() ? json::array({*stop}) : *stop;
        if (!list.is_array() || list.size() > most_stops) {
            refuse("must be a text or up to " + std::to_string(most_stops) + " of them", "stop");
        }
        for (const json& one : list) {
            if (!one.is_string() || one.get_ref<const std::string&>().empty()) {
                refuse("must be texts that are not empty", "stop");
            }
            request.options.stop.push_back(one.get<std::string>());
        }
    }
    request.wish = wish_of(fields);
    request.options.trace = request.wish.trace;
    return request;
}

/// A message's content: a text, or a list of parts of type text.
std::string content_of(const json& content, const std::string& where) {
    if (content.is_string()) return content.get<std::string>();
    if (!content.is_array()) refuse("must be a text", where);
    std::string text;
    for (const json& part : content) {
        const Fields fields(part, where);
        if (fields.text("type") != "text") refuse("can hold parts of type text alone", where);
        text += fields.text("text");
    }
    return text;
}

}  // namespace

CompletionRequest parse_chat_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    CompletionRequest request = common_of(fields);
    const json* messages = fields.find("messages");
    if (messages == nullptr || !messages->is_array() || messages->empty()) {
        refuse("must be a list of at least one message", "messages");
    }
    for (std::size_t i = 0; i < messages->size(); ++i) {
        const std::string where = "messages[" + std::to_string(i) + "]";
        const Fields message((*messages)[i], where);
        std::string role = message.text("role");
        if (role == "developer") role = "system";
        if (role != "system" && role != "user" && role != "assistant") {
            refuse("must be system, user or assistant", where + ".role");
        }
        const json* content = message.find("content");
        if (content == nullptr) refuse("is missing", where + ".content");
        request.messages.push_back({role, content_of(*content, where + ".content")});
    }
    const int limit = fields.whole("max_tokens", 512, 1, most_tokens);
    request.options.max_tokens = fields.whole("max_completion_tokens", limit, 1, most_tokens);
    request.logprobs = fields.flag("logprobs", false);
    request.top = fields.whole("top_logprobs", 0, 0, most_top);
    if (request.top > 0 && !request.logprobs) {
        refuse("needs logprobs: true", "top_logprobs");
    }
    return request;
}

CompletionRequest parse_completion_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    CompletionRequest request = common_of(fields);
    const json* prompt = fields.find("prompt");
    const char* const wanted = "must be a text, a list of token numbers, or a list of those";
    if (prompt == nullptr) refuse("is missing", "prompt");
    if (prompt->is_string()) {
        request.prompts.emplace_back(prompt->get<std::string>());
    } else if (!prompt->is_array() || prompt->empty()) {
        refuse(wanted, "prompt");
    } else if (prompt->front().is_number()) {
        request.prompts.emplace_back(tokens_of(*prompt, "prompt"));
    } else {
        for (const json& one : *prompt) {
            if (one.is_string()) {
                request.prompts.emplace_back(one.get<std::string>());
            } else if (one.is_array()) {
                request.prompts.emplace_back(tokens_of(one, "prompt"));
            } else {
                refuse(wanted, "prompt");
            }
        }
    }
    if (request.prompts.size() * static_cast<std::size_t>(request.n) >
        static_cast<std::size_t>(most_answers)) {
        refuse("asks for more than " + std::to_string(most_answers) + " answers", "prompt",
               "send fewer prompts at once, or a smaller n");
    }
    request.options.max_tokens = fields.whole("max_tokens", 16, 0, most_tokens);
    request.echo = fields.flag("echo", false);
    if (const json* logprobs = fields.find("logprobs"); logprobs && !logprobs->is_boolean()) {
        request.logprobs = true;
        request.top = fields.whole("logprobs", 0, 0, most_top);
    } else if (logprobs != nullptr) {
        request.logprobs = logprobs->get<bool>();
    }
    if (request.echo && request.stream) refuse("cannot be streamed", "echo");
    return request;
}

TokenizeRequest parse_tokenize_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    TokenizeRequest request;
    const char* const name = fields.find("prompt") != nullptr ? "prompt" : "content";
    if (fields.find(name) == nullptr) refuse("is missing", "content");
    request.text = fields.text(name);
    request.special = fields.flag("add_special_tokens", fields.flag("add_special", true));
    return request;
}

std::vector<Token> parse_detokenize_request(std::string_view body) {
    const json root = parse_body(body);
    const json* tokens = Fields(root, "").find("tokens");
    if (tokens == nullptr || !tokens->is_array()) refuse("must be a list of numbers", "tokens");
    return tokens_of(*tokens, "tokens");
}

}  // namespace axia::server
