// axia measure stance and opinions
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <set>
#include <span>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/opinions.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/data/axis_weights.h"
#include "axia/data/battery_sets.h"
#include "axia/data/csv.h"
#include "axia/measure/opinions.h"
#include "axia/measure/stance.h"
#include "method_run.h"
#include "output.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

std::string form_of(const std::string& forcing, bool open) {
    return (open ? "open" : "options") + (forcing.empty() ? std::string() : ", " + forcing);
}

/// From the lowest to the highest place, or why they cannot be compared.
std::string spread(const std::vector<measure::AxisWay>& ways, const char* what) {
    std::size_t counted = 0;
    double least = 0, most = 0;
    for (const measure::AxisWay& way : ways) {
        if (!way.place.estimate) continue;
        const double x = way.place.estimate->value;
        least = counted == 0 ? x : std::min(least, x);
        most = counted == 0 ? x : std::max(most, x);
        ++counted;
    }
    if (counted < 2) return std::string("- (fewer than two ") + what + ")";
    return number(least) + " to " + number(most);
}

/// No place without what its ways of asking make of it.
void print(const std::vector<measure::AxisPlace>& axes) {
    std::vector<std::string> header{"mean weight"};
    for (const measure::AxisPlace& axis : axes) header.push_back(axis.axis);
    Table table(header);
    const auto line = [&](const std::string& name, const auto& cell) {
        std::vector<std::string> row{name};
        for (const measure::AxisPlace& axis : axes) row.push_back(cell(axis));
        table.add(std::move(row));
    };
    const auto place_of = [](const std::vector<measure::AxisWay>& ways, const auto& same) {
        const auto way = std::find_if(ways.begin(), ways.end(), same);
        return way == ways.end() ? std::string("-") : figure(way->place);
    };
    line("all answers", [](const auto& axis) { return figure(axis.place); });
    line("from wording to wording",
         [](const auto& axis) { return spread(axis.wordings, "wordings"); });
    line("from form to form", [](const auto& axis) { return spread(axis.forcings, "forms"); });
    line("that the table allows",
         [](const auto& axis) { return number(axis.least) + " to " + number(axis.most); });
    line("answers without a side", [](const auto& axis) { return std::to_string(axis.without); });
    std::vector<measure::AxisWay> wordings, forms;
    for (const measure::AxisPlace& axis : axes) {
        wordings.insert(wordings.end(), axis.wordings.begin(), axis.wordings.end());
        forms.insert(forms.end(), axis.forcings.begin(), axis.forcings.end());
    }
    std::set<std::string> named;
    for (const measure::AxisWay& way : wordings) {
        if (!named.insert("wording " + way.wording).second) continue;
        line("wording " + way.wording, [&](const auto& axis) {
            return place_of(axis.wordings,
                            [&](const auto& other) { return other.wording == way.wording; });
        });
    }
    for (const measure::AxisWay& way : forms) {
        if (!named.insert(form_of(way.forcing, way.open)).second) continue;
        line(form_of(way.forcing, way.open), [&](const auto& axis) {
            return place_of(axis.forcings, [&](const auto& other) {
                return other.forcing == way.forcing && other.open == way.open;
            });
        });
    }
    std::cout << "\n" << table.text();
}

/// No share of agreement stands here without what its ways of asking do to it.
void print(const measure::OpinionProtocol& protocol) {
    std::cout << "\n"
              << protocol.propositions << " propositions, " << protocol.wordings << " wordings, "
              << protocol.answers << " answers\n";
    Table taken({"asked with", "takes a side", "agrees, of these", "by wording"});
    Table turns({"asked with", "flip over wordings", "propositions some wording turns"});
    for (const measure::OpinionLevel& level : protocol.levels) {
        const std::string name = form_of(level.forcing, level.open);
        taken.add({name, figure(level.valid), figure(level.agree),
                   level.agree.estimate ? number(level.least) + " to " + number(level.most) : "-"});
        turns.add({name, figure(level.flip), figure(level.unstable)});
    }
    std::cout << taken.text() << "\n" << turns.text() << "\n";
    Table gaps({"propositions whose stance differs", ""});
    for (const measure::OpinionGap& gap : protocol.forcing_gaps) {
        gaps.add({form_of(gap.a, gap.open) + " against " + gap.b, figure(gap.share)});
    }
    gaps.add({"open against options", figure(protocol.open_gap)});
    std::cout << gaps.text();
    if (!protocol.axes.empty()) print(protocol.axes);
}

const char* const axes_help =
    "CSV of item, option, axis, weight: where the answers stand on each axis, by every way of "
    "asking as well";

