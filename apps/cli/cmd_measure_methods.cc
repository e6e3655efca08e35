// axia measure perceptions, ideals, utilities
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/compare.h"
#include "axia/answers/ideals.h"
#include "axia/answers/novel.h"
#include "axia/answers/perceptions.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/core/resources.h"
#include "axia/data/concepts.h"
#include "axia/measure/novel.h"
#include "axia/measure/perceptions.h"
#include "axia/measure/pull.h"
#include "axia/measure/utilities.h"
#include "axia/measure/value_plane.h"
#include "method_run.h"
#include "output.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

// perceptions

struct PerceptionSettings {
    std::string text, run;
};

void run_perceptions(App& app, const PerceptionSettings& settings) {
    const std::string text = core::read_file(settings.text, 1 << 24);
    if (!core::is_utf8(text)) throw Error(ErrorKind::input, "is not UTF-8", settings.text);
    const std::vector<std::string> sentences = measure::split_sentences(text);
    if (sentences.empty()) throw Error(ErrorKind::input, "holds no sentence", settings.text);
    std::vector<answers::SoughtValue> values;
    ordered_json sought = ordered_json::array();
    for (const data::Value& value : app.system().values) {
        values.push_back({value.id, value.name, value.definition});
        sought.push_back({value.id, value.name, value.definition});
    }
    MethodRun run(app, "perceptions", settings.run,
                  {{"text", core::sha256_hex(text)}, {"values", sought}});
    const answers::Perceived perceived =
        answers::perceive(sentences, values, run.subject(), run.journal(), app.watch());
    const measure::Profile profile =
        measure::measure_profile(sentences, values, perceived, app.globals.seed);
    std::map<std::string, double> angle;
    for (const data::Value& value : app.system().values) angle[value.id] = value.angle;
    const measure::ValuePlane plane =
        measure::measure_plane(sentences, values, perceived, angle, app.globals.seed);
    auto json = ordered_json::parse(measure::to_json(profile));
    json["plane"] = ordered_json::parse(measure::to_json(plane));
    run.finish(json.dump(2) + "\n", profile.counts);
    if (app.globals.json) return;
    Table table({"value", "for (1) or against (-1)", "relevant", "scored"});
    for (const measure::ProfileValue& value : profile.values) {
        table.add({value.value, figure(value.score), std::to_string(value.relevant),
                   std::to_string(value.scored)});
    }
    std::cout << sentences.size() << " sentences\n" << table.text();
    for (const measure::ProfileValue& value : profile.values) {
        for (const measure::Evidence& each : value.evidence) {
            std::cout << value.value << " " << number(each.score, 2) << ": "
                      << shortened(sentences[each.sentence]) << "\n";
        }
    }
    std::cout << "\nthe reader's own reliability\n"
              << "  for or against, one form of asking with the other: "
              << figure(profile.valence_agreement) << "\n"
              << "  same verdict on relevance in both forms: "
              << figure(profile.relevance_agreement) << "\n";
    const measure::Figure& forms = profile.valence_agreement;
    if (!forms.estimate || forms.estimate->ci.lo <= 0) {
        std::cout << "  the forms do not agree: this profile says more of the reader than of the "
                     "text\n";
    }
    if (plane.places.empty()) {
        std::cout << "  values in a plane: - (" << plane.reason << ")\n";
    } else {
        std::cout << "  values found together, against the circle of values (1 = as there): "
                  << figure(plane.circle) << "\n"
                  << "  stress of the values in a plane (0 = it shows their distances): "
                  << number(plane.stress) << "\n";
    }
    if (profile.unanswered > 0) std::cout << "  " << profile.unanswered << " unanswered\n";
    std::cout << run.result_line();
}

// ideals

struct IdealSettings {
    std::string concepts, run;
    std::size_t samples = 5, lists = 20;
    bool novel = false;
    double mean = 45, deviation = 15;
};

bool has_number(std::string_view text) {
    return measure::parse_number(text).has_value();
}

answers::LocalOptions short_samples() {
    answers::LocalOptions options;
    options.temperature = 1;
    options.max_tokens = 24;
    return options;
}

void run_novel(App& app, const IdealSettings& settings) {
    answers::NovelOptions novel;
    novel.lists = settings.lists;
    novel.mean = settings.mean;
    novel.deviation = settings.deviation;
    novel.seed = app.globals.seed;
    MethodRun run(app, "novel", settings.run,
                  {{"lists", novel.lists}, {"mean", novel.mean}, {"deviation", novel.deviation}},
                  short_samples());
    app.say("asking " + std::to_string(novel.lists) + " lists under three kinds of grades: " +
            generation_size(novel.lists * 3, short_samples()));
    const answers::Novel asked =
        answers::ask_novel(novel, has_number, run.subject(), run.journal(), app.watch());
    const measure::NovelPull pull = measure::measure_novel(asked.lists);
    run.finish(measure::to_json(pull), asked.counts);
    if (app.globals.json) return;
    Table table({"minutes named, difference", ""});
    table.add({"much graded best - little graded best", figure(pull.effect)});
    table.add({"much graded best - no grades", figure(pull.up)});
    table.add({"no grades - little graded best", figure(pull.down)});
    table.add({"no grades - mean of the amounts shown", figure(pull.plain)});
    std::cout << table.text() << "\n"
              << pull.lists << " lists; answers with a number: " << pull.numbers[0]
              << " without grades, " << pull.numbers[1] << " where much is best, "
              << pull.numbers[2] << " where little is\n"
              << "p that grades do nothing: " << figure(pull.p) << "\n"
              << run.result_line();
}

