#include "server/request.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using model::Token;
using json = nlohmann::ordered_json;  // a schema keeps the order of its properties

namespace {

constexpr std::size_t most_depth = 64;
constexpr std::size_t most_members = 1024;  // of one object
constexpr int most_answers = 64;            // of one request
constexpr int most_top = 20;
constexpr int most_tokens = 1 << 20;
constexpr std::size_t most_stops = 16;
constexpr std::size_t most_layers = 512;
constexpr std::size_t most_biases = 1024;
constexpr std::size_t most_inputs = 256;
// making a grammar of a schema costs more than its length: 1,000 properties take seconds
constexpr std::size_t most_schema_bytes = 64 << 10;

[[noreturn]] void refuse(const std::string& what, const std::string& field,
                         const std::string& hint = {}) {
    throw Error(ErrorKind::input, what, field, hint);
}

json parse_body(std::string_view body) {
    require_bounded_json(body);
    json root;
    try {
        root = json::parse(body);
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
    /// One of `known`, or empty when it is missing.
    std::string choice(const char* name, const std::vector<std::string>& known) const {
        std::string value = text(name);
        if (find(name) == nullptr) return value;
        if (std::find(known.begin(), known.end(), value) == known.end()) {
            std::string list;
            for (const std::string& one : known) list += (list.empty() ? "" : ", ") + one;
            refuse("'" + value + "' is not known", where(name), "it can be " + list);
        }
        return value;
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

/// The plan itself is checked where it is compiled; here, that it can be one.
void read_wish(const Fields& own, SteerWish& wish) {
    if (const json* plan = own.find("plan")) {
        if (plan->is_string()) {
            wish.plan = plan->get<std::string>();
        } else if (plan->is_object()) {
            wish.plan_json = plan->dump();
        } else {
            refuse("must be the name of a plan, or a plan", "axia.plan");
        }
    }
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
    if (own.find("plan") != nullptr && !wish.steer.empty()) {
        refuse("steer and plan cannot stand together", "axia");
    }
    wish.direction = own.choice("direction", {"probe", "whitened", "mean"});
    wish.amount = own.choice("amount", {"row", "prompt", "constant"});
    wish.rows = own.choice("rows", {"all", "onward"});
    wish.gate = own.choice("gate", {"learned", "always", "never"});
    wish.hold = own.choice("hold", {"others"});
    wish.alpha = own.number("alpha", 0);
    if (own.find("alpha") != nullptr && !(wish.alpha > 0 && wish.alpha < 1)) {
        refuse("must lie strictly between 0 and 1", "axia.alpha");
    }
    if (const json* layers = own.find("layers")) {
        if (!layers->is_array() || layers->empty() || layers->size() > most_layers) {
            refuse("must be a list of block numbers", "axia.layers");
        }
        wish.layers = tokens_of(*layers, "axia.layers");
        std::sort(wish.layers.begin(), wish.layers.end());
    }
    for (const char* name : {"direction", "amount", "rows", "gate", "hold", "alpha", "layers"}) {
        if (own.find(name) != nullptr && !wish.any()) {
            refuse("needs steer or plan beside it", std::string("axia.") + name);
        }
    }
}

Arm arm_of(const json& name) {
    for (const Arm arm : {Arm{false, false}, Arm{true, false}, Arm{false, true}, Arm{true, true}}) {
        if (name.is_string() && name.get_ref<const std::string&>() == arm.name()) return arm;
    }
    refuse("can hold unsteered, prompt, steered and prompt+steered", "axia.compare");
}

void read_axia(const Fields& fields, CompletionRequest& request) {
    request.arms = {{}};
    const json* axia = fields.find("axia");
    if (axia == nullptr) return;
    const Fields own(*axia, "axia");
    own.only({"steer", "plan", "direction", "amount", "rows", "gate", "alpha", "layers", "hold",
              "prompt", "compare", "trace", "read"});
    read_wish(own, request.wish);
    request.trace = own.flag("trace", false);
    request.options.trace_answer = request.trace;
    if (const json* read = own.find("read")) {
        if (!read->is_array() || read->size() > most_layers) refuse("must be a list", "axia.read");
        for (const json& value : *read) {
            if (!value.is_string()) refuse("must hold names of values", "axia.read");
            request.read.push_back(value.get<std::string>());
        }
        if (!request.trace) refuse("needs trace: true beside it", "axia.read");
    }
    const bool prompt = own.flag("prompt", false);
    request.arms = {{prompt, request.wish.any() && !prompt}};
    const json* compare = own.find("compare");
    if (compare != nullptr && compare->is_array()) {
        request.arms.clear();
        for (const json& name : *compare) request.arms.push_back(arm_of(name));
        if (request.arms.empty() || request.arms.size() > 8) {
            refuse("must hold 1 to 8 arms", "axia.compare");
        }
    } else if (own.flag("compare", false)) {
        request.arms = {{prompt, false}, {prompt, true}};
    }
    for (const Arm& arm : request.arms) {
        if ((arm.steered || arm.prompt) && !request.wish.any()) {
            refuse("needs steer or plan beside it", compare != nullptr ? "axia.compare" : "axia");
        }
    }
}

/// The grammar that holds an answer to the format asked for; empty for plain text.
std::string grammar_of(const Fields& format) {
    const std::string type = format.choice("type", {"text", "json_object", "json_schema"});
    if (type == "json_object") return model::schema_grammar(R"({"type": "object"})");
    if (type != "json_schema") return {};
    const json* wrapper = format.find("json_schema");
    if (wrapper == nullptr) refuse("is missing", "response_format.json_schema");
    const json* schema = Fields(*wrapper, "response_format.json_schema").find("schema");
    if (schema == nullptr || !schema->is_object()) {
        refuse("must be a JSON schema", "response_format.json_schema.schema");
    }
    const std::string text = schema->dump();
    if (text.size() > most_schema_bytes) {
        refuse("is longer than " + std::to_string(most_schema_bytes >> 10) + " KiB",
               "response_format.json_schema.schema");
    }
    try {
        return model::schema_grammar(text);
    } catch (const Error& error) {
        const std::string path = "response_format.json_schema.schema";
        throw Error(error.kind(), error.message(),
                    error.where().empty() ? path : path + "." + error.where(), error.hint());
    }
}

/// What chats and completions have in common.
CompletionRequest common_of(const Fields& fields) {
    // silently leaving these out would answer another question than the one asked
    for (const char* name :
         {"tools", "functions", "tool_choice", "function_call", "suffix", "audio", "modalities"}) {
        const json* value = fields.find(name);
        if (value == nullptr || (value->is_structured() && value->empty())) continue;
        if (value->is_string() &&
            (*value == "none" || value->get_ref<const std::string&>().empty()))
            continue;
        refuse("is not supported", fields.where(name), "leave it out");
    }
    for (const char* name : {"presence_penalty", "frequency_penalty"}) {
        if (fields.number(name, 0) != 0) {
            refuse("is not supported", fields.where(name), "leave it out, or 0");
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
    if (const json* bias = fields.find("logit_bias")) {
        if (!bias->is_object() || bias->size() > most_biases) {
            refuse("must be an object of at most " + std::to_string(most_biases) + " tokens",
                   "logit_bias");
        }
        for (const auto& [token, value] : bias->items()) {
            Token number = 0;
            const auto [end, code] =
                std::from_chars(token.data(), token.data() + token.size(), number);
            const double shift = value.is_number() ? value.get<double>() : 1e9;
            if (code != std::errc() || end != token.data() + token.size() || number < 0 ||
                !(std::abs(shift) <= 100)) {
                refuse("must map token numbers to biases from -100 to 100", "logit_bias." + token);
            }
            sampler.bias.emplace_back(number, static_cast<float>(shift));
        }
    }
    if (const json* format = fields.find("response_format")) {
        sampler.grammar = grammar_of(Fields(*format, "response_format"));
    }
    read_axia(fields, request);
    if (request.n * static_cast<int>(request.arms.size()) > most_answers) {
        refuse("asks for more than " + std::to_string(most_answers) + " answers", "n");
    }
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

/// A text, token numbers, or a list of either.
std::vector<Prompt> prompts_of(const Fields& fields, const char* name) {
    std::vector<Prompt> prompts;
    const json* prompt = fields.find(name);
    const char* const wanted = "must be a text, a list of token numbers, or a list of those";
    if (prompt == nullptr) refuse("is missing", name);
    if (prompt->is_string()) {
        prompts.emplace_back(prompt->get<std::string>());
    } else if (!prompt->is_array() || prompt->empty()) {
        refuse(wanted, name);
    } else if (prompt->front().is_number()) {
        prompts.emplace_back(tokens_of(*prompt, name));
    } else {
        for (const json& one : *prompt) {
            if (one.is_string()) {
                prompts.emplace_back(one.get<std::string>());
            } else if (one.is_array()) {
                prompts.emplace_back(tokens_of(one, name));
            } else {
                refuse(wanted, name);
            }
        }
    }
    return prompts;
}

std::vector<model::Message> messages_of(const Fields& fields) {
    std::vector<model::Message> list;
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
        list.push_back({role, content_of(*content, where + ".content")});
    }
    return list;
}

}  // namespace

void require_bounded_json(std::string_view body) {
    std::vector<std::size_t> members;  // of each object or list that is open
    bool in_text = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (in_text) {
            if (c == '\\') ++i;
            in_text = c != '"';
        } else if (c == '"') {
            in_text = true;
        } else if (c == '[' || c == '{') {
            if (members.size() == most_depth) refuse("is nested too deeply", "body");
            members.push_back(0);
        } else if (c == ']' || c == '}') {
            if (!members.empty()) members.pop_back();
        } else if (c == ':' && !members.empty() && ++members.back() > most_members) {
            refuse("holds an object of more than " + std::to_string(most_members) + " members",
                   "body");
        }
    }
}

std::string SteerWish::key() const {
    json key = {plan, plan_json, direction, amount, rows, gate, hold, layers, alpha};
    for (const auto& [value, target] : steer) key.push_back({value, target});
    return key.dump();
}

CompletionRequest parse_chat_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    CompletionRequest request = common_of(fields);
    request.messages = messages_of(fields);
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
    request.prompts = prompts_of(fields, "prompt");
    if (request.prompts.size() * static_cast<std::size_t>(request.n) * request.arms.size() >
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
    for (const Arm& arm : request.arms) {
        if (arm.prompt) refuse("a completion has no system message", "axia", "use a chat");
    }
    return request;
}

EmbeddingRequest parse_embedding_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    EmbeddingRequest request;
    request.model = fields.text("model");
    request.inputs = prompts_of(fields, "input");
    if (request.inputs.size() > most_inputs) {
        refuse("holds more than " + std::to_string(most_inputs) + " texts", "input");
    }
    request.base64 = fields.choice("encoding_format", {"float", "base64"}) == "base64";
    request.dimensions = fields.whole("dimensions", 0, 1, most_tokens);
    return request;
}

TokenizeRequest parse_tokenize_request(std::string_view body) {
    const json root = parse_body(body);
    const Fields fields(root, "");
    TokenizeRequest request;
    if (fields.find("messages") != nullptr) {
        request.messages = messages_of(fields);
        return request;
    }
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
