#include "server/server.h"

#include <fcntl.h>
#include <httplib.h>

#include <atomic>
#include <cmath>
#include <ctime>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "server/completions.h"
#include "server/door.h"
#include "server/listener.h"
#include "server/openapi.h"
#include "server/reply.h"
#include "server/resources.h"
#include "server/studio.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_tokenized_bytes = 1 << 20;
constexpr std::size_t most_waiting = 1024;  // connections that no thread serves yet
constexpr auto look_around = std::chrono::milliseconds(100);  // is the client still there?

void set_error(Response& response, int status, std::string_view message,
               std::string_view param = {}) {
    response.status = status;
    response.set_content(error_json(status, message, param), "application/json");
}

void set_error(Response& response, const Error& error) {
    const int status = status_of(error);
    if (status == 429) response.set_header("Retry-After", "1");
    set_error(response, status, error.what(), error.where());
}

std::string text_of(const model::Model& model, const std::vector<model::Token>& tokens) {
    std::string text;
    for (const model::Token token : tokens) text += model.token_bytes(token);
    return text;
}

}  // namespace

struct Server::State {
    answers::Engine& engine;
    SteeringSource steering;
    ServerOptions options;
    Door& door;
    Listener http;
    std::size_t most_bytes;  // of a text that is to become a prompt
    int port = 0;
    std::int64_t started = std::time(nullptr);
    std::atomic<std::uint64_t> requests{0};
    struct {
        std::atomic<std::uint64_t> unsteered{0}, steered{0}, closed{0};
    } counted;

    SteeringCounts counts() const {
        return {counted.unsteered.load(), counted.steered.load(), counted.closed.load()};
    }

    State(answers::Engine& e, Door& d, SteeringSource s, ServerOptions o)
        : engine(e),
          steering(std::move(s)),
          options(std::move(o)),
          door(d),
          http(options.per_address),
          most_bytes(most_text_bytes()) {}

    void check_model(const std::string& name) const {
        const std::vector<std::string>& known = options.models;
        if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
        throw Error(ErrorKind::not_found, "'" + name + "' is not served here", "model",
                    "this is " + known.front());
    }

