// axia ask, axia chat
#include <unistd.h>

#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "ask.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "output.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

struct AskOptions {
    SteerOptions steering;
    answers::GenerateOptions generate;
    std::string system;
    bool compare = false, stream = false, explain = false;

    void declare(Options& options) {
        steering.declare(options);
        model::SamplerOptions& sampler = generate.sampler;
        options.add("--system", system, "System message");
        options.add("--max-tokens", generate.max_tokens, "Tokens per answer at most")
            ->check(CLI::Range(1, 1 << 20));
        options.add("--temperature", sampler.temperature, "0 = always the likeliest token");
        options.add("--top-k", sampler.top_k, "0 = off");
        options.add("--top-p", sampler.top_p, "1 = off");
        options.add("--min-p", sampler.min_p, "0 = off");
        options.add("--stop", generate.stop, "Texts that end the answer");
        options.add_flag("--compare", compare, "Unsteered and steered side by side");
        options.add_flag("--stream", stream, "Print the answer as it comes");
        options.add_flag("--explain", explain, "What was shifted, layer by layer");
    }
};

void print_trace(const std::vector<steer::TraceEntry>& trace) {
    if (trace.empty()) return;
    Table table({"layer", "value", "p before", "d", "p after", "shift/|h|"});
    for (const steer::TraceEntry& entry : trace) {
        table.add({std::to_string(entry.layer), entry.value, number(entry.p_before),
                   number(entry.d, 2), number(entry.p_after), number(entry.shift_share)});
    }
    std::cout << table.text();
}

}  // namespace

std::unique_ptr<model::Session> asking_session(App& app) {
    model::SessionOptions options;
    options.context = app.globals.context;
    options.batch = std::min(app.globals.context, 1024);
    options.sequences = 8;
    options.threads = app.globals.threads;
    return std::make_unique<model::Session>(app.model("decode"), options);
}

AskResult ask(model::Session& session, const ReadySteering& steering,
              const std::vector<model::Message>& messages, bool compare,
              const answers::GenerateOptions& options, const answers::TextSink& sink,
              const core::Watch& watch) {
    AskResult result;
    const std::string& request = messages.back().content;
    if (steering.compiled() != nullptr) result.decision = steering.decide(session, request);
    const steer::CompiledPlan* plan =
        result.decision && result.decision->open ? steering.compiled() : nullptr;
    const std::vector<model::Token> prompt = session.model().chat_prompt(messages);
    std::vector<answers::GenerateRequest> requests;
    if (compare) requests.push_back({prompt, nullptr});
    requests.push_back({prompt, plan});
    result.answers = answers::generate(session, requests, options, sink, watch);
    return result;
}

std::string answers_json(const std::string& question, const AskResult& result, bool compare) {
    ordered_json json;
    json["question"] = question;
    json["arms"] = ordered_json::array();
    for (std::size_t i = 0; i < result.answers.size(); ++i) {
        const answers::Generated& answer = result.answers[i];
        const bool steered = result.decision && (!compare || i == 1);
        ordered_json arm;
        arm["arm"] = steered ? "plan" : "unsteered";
        arm["text"] = answer.text;
        arm["finish"] = answer.finish;
        arm["prompt_tokens"] = answer.prompt_tokens;
        arm["tokens"] = answer.tokens;
        arm["gate"] = ordered_json();
        if (steered && result.decision->score) {
            arm["gate"] = {{"score", *result.decision->score},
                           {"threshold", *result.decision->threshold},
                           {"open", result.decision->open}};
        }
        arm["rows_shifted"] = answer.rows_shifted;
        arm["trace"] = ordered_json::array();
        for (const steer::TraceEntry& entry : answer.trace) {
            arm["trace"].push_back({{"layer", entry.layer},
                                    {"value", entry.value},
                                    {"p_before", entry.p_before},
                                    {"d", entry.d},
                                    {"p_after", entry.p_after},
                                    {"shift_share", entry.shift_share}});
        }
        json["arms"].push_back(std::move(arm));
    }
    return json.dump();
}

void print_side_by_side(const AskResult& result, bool compare) {
    if (!compare) {
        std::cout << result.answers[0].text << "\n";
        return;
    }
    std::cout << bold("unsteered") << "\n"
              << wrapped(result.answers[0].text, 76, "  ") << bold("steered")
              << (result.decision && !result.decision->open ? "  (gate closed: left alone)" : "")
              << "\n"
              << wrapped(result.answers[1].text, 76, "  ");
}

