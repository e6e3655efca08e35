#include "server/reply.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "axia/core/files.h"
#include "axia/core/hash.h"

namespace axia::server {

using answers::TokenScore;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

/// A token as text; bytes that are no UTF-8 by themselves as OpenAI writes them: bytes:\xe2\x80
std::string token_text(const model::Model& model, model::Token token) {
    std::string bytes = model.token_bytes(token);
    if (core::is_utf8(bytes)) return bytes;
    std::string text = "bytes:";
    for (const char c : bytes) {
        char hex[8];
        std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned char>(c));
        text += hex;
    }
    return text;
}

ordered_json chance(const model::Model& model, model::Token token, double log_probability) {
    ordered_json bytes = ordered_json::array();
    for (const char c : model.token_bytes(token)) bytes.push_back(static_cast<unsigned char>(c));
    return {{"token", token_text(model, token)}, {"logprob", log_probability}, {"bytes", bytes}};
}

ordered_json chat_logprobs(const model::Model& model, const std::vector<TokenScore>& scores) {
    ordered_json content = ordered_json::array();
    for (const TokenScore& score : scores) {
        if (model.is_end(score.token)) continue;
        ordered_json entry = chance(model, score.token, score.log_probability);
        entry["top_logprobs"] = ordered_json::array();
        for (const auto& [token, log_probability] : score.top) {
            entry["top_logprobs"].push_back(chance(model, token, log_probability));
        }
        content.push_back(std::move(entry));
    }
    return {{"content", std::move(content)}};
}

/// The lists of a completion's log-probabilities, grown token by token.
struct CompletionLogprobs {
    const model::Model& model;
    ordered_json tokens = ordered_json::array(), numbers = ordered_json::array(),
                 tops = ordered_json::array(), offsets = ordered_json::array();
    std::size_t offset = 0;  // in bytes

    void add(model::Token token, const TokenScore* score) {
        tokens.push_back(token_text(model, token));
        offsets.push_back(offset);
        offset += model.token_bytes(token).size();
        if (score == nullptr) {  // nothing stands before the first token of a text
            numbers.push_back(nullptr);
            tops.push_back(nullptr);
            return;
        }
        numbers.push_back(score->log_probability);
        ordered_json top = ordered_json::object();
        for (const auto& [other, log_probability] : score->top) {
            const std::string text = token_text(model, other);
            if (!top.contains(text)) top[text] = log_probability;  // likeliest first
        }
        tops.push_back(std::move(top));
    }
    ordered_json json() && {
        return {{"tokens", std::move(tokens)},
                {"token_logprobs", std::move(numbers)},
                {"top_logprobs", std::move(tops)},
                {"text_offset", std::move(offsets)}};
    }
};

ordered_json completion_logprobs(const model::Model& model, const std::vector<TokenScore>& scores) {
    CompletionLogprobs lists{model};
    for (const TokenScore& score : scores) lists.add(score.token, &score);
    return std::move(lists).json();
}

ordered_json echoed_logprobs(const model::Model& model, const Choice& choice) {
    CompletionLogprobs lists{model};
    for (std::size_t i = 0; i < choice.prompt.size(); ++i) {
        lists.add(choice.prompt[i], i == 0 ? nullptr : &choice.answer.prompt_scores.at(i - 1));
    }
    for (const TokenScore& score : choice.scores) lists.add(score.token, &score);
    return std::move(lists).json();
}

/// Per token and layer what the probes read before and after the shift. The first row is the last
/// of the prompt; token i of the answer is the one that was decoded there.
ordered_json trace_json(const model::Model& model, const Choice& choice) {
    const std::vector<steer::TraceEntry>& trace = choice.answer.generated.trace;
    const std::span<const int> layers = choice.traced->layers();
    const std::size_t values = choice.traced->plan().values.size();
    ordered_json json = {{"layers", layers}, {"values", ordered_json::array()}};
    for (const steer::PlanValue& value : choice.traced->plan().values) {
        json["values"].push_back(value.value);
    }
    json["tokens"] = ordered_json::array();
    const std::size_t size = layers.size() * values;
    for (std::size_t row = 0; size > 0 && (row + 1) * size <= trace.size(); ++row) {
        const model::Token token =
            row == 0 ? choice.prompt.back() : choice.answer.tokens.at(row - 1);
        ordered_json before = ordered_json::array(), after = ordered_json::array(),
                     shift = ordered_json::array();
        for (std::size_t v = 0; v < values; ++v) {
            ordered_json p = ordered_json::array(), q = ordered_json::array();
            for (std::size_t l = 0; l < layers.size(); ++l) {
                const steer::TraceEntry& entry = trace[row * size + l * values + v];
                p.push_back(entry.p_before);
                q.push_back(entry.p_after);
                if (v == 0) shift.push_back(entry.shift_share);
            }
            before.push_back(std::move(p));
            after.push_back(std::move(q));
        }
        json["tokens"].push_back({{"text", token_text(model, token)},
                                  {"in_prompt", row == 0},
                                  {"p_before", std::move(before)},
                                  {"p_after", std::move(after)},
                                  {"shift", std::move(shift)}});
    }
    return json;
}

