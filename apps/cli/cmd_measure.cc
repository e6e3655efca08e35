// axia measure
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/endpoint_subject.h"
#include "axia/answers/local_subject.h"
#include "axia/answers/people.h"
#include "axia/answers/run.h"
#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/data/battery_select.h"
#include "axia/measure/measure.h"
#include "axia/report/report.h"
#include "measurement.h"
#include "provenance.h"
#include "steering_choice.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

/// One --steer: a value and its targets, of which none means the value's tuned plan.
struct Sweep {
    std::string value;
    std::vector<std::string> targets;
};

Sweep parse_sweep(const std::string& text) {
    Sweep sweep;
    const std::size_t equals = text.find('=');
    sweep.value = text.substr(0, equals);
    if (equals == std::string::npos) return sweep;
    std::string target;
    for (const char c : text.substr(equals + 1) + ",") {
        if (c != ',') {
            target += c;
        } else {
            SteerOptions one;
            one.steer = {sweep.value + "=" + target};
            one.check();
            sweep.targets.push_back(std::move(target));
            target.clear();
        }
    }
    return sweep;
}

double number_of(const std::string& text) {
    double x = 0;
    std::from_chars(text.data(), text.data() + text.size(), x);
    return x;
}

/// The arms of a run, with everything that they need to stay alive.
struct Arms {
    std::vector<std::unique_ptr<ReadySteering>> steerings;
    std::vector<answers::LocalArm> local;
    std::vector<measure::Arm> described;

    void add(answers::LocalArm arm, measure::Arm description) {
        description.name = arm.arm.name;
        description.plan_hash = arm.arm.plan_hash;
        for (const measure::Arm& other : described) {
            if (other.name == description.name) {
                throw Error(ErrorKind::usage, "two arms are called '" + other.name + "'",
                            "--steer, --plan", "name each target and plan once");
            }
        }
        local.push_back(std::move(arm));
        described.push_back(std::move(description));
    }

    void add_prompt(App& app, const std::string& value) {
        const std::string name = "prompt:" + value;
        for (const measure::Arm& other : described) {
            if (other.name == name) return;
        }
        if (!app.system().has(value)) return;
        measure::Arm description;
        description.value = value;
        description.prompt = true;
        add({{name, app.system().value(value).prompt, "none"}, nullptr, {}}, description);
    }

    void add_plan(App& app, const SteerOptions& options, const model::ModelInfo& info,
                  const std::string& name, double target) {
        auto steering = std::make_unique<ReadySteering>(app, options, info);
        const steer::Plan& plan = steering->plan();
        measure::Arm description;
        description.target = target;
        for (const steer::PlanValue& value : plan.values) {
            if (value.rule == steer::Rule::hold) continue;
            if (target == 0) add_prompt(app, value.value);
            if (description.value.empty()) description.value = value.value;
        }
        const bool acts = plan.gate != steer::GateMode::never;
        add({{name.empty() ? plan.name : name, "", steer::plan_hash(plan)},
             acts ? steering->compiled() : nullptr,
             steering->gates()},
            description);
        steerings.push_back(std::move(steering));
    }
};

Arms make_arms(App& app, const MeasureSettings& settings, const model::ModelInfo& info) {
    Arms arms;
    arms.add({{"unsteered", "", "none"}, nullptr, {}}, {});
    for (const std::string& text : settings.steer) {
        const Sweep sweep = parse_sweep(text);
        arms.add_prompt(app, sweep.value);
        SteerOptions options;
        if (sweep.targets.empty()) {
            options.steer = {sweep.value};
            arms.add_plan(app, options, info, sweep.value, 0);
        }
        for (const std::string& target : sweep.targets) {
            options.steer = {sweep.value + "=" + target};
            arms.add_plan(app, options, info, options.steer[0], number_of(target));
        }
    }
    for (const std::string& file : settings.plans) {
        SteerOptions options;
        options.plan_file = file;
        options.check();
        const std::string name = steer::read_plan(file).name;
        arms.add_plan(app, options, info, name.empty() ? fs::path(file).stem().string() : name, 0);
    }
    return arms;
}

/// What makes two runs the same: the answers depend on nothing else.
ordered_json facts_of(App& app, const MeasureSettings& settings, const data::Battery& battery,
                      const answers::Subject& subject) {
    ordered_json facts;
    facts["battery"] = battery.hash();
    facts["subject"] = ordered_json::parse(subject.identity());
    facts["arms"] = ordered_json::array();
    for (const answers::AskArm& arm : subject.arms()) {
        facts["arms"].push_back(
            {{"name", arm.name}, {"system", arm.system}, {"plan", arm.plan_hash}});
    }
    if (!settings.wordings.empty()) {
        const bool named = settings.wordings == "letters" || settings.wordings == "texts";
        facts["wordings"] = named ? settings.wordings : core::sha256_file(settings.wordings);
    }
    facts["prompts"] = settings.prompts;
    facts["limit"] = settings.limit;
    facts["repeats"] = settings.repeats;
    facts["seed"] = app.globals.seed;
    facts["controls"] = !settings.no_controls;
    return facts;
}