/// The table of --axes; nothing without one. Throws as read_axis_weights.
std::optional<data::AxisWeights> read_weights(const std::string& file) {
    if (file.empty()) return std::nullopt;
    return data::read_axis_weights(file);
}

void place(measure::OpinionProtocol& protocol, std::span<const measure::OpinionReading> readings,
           const std::optional<data::AxisWeights>& weights, std::uint64_t seed) {
    if (!weights) return;
    protocol.axes = measure::place_opinions(readings, *weights, seed);
    protocol.weights_sha256 = weights->sha256;
}

// stance

struct StanceSettings {
    std::string file, answer = "answer", statement = "statement", label = "label";
    std::string proposition, wording, forcing, form, axes;
};

void run_stance(App& app, const StanceSettings& settings) {
    const data::CsvTable table = data::read_csv(settings.file);
    const StanceSettings usual;
    const auto column = [&](const std::string& name, bool needed) {
        const std::optional<std::size_t> place = table.column(name);
        if (!place && needed) {
            throw Error(
                ErrorKind::input, "has no column '" + name + "'", settings.file, "columns: " + [&] {
                    std::string all;
                    for (const std::string& other : table.header) {
                        all += (all.empty() ? "" : ", ") + other;
                    }
                    return all;
                }());
        }
        return place;
    };
    const std::size_t answer = *column(settings.answer, true);
    const auto statement = column(settings.statement, settings.statement != usual.statement);
    const auto label = column(settings.label, settings.label != usual.label);
    const auto ways = [&](const std::string& name) {
        return name.empty() ? std::nullopt : column(name, true);
    };
    const auto proposition = ways(settings.proposition), wording = ways(settings.wording),
               forcing = ways(settings.forcing), form = ways(settings.form);
    const std::optional<data::AxisWeights> weights = read_weights(settings.axes);
    if (!proposition && (wording || forcing || form || weights)) {
        throw Error(ErrorKind::usage, "--wording, --forcing, --form and --axes need --proposition",
                    "", "name the column that tells propositions apart");
    }
    std::vector<measure::StanceReading> readings;
    std::vector<measure::OpinionReading> opinions;
    std::vector<std::optional<measure::Stance>> labels;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::vector<std::string>& cells = table.rows[row];
        readings.push_back(measure::read_stance(
            cells[answer], statement ? std::string_view(cells[*statement]) : std::string_view()));
        if (proposition) {
            const auto cell = [&](const std::optional<std::size_t>& place) {
                return place ? cells[*place] : std::string();
            };
            opinions.push_back({cells[*proposition], cell(wording), cell(forcing),
                                form && cells[*form] != "explicit", readings.back().stance,
                                readings.back().strongly});
        }
        if (!label) continue;
        labels.push_back(measure::parse_stance_label(cells[*label]));
        if (!labels.back() && !cells[*label].empty()) {
            throw Error(ErrorKind::input, "'" + cells[*label] + "' is not a stance",
                        core::file_line(settings.file, table.lines[row]),
                        "agree, disagree or other");
        }
    }
    const measure::StanceTable stances =
        measure::stance_table(std::move(readings), labels, app.globals.seed);
    std::optional<measure::OpinionProtocol> protocol;
    if (!opinions.empty()) {
        protocol = measure::measure_opinions(opinions);
        place(*protocol, opinions, weights, app.globals.seed);
    }
    if (app.globals.json) {
        auto json = ordered_json::parse(measure::to_json(stances));
        if (protocol) json["opinions"] = ordered_json::parse(measure::to_json(*protocol));
        std::cout << json.dump(2) << "\n";
        return;
    }
    Table shares({"stance", "share"});
    for (const auto stance :
         {measure::Stance::agree, measure::Stance::disagree, measure::Stance::other}) {
        shares.add({std::string(measure::stance_name(stance)),
                    figure(stances.shares[static_cast<std::size_t>(stance)])});
    }
    std::cout << shares.text();
    if (protocol) print(*protocol);
    if (stances.agreement.n == 0) return;
    std::cout << "\nagainst " << stances.agreement.n << " human labels\n"
              << "  accuracy " << figure(stances.agreement.accuracy) << ", always the commonest "
              << number(stances.agreement.majority) << "\n"
              << "  kappa " << figure(stances.agreement.kappa) << "\n";
}

// opinions

struct OpinionSettings {
    std::string set, run, axes;
    std::size_t limit = 12, templates = 3;
    int max_tokens = 120;
};

/// The first `count` templates with the options and the first `count` without; 0 = all.
void keep_templates(std::vector<data::CompassPrompt>& templates, std::size_t count) {
    if (count == 0) return;
    std::map<bool, std::size_t> kept;
    std::erase_if(templates, [&](const data::CompassPrompt& each) {
        return ++kept[each.note == "explicit"] > count;
    });
}