ordered_json note_json(const model::Model& model, const Choice& choice) {
    const SteeringNote& note = choice.note;
    const answers::Generated& generated = choice.answer.generated;
    ordered_json json = {{"arm", note.arm},
                         {"plan", note.plan},
                         {"steered", note.applied},
                         {"seed", note.seed},
                         {"rows_shifted", generated.rows_shifted}};
    if (note.gate_score) {
        json["gate"] = {{"open", note.applied},
                        {"score", *note.gate_score},
                        {"threshold", *note.gate_threshold}};
    }
    if (generated.infeasible > 0) json["infeasible"] = generated.infeasible;
    if (choice.traced) json["trace"] = trace_json(model, choice);
    return json;
}

ordered_json head_json(const ReplyHead& head, bool part) {
    const char* object = !head.chat ? "text_completion"
                         : part     ? "chat.completion.chunk"
                                    : "chat.completion";
    return {{"id", head.id}, {"object", object}, {"created", head.created}, {"model", head.model}};
}

ordered_json usage_json(const Usage& usage) {
    return {{"prompt_tokens", usage.prompt_tokens},
            {"completion_tokens", usage.completion_tokens},
            {"total_tokens", usage.prompt_tokens + usage.completion_tokens},
            {"prompt_tokens_details", {{"cached_tokens", usage.cached_tokens}}}};
}

std::string event(const ordered_json& json) {
    return "data: " + json.dump() + "\n\n";
}

std::string choice_event(const ReplyHead& head, ordered_json choice) {
    ordered_json json = head_json(head, true);
    json["choices"] = ordered_json::array({std::move(choice)});
    return event(json);
}

ordered_json error_object(int status, std::string_view message, std::string_view param) {
    const char* type = status == 429   ? "rate_limit_error"
                       : status == 401 ? "authentication_error"
                       : status >= 500 ? "server_error"
                                       : "invalid_request_error";
    ordered_json error = {{"message", message}, {"type", type}, {"param", nullptr}};
    if (!param.empty()) error["param"] = param;
    error["code"] = status;
    return {{"error", std::move(error)}};
}

}  // namespace

int status_of(const core::Error& error) {
    switch (error.kind()) {
        case ErrorKind::usage:
        case ErrorKind::input:
        case ErrorKind::mismatch:
        case ErrorKind::unsupported:
            return 400;
        case ErrorKind::not_found:
            return error.where() == "model" ? 404 : 400;
        case ErrorKind::busy:
            return 429;
        case ErrorKind::cancelled:
            return 503;
        default:
            return 500;
    }
}