void run_ideals(App& app, const IdealSettings& settings) {
    if (settings.novel) return run_novel(app, settings);
    const fs::path file = settings.concepts.empty()
                              ? core::resource_folder() / "batteries" / "ideals" / "concepts.jsonl"
                              : fs::path(settings.concepts);
    const std::vector<data::Concept> concepts = data::read_concepts(file);
    MethodRun run(app, "ideals", settings.run,
                  {{"concepts", core::sha256_file(file)}, {"samples", settings.samples}},
                  short_samples());
    app.say("asking " + std::to_string(concepts.size()) + " concepts, " +
            std::to_string(answers::ideal_questions) + " questions, " +
            std::to_string(settings.samples) + " times each (--samples): " +
            generation_size(concepts.size() * answers::ideal_questions * settings.samples,
                            short_samples()));
    const answers::Ideals ideals =
        answers::ask_ideals(concepts, settings.samples, has_number, run.subject(), run.journal(),
                            app.globals.seed, app.watch());
    std::vector<measure::PullAnswers> numbers;
    for (std::size_t i = 0; i < concepts.size(); ++i) {
        numbers.push_back(measure::read_pull(concepts[i], ideals.concepts[i]));
    }
    measure::PullOptions measuring;
    measuring.seed = app.globals.seed;
    const measure::Pull pull = measure::measure_pull(numbers, measuring);
    run.finish(measure::to_json(pull), ideals.counts);
    if (app.globals.json) return;
    Table table({"concept", "average", "ideal", "named", "shift toward the ideal"});
    for (const measure::PullConcept& row : pull.concepts) {
        table.add({shortened(row.text, 48), figure(row.average), figure(row.ideal),
                   figure(row.sample), figure(row.alpha)});
    }
    std::cout << table.text() << "\n"
              << pull.counted << " of " << pull.concepts.size() << " concepts counted\n"
              << "shifted toward the ideal: " << figure(pull.toward) << "\n"
              << "sign test p " << figure(pull.sign_p) << ", Wilcoxon p " << figure(pull.wilcoxon_p)
              << "\n"
              << "lambda (0 = average, 1 = ideal): " << figure(pull.lambda) << "\n"
              << run.result_line();
}

// utilities

constexpr std::size_t least_options = 3;

struct UtilitySettings {
    std::string options, pairs = "active", run;
    std::size_t limit = 0, draws = 100;
    double edges = 2, certain = 0;
};