void run_opinions(App& app, const OpinionSettings& settings) {
    const fs::path folder = settings.set;
    const fs::path file = folder / "pct_propositions.csv";
    std::vector<data::Item> propositions = data::read_political_compass(file).items();
    data::CompassPrompts prompts = data::read_compass_prompts(folder);
    keep_templates(prompts.templates, settings.templates);
    const std::optional<data::AxisWeights> weights = read_weights(settings.axes);
    if (weights) {
        for (const data::Item& item : propositions) weights->need(item.id);
    }
    const std::size_t all = propositions.size();
    if (settings.limit > 0 && settings.limit < propositions.size()) {
        core::Rng(app.globals.seed).shuffle(propositions);
        propositions.resize(settings.limit);
        std::sort(propositions.begin(), propositions.end(),
                  [](const data::Item& a, const data::Item& b) { return a.line < b.line; });
    }
    const std::size_t count = answers::count_opinions(propositions, prompts);
    ordered_json hashes;
    for (const char* name :
         {"pct_propositions.csv", "prompt_templates.csv", "answer_options.csv", "jailbreaks.csv"}) {
        hashes[name] = core::sha256_file(folder / name);
    }
    answers::LocalOptions options;
    options.temperature = 0;
    options.max_tokens = settings.max_tokens;
    MethodRun run(app, "opinions", settings.run,
                  {{"set", hashes}, {"limit", settings.limit}, {"templates", settings.templates}},
                  options);
    app.say("asking " + std::to_string(propositions.size()) + " of " + std::to_string(all) +
            " propositions (--limit) in " + std::to_string(prompts.templates.size()) +
            " templates and " + std::to_string(prompts.forcings.size()) +
            " forcings: " + generation_size(count, options));
    const answers::Opinions opinions = answers::ask_opinions(
        propositions, prompts, run.subject(), run.journal(), app.globals.seed, app.watch());
    std::vector<measure::OpinionReading> readings;
    for (const answers::Opinion& each : opinions.answers) {
        const data::Item& item = propositions[each.proposition];
        const measure::StanceReading stance = measure::read_stance(each.text, item.text);
        readings.push_back(
            {item.id, each.wording, each.forcing, each.open, stance.stance, stance.strongly});
    }
    measure::OpinionProtocol protocol = measure::measure_opinions(readings);
    place(protocol, readings, weights, app.globals.seed);
    run.finish(measure::to_json(protocol), opinions.counts);
    if (app.globals.json) return;
    print(protocol);
    std::cout << run.result_line();
}

}  // namespace

void add_measure_opinions(Commands& commands, CLI::App& measure) {
    App& app = commands.app;
    {
        auto [command, options] = commands.add(
            measure, "stance",
            "Whether open answers agree or disagree with a statement; needs no model.",
            "  axia measure stance answers.csv\n"
            "  axia measure stance published.csv --answer completion --label annot1_label",
            false);
        static StanceSettings settings;
        command->add_option("file", settings.file, "Answers (CSV)")->required();
        options->add("--answer", settings.answer, "Column of the answers");
        options->add("--statement", settings.statement, "Column of the statements; may be missing");
        options->add("--label", settings.label, "Column of human labels; may be missing");
        options->add("--proposition", settings.proposition,
                     "Column that tells propositions apart: says how far stances hold");
        options->add("--wording", settings.wording, "Column of the wordings");
        options->add("--forcing", settings.forcing, "Column of how an answer was forced");
        options->add("--form", settings.form,
                     "Column that is 'explicit' where options were shown; else open");
        options->add("--axes", settings.axes, axes_help);
        commands.on(command, [&app] { run_stance(app, settings); });
    }
    {
        auto [command, options] = commands.add(
            measure, "opinions",
            "How far opinions hold when they are asked in other words, forced, or left open.",
            "  axia measure opinions --set llm-values-pct/ --limit 10", true);
        static OpinionSettings settings;
        options
            ->add("--set", settings.set,
                  "Folder of pct_propositions.csv, prompt_templates.csv, answer_options.csv and "
                  "jailbreaks.csv")
            ->required();
        options->add("--limit", settings.limit, "Propositions at most, drawn by the seed; 0 = all");
        options->add("--templates", settings.templates,
                     "Templates of each form, with options and without; 0 = all");
        options->add("--max-tokens", settings.max_tokens, "Length of an answer, tokens")
            ->check(CLI::Range(1, 4096));
        options->add("--axes", settings.axes, axes_help);
        options->add("--run", settings.run, "Folder of the run");
        commands.on(command, [&app] { run_opinions(app, settings); });
    }
}

}  // namespace axia::cli
