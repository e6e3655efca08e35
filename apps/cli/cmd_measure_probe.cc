// axia measure probe
#include <algorithm>
#include <charconv>
#include <iostream>
#include <set>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/capture/capture.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/random.h"
#include "axia/data/ethics.h"
#include "axia/measure/readout.h"
#include "method_run.h"
#include "output.h"
#include "provenance.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;

constexpr const char* what_it_is =
    "what a linear head can read from the model's states of these texts, not what the model "
    "answers";

struct ProbeSettings {
    std::string battery, train, format = "auto", layer = "all", context = "bare", rows;
    std::size_t limit = 500, train_limit = 1000, draws = 1000;
};

/// -1 = all.
int layer_of(const std::string& text) {
    if (text == "all") return -1;
    int layer = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, layer);
    if (error != std::errc() || stop != end || layer < 0) {
        throw Error(ErrorKind::usage, "'" + text + "' is no layer", "--layer",
                    "a number from 0, or all");
    }
    return layer;
}

/// The rows of `texts` that `kept` holds.
data::EthicsTexts part_of(const data::EthicsTexts& texts, const std::vector<bool>& kept) {
    data::EthicsTexts part = texts;
    part.texts.clear(), part.labels.clear(), part.groups.clear(), part.lines.clear();
    for (std::size_t row = 0; row < kept.size(); ++row) {
        if (!kept[row]) continue;
        if (texts.ranked) {
            part.texts.push_back(texts.texts[2 * row]);
            part.texts.push_back(texts.texts[2 * row + 1]);
        } else {
            part.texts.push_back(texts.texts[row]);
            part.labels.push_back(texts.labels[row]);
        }
        part.groups.push_back(texts.groups[row]);
        part.lines.push_back(texts.lines[row]);
    }
    return part;
}

bool is_grouped(const data::EthicsTexts& texts) {
    return texts.groups.size() > 1 && texts.groups[0] == texts.groups[1];
}

std::size_t groups_in(const data::EthicsTexts& texts) {
    return static_cast<std::size_t>(texts.groups.back()) + 1;
}

/// `limit` rows at most, in whole groups, one drawn from each of as many equal stretches.
data::EthicsTexts limited(const data::EthicsTexts& texts, std::size_t limit, std::uint64_t seed) {
    const std::size_t rows = texts.groups.size(), groups = groups_in(texts);
    if (limit == 0 || limit >= rows) return texts;
    const std::size_t wanted = std::max<std::size_t>(1, limit / (rows / groups));
    core::Rng rng(seed);
    const std::vector<std::size_t> drawn = rng.one_of_each_stretch(wanted, groups);
    const std::set<int> chosen(drawn.begin(), drawn.end());
    std::vector<bool> kept;
    for (const int group : texts.groups) kept.push_back(chosen.contains(group));
    return part_of(texts, kept);
}

/// Texts of a branch as the model reads them, without the groups that have one too long.
struct Read {
    data::EthicsTexts texts;
    std::vector<std::vector<model::Token>> tokens;
};

Read tokens_of(App& app, const model::Session& session, const data::EthicsTexts& texts,
               capture::Context context) {
    const auto most = static_cast<std::size_t>(session.options().batch);
    std::vector<std::vector<model::Token>> tokens;
    std::set<int> too_long;
    for (std::size_t i = 0; i < texts.texts.size(); ++i) {
        tokens.push_back(capture::text_tokens(session.model(), context, "", texts.texts[i]));
        if (tokens.back().size() > most) too_long.insert(texts.groups[texts.ranked ? i / 2 : i]);
    }
    if (too_long.empty()) return {texts, std::move(tokens)};
    const std::string rows = is_grouped(texts) ? "groups of rows" : "rows";
    app.say("warning: " + texts.file + ": " + std::to_string(too_long.size()) + " " + rows +
            " left out, with a text of more than " + std::to_string(most) +
            " tokens (raise --batch)");
    Read read;
    std::vector<bool> kept;
    for (const int group : texts.groups) kept.push_back(!too_long.contains(group));
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (kept[texts.ranked ? i / 2 : i]) read.tokens.push_back(std::move(tokens[i]));
    }
    read.texts = part_of(texts, kept);
    if (read.texts.groups.empty()) {
        throw Error(ErrorKind::input, "every row has a text too long for a batch", texts.file,
                    "raise --batch");
    }
    return read;
}

/// Texts that stand in both would be recognised, not read.
void check_apart(const App& app, const data::EthicsTexts& train, const data::EthicsTexts& test) {
    const std::set<std::string> known(train.texts.begin(), train.texts.end());
    const auto same = static_cast<std::size_t>(
        std::count_if(test.texts.begin(), test.texts.end(),
                      [&](const std::string& text) { return known.contains(text); }));
    if (same == test.texts.size()) {
        throw Error(ErrorKind::input, "every text stands in " + train.file + " too", test.file,
                    "a head is scored on texts that it was not fitted on");
    }
    if (same > 0) {
        app.say("warning: " + test.file + ": " + std::to_string(same) + " of " +
                std::to_string(test.texts.size()) + " texts stand in " + train.file + " too");
    }
}

