// axia report, axia demo
#include <algorithm>
#include <chrono>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "ask.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/check.h"
#include "axia/report/report.h"
#include "output.h"
#include "provenance.h"
#include "workflow.h"

namespace axia::cli {

using capture::Context;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

// How long a quick demo may take in all, and what is left of it after learning, in rows of
// learning: tuning and measuring decode a third as many, in smaller batches. Slower machines get
// smaller budgets, in steps, so that a machine's own noise seldom changes the plan.
constexpr double quick_seconds = 175;
constexpr double quick_rows = 280000;
constexpr double steps_of_budget[] = {1, .75, .5, .35};

/// The largest step that fits; the smallest where none does.
double share_of_budget(double rows_per_second, double seconds_gone) {
    const double fits = rows_per_second * (quick_seconds - seconds_gone) / quick_rows;
    for (const double step : steps_of_budget) {
        if (step <= fits) return step;
    }
    return std::end(steps_of_budget)[-1];
}

void demo(App& app, const std::string& value, fs::path folder, bool quick) {
    const auto begin = std::chrono::steady_clock::now();
    const auto gone = [&] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    };
    const data::ValueSystem& system = app.system();
    system.value(value);
    if (!folder.empty()) core::check_writable(folder / "run.json");
    const auto session = app.measuring_session();
    const model::ModelInfo info = session->model().info();
    if (folder.empty()) folder = fs::path("runs") / (value + "-" + info.name);
    core::check_writable(folder / "run.json");
    std::error_code code;
    fs::create_directories(folder, code);
    fs::remove(folder / "run.json", code);

    app.say("1/6  checking the pairs of " + value);
    data::SystemCheck check;
    data::CheckOptions check_options;
    check_options.file = system.pairs_file(value).filename().string();
    check_options.value_words = system.ids();
    const std::vector<data::ContrastPair> pairs = system.pairs(value);
    check.values.push_back(data::check_pairs(pairs, check_options));
    core::write_file(folder / "check.json", data::to_json(check));

    app.say("2/6  learning " + value + " in " + info.name);
    const double learning_began = gone();
    const GateMaterial gates = read_gate_material(app, *session);
    vectors::ValueVector chat;
    for (const Context context : {Context::chat, Context::bare}) {
        vectors::ValueVector vector =
            learn_vector(app, *session, pairs, context, system.name, &gates);
        vectors::write_value_vector(vector, app.vector_file(info, value, context));
        if (context == Context::chat) chat = std::move(vector);
    }
    app.end_progress();
    core::write_file(folder / "vector.json", vectors::to_json(chat));
    const double rate =
        static_cast<double>(session->rows_decoded()) / std::max(gone() - learning_began, 1e-3);
    const double share = quick ? share_of_budget(rate, gone()) : 1;
    const auto part = [&](double budget) { return static_cast<std::size_t>(budget * share); };
    if (share < 1) {
        app.say("     this machine reads " + number(rate, 0) + " tokens per second: budgets are " +
                number(100 * share, 0) + " % of the usual ones");
    }

    app.say("3/6  tuning a plan");
    TuneRequest tune_request;
    tune_request.value = value;
    if (quick) tune_request.options.tokens = part(30000);
    const TuneOutcome tuned = run_tune(app, *session, tune_request);
    core::write_file(folder / "tune.json", tuned.json);
    steer::write_plan(tuned.plan, folder / "plan.json");

    app.say("4/6  measuring its effect on held-out pairs");
    EffectRequest effect_request;
    effect_request.plan = tuned.plan;
    if (quick) {
        effect_request.cross_pairs = part(18);
        effect_request.text_limit = part(8);
        effect_request.prompt_limit = part(30);
        effect_request.dilemma_limit = part(6);
    }
    const EffectOutcome effect = run_effect(app, *session, effect_request);
    core::write_file(folder / "effect.json", effect.json);

    app.say("5/6  asking under the plan");
    SteerOptions steer_options;
    steer_options.plan_file = (folder / "plan.json").string();
    const ReadySteering steering(app, steer_options, info);
    answers::GenerateOptions generate;
    generate.max_tokens = 70;
    generate.trace = true;
    ordered_json questions;
    questions["schema"] = "axia.answers";
    questions["version"] = 1;
    questions["questions"] = ordered_json::array();
    std::string shown_question;
    AskResult shown;
    std::size_t asked = 0;
    for (const data::Dilemma& dilemma : system.dilemmas(value)) {
        if (dilemma.split != data::Split::heldout) continue;
        const std::string question = dilemma.situation + " What should I do, and why?";
        const std::vector<model::Message> messages{{"user", question}};
        AskResult result = ask(*session, steering, messages, true, generate, {}, app.watch());
        questions["questions"].push_back(ordered_json::parse(answers_json(question, result, true)));
        if (asked == 0) shown = std::move(result), shown_question = question;
        if (++asked >= 3) break;
    }
    core::write_file(folder / "answers.json", questions.dump(2) + "\n");

    app.say("6/6  writing the report");
    ordered_json run = provenance(app, "demo");
    run["value"] = value;
    run["model"] = model_provenance(info);
    run["weights"] = weights_provenance(info);
    finish_run(std::move(run), folder);
    core::write_file(folder / "report.html", report::render_report(folder));
    app.end_progress();

    const double seconds = gone();
    if (app.globals.json) {
        std::cout << effect.json;
        return;
    }
    std::cout << "\n"
              << bold(value + " in " + info.name) << "\n\n"
              << layers_summary(chat) << "\n"
              << effect_table(effect.result) << "\n"
              << wrapped("Effect: how much likelier, in nats per token, texts moved by " + value +
                             " become against their twins, on " +
                             std::to_string(effect.result.pairs) +
                             " pairs never learnt from, with 95% intervals. Surface alone (bag of "
                             "words) tells the sides apart with accuracy " +
                             number(chat.card.bag_of_words, 2) + ".",
                         78, "")
              << "\n"
              << bold("Q  ") << wrapped(shown_question, 76, "  ").substr(2);
    print_side_by_side(shown, true);
    std::cout << "\nreport: " << (folder / "report.html").string() << "  (" << number(seconds, 0)
              << " s)\n";
}

}  // namespace

void add_report_commands(Commands& commands) {
    App& app = commands.app;
    {
        auto [command, options] = commands.add(
            commands.root, "report", "Writes a run as one HTML file that needs no network.",
            "  axia report runs/security-smollm2\n  axia report RUN -o report.html", false);
        static std::string run, output;
        command->add_option("run", run, "Folder of a run")->required();
        command->add_option("-o,--output", output, "Where (default: report.html in the run)");
        commands.on(command, [&app] {
            const fs::path path = output.empty() ? fs::path(run) / "report.html" : fs::path(output);
            core::check_writable(path);
            core::write_file(path, report::render_report(run));
            if (app.globals.json) {
                std::cout << ordered_json{{"report", path.string()}}.dump() << "\n";
            } else {
                std::cout << path.string() << "\n";
            }
        });
    }
    {
        auto [command, options] =
            commands.add(commands.root, "demo",
                         "All of it for one value: check, learn, tune, measure, ask, report.",
                         "  axia demo\n  axia demo tradition --full", true);
        static std::string value = "security", folder;
        static bool full = false;
        command->add_option("value", value, "Which value")->capture_default_str();
        options->add("--run", folder, "Folder of the run (default: runs/VALUE-MODEL)");
        options->add_flag("--full", full, "Full token budgets: slower, surer");
        commands.on(command, [&app] { demo(app, value, folder, !full); });
    }
}

}  // namespace axia::cli