fs::path run_folder(const MeasureSettings& settings, const data::Battery& battery,
                    const std::string& subject, const std::string& facts) {
    if (!settings.run.empty()) return settings.run;
    std::string name = battery.card().name + "-" + subject;
    std::replace_if(
        name.begin(), name.end(),
        [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.'; }, '-');
    return fs::path("runs") / (name + "-" + core::sha256_hex(facts).substr(0, 8));
}

/// Writes the results, run.json last.
void finish(App& app, const data::Battery& battery, const measure::Measures& measures,
            ordered_json run, const fs::path& folder) {
    app.end_progress();
    core::write_file(folder / "measures.json", measure::to_json(measures));
    core::write_file(folder / "measures.md", measure::to_markdown(measures));
    core::write_file(folder / "measures.csv", measure::to_csv(measures));
    run["battery"] = {{"name", battery.card().name},
                      {"version", battery.card().version},
                      {"hash", battery.hash()}};
    finish_run(std::move(run), folder);
    core::write_file(folder / "report.html", report::render_report(folder));
    if (app.globals.json) {
        std::cout << measure::to_json(measures);
    } else {
        print_summary(measures, folder);
    }
}

/// Asks `subject` everything and leaves the whole run behind.
void measure_subject(App& app, const MeasureSettings& settings, const data::Battery& battery,
                     answers::Subject& subject, const std::vector<measure::Arm>& arms,
                     const std::string& name, std::size_t page,
                     const measure::MeasureOptions& statistics,
                     const std::function<void(ordered_json&)>& describe) {
    const std::string facts = facts_of(app, settings, battery, subject).dump();
    const fs::path folder = run_folder(settings, battery, name, facts);
    answers::Journal journal(folder);
    journal.bind(answers::fact_settings, facts);
    journal.bind(answers::fact_battery, battery.card().name);
    journal.bind(answers::fact_battery_hash, battery.hash());
    journal.bind(answers::fact_model, name);
    std::error_code code;
    fs::remove(folder / "run.json", code);

    Measurement measurement(app, settings, subject, arms, journal, statistics);
    measurement.options().page = page;
    journal.bind(answers::fact_answers,
                 std::to_string(answers::count_requests(battery, subject, measurement.options())));
    if (journal.size() > 0) {
        app.say("going on with " + folder.string() + ": it holds " +
                std::to_string(journal.size()) + " answers");
    }
    const answers::RunCounts counts = measurement.ask(battery);
    measure::Measures measures;
    core::write_file(folder / "answers.jsonl", [&](std::ostream& out) {
        measures = measurement.measures(battery, [&](const answers::Record& record) {
            out << answers::to_json_line(record) << "\n";
        });
    });
    if (arms.size() > 1 && !settings.no_controls) {
        Measurement beside(app, settings, subject, arms, journal, statistics);
        beside.options().page = page;
        beside.options().limit = 0;
        const data::Battery controls = data::open_battery("yes-no-controls");
        beside.ask(controls);
        const measure::Measures control_measures = beside.measures(controls, [](const auto&) {});
        const data::Battery texts = fluency_battery(app.system());
        beside.options().wordings = {
            {"fluency", data::ItemKind::choice, answers::Wording::Answer::text, "{text}", "", ""}};
        beside.ask(texts);
        join_controls(measures, control_measures, beside.fluency(texts));
    }
    ordered_json run = provenance(app, "measure");
    run["answers"] = {{"asked", counts.asked},
                      {"remembered", counts.remembered},
                      {"unanswered", counts.unanswered}};
    describe(run);
    finish(app, battery, measures, std::move(run), folder);
}

void measure_local(App& app, const MeasureSettings& settings, const data::Battery& battery,
                   const measure::MeasureOptions& statistics) {
    model::SessionOptions options;
    options.batch = app.globals.batch;
    options.context = std::max(app.globals.context, app.globals.batch);
    options.threads = app.globals.threads;
    model::Session session(app.model(), options);
    const model::ModelInfo& info = session.model().info();
    const Arms arms = make_arms(app, settings, info);
    answers::LocalOptions local;
    local.score = answers::parse_score_by(settings.score);
    answers::LocalSubject subject(session, arms.local, local);
    measure_subject(
        app, settings, battery, subject, arms.described, info.name, answers::RunOptions{}.page,
        statistics, [&](ordered_json& run) {
            run["model"] = model_provenance(info);
            run["weights"] = weights_provenance(info);
            run["rows"] = {{"decoded", subject.rows_decoded()}, {"least", subject.rows_least()}};
        });
}

void measure_endpoint(App& app, const MeasureSettings& settings, const data::Battery& battery,
                      const measure::MeasureOptions& statistics) {
    if (app.globals.offline) {
        throw Error(ErrorKind::usage, "--endpoint needs the network", "--offline");
    }
    if (!settings.plans.empty()) {
        throw Error(ErrorKind::usage, "an endpoint cannot follow a plan", "--plan",
                    "measure a local model, or steer by the system message: --steer VALUE");
    }
    std::vector<answers::AskArm> arms{{"unsteered", "", "none"}};
    std::vector<measure::Arm> described{{"unsteered", "", 0, false, "none"}};
    for (const std::string& text : settings.steer) {
        const Sweep sweep = parse_sweep(text);
        if (!sweep.targets.empty()) {
            throw Error(ErrorKind::usage, "an endpoint cannot be shifted to a target",
                        "--steer " + text, "--steer " + sweep.value + " asks by system message");
        }
        const data::Value& value = app.system().value(sweep.value);
        arms.push_back({"prompt:" + value.id, value.prompt, "none"});
        described.push_back({arms.back().name, value.id, 0, true, "none"});
    }
    model::EndpointOptions options;
    options.url = settings.endpoint;
    options.model = settings.api_model;
    options.key = model::find_key(settings.key_file);
    options.concurrency = settings.concurrency;
    options.requests_per_minute = settings.per_minute;
    options.seed = app.globals.seed;
    model::Endpoint endpoint(options);
    answers::EndpointSubjectOptions asking;
    asking.samples = settings.samples;
    asking.score = answers::parse_score_by(settings.score);
    answers::EndpointSubject subject(endpoint, arms, asking);
    // few at once: what was paid for is in the journal soon
    const auto page = static_cast<std::size_t>(settings.concurrency);
    measure_subject(app, settings, battery, subject, described, settings.api_model, page,
                    statistics, [&](ordered_json& run) {
                        run["endpoint"] = {{"model", settings.api_model},
                                           {"by_logprob", subject.answers().by_logprob},
                                           {"by_samples", subject.answers().by_samples},
                                           {"implausible", subject.answers().implausible}};
                    });
}

/// `whole`: the file may hold answers to items that --only leaves out.
void measure_people(App& app, const MeasureSettings& settings, const data::Battery& whole,
                    const data::Battery& battery, measure::MeasureOptions options) {
    const answers::People people = answers::read_people(settings.people, whole);
    options.baseline = "people";
    measure::Measurer measurer(battery.card(), {{"people", "", 0, false, "none"}},
                               circle_of(app, battery.card()), options);
    const fs::path folder =
        run_folder(settings, battery, "people", core::sha256_file(settings.people));
    core::write_file(folder / "answers.jsonl", [&](std::ostream& out) {
        battery.for_each([&](const data::Item& item) {
            const std::span<const answers::Record> records = people.answers(item.id);
            if (records.empty()) return;
            measurer.add(item, records);
            for (const answers::Record& record : records) {
                out << answers::to_json_line(record) << "\n";
            }
        });
    });
    ordered_json run = provenance(app, "measure");
    run["people"] = {{"respondents", people.respondents.size()}};
    finish(app, battery, measurer.finish(), std::move(run), folder);
}

/// The battery, or the part of it that each tag of --only names.
data::Battery part_of(data::Battery battery, const MeasureSettings& settings) {
    std::map<std::string, std::vector<std::string>> only;
    for (const std::string& text : settings.only) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
            throw Error(ErrorKind::usage, "'" + text + "' is not a tag and its text", "--only",
                        "write TAG=TEXT, such as topic=work");
        }
        only[text.substr(0, equals)].push_back(text.substr(equals + 1));
    }
    for (const auto& [tag, names] : only) battery = data::select_items(battery, tag, names);
    return battery;
}