void add_ask_commands(Commands& commands) {
    App& app = commands.app;
    {
        auto [command, options] = commands.add(
            commands.root, "ask", "Asks the model one question, under a plan or not.",
            "  axia ask \"Should I quit my job to travel?\"\n"
            "  axia ask \"Should I quit my job to travel?\" --steer security=0.99 --compare\n"
            "  axia ask \"How do I plan a weekend?\" --plan plan.json --explain",
            true);
        static AskOptions asked;
        static std::string question;
        command->add_option("question", question, "The question; - reads it from stdin")
            ->required();
        asked.declare(*options);
        commands.on(command, [&app] {
            if (question == "-") {
                question.assign(std::istreambuf_iterator<char>(std::cin), {});
                while (!question.empty() && question.back() == '\n') question.pop_back();
            }
            if (question.empty()) throw Error(ErrorKind::usage, "the question is empty");
            if (!core::is_utf8(question)) {
                throw Error(ErrorKind::input, "the question is not valid UTF-8");
            }
            if (asked.compare && !asked.steering.any()) {
                throw Error(ErrorKind::usage, "there is nothing to compare with", "--compare",
                            "add --steer VALUE=P or --plan FILE");
            }
            if (!asked.steering.any() && !asked.steering.idle().empty()) {
                app.say("warning: " + asked.steering.idle() +
                        " does nothing without --steer or --plan");
            }
            asked.steering.check();
            const auto session = asking_session(app);
            const ReadySteering steering(app, asked.steering, session->model().info());
            std::vector<model::Message> messages;
            if (!asked.system.empty()) messages.push_back({"system", asked.system});
            messages.push_back({"user", question});
            asked.generate.sampler.seed = static_cast<std::uint32_t>(app.globals.seed);
            asked.generate.trace = asked.explain || app.globals.json;
            const bool live = asked.stream && !asked.compare && !app.globals.json;
            answers::TextSink sink;
            if (live) {
                sink = [](std::size_t, std::string_view piece) {
                    std::cout << piece << std::flush;
                };
            }
            const AskResult result =
                ask(*session, steering, messages, asked.compare, asked.generate, sink, app.watch());
            app.end_progress();
            if (app.globals.json) {
                std::cout << answers_json(question, result, asked.compare) << "\n";
            } else if (live) {
                std::cout << "\n";
            } else {
                print_side_by_side(result, asked.compare);
            }
            if (asked.explain && !app.globals.json) {
                if (result.decision && result.decision->score) {
                    std::cout << "gate " << (result.decision->open ? "open" : "closed")
                              << ": score " << number(*result.decision->score, 2) << ", threshold "
                              << number(*result.decision->threshold, 2) << "\n";
                }
                print_trace(result.answers.back().trace);
            }
            for (const answers::Generated& answer : result.answers) {
                if (answer.finish == "cancelled") {
                    throw Error(ErrorKind::cancelled, "stopped on request; this is what there was");
                }
            }
        });
    }
    {
        auto [command, options] = commands.add(
            commands.root, "chat",
            "Talk with the model in the terminal. Commands: /steer value=p | off, /compare, "
            "/save FILE, /undo, /quit.",
            "  axia chat\n  axia chat --steer benevolence=0.95", true);
        static AskOptions asked;
        asked.declare(*options);
        commands.on(command, [&app] {
            asked.steering.check();
            const auto session = asking_session(app);
            const model::ModelInfo& info = session->model().info();
            auto steering = std::make_unique<ReadySteering>(app, asked.steering, info);
            std::vector<model::Message> messages;
            if (!asked.system.empty()) messages.push_back({"system", asked.system});
            const std::size_t first = messages.size();
            asked.generate.sampler.seed = static_cast<std::uint32_t>(app.globals.seed);
            const bool terminal = ::isatty(0) != 0;
            const auto handle = [&](const std::string& line) {
                const std::string word = line.substr(0, line.find(' '));
                const std::string rest =
                    line.size() > word.size() ? line.substr(word.size() + 1) : std::string();
                if (word == "/steer") {
                    SteerOptions wished = asked.steering;
                    wished.plan_file.clear();
                    wished.steer.clear();
                    if (rest != "off" && !rest.empty()) {
                        std::string part;
                        for (const char c : rest + ",") {
                            if (c != ',') {
                                part += c;
                            } else if (!part.empty()) {
                                wished.steer.push_back(part);
                                part.clear();
                            }
                        }
                    }
                    steering = std::make_unique<ReadySteering>(app, wished, info);
                    asked.steering = wished;
                    app.say(wished.steer.empty() ? "not steered" : "steered: " + rest);
                } else if (word == "/compare") {
                    asked.compare = !asked.compare;
                    app.say(asked.compare ? "comparing" : "not comparing");
                } else if (word == "/undo") {
                    if (messages.size() >= first + 2) messages.resize(messages.size() - 2);
                    app.say("back to " + std::to_string((messages.size() - first) / 2) + " turns");
                } else if (word == "/save") {
                    if (rest.empty()) throw Error(ErrorKind::usage, "/save needs a file name");
                    ordered_json json = ordered_json::array();
                    for (const model::Message& message : messages) {
                        json.push_back({{"role", message.role}, {"content", message.content}});
                    }
                    core::write_file(rest, json.dump(2) + "\n");
                    app.say("saved to " + rest);
                } else {
                    throw Error(ErrorKind::usage, "'" + word + "' is not a command", "",
                                "/steer /compare /save /undo /quit");
                }
            };
            std::string line;
            while (true) {
                if (terminal) std::cerr << "> " << std::flush;
                if (!std::getline(std::cin, line) || line == "/quit" || stop_requested()) break;
                if (line.empty()) continue;
                try {
                    if (line[0] == '/') {
                        handle(line);
                        continue;
                    }
                    if (!core::is_utf8(line)) {
                        throw Error(ErrorKind::input, "the line is not valid UTF-8");
                    }
                    messages.push_back({"user", line});
                    const bool compare = asked.compare && steering->compiled() != nullptr;
                    answers::TextSink sink;
                    if (!compare) {
                        sink = [](std::size_t, std::string_view piece) {
                            std::cout << piece << std::flush;
                        };
                    }
                    AskResult result;
                    try {
                        result = ask(*session, *steering, messages, compare, asked.generate, sink,
                                     app.watch());
                    } catch (...) {
                        messages.pop_back();
                        throw;
                    }
                    if (compare) {
                        print_side_by_side(result, true);
                    } else {
                        std::cout << "\n";
                    }
                    std::cout.flush();
                    messages.push_back({"assistant", result.answers.back().text});
                } catch (const Error& error) {
                    app.end_progress();
                    std::cerr << "axia: " << error.what() << "\n";
                }
            }
        });
    }
}

}  // namespace axia::cli