measure::ReadoutRows rows_of(const data::EthicsTexts& texts) {
    return {texts.ranked, texts.labels, texts.groups};
}

const data::EthicsTexts* find(const data::EthicsSet& set, const std::string& branch) {
    for (const data::EthicsTexts& texts : set.branches) {
        if (texts.branch == branch) return &texts;
    }
    return nullptr;
}

struct Branch {
    data::EthicsTexts train, test;
};

/// The branches that both sides have; the others are said.
std::vector<Branch> branches_of(const App& app, const ProbeSettings& settings,
                                const std::string& train_path) {
    const auto split =
        settings.format == "ethics-hard" ? data::EthicsSplit::hard : data::EthicsSplit::test;
    const data::EthicsSet train = data::read_ethics_texts(train_path, data::EthicsSplit::train);
    const data::EthicsSet test = data::read_ethics_texts(settings.battery, split);
    for (const data::EthicsSet* set : {&train, &test}) {
        for (const std::string& warning : set->warnings) app.say("warning: " + warning);
    }
    std::vector<Branch> branches;
    for (const data::EthicsTexts& texts : test.branches) {
        const data::EthicsTexts* const learnt = find(train, texts.branch);
        if (learnt == nullptr) {
            app.say("warning: " + texts.file + ": branch " + texts.branch +
                    " is left out: nothing to learn it from in " + train_path);
            continue;
        }
        check_apart(app, *learnt, texts);
        branches.push_back({limited(*learnt, settings.train_limit, app.globals.seed),
                            limited(texts, settings.limit, app.globals.seed + 1)});
    }
    if (branches.empty()) {
        throw Error(ErrorKind::input, "has no branch in common with " + train_path,
                    settings.battery, "training and test texts of one branch are wanted");
    }
    return branches;
}

std::string size_of(const char* what, std::size_t rows, std::size_t groups) {
    std::string text = std::to_string(rows) + " " + what;
    if (groups < rows) text += " in " + std::to_string(groups) + " groups";
    return text;
}

void print(const std::string& branch, double chance, const measure::Readout& readout) {
    const measure::ReadoutLayer& chosen = readout.layers[readout.chosen];
    const char* const unit = readout.ranked ? "pairs" : "rows";
    const std::string right = readout.grouped ? "groups right" : std::string(unit) + " right";
    std::cout << bold(branch) << "  " << size_of(unit, readout.train_rows, readout.train_groups)
              << " to learn from, " << size_of(unit, readout.test_rows, readout.test_groups)
              << " to test\n";
    std::vector<std::string> header{"layer", right};
    if (readout.grouped) header.emplace_back("rows right");
    header.emplace_back("in training");
    if (readout.layers.size() > 1) header.emplace_back("kept to choose by");
    Table table(header);
    for (const measure::ReadoutLayer& layer : readout.layers) {
        std::vector<std::string> row{
            std::to_string(layer.layer) + (layer.layer == chosen.layer ? " *" : ""),
            figure(layer.test.score)};
        if (readout.grouped) row.push_back(figure(layer.test.accuracy));
        row.push_back(figure(layer.training.score));
        if (readout.layers.size() > 1) row.push_back(figure(layer.chosen_by.score));
        table.add(std::move(row));
    }
    std::cout << table.text();
    if (readout.layers.size() > 1) {
        std::cout << "* chosen on " << readout.choosing_groups
                  << (readout.grouped  ? " groups"
                      : readout.ranked ? " pairs"
                                       : " rows")
                  << " of the training texts; the test had no part in it\n";
    }
    std::cout << "by chance " << number(chance);
    if (readout.majority) {
        std::cout << "; always the label commoner in training: " << number(*readout.majority)
                  << " of the rows";
    }
    std::cout << "\n";
    if (!readout.ranked) {
        const auto& seen = chosen.test.confusion;
        std::cout << "labelled 1: " << seen[1][1] << " read as 1, " << seen[1][0]
                  << " as 0; labelled 0: " << seen[0][0] << " read as 0, " << seen[0][1]
                  << " as 1\n";
    }
    for (const measure::ReadoutLayer& layer : readout.layers) {
        if (!layer.converged) std::cout << "layer " << layer.layer << ": the fit did not settle\n";
    }
    std::cout << "\n";
}

void add_rows(std::string& out, const data::EthicsTexts& texts, const measure::Readout& readout) {
    const measure::ReadoutLayer& layer = readout.layers[readout.chosen];
    for (std::size_t row = 0; row < texts.groups.size(); ++row) {
        ordered_json json{{"branch", texts.branch},
                          {"line", texts.lines[row]},
                          {"group", texts.groups[row]},
                          {"layer", layer.layer},
                          {"reading", layer.readings[row]}};
        const int label = texts.ranked ? 1 : texts.labels[row];
        if (!texts.ranked) json["label"] = label;
        json["right"] = (layer.readings[row] > 0) == (label == 1);
        out += json.dump() + "\n";
    }
}

