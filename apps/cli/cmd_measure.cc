// axia measure
#include <algorithm>
#include <charconv>
#include <cmath>
#include <iostream>
#include <memory>
#include <set>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/local_subject.h"
#include "axia/answers/run.h"
#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/resources.h"
#include "axia/measure/measure.h"
#include "output.h"
#include "provenance.h"
#include "steering_choice.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

struct MeasureSettings {
    std::string battery, format = "auto", wordings, run, score = "sum";
    std::vector<std::string> steer, plans;
    std::size_t prompts = 5, limit = 0, repeats = 3, draws = 1000;
    bool no_controls = false;
};

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

measure::Circle circle_of(App& app, const data::BatteryCard& card) {
    measure::Circle circle;
    if (card.value_system.empty()) return circle;
    std::vector<const data::Value*> values;
    for (const data::Value& value : app.system().values) values.push_back(&value);
    std::stable_sort(values.begin(), values.end(),
                     [](const auto* a, const auto* b) { return a->angle < b->angle; });
    for (const data::Value* value : values) {
        circle.values.push_back(value->id);
        circle.neighbours[value->id] = value->neighbours;
        circle.opposites[value->id] = value->opposites;
        circle.angle[value->id] = value->angle;
    }
    return circle;
}

/// The neutral texts of the value system, each the only answer to its request: how likely they stay
/// is what a plan costs.
data::Battery fluency_battery(const data::ValueSystem& system) {
    data::BatteryCard card;
    card.name = "neutral-texts";
    card.scoring = data::Scoring::likelihood;
    std::vector<data::Item> items;
    for (const data::NamedText& text : system.neutral_texts()) {
        data::Item item;
        item.id = item.stem = text.id;
        item.kind = data::ItemKind::choice;
        item.text = text.prompt.empty() ? "Tell me something." : text.prompt;
        item.options = {{text.text, {}, 0}};
        items.push_back(std::move(item));
    }
    return {std::move(card), std::move(items)};
}

/// Asks and measures one battery under a subject.
class Measurement {
  public:
    Measurement(App& app, const MeasureSettings& settings, answers::Subject& subject,
                std::vector<measure::Arm> arms, answers::Journal& journal)
        : app_(app), subject_(subject), arms_(std::move(arms)), journal_(journal) {
        options_.wordings = answers::read_wordings(
            settings.wordings.empty() ? core::resource_folder() / "batteries" / "wordings.yaml"
                                      : fs::path(settings.wordings));
        options_.prompts = settings.prompts;
        options_.limit = settings.limit;
        options_.repeats = settings.repeats;
        options_.seed = app.globals.seed;
        measure_.seed = app.globals.seed;
        measure_.draws = settings.draws;
        measure_.score = settings.score;
        for (const answers::Wording& wording : options_.wordings) {
            if (wording.answer == answers::Wording::Answer::letter) {
                measure_.letter_wordings.push_back(wording.id);
            }
        }
    }

    answers::RunOptions& options() { return options_; }

    answers::RunCounts ask(const data::Battery& battery) {
        return answers::ask_battery(battery, subject_, journal_, options_, app_.watch());
    }

    /// Statistics of the answers, each of which is given to `line` as well.
    measure::Measures measures(const data::Battery& battery,
                               const std::function<void(const answers::Record&)>& line) {
        measure::Measurer measurer(battery.card(), arms_, circle_of(app_, battery.card()),
                                   measure_);
        answers::for_each_answered(
            battery, subject_, journal_, options_,
            [&](const data::Item& item, std::span<const answers::Record> records) {
                measurer.add(item, records);
                for (const answers::Record& record : records) line(record);
            });
        return measurer.finish();
    }

    /// Rise of the neutral texts' nll per token against the unsteered arm, arm by arm.
    std::vector<measure::Figure> fluency(const data::Battery& battery) {
        std::vector<std::vector<double>> rises(arms_.size());
        answers::for_each_answered(
            battery, subject_, journal_, options_,
            [&](const data::Item&, std::span<const answers::Record> records) {
                for (const answers::Record& record : records) {
                    if (!record.reason.empty() || !records[0].reason.empty()) return;
                }
                for (std::size_t arm = 0; arm < records.size(); ++arm) {
                    rises[arm].push_back((records[0].options[0].sum - records[arm].options[0].sum) /
                                         records[arm].options[0].tokens);
                }
            });
        std::vector<measure::Figure> figures;
        for (const std::vector<double>& rise : rises) {
            measure::Figure figure;
            figure.n = rise.size();
            if (rise.size() < 2) {
                figure.reason = "fewer than two neutral texts fit";
            } else {
                figure.estimate = math::bootstrap_mean(rise, measure_.seed, measure_.draws);
            }
            figures.push_back(std::move(figure));
        }
        return figures;
    }