std::string error_json(int status, std::string_view message, std::string_view param) {
    return error_object(status, message, param)
        .dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string reply_json(const ReplyHead& head, const model::Model& model,
                       const std::vector<Choice>& choices, const Usage& usage) {
    ordered_json json = head_json(head, false);
    json["choices"] = ordered_json::array();
    for (std::size_t i = 0; i < choices.size(); ++i) {
        const Choice& choice = choices[i];
        ordered_json entry = {{"index", i}};
        if (head.chat) {
            entry["message"] = {{"role", "assistant"}, {"content", choice.text}};
        } else {
            entry["text"] = choice.prompt_text + choice.text;
        }
        entry["logprobs"] = nullptr;
        if (choice.logprobs) {
            entry["logprobs"] = head.chat      ? chat_logprobs(model, choice.scores)
                                : !choice.echo ? completion_logprobs(model, choice.scores)
                                               : echoed_logprobs(model, choice);
        }
        entry["finish_reason"] = choice.answer.generated.finish;
        entry["axia"] = note_json(model, choice);
        json["choices"].push_back(std::move(entry));
    }
    json["usage"] = usage_json(usage);
    return json.dump();
}

std::string first_event(const ReplyHead& head, std::size_t index) {
    return choice_event(head, {{"index", index},
                               {"delta", {{"role", "assistant"}, {"content", ""}}},
                               {"logprobs", nullptr},
                               {"finish_reason", nullptr}});
}

std::string piece_event(const ReplyHead& head, const model::Model& model, std::size_t index,
                        std::string_view piece, const std::vector<TokenScore>& scores,
                        bool logprobs) {
    ordered_json choice = {{"index", index}};
    if (head.chat) {
        choice["delta"] = {{"content", piece}};
    } else {
        choice["text"] = piece;
    }
    choice["logprobs"] = nullptr;
    if (logprobs) {
        choice["logprobs"] =
            head.chat ? chat_logprobs(model, scores) : completion_logprobs(model, scores);
    }
    choice["finish_reason"] = nullptr;
    return choice_event(head, std::move(choice));
}

std::string last_event(const ReplyHead& head, const model::Model& model, std::size_t index,
                       const Choice& ended) {
    ordered_json choice = {{"index", index}};
    if (head.chat) {
        choice["delta"] = ordered_json::object();
    } else {
        choice["text"] = "";
    }
    choice["logprobs"] = nullptr;
    choice["finish_reason"] = ended.answer.generated.finish;
    choice["axia"] = note_json(model, ended);
    return choice_event(head, std::move(choice));
}

std::string usage_event(const ReplyHead& head, const Usage& usage) {
    ordered_json json = head_json(head, true);
    json["choices"] = ordered_json::array();
    json["usage"] = usage_json(usage);
    return event(json);
}

std::string error_event(int status, std::string_view message) {
    return "data: " + error_json(status, message) + "\n\n";
}

std::string embedding_json(const EmbeddingReply& reply) {
    ordered_json json = {{"object", "list"}, {"data", ordered_json::array()}};
    for (std::size_t i = 0; i < reply.vectors.size(); ++i) {
        ordered_json entry = {{"object", "embedding"}, {"index", i}};
        const std::vector<float>& vector = reply.vectors[i];
        if (reply.base64) {
            entry["embedding"] = core::base64(
                {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
        } else {
            entry["embedding"] = vector;
        }
        json["data"].push_back(std::move(entry));
    }
    json["model"] = reply.model;
    json["usage"] = {{"prompt_tokens", reply.tokens}, {"total_tokens", reply.tokens}};
    return json.dump();
}

std::string metrics_text(const answers::EngineCounts& counts, const SteeringCounts& steering) {
    std::string text;
    const auto head = [&](const char* name, const char* kind, const char* help) {
        text += std::string("# HELP ") + name + " " + help + "\n# TYPE " + name + " " + kind + "\n";
    };
    const auto one = [&](const char* name, const char* kind, const char* help, std::uint64_t x) {
        head(name, kind, help);
        text += std::string(name) + " " + std::to_string(x) + "\n";
    };
    const char* const requests = "axia_answers_total";
    head(requests, "counter", "Answers by how they ended.");
    const std::pair<const char*, std::uint64_t> ends[] = {{"finished", counts.finished},
                                                          {"cancelled", counts.cancelled},
                                                          {"failed", counts.failed},
                                                          {"refused", counts.refused}};
    for (const auto& [end, count] : ends) {
        text += std::string(requests) + "{end=\"" + end + "\"} " + std::to_string(count) + "\n";
    }
    const char* const steered = "axia_steering_total";
    head(steered, "counter", "Answers by what became of their plan.");
    text += std::string(steered) + "{plan=\"none\"} " + std::to_string(steering.unsteered) + "\n" +
            steered + "{plan=\"applied\"} " + std::to_string(steering.steered) + "\n" + steered +
            "{plan=\"closed\"} " + std::to_string(steering.closed) + "\n";
    one("axia_answers_accepted_total", "counter", "Answers taken into the queue.", counts.accepted);
    one("axia_answers_waiting", "gauge", "Answers in the queue.", counts.waiting);
    one("axia_answers_running", "gauge", "Answers in the batch.", counts.running);
    one("axia_batch_rows", "gauge", "Rows of the last step.", counts.rows_last);
    one("axia_steps_total", "counter", "Decode calls.", counts.steps);
    one("axia_rows_total", "counter", "Rows of all decode calls.", counts.rows);
    one("axia_prompt_tokens_total", "counter", "Tokens of prompts read.", counts.prompt_tokens);
    one("axia_answer_tokens_total", "counter", "Tokens drawn.", counts.answer_tokens);
    one("axia_cached_tokens_total", "counter", "Tokens of prompts found in the cache.",
        counts.cached_tokens);
    one("axia_prefixes_kept", "gauge", "Prompts kept in the cache.", counts.kept);
    char number[32];
    const auto seconds = [&](const char* name, const char* help, double x) {
        head(name, "counter", help);
        std::snprintf(number, sizeof number, " %.6f\n", x);
        text += std::string(name) + number;
    };
    seconds("axia_step_seconds_total", "Time of all steps.", counts.step_seconds);
    seconds("axia_steering_seconds_total", "Time of steering within them.",
            counts.steering_seconds);
    const auto histogram = [&](const std::string& name, const char* help,
                               const answers::EngineCounts::Histogram& told) {
        head(name.c_str(), "histogram", help);
        const auto& bounds = answers::EngineCounts::bounds;
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < told.counts.size(); ++i) {
            sum += told.counts[i];
            std::snprintf(number, sizeof number, "%g", i < bounds.size() ? bounds[i] : 0);
            text += name + "_bucket{le=\"" + (i < bounds.size() ? number : "+Inf") + "\"} " +
                    std::to_string(sum) + "\n";
        }
        std::snprintf(number, sizeof number, "%.6f", told.seconds);
        text += name + "_sum " + number + "\n" + name + "_count " + std::to_string(sum) + "\n";
    };
    histogram("axia_first_token_seconds", "From the request to its first token.",
              counts.first_token);
    histogram("axia_next_token_seconds", "From a token to the next.", counts.next_token);
    return text;
}

}  // namespace axia::server