/// Says before anything is asked how many values cannot get a worth.
void say_worths(App& app, const MeasureSettings& settings, const data::Battery& battery) {
    measure::WorthCounter counter(battery.card());
    answers::RunOptions options;
    options.limit = settings.limit;
    options.seed = app.globals.seed;
    answers::for_each_chosen(battery, options, [&](const data::Item& item) { counter.add(item); });
    const std::optional<measure::WorthsAhead> ahead = counter.ahead();
    if (!ahead || ahead->enough == ahead->values) return;
    app.say("worths need " + std::to_string(measure::least_worth_dilemmas) +
            " dilemmas a value; of the " + std::to_string(ahead->items) + " items asked " +
            (ahead->enough == 0
                 ? "no value has as many: there will be none"
                 : std::to_string(ahead->enough) + " of " + std::to_string(ahead->values) +
                       " values have as many, the others will have none"));
}

void run_measure(App& app, const MeasureSettings& settings) {
    answers::parse_score_by(settings.score);
    for (const std::string& text : settings.steer) parse_sweep(text);
    const data::Battery whole = data::open_battery(settings.battery, settings.format);
    for (const std::string& warning : whole.card().warnings) app.say("warning: " + warning);
    const data::Battery battery = part_of(whole, settings);
    // bad settings are told before a model is loaded
    const measure::MeasureOptions statistics = statistics_of(app, settings, battery);
    wordings_for(settings);
    if (settings.people.empty()) say_worths(app, settings, battery);
    if (!settings.people.empty()) {
        measure_people(app, settings, whole, battery, statistics);
    } else if (!settings.endpoint.empty()) {
        measure_endpoint(app, settings, battery, statistics);
    } else {
        measure_local(app, settings, battery, statistics);
    }
}

}  // namespace