    void set_json(Response& response, const ordered_json& json) const {
        response.set_content(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace),
                             "application/json");
    }

    void list_models(Response& response) const {
        const model::ModelInfo& info = engine.model().info();
        set_json(response, {{"object", "list"},
                            {"data", ordered_json::array({{{"id", options.models.front()},
                                                           {"object", "model"},
                                                           {"created", started},
                                                           {"owned_by", "axia"},
                                                           {"context", engine.context()},
                                                           {"architecture", info.architecture},
                                                           {"sha256", info.source_hash}}})}});
    }

    /// Bytes that no text of a full context can exceed: longer ones are refused without being
    /// turned into tokens, which takes time and memory.
    std::size_t most_text_bytes() const {
        std::size_t longest = 32;  // control tokens are written out in words
        for (model::Token token = 0; token < engine.model().info().vocabulary; ++token) {
            longest = std::max(longest, engine.model().token_text(token).size());
        }
        return longest * static_cast<std::size_t>(engine.context());
    }

    void check_size(std::size_t bytes, const char* field) const {
        if (bytes <= most_bytes) return;
        throw Error(ErrorKind::input,
                    "has " + std::to_string(bytes) + " bytes, which no context of " +
                        std::to_string(engine.context()) + " tokens can hold",
                    field, "shorten it, or serve with a larger --ctx");
    }

    void check_size(const CompletionRequest& asked) const {
        std::size_t bytes = 0;
        for (const model::Message& message : asked.messages) bytes += message.content.size();
        check_size(bytes, "messages");
        for (const Prompt& prompt : asked.prompts) {
            if (const auto* text = std::get_if<std::string>(&prompt)) {
                check_size(text->size(), "prompt");
            }
        }
    }

    /// What a prompt becomes on one arm.
    std::vector<model::Token> tokens_of(const CompletionRequest& asked, const Prompt& prompt,
                                        bool chat, const std::string& values) const {
        const model::Model& model = engine.model();
        if (chat) {
            std::vector<model::Message> messages = asked.messages;
            if (!values.empty()) {
                const bool has = messages.front().role == "system";
                if (!has) messages.insert(messages.begin(), {"system", ""});
                std::string& system = messages.front().content;
                system = system.empty() ? values : values + "\n\n" + system;
            }
            return model.chat_prompt(messages);
        }
        const auto* const text = std::get_if<std::string>(&prompt);
        return text ? model.tokenize(*text, true) : std::get<std::vector<model::Token>>(prompt);
    }

    /// Steers, submits and answers; the connection's thread stays until the answer's end.
    void complete(const Request& request, Response& response, bool chat) {
        CompletionRequest asked =
            chat ? parse_chat_request(request.body) : parse_completion_request(request.body);
        check_model(asked.model);
        check_size(asked);
        const model::Model& model = engine.model();
        const std::uint64_t number = ++requests;
        const std::uint32_t seed =
            asked.seed.value_or(static_cast<std::uint32_t>(options.seed + number));
        const Steering steered = asked.wish.any() ? steering(asked.wish) : Steering{};
        std::shared_ptr<const steer::CompiledPlan> watched;
        if (asked.trace)
            watched = asked.read.empty() ? steered.plan : steering(reading(asked)).plan;
        if (chat) asked.prompts.emplace_back(std::string());
        std::vector<Choice> choices;
        std::vector<answers::EngineRequest> wanted;
        Usage usage;
        bool applied = false;
        for (const Prompt& prompt : asked.prompts) {
            const auto* const text = std::get_if<std::string>(&prompt);
            Steering::Gate gate;
            if (steered.gate) {
                gate = steered.gate(chat   ? asked.messages.back().content
                                    : text ? *text
                                           : text_of(model, std::get<1>(prompt)));
            }
            for (const Arm& arm : asked.arms) {
                Choice choice;
                answers::EngineRequest one;
                one.prompt =
                    tokens_of(asked, prompt, chat, arm.prompt ? steered.prompt : std::string());
                usage.prompt_tokens += static_cast<int>(one.prompt.size());
                choice.logprobs = asked.logprobs;
                choice.prompt = one.prompt;
                choice.echo = asked.echo;
                if (asked.echo) choice.prompt_text = text ? *text : text_of(model, one.prompt);
                choice.note.arm = arm.name();
                if (arm.steered && steered.plan) {
                    choice.note.plan = steered.plan->hash();
                    choice.note.applied = gate.open;
                    choice.note.gate_score = gate.score;
                    choice.note.gate_threshold = gate.threshold;
                    ++(gate.open ? counted.steered : counted.closed);
                    if (gate.open) one.plan = steered.plan;
                    applied = applied || gate.open;
                } else {
                    ++counted.unsteered;
                }
                if (asked.trace) {
                    choice.traced = one.plan ? one.plan : watched;
                    if (!one.plan) one.watched = watched;
                }
                one.options = asked.options;
                one.scores = asked.logprobs;
                one.prompt_scores = asked.logprobs && asked.echo;
                one.top = asked.top;
                for (int i = 0; i < asked.n; ++i) {
                    choice.note.seed = seed + static_cast<std::uint32_t>(i);
                    choice.counted = i == 0;
                    one.options.sampler.seed = choice.note.seed;
                    choices.push_back(choice);
                    wanted.push_back(one);
                }
            }
        }
        ReplyHead head;
        head.chat = chat;
        head.model = options.models.front();
        head.created = std::time(nullptr);
        head.id =
            (chat ? "chatcmpl-" : "cmpl-") +
            core::sha256_hex(std::to_string(started) + "/" + std::to_string(number)).substr(0, 24);
        response.set_header("X-Axia-Plan", applied ? steered.plan->hash() : "none");
        const auto answers = std::make_shared<Completions>(
            engine, std::move(head), std::move(choices), usage, std::move(wanted));
        if (Door::Visit* const visit = visit_of(response)) {
            visit->entry.model = options.models.front();
            visit->entry.plan = applied ? steered.plan->hash() : "none";
            visit->entry.steer = asked.wish.steer;
            visit->tokens = [answers] {
                const Usage spent = answers->spent();
                return std::pair<std::int64_t, std::int64_t>(spent.prompt_tokens,
                                                             spent.completion_tokens);
            };
        }
        if (asked.stream) {
            stream(response, answers, asked.stream_usage);
        } else {
            answer(request, response, answers);
        }
    }

    /// The wish whose plan has the probes of the values to be read.
    static SteerWish reading(const CompletionRequest& asked) {
        SteerWish wish;
        for (const std::string& value : asked.read) wish.steer[value] = .5;
        wish.layers = asked.wish.layers;
        wish.gate = "always";
        return wish;
    }

    void embed(const Request& request, Response& response) {
        const EmbeddingRequest asked = parse_embedding_request(request.body);
        check_model(asked.model);
        const model::Model& model = engine.model();
        EmbeddingReply reply;
        reply.model = options.models.front();
        reply.base64 = asked.base64;
        if (asked.dimensions > model.info().width) {
            throw Error(ErrorKind::input,
                        "the model has " + std::to_string(model.info().width) + " of them",
                        "dimensions");
        }
        for (const Prompt& input : asked.inputs) {
            const auto* const text = std::get_if<std::string>(&input);
            if (text) check_size(text->size(), "input");
            const auto tokens = text ? model.tokenize(*text, true) : std::get<1>(input);
            reply.tokens += static_cast<int>(tokens.size());
            reply.vectors.push_back(options.embedding(tokens));
            if (asked.dimensions == 0) continue;
            std::vector<float>& vector = reply.vectors.back();
            vector.resize(static_cast<std::size_t>(asked.dimensions));
            double square = 0;
            for (const float x : vector) square += static_cast<double>(x) * x;
            for (float& x : vector) x = static_cast<float>(x / std::sqrt(square));
        }
        if (Door::Visit* const visit = visit_of(response)) {
            visit->entry.model = reply.model;
            visit->tokens = [tokens = reply.tokens] { return std::pair(tokens, 0); };
        }
        response.set_content(embedding_json(reply), "application/json");
    }

    /// The status waits for the first token, so that an early failure has its own.
    void answer(const Request& request, Response& response,
                const std::shared_ptr<Completions>& answers) {
        while (!answers->wait(look_around)) {
            if (request.is_connection_closed()) return;
        }
        answers->take(false);
        response.set_chunked_content_provider(
            "application/json", [answers](std::size_t, httplib::DataSink& sink) {
                try {
                    while (!answers->finished()) {
                        if (answers->wait(look_around)) {
                            answers->take(false);
                        } else if (!sink.is_writable()) {
                            return false;
                        }
                    }
                    const std::string json = answers->json();
                    if (!sink.write(json.data(), json.size())) return false;
                } catch (const std::exception&) {
                    return false;  // a reply that is cut: its status has gone out
                }
                sink.done();
                return true;
            });
    }

    void stream(Response& response, const std::shared_ptr<Completions>& answers, bool usage) {
        response.set_header("Cache-Control", "no-cache");
        response.set_chunked_content_provider(
            "text/event-stream", [answers, usage](std::size_t, httplib::DataSink& sink) {
                std::string events;
                try {
                    if (answers->wait(look_around)) {
                        events = answers->take(true);
                    } else if (!sink.is_writable()) {
                        return false;
                    }
                    if (answers->finished()) {
                        if (usage) events += usage_event(answers->head(), answers->usage());
                        events += "data: [DONE]\n\n";
                    }
                } catch (const Error& error) {
                    events += error_event(status_of(error), error.what());
                } catch (const std::exception& error) {
                    events += error_event(500, error.what());
                }
                if (!events.empty() && !sink.write(events.data(), events.size())) return false;
                if (answers->finished() || events.find("data: {\"error\"") == 0) sink.done();
                return true;
            });
    }

    void add_routes() {
        add_studio(http);
        using Verb = std::function<void(const Request&, Response&)>;
        // an exception of a verb becomes its answer
        const auto guarded = [](Verb verb) {
            return [verb = std::move(verb)](const Request& request, Response& response) {
                try {
                    verb(request, response);
                } catch (const Error& error) {
                    set_error(response, error);
                } catch (const std::exception& error) {
                    set_error(response, 500, error.what());
                }
            };
        };
        http.set_pre_routing_handler([this](const Request& request, Response& response) {
            return turned_away(door, request, response)
                       ? httplib::Server::HandlerResponse::Handled
                       : httplib::Server::HandlerResponse::Unhandled;
        });
        http.set_post_routing_handler([](const Request&, Response& response) {
            if (Door::Visit* const visit = visit_of(response))
                visit->entry.status = response.status;
        });
        http.set_error_handler([](const Request& request, Response& response) {
            if (!response.body.empty()) return;
            if (response.status == 413) {
                set_error(response, 413, "the body is larger than 8 MiB");
            } else if (response.status == 404) {
                set_error(response, 404, request.method + " " + request.path + " is not served");
            } else {
                set_error(response, response.status, "the request cannot be read");
            }
        });
        http.Get("/health", guarded([this](const Request&, Response& response) {
                     set_json(response, {{"status", "ok"}});
                 }));
        http.Get("/openapi.json", [](const Request&, Response& response) {
            response.set_content(std::string(openapi_json()), "application/json");
        });
        http.Get("/metrics", guarded([this](const Request&, Response& response) {
                     response.set_content(
                         metrics_text(engine.counts(), counts()) + door.metrics_text(),
                         "text/plain; version=0.0.4");
                 }));
        http.Get("/v1/models",
                 guarded([this](const Request&, Response& response) { list_models(response); }));
        http.Post("/v1/chat/completions", guarded([this](const Request& r, Response& response) {
                      complete(r, response, true);
                  }));
        http.Post("/v1/completions", guarded([this](const Request& r, Response& response) {
                      complete(r, response, false);
                  }));
        http.Post("/v1/embeddings",
                  guarded([this](const Request& r, Response& response) { embed(r, response); }));
        http.Get("/tokenizer_info", guarded([this](const Request&, Response& response) {
                     const model::Model& model = engine.model();
                     const model::SpecialTokens special = model.special_tokens();
                     set_json(response, {{"bos_token", special.begin},
                                         {"eos_token", special.end},
                                         {"pad_token", special.end},
                                         {"add_bos_token", special.adds_begin},
                                         {"vocab_size", model.info().vocabulary},
                                         {"model_max_length", engine.context()},
                                         {"chat_template", model.chat_template()}});
                 }));
        http.Post("/tokenize", guarded([this](const Request& request, Response& response) {
                      const TokenizeRequest asked = parse_tokenize_request(request.body);
                      if (asked.text.size() > most_tokenized_bytes) {
                          throw Error(ErrorKind::input, "is longer than 1 MiB", "prompt",
                                      "send it in parts");
                      }
                      const auto tokens =
                          asked.messages.empty()
                              ? engine.model().tokenize(asked.text, asked.special, true)
                              : engine.model().chat_prompt(asked.messages);
                      set_json(response, {{"tokens", tokens},
                                          {"count", tokens.size()},
                                          {"max_model_len", engine.context()}});
                  }));
        http.Post("/detokenize", guarded([this](const Request& request, Response& response) {
                      const auto tokens = parse_detokenize_request(request.body);
                      for (const model::Token token : tokens) {
                          if (token < engine.model().info().vocabulary) continue;
                          throw Error(ErrorKind::input,
                                      std::to_string(token) + " is no token of this model",
                                      "tokens");
                      }
                      const std::string text = text_of(engine.model(), tokens);
                      set_json(response, {{"content", text}, {"prompt", text}});
                  }));
    }
};