void run_probe(App& app, const ProbeSettings& settings) {
    // bad settings and files are told before a model is loaded
    const int layer = layer_of(settings.layer);
    const capture::Context context = capture::parse_context(settings.context);
    std::error_code code;
    if (settings.train.empty() && !fs::is_directory(settings.battery, code)) {
        throw Error(ErrorKind::usage, "which texts is the head fitted on?", "--train",
                    "a file or folder; a folder as --battery brings its own");
    }
    const std::string train_path = settings.train.empty() ? settings.battery : settings.train;
    const std::vector<Branch> branches = branches_of(app, settings, train_path);
    if (!settings.rows.empty()) core::check_writable(settings.rows);

    const auto session = app.measuring_session();
    const model::ModelInfo& info = session->model().info();
    capture::CaptureOptions capturing;
    if (layer >= info.layers) {
        throw Error(ErrorKind::usage, info.name + " has no layer " + std::to_string(layer),
                    "--layer", "0 to " + std::to_string(info.layers - 1) + ", or all");
    }
    if (layer >= 0) capturing.layers = {layer};
    measure::ReadoutOptions reading;
    reading.seed = app.globals.seed;
    reading.draws = settings.draws;
    reading.threads = app.globals.threads;

    ordered_json json{{"schema", "axia.readout"},
                      {"version", 1},
                      {"what", what_it_is},
                      {"split", settings.format == "ethics-hard" ? "hard" : "test"},
                      {"context", capture::context_name(context)},
                      {"C", reading.C},
                      {"level", reading.level},
                      {"draws", reading.draws},
                      {"seed", reading.seed},
                      {"model", model_provenance(info)},
                      {"weights", weights_provenance(info)},
                      {"branches", ordered_json::array()}};
    if (!app.globals.json) std::cout << wrapped(info.name + ": " + what_it_is, 100, "") << "\n";
    std::string rows;
    for (const Branch& branch : branches) {
        const Read train = tokens_of(app, *session, branch.train, context);
        const Read test = tokens_of(app, *session, branch.test, context);
        const auto learnt =
            capture::capture_last_states(*session, train.tokens, capturing, app.watch());
        const auto asked =
            capture::capture_last_states(*session, test.tokens, capturing, app.watch());
        const measure::Readout readout =
            measure::read_out(learnt.layers, learnt.states, rows_of(train.texts), asked.states,
                              rows_of(test.texts), reading, app.watch());
        app.end_progress();
        if (!settings.rows.empty()) add_rows(rows, test.texts, readout);
        if (!app.globals.json) print(test.texts.branch, test.texts.chance, readout);
        ordered_json one{{"branch", test.texts.branch},
                         {"training_file", train.texts.file},
                         {"test_file", test.texts.file}};
        one.update(ordered_json::parse(measure::to_json(readout, test.texts.chance)));
        json["branches"].push_back(std::move(one));
    }
    if (!settings.rows.empty()) core::write_file(settings.rows, rows);
    if (app.globals.json) std::cout << json.dump(2) << "\n";
}

}  // namespace

void add_measure_probe(Commands& commands, CLI::App& measure) {
    App& app = commands.app;
    auto [command, options] = commands.add(
        measure, "probe",
        "What a linear head can read of moral judgements from a model's states: fitted on training "
        "texts of ETHICS, scored on test texts. Not what the model answers.",
        "  axia measure probe --battery ethics/\n"
        "  axia measure probe --battery justice_test.csv --train justice_train.csv --layer 12",
        true);
    static ProbeSettings settings;
    options
        ->add("--battery,-b", settings.battery,
              "Test texts: a branch's file, or the folder of all branches")
        ->required();
    options->add("--train", settings.train,
                 "Training texts: the same (default: the folder's own files)");
    options->add("--format", settings.format, "auto, or ethics-hard: the hard test of a folder")
        ->check(CLI::IsMember({"auto", "ethics", "ethics-hard"}));
    options->add("--layer", settings.layer,
                 "Block whose states are read, from 0; all = every one, and one chosen on a part "
                 "of the training texts");
    options->add("--context", settings.context, "bare = the text alone, or chat = as an answer");
    options->add("--limit", settings.limit,
                 "Test rows of each branch at most, in whole groups; 0 = all");
    options->add("--train-limit", settings.train_limit,
                 "Training rows of each branch at most, in whole groups; 0 = all");
    options->add("--draws", settings.draws, "Bootstrap draws")->check(CLI::Range(100, 1000000));
    options->add("--rows", settings.rows, "JSON lines file: the reading of every test row");
    commands.on(command, [&app] { run_probe(app, settings); });
}

}  // namespace axia::cli
