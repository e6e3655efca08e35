// axia measure perceptions, ideals, utilities, stance
#include <algorithm>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/compare.h"
#include "axia/answers/ideals.h"
#include "axia/answers/local_subject.h"
#include "axia/answers/perceptions.h"
#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/core/resources.h"
#include "axia/data/concepts.h"
#include "axia/data/csv.h"
#include "axia/measure/perceptions.h"
#include "axia/measure/pull.h"
#include "axia/measure/stance.h"
#include "axia/measure/utilities.h"
#include "output.h"
#include "provenance.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

std::string figure(const measure::Figure& f) {
    if (!f.estimate) return "- (" + f.reason + ")";
    return number(f.estimate->value) + " [" + number(f.estimate->ci.lo) + ", " +
           number(f.estimate->ci.hi) + "]";
}

std::string figure(const std::optional<double>& x) {
    return x ? number(*x) : "-";
}

/// A local model asked by one method, with the journal and folder of the run.
class MethodRun {
  public:
    /// `facts`: what the answers depend on beside the model.
    MethodRun(App& app, const std::string& method, const std::string& folder, ordered_json facts,
              const answers::LocalOptions& options = {})
        : app_(app), method_(method) {
        model::SessionOptions session;
        session.batch = app.globals.batch;
        session.context = std::max(app.globals.context, app.globals.batch);
        session.threads = app.globals.threads;
        session_ = std::make_unique<model::Session>(app.model(), session);
        const model::ModelInfo& info = session_->model().info();
        subject_ = std::make_unique<answers::LocalSubject>(
            *session_, std::vector<answers::LocalArm>{{{"unsteered", "", "none"}, nullptr, {}}},
            options);
        facts["subject"] = ordered_json::parse(subject_->identity());
        facts["seed"] = app.globals.seed;
        folder_ = folder;
        if (folder.empty()) {
            std::string name = method + "-" + info.name;
            std::replace_if(
                name.begin(), name.end(),
                [](unsigned char c) { return std::isalnum(c) == 0 && c != '-' && c != '.'; }, '-');
            folder_ = fs::path("runs") / (name + "-" + core::sha256_hex(facts.dump()).substr(0, 8));
        }
        journal_ = std::make_unique<answers::Journal>(folder_);
        journal_->bind("settings", facts.dump());
        journal_->bind(answers::fact_battery, method);
        journal_->bind(answers::fact_model, info.name);
        std::error_code code;
        fs::remove(folder_ / "run.json", code);
        if (journal_->size() > 0) {
            app.say("going on with " + folder_.string() + ": it holds " +
                    std::to_string(journal_->size()) + " answers");
        }
    }

    answers::Subject& subject() { return *subject_; }
    answers::Journal& journal() { return *journal_; }

    /// Writes the result and run.json; prints the result with --json.
    void finish(const std::string& json, const answers::RunCounts& counts) {
        app_.end_progress();
        core::write_file(folder_ / (method_ + ".json"), json);
        ordered_json run = provenance(app_, "measure-" + method_);
        const model::ModelInfo& info = session_->model().info();
        run["battery"] = method_;
        run["model"] = model_provenance(info);
        run["weights"] = weights_provenance(info);
        run["answers"] = {{"asked", counts.asked},
                          {"remembered", counts.remembered},
                          {"unanswered", counts.unanswered}};
        finish_run(std::move(run), folder_);
        if (app_.globals.json) std::cout << json;
    }

    /// Where the rest stands, as the last line of a summary.
    std::string result_line() const { return (folder_ / (method_ + ".json")).string() + "\n"; }

  private:
    App& app_;
    std::string method_;
    fs::path folder_;
    std::unique_ptr<model::Session> session_;
    std::unique_ptr<answers::LocalSubject> subject_;
    std::unique_ptr<answers::Journal> journal_;
};

std::string shortened(const std::string& text, std::size_t width = 60) {
    if (text.size() <= width) return text;
    std::size_t end = width;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    return text.substr(0, end) + "...";
}

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
    run.finish(measure::to_json(profile), profile.counts);
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
    if (profile.unanswered > 0) std::cout << "  " << profile.unanswered << " unanswered\n";
    std::cout << run.result_line();
}

// ideals

struct IdealSettings {
    std::string concepts, run;
    std::size_t samples = 10;
};

void run_ideals(App& app, const IdealSettings& settings) {
    const fs::path file = settings.concepts.empty()
                              ? core::resource_folder() / "batteries" / "ideals" / "concepts.jsonl"
                              : fs::path(settings.concepts);
    const std::vector<data::Concept> concepts = data::read_concepts(file);
    answers::LocalOptions options;
    options.temperature = 1;
    options.max_tokens = 24;
    MethodRun run(app, "ideals", settings.run,
                  {{"concepts", core::sha256_file(file)}, {"samples", settings.samples}}, options);
    const answers::Ideals ideals = answers::ask_ideals(
        concepts, settings.samples,
        [](std::string_view text) { return measure::parse_number(text).has_value(); },
        run.subject(), run.journal(), app.globals.seed, app.watch());
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

struct UtilitySettings {
    std::string options, pairs = "active", run;
    std::size_t limit = 0, draws = 100;
    double edges = 2;
};

void run_utilities(App& app, const UtilitySettings& settings) {
    std::vector<measure::UtilityOption> options;
    for (const data::ComparedOption& each : data::read_options(settings.options)) {
        options.push_back({each.id, each.category, each.text, each.good, each.amount});
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
    const answers::Comparisons comparisons =
        answers::compare(texts, run.subject(), run.journal(), comparing, app.watch());
    measure::UtilitiesOptions measuring;
    measuring.seed = app.globals.seed;
    measuring.draws = settings.draws;
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

// stance

struct StanceSettings {
    std::string file, answer = "answer", statement = "statement", label = "label";
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
    std::vector<measure::StanceReading> readings;
    std::vector<std::optional<measure::Stance>> labels;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::vector<std::string>& cells = table.rows[row];
        readings.push_back(measure::read_stance(
            cells[answer], statement ? std::string_view(cells[*statement]) : std::string_view()));
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
    if (app.globals.json) {
        std::cout << measure::to_json(stances);
        return;
    }
    Table shares({"stance", "share"});
    for (const auto stance :
         {measure::Stance::agree, measure::Stance::disagree, measure::Stance::other}) {
        shares.add({std::string(measure::stance_name(stance)),
                    figure(stances.shares[static_cast<std::size_t>(stance)])});
    }
    std::cout << shares.text();
    if (stances.agreement.n == 0) return;
    std::cout << "\nagainst " << stances.agreement.n << " human labels\n"
              << "  accuracy " << figure(stances.agreement.accuracy) << ", always the commonest "
              << number(stances.agreement.majority) << "\n"
              << "  kappa " << figure(stances.agreement.kappa) << "\n";
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
            "  axia measure ideals\n  axia measure ideals --concepts mine.jsonl --samples 20",
            true);
        static IdealSettings settings;
        options->add("--concepts", settings.concepts,
                     "Concepts, JSON lines of id, text, unit (default: the forty that ship)");
        options->add("--samples", settings.samples, "Seeded answers to each question")
            ->check(CLI::Range(1, 1000));
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
        options->add("--limit", settings.limit, "Options at most, spread over the file; 0 = all");
        options->add("--draws", settings.draws, "Bootstrap draws")->check(CLI::Range(1, 100000));
        options->add("--run", settings.run, "Folder of the run");
        commands.on(command, [&app] { run_utilities(app, settings); });
    }
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
        commands.on(command, [&app] { run_stance(app, settings); });
    }
}

}  // namespace axia::cli