  private:
    App& app_;
    answers::Subject& subject_;
    std::vector<measure::Arm> arms_;
    answers::Journal& journal_;
    answers::RunOptions options_;
    measure::MeasureOptions measure_;
};

/// What the controls and the neutral texts say goes beside the battery's own curves.
void join_controls(measure::Measures& measures, const measure::Measures& controls,
                   const std::vector<measure::Figure>& fluency) {
    measures.doses.insert(measures.doses.end(), controls.doses.begin(), controls.doses.end());
    std::vector<measure::DoseCurve> curves;
    for (std::size_t arm = 0; arm < measures.arms.size(); ++arm) {
        const measure::Arm& described = measures.arms[arm].arm;
        if (arm > 0) {
            measures.differences.push_back({described.name, "fluency", fluency[arm], {}, {}});
        }
        if (described.value.empty() || described.prompt || described.target == 0) continue;
        const auto same = [&](const measure::DoseCurve& c) { return c.steered == described.value; };
        auto curve = std::find_if(curves.begin(), curves.end(), same);
        if (curve == curves.end()) {
            curve = curves.insert(curves.end(), {described.value, "fluency", "fluency", {}});
        }
        curve->points.push_back({described.target, described.name, fluency[arm]});
    }
    for (measure::DoseCurve& curve : curves) {
        std::stable_sort(curve.points.begin(), curve.points.end(),
                         [](const auto& a, const auto& b) { return a.target < b.target; });
        measures.doses.push_back(std::move(curve));
    }
}

std::string figure(const measure::Figure& f) {
    if (!f.estimate) return "-";
    return number(f.estimate->value) + " [" + number(f.estimate->ci.lo) + ", " +
           number(f.estimate->ci.hi) + "]";
}

void print_summary(const measure::Measures& measures, const fs::path& folder) {
    std::cout << bold(measures.card.title.empty() ? measures.card.name : measures.card.title)
              << "  " << measures.items << " items, " << measures.answers << " answers, scores in "
              << measures.unit << "\n\n";
    if (!measures.arms[0].values.empty()) {
        std::vector<std::string> header{"value"};
        for (const measure::ArmMeasures& arm : measures.arms) header.push_back(arm.arm.name);
        Table table(header);
        for (std::size_t v = 0; v < measures.arms[0].values.size(); ++v) {
            std::vector<std::string> row{measures.arms[0].values[v].value};
            for (std::size_t arm = 0; arm < measures.arms.size(); ++arm) {
                const measure::Figure& score = measures.arms[arm].values[v].score;
                row.push_back(arm == 0         ? figure(score)
                              : score.estimate ? number(score.estimate->value)
                                               : "-");
            }
            table.add(std::move(row));
        }
        std::cout << table.text() << "\n";
    }
    if (measures.arms[0].accuracy.estimate) {
        Table table({"arm", "right answers", "P(right)"});
        for (const measure::ArmMeasures& arm : measures.arms) {
            table.add({arm.arm.name, figure(arm.accuracy), figure(arm.right)});
        }
        std::cout << table.text() << "\n";
    }
    const measure::Robustness& way = measures.arms[0].robustness;
    Table table({"how much is the way of asking", measures.arms[0].arm.name});
    const auto line = [&](const std::string& name, const measure::Figure& f) {
        if (f.estimate) table.add({name, figure(f)});
    };
    line("items whose answer changes with the order", way.order_flip);
    line("pull of what stands first", way.first_bias);
    line("items some wording turns", way.unstable);
    line("items letters and text answer differently", way.format_gap);
    line("lean to yes or agreement", way.acquiescence);
    line("probability outside the options", way.invalid);
    line("odd against even wordings, correlation", way.retest);
    std::cout << table.text();
    if (way.unanswered > 0) std::cout << way.unanswered << " of " << way.asked << " unanswered\n";
    std::cout << "\n" << (folder / "measures.md").string() << "\n";
}