Server::Server(answers::Engine& engine, Door& door, SteeringSource steering, const Library* library,
               Jobs* jobs, ServerOptions options)
    : state_(std::make_unique<State>(engine, door, std::move(steering), std::move(options))) {
    State& state = *state_;
    const ServerOptions& chosen = state.options;
    state.http.new_task_queue = [connections = chosen.connections] {
        return new httplib::ThreadPool(connections, 0, most_waiting);  // httplib deletes it
    };
    state.http.set_payload_max_length(most_body_bytes);
    state.http.set_keep_alive_max_count(1000);
    state.http.set_tcp_nodelay(true);
    // httplib's own also sets SO_REUSEPORT, with which two servers share a port unnoticed
    state.http.set_socket_options([](socket_t socket) {
        const int yes = 1;
        ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        ::fcntl(socket, F_SETFL, O_NONBLOCK);
    });
    state.add_routes();
    if (library != nullptr && jobs != nullptr) add_resources(state.http, *library, *jobs);
    if (chosen.port == 0) {
        state.port = state.http.bind_to_any_port(chosen.host);
    } else {
        state.port = state.http.bind_to_port(chosen.host, chosen.port) ? chosen.port : -1;
    }
    if (state.port <= 0) {
        throw Error(ErrorKind::io,
                    "cannot listen on " + chosen.host + ":" + std::to_string(chosen.port), "",
                    "is it taken? Try another --port");
    }
}

Server::~Server() = default;

int Server::port() const noexcept {
    return state_->port;
}

void Server::run() {
    state_->http.listen_after_bind();
}

void Server::stop() {
    state_->door.close();
    state_->http.drain([this] { return state_->door.visits() > 0; });
}

}  // namespace axia::server