void add_measure_commands(Commands& commands) {
    App& app = commands.app;
    auto [command, options] = commands.add(
        commands.root, "measure",
        "Asks a battery of questions and says what the subject values, with its uncertainty.",
        "  axia measure --battery schwartz-portrait\n"
        "  axia measure --battery schwartz-dilemmas --steer security=0.9,0.99 --limit 120\n"
        "  axia measure --battery my-battery/ --plan plan.json --run runs/mine",
        true);
    static MeasureSettings settings;
    options->add("--battery,-b", settings.battery,
                 "Name of a shipped battery, a battery's folder, or a public data set's file");
    options->add("--format", settings.format, "auto, or the data set's format");
    options
        ->add(
            "--only", settings.only,
            "TAG=TEXT: the items whose tag is this (value=... for what they measure); repeatable, "
            "of one tag any, of several all")
        ->allow_extra_args(false);
    options
        ->add("--steer", settings.steer,
              "VALUE=P0[,P0...]: a sweep of targets; VALUE alone: its tuned plan; repeatable")
        ->allow_extra_args(false);
    options->add("--plan", settings.plans, "Plan file; repeatable")->allow_extra_args(false);
    options->add("--prompts", settings.prompts, "Wordings of each item")->check(CLI::Range(1, 64));
    options->add("--limit", settings.limit, "Items at most, spread over the battery; 0 = all");
    options->add("--repeats", settings.repeats, "Answers to each open item")
        ->check(CLI::Range(1, 1000));
    options->add("--score", settings.score,
                 "Which log-probability of an option counts: sum, token or byte");
    options->add(
        "--wordings", settings.wordings,
        "letters or texts: the shipped ones that ask for these; or a file (default: all shipped)");
    options->add("--map", settings.map,
                 "CSV from value to its dimension in each theory: the dimensions' scores as well");
    options->add("--spread", settings.spread,
                 "Inconsistency of answers as distance to the centroid or the mean, or pairwise");
    options->add("--draws", settings.draws, "Bootstrap draws")->check(CLI::Range(100, 1000000));
    options->add("--endpoint", settings.endpoint,
                 "URL of an OpenAI-compatible endpoint to ask instead of a local model");
    options->add("--api-model", settings.api_model, "What the endpoint calls the model");
    options->add("--key-file", settings.key_file,
                 "File with the endpoint's key (default: the variable AXIA_API_KEY)");
    options->add("--samples", settings.samples, "Answers drawn where it gives no log-probabilities")
        ->check(CLI::Range(1, 128));
    options->add("--concurrency", settings.concurrency, "Requests to the endpoint at once")
        ->check(CLI::Range(1, 256));
    options
        ->add("--per-minute", settings.per_minute,
              "Requests to the endpoint a minute at most; 0 = no limit")
        ->check(CLI::Range(0, 1000000));
    options->add("--people", settings.people,
                 "People's answers (CSV: respondent, item, answer) instead of a model's");
    options->add_flag("--no-controls", settings.no_controls,
                      "Leave out factual controls and neutral texts under the plans");
    options->add("--run", settings.run, "Folder of the run (default: runs/BATTERY-MODEL-HASH)");
    commands.on(command, [&app, command = command] {
        if (!command->get_subcommands().empty()) return;
        if (settings.battery.empty()) {
            throw Error(ErrorKind::usage, "which battery?", "--battery",
                        "axia batteries list names the shipped ones");
        }
        if (settings.endpoint.empty() != settings.api_model.empty()) {
            throw Error(ErrorKind::usage, "--endpoint and --api-model go together");
        }
        if (!settings.people.empty() &&
            (!settings.endpoint.empty() || !settings.steer.empty() || !settings.plans.empty())) {
            throw Error(ErrorKind::usage, "people cannot be steered or asked here", "--people",
                        "leave out --endpoint, --steer and --plan");
        }
        run_measure(app, settings);
    });
    add_measure_methods(commands, *command);
}

}  // namespace axia::cli