void run_measure(App& app, const MeasureSettings& settings) {
    const data::Battery battery = data::open_battery(settings.battery, settings.format);
    for (const std::string& text : settings.steer) parse_sweep(text);
    const answers::ScoreBy score = answers::parse_score_by(settings.score);

    model::SessionOptions session_options;
    session_options.batch = app.globals.batch;
    session_options.context = std::max(app.globals.context, app.globals.batch);
    session_options.threads = app.globals.threads;
    model::Session session(app.model(), session_options);
    const model::ModelInfo& info = session.model().info();
    Arms arms = make_arms(app, settings, info);
    answers::LocalOptions local;
    local.score = score;
    answers::LocalSubject subject(session, arms.local, local);

    // what the answers depend on: a run folder holds one of these
    ordered_json facts;
    facts["battery"] = battery.hash();
    facts["subject"] = ordered_json::parse(subject.identity());
    facts["arms"] = ordered_json::array();
    for (const answers::AskArm& arm : subject.arms()) {
        facts["arms"].push_back(
            {{"name", arm.name}, {"system", arm.system}, {"plan", arm.plan_hash}});
    }
    facts["prompts"] = settings.prompts;
    facts["limit"] = settings.limit;
    facts["repeats"] = settings.repeats;
    facts["seed"] = app.globals.seed;
    facts["controls"] = !settings.no_controls;
    const fs::path folder = settings.run.empty()
                                ? fs::path("runs") / (battery.card().name + "-" + info.name + "-" +
                                                      core::sha256_hex(facts.dump()).substr(0, 8))
                                : fs::path(settings.run);
    answers::Journal journal(folder);
    journal.bind("settings", facts.dump());
    journal.bind(answers::fact_battery, battery.card().name);
    journal.bind(answers::fact_model, info.name);
    std::error_code code;
    fs::remove(folder / "run.json", code);

    Measurement measurement(app, settings, subject, arms.described, journal);
    if (journal.size() > 0) {
        app.say("going on with " + folder.string() + ": it holds " +
                std::to_string(journal.size()) + " answers");
    }
    answers::RunCounts counts = measurement.ask(battery);
    measure::Measures measures;
    core::write_file(folder / "answers.jsonl", [&](std::ostream& out) {
        measures = measurement.measures(battery, [&](const answers::Record& record) {
            out << answers::to_json_line(record) << "\n";
        });
    });
    if (arms.local.size() > 1 && !settings.no_controls) {
        Measurement beside(app, settings, subject, arms.described, journal);
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
    app.end_progress();
    core::write_file(folder / "measures.json", measure::to_json(measures));
    core::write_file(folder / "measures.md", measure::to_markdown(measures));
    core::write_file(folder / "measures.csv", measure::to_csv(measures));
    ordered_json run = provenance(app, "measure");
    run["battery"] = {{"name", battery.card().name},
                      {"version", battery.card().version},
                      {"hash", battery.hash()}};
    run["model"] = model_provenance(info);
    run["weights"] = weights_provenance(info);
    run["answers"] = {{"asked", counts.asked},
                      {"remembered", counts.remembered},
                      {"unanswered", counts.unanswered}};
    run["rows"] = {{"decoded", subject.rows_decoded()}, {"least", subject.rows_least()}};
    finish_run(std::move(run), folder);
    if (app.globals.json) {
        std::cout << measure::to_json(measures);
    } else {
        print_summary(measures, folder);
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
    options->add("--wordings", settings.wordings, "File of wordings (default: the shipped ones)");
    options->add("--draws", settings.draws, "Bootstrap draws")->check(CLI::Range(100, 1000000));
    options->add_flag("--no-controls", settings.no_controls,
                      "Leave out factual controls and neutral texts under the plans");
    options->add("--run", settings.run, "Folder of the run (default: runs/BATTERY-MODEL-HASH)");
    commands.on(command, [&app, command = command] {
        if (!command->get_subcommands().empty()) return;
        if (settings.battery.empty()) {
            throw Error(ErrorKind::usage, "which battery?", "--battery",
                        "axia batteries list names the shipped ones");
        }
        run_measure(app, settings);
    });
}

}  // namespace axia::cli
