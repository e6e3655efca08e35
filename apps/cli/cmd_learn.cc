// axia learn, gate, tune, effect
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/texts.h"
#include "output.h"
#include "workflow.h"

namespace axia::cli {

using capture::Context;
using core::Error;
using core::ErrorKind;

void add_learn_commands(Commands& commands) {
    App& app = commands.app;
    {
        auto [command, options] = commands.add(
            commands.root, "learn",
            "Finds a value in the model: a probe per layer with held-out accuracy, and directions.",
            "  axia learn security\n  axia learn all\n"
            "  axia learn kindness --pairs my-pairs.jsonl -o kindness.gguf",
            true);
        static std::string value, pairs_file, output, context = "chat";
        command->add_option("value", value, "A value of the system, or all")->required();
        options->add("--pairs", pairs_file, "Own contrast pairs, .jsonl or .csv");
        options->add("--context", context, "chat = the text as the assistant's turn, or bare");
        command->add_option("-o,--output", output, "Vector file (default: axia's own store)");
        commands.on(command, [&app] {
            const Context chosen = capture::parse_context(context);
            std::vector<std::string> values{value};
            if (value == "all" && pairs_file.empty()) {
                values = app.system().ids();
                if (!output.empty()) {
                    throw Error(ErrorKind::usage, "learn all writes to the store", "--output");
                }
            }
            std::vector<std::vector<data::ContrastPair>> pairs;
            for (const std::string& name : values) pairs.push_back(app.pairs(name, pairs_file));
            if (!output.empty()) core::check_writable(output);
            const auto session = app.measuring_session();
            const model::ModelInfo& info = session->model().info();
            std::vector<std::filesystem::path> written;
            for (const std::string& name : values) {
                written.push_back(output.empty() ? app.vector_file(info, name, chosen)
                                                 : std::filesystem::path(output));
                core::check_writable(written.back());
            }
            std::optional<GateMaterial> gates;
            if (pairs_file.empty()) gates = read_gate_material(app, *session);
            nlohmann::ordered_json json = nlohmann::ordered_json::array();
            for (std::size_t i = 0; i < values.size(); ++i) {
                vectors::ValueVector vector =
                    learn_vector(app, *session, pairs[i], chosen, app.pairs_name(pairs_file),
                                 gates ? &*gates : nullptr);
                vectors::write_value_vector(vector, written[i]);
                app.end_progress();
                json.push_back(nlohmann::ordered_json::parse(vectors::to_json(vector)));
                if (!app.globals.json) {
                    std::cout << bold(values[i]) << "  " << vector.card.learn_pairs
                              << " pairs learnt, " << vector.card.heldout_pairs
                              << " held out; bag of words " << number(vector.card.bag_of_words, 2)
                              << "\n"
                              << layers_summary(vector);
                }
                app.say("wrote " + written[i].string());
            }
            if (app.globals.json) {
                std::cout << (values.size() == 1 ? json[0] : json).dump(2) << "\n";
            }
        });
    }
    {
        auto [command, options] = commands.add(
            commands.root, "gate", "Is a request about the value? Score and decision per text.",
            "  axia gate security --texts requests.jsonl\n"
            "  axia gate security --texts requests.jsonl --alpha 0.01 --json",
            true);
        static std::string value, texts, mode = "learned";
        static double alpha = .05;
        command->add_option("value", value, "A learnt value")->required();
        command->add_option("--texts", texts, "JSONL of {\"text\"}")->required();
        options->add("--alpha", alpha, "False-open rate on neutral prompts, at most");
        options->add("--gate", mode, "learned, always or never");
        commands.on(command, [&app] {
            const steer::GateMode gate_mode = steer::parse_gate(mode);
            if (!(alpha > 0 && alpha < 1)) {
                throw Error(ErrorKind::usage, "must lie strictly between 0 and 1", "--alpha");
            }
            const auto requests = data::read_texts(texts);
            const auto session = app.measuring_session();
            const model::ModelInfo& info = session->model().info();
            std::optional<vectors::Gate> gate;
            for (const vectors::ValueVector& vector : app.stored_vectors(info)) {
                if (vector.card.value == value && vector.gate) gate = vector.gate;
            }
            if (!gate) {
                throw Error(ErrorKind::not_found, "no gate of '" + value + "' is learnt", "",
                            app.learn_hint(value));
            }
            std::vector<std::string> plain;
            for (const data::NamedText& request : requests) plain.push_back(request.text);
            const std::vector<double> scores =
                vectors::gate_scores(*session, *gate, plain, app.watch());
            app.end_progress();
            const double threshold = gate->threshold(alpha);
            for (std::size_t i = 0; i < plain.size(); ++i) {
                const bool open = gate_mode == steer::GateMode::always ||
                                  (gate_mode == steer::GateMode::learned && scores[i] > threshold);
                if (app.globals.json) {
                    std::cout << nlohmann::ordered_json{{"id", requests[i].id},
                                                        {"score", scores[i]},
                                                        {"threshold", threshold},
                                                        {"open", open}}
                                     .dump()
                              << "\n";
                } else {
                    std::cout << (open ? "open    " : "closed  ") << number(scores[i], 2) << "  "
                              << plain[i] << "\n";
                }
            }
        });
    }
    {
        auto [command, options] = commands.add(
            commands.root, "tune",
            "Chooses directions, layers and target on the learn split: the largest effect within a "
            "cost budget. Resumable; the same seed gives the same plan.",
            "  axia tune security\n  axia tune security --budget 0.1 -o strong.json", true);
        static TuneRequest request;
        command->add_option("value", request.value, "Which value")->required();
        options->add("--pairs", request.pairs_file, "Own contrast pairs");
        options->add("--vector", request.vector_files, "Vector files beside the store's");
        command->add_option("-o,--output", request.output, "Plan file (default: the store)");
        options->add("--budget", request.options.budget,
                     "Rise of neutral text's nll allowed, nats per token");
        options->add("--tokens", request.options.tokens, "Tokens to decode, at most about");
        commands.on(command, [&app] {
            // errors before the model is opened
            app.pairs(request.value, request.pairs_file);
            if (!request.output.empty()) core::check_writable(request.output);
            const auto session = app.measuring_session();
            const TuneOutcome outcome = run_tune(app, *session, request);
            if (app.globals.json) {
                std::cout << outcome.json;
            } else {
                Table table({"candidate", "effect", "se", "cost", "pairs", "round"});
                std::vector<const steer::Candidate*> shown;
                for (const steer::Candidate& c : outcome.result.candidates) {
                    if (c.round >= 2 || c.on_frontier) shown.push_back(&c);
                }
                std::sort(shown.begin(), shown.end(),
                          [](const auto* a, const auto* b) { return a->cost < b->cost; });
                for (const steer::Candidate* c : shown) {
                    table.add({(c->chosen ? "> " : "  ") + c->id, number(c->effect),
                               number(c->effect_se), number(c->cost), std::to_string(c->pairs),
                               std::to_string(c->round)});
                }
                std::cout << table.text();
            }
            app.say(std::to_string(outcome.result.tokens) + " tokens; wrote " +
                    outcome.plan_file.string());
        });
    }
    {
        auto [command, options] = commands.add(
            commands.root, "effect",
            "What a plan does to held-out pairs, beside unsteered, prompts, CAA and ConVA arms.",
            "  axia effect plan.json --json\n  axia effect security", true);
        static EffectRequest request;
        static std::string what;
        command->add_option("plan", what, "Plan file, or a tuned value")->required();
        options->add("--pairs", request.pairs_file, "Own contrast pairs with a held-out split");
        options->add("--other", request.other_file, "Pairs of other values, for specificity");
        options->add("--vector", request.vector_files, "Vector files beside the store's");
        options->add("--cross-pairs", request.cross_pairs, "Pairs of other values to use");
        options->add("--limit", request.pair_limit, "Held-out pairs to use; 0 = all");
        options->add("--draws", request.draws, "Bootstrap draws")->check(CLI::Range(100, 1000000));
        commands.on(command, [&app] {
            std::error_code code;
            std::filesystem::path file = what;
            if (std::filesystem::exists(file, code)) request.plan = steer::read_plan(file);
            const auto session = app.measuring_session();
            if (!std::filesystem::exists(file, code)) {
                file = app.plans_folder(session->model().info()) / (what + ".json");
            }
            if (!std::filesystem::exists(file, code)) {
                throw Error(
                    ErrorKind::not_found, "no plan file and no tuned value of that name", what,
                    app.system().has(what) ? "run axia tune " + what : app.learn_hint(what));
            }
            request.plan = steer::read_plan(file);
            const EffectOutcome outcome = run_effect(app, *session, request);
            std::cout << (app.globals.json ? outcome.json : effect_table(outcome.result));
            app.say(std::to_string(outcome.result.pairs) + " held-out pairs, " +
                    std::to_string(outcome.result.tokens) + " tokens");
        });
    }
}

}  // namespace axia::cli