void run_utilities(App& app, const UtilitySettings& settings) {
    std::vector<measure::UtilityOption> options;
    for (const data::ComparedOption& each : data::read_options(settings.options)) {
        options.push_back({each.id, each.category, each.text, each.good, each.amount});
    }
    if (settings.limit > 0 && settings.limit < least_options) {
        throw Error(ErrorKind::usage,
                    std::to_string(settings.limit) + " options cannot be put in order by pairs",
                    "--limit",
                    std::to_string(least_options) + " or more; 0 = all " +
                        std::to_string(options.size()) + " of " + settings.options);
    }
    if (settings.limit > 0 && settings.limit < options.size()) {
        // one of each of `limit` equal stretches
        core::Rng rng(app.globals.seed);
        std::vector<measure::UtilityOption> chosen;
        for (std::size_t i = 0; i < settings.limit; ++i) {
            const std::size_t begin = i * options.size() / settings.limit;
            const std::size_t end = (i + 1) * options.size() / settings.limit;
            chosen.push_back(options[begin + rng.below(end - begin)]);
        }
        options = std::move(chosen);
    }
    std::vector<std::string> texts;
    for (const measure::UtilityOption& option : options) texts.push_back(option.text);
    answers::CompareOptions comparing;
    comparing.pairs =
        settings.pairs == "all" ? answers::PairChoice::all : answers::PairChoice::active;
    comparing.edges = settings.edges;
    comparing.seed = app.globals.seed;
    MethodRun run(app, "utilities", settings.run,
                  {{"options", core::sha256_file(settings.options)},
                   {"pairs", settings.pairs},
                   {"limit", settings.limit},
                   {"edges", settings.edges}});
    app.say("comparing " + std::to_string(options.size()) + " options in at most " +
            std::to_string(answers::count_pairs(options.size(), comparing)) +
            " pairs, both orders");
    const answers::Comparisons comparisons =
        answers::compare(texts, run.subject(), run.journal(), comparing, app.watch());
    measure::UtilitiesOptions measuring;
    measuring.seed = app.globals.seed;
    measuring.draws = settings.draws;
    measuring.certain = settings.certain;
    const measure::Utilities utilities =
        measure::measure_utilities(options, comparisons, measuring);
    run.finish(measure::to_json(utilities), comparisons.counts);
    if (app.globals.json) return;
    constexpr std::size_t shown = 10;
    Table table({"option", "utility"});
    const std::size_t n = utilities.rows.size();
    for (std::size_t i = 0; i < n; ++i) {
        if (i >= shown && i + shown < n) {
            if (i == shown) table.add({"...", ""});
            continue;
        }
        table.add({shortened(utilities.rows[i].text), figure(utilities.rows[i].utility)});
    }
    std::cout << table.text() << "\n"
              << utilities.pairs << " pairs, both orders, in " << comparisons.rounds
              << (comparisons.rounds == 1 ? " round\n" : " rounds\n");
    if (settings.certain > 0) {
        std::cout << utilities.certain << " pairs never asked, counted as won\n";
    }
    Table checks({"do the choices hang together", ""});
    checks.add({"held-out pairs told right", figure(utilities.accuracy)});
    checks.add({"triads that go round in circles (chance .25)", figure(utilities.cycles)});
    checks.add({"how decided a pair is (.5 to 1)", figure(utilities.completeness)});
    checks.add({"P(what stands first) - 1/2", figure(utilities.first_bias)});
    checks.add({"probability of neither answer", figure(utilities.invalid)});
    std::cout << checks.text();
    for (const measure::Exchange& each : utilities.exchange) {
        std::cout << "one " << each.good << " is worth " << figure(each.amount) << " " << each.other
                  << "\n";
    }
    std::cout << run.result_line();
}

}  // namespace

void add_measure_methods(Commands& commands, CLI::App& measure) {
    App& app = commands.app;
    {
        auto [command, options] =
            commands.add(measure, "perceptions",
                         "A value profile of any text: its sentences read by a local model.",
                         "  axia measure perceptions --text essay.txt", true);
        static PerceptionSettings settings;
        options->add("--text", settings.text, "The text")->required();
        options->add("--run", settings.run, "Folder of the run");
        commands.on(command, [&app] { run_perceptions(app, settings); });
    }
    {
        auto [command, options] = commands.add(
            measure, "ideals",
            "Whether what a model names lies between what it calls average and what it calls "
            "ideal.",
            "  axia measure ideals\n  axia measure ideals --concepts mine.jsonl --samples 20\n"
            "  axia measure ideals --novel",
            true);
        static IdealSettings settings;
        options->add("--concepts", settings.concepts,
                     "Concepts, JSON lines of id, text, unit (default: the forty that ship)");
        options->add("--samples", settings.samples, "Seeded answers to each question")
            ->check(CLI::Range(2, 1000));
        options->add_flag("--novel", settings.novel,
                          "The controlled form: lists of an invented activity, graded or not");
        options->add("--lists", settings.lists, "novel: lists, each under three kinds of grades")
            ->check(CLI::Range(2, 1000));
        options->add("--mean", settings.mean, "novel: mean of the amounts, minutes")
            ->check(CLI::Range(1.0, 1e6));
        options->add("--sd", settings.deviation, "novel: their standard deviation, minutes")
            ->check(CLI::Range(0.1, 1e6));
        options->add("--run", settings.run, "Folder of the run");
        commands.on(command, [&app] { run_ideals(app, settings); });
    }
    {
        auto [command, options] = commands.add(
            measure, "utilities",
            "What a model would rather have: options compared in pairs, utilities, and whether "
            "the choices hang together.",
            "  axia measure utilities --options outcomes.jsonl\n"
            "  axia measure utilities --options options_hierarchical.json --limit 60",
            true);
        static UtilitySettings settings;
        options
            ->add("--options", settings.options,
                  "Options, JSON lines of text, or an object from category to texts")
            ->required();
        options->add("--pairs", settings.pairs, "active or all")
            ->check(CLI::IsMember({"active", "all"}));
        options->add("--edges", settings.edges, "active: pairs at most, times n log2 n")
            ->check(CLI::Range(0.1, 1000.0));
        options
            ->add("--certain", settings.certain,
                  "Pairs never asked count as won by the side found at least so likely (.95); "
                  "0 = they do not")
            ->check(CLI::Range(0.0, 0.9999));
        options->add("--limit", settings.limit, "Options at most, spread over the file; 0 = all");
        options->add("--draws", settings.draws, "Bootstrap draws")->check(CLI::Range(1, 100000));
        options->add("--run", settings.run, "Folder of the run");
        commands.on(command, [&app] { run_utilities(app, settings); });
    }
    add_measure_opinions(commands, measure);
    add_measure_probe(commands, measure);
}

}  // namespace axia::cli
