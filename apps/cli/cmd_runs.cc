// axia runs list, show, rm, export
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/export.h"
#include "axia/answers/journal.h"
#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery.h"
#include "output.h"

namespace axia::cli {

using nlohmann::ordered_json;

namespace {

namespace fs = std::filesystem;
using answers::RunInfo;

constexpr const char* runs_folder = "runs";

std::string state_of(const RunInfo& run) {
    if (!run.problem.empty()) return "unreadable";
    if (run.finished) return "finished";
    if (run.kind == answers::RunKind::demo) return "unfinished";
    return "unfinished: " + std::to_string(run.answers) +
           (run.total > 0 ? " of " + std::to_string(run.total) : "") + " answers";
}

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}

ordered_json to_json(const RunInfo& run) {
    const auto or_null = [](const std::string& text) {
        return text.empty() ? ordered_json() : ordered_json(text);
    };
    ordered_json json;
    json["name"] = run.folder.filename().string();
    json["folder"] = run.folder.string();
    json["kind"] = answers::run_kind_name(run.kind);
    json["finished"] = run.finished;
    json["subject"] = or_null(run.subject);
    json["model"] = or_null(run.model);
    json["created"] = or_null(run.created);
    json["command"] = or_null(run.command);
    json["answers"] = run.answers;
    json["answers_wanted"] = run.total > 0 ? ordered_json(run.total) : ordered_json();
    json["problem"] = or_null(run.problem);
    return json;
}

void list_runs(const App& app, const std::string& folder) {
    const std::vector<RunInfo> runs = answers::list_runs(folder);
    if (app.globals.json) {
        ordered_json json{{"schema", "axia.runs"}, {"version", 1}};
        json["runs"] = ordered_json::array();
        for (const RunInfo& run : runs) json["runs"].push_back(to_json(run));
        std::cout << json.dump(2) << "\n";
        return;
    }
    if (runs.empty()) {
        app.say("there is no run in " + folder);
        return;
    }
    Table table({"name", "kind", "state", "about", "model", "date"});
    for (const RunInfo& run : runs) {
        table.add({run.folder.filename().string(), std::string(answers::run_kind_name(run.kind)),
                   state_of(run), or_dash(run.subject), or_dash(run.model),
                   or_dash(run.created.substr(0, 10))});
    }
    std::cout << table.text();
    for (const RunInfo& run : runs) {
        if (!run.problem.empty()) app.say("warning: " + run.problem);
    }
}

void show_run(const App& app, const fs::path& folder) {
    const RunInfo run = answers::read_run(folder);
    if (!run.problem.empty()) throw core::Error(core::ErrorKind::input, run.problem);
    const std::map<std::string, answers::ArmCount> arms =
        run.answers > 0 ? answers::count_answers(folder)
                        : std::map<std::string, answers::ArmCount>{};
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (app.globals.json) {
        ordered_json json{{"schema", "axia.run-info"}, {"version", 1}};
        json.update(to_json(run));
        json["arms"] = ordered_json::array();
        for (const auto& [arm, count] : arms) {
            json["arms"].push_back(
                {{"arm", arm}, {"answers", count.answers}, {"unanswered", count.unanswered}});
        }
        json["files"] = ordered_json::array();
        for (const fs::path& file : files) json["files"].push_back(file.filename().string());
        std::cout << json.dump(2) << "\n";
        return;
    }
    std::cout << bold(run.folder.filename().string()) << "  " << answers::run_kind_name(run.kind)
              << ", " << state_of(run) << "\n"
              << "about    " << or_dash(run.subject) << "\n"
              << "model    " << or_dash(run.model) << "\n"
              << "date     " << or_dash(run.created) << "\n"
              << "command  " << or_dash(run.command) << "\n";
    if (!arms.empty()) {
        Table table({"arm", "answers", "unanswered"});
        for (const auto& [arm, count] : arms) {
            table.add({arm, std::to_string(count.answers), std::to_string(count.unanswered)});
        }
        std::cout << "\n" << table.text();
    }
    std::cout << "\n";
    for (const fs::path& file : files) std::cout << file.filename().string() << "\n";
}

/// Right options of the run's battery; none when it is gone or another one by now.
answers::CorrectOption correct_options(const App& app, const fs::path& folder) {
    const answers::Journal journal(folder, answers::Journal::Mode::read);
    const auto name = journal.bound(answers::fact_battery);
    const auto hash = journal.bound(answers::fact_battery_hash);
    auto right = std::make_shared<std::map<std::string, std::size_t>>();
    try {
        if (!name || !hash) return {};
        const data::Battery battery = data::open_battery(*name);
        if (battery.hash() != *hash) {
            app.say("warning: battery " + *name + " was changed since; samples have no targets");
            return {};
        }
        battery.for_each([&](const data::Item& item) {
            if (item.correct) right->emplace(item.id, *item.correct);
        });
    } catch (const core::Error& error) {
        app.say("warning: samples have no targets: " + std::string(error.what()));
        return {};
    }
    return [right](const std::string& item) -> std::optional<std::size_t> {
        const auto found = right->find(item);
        return found == right->end() ? std::nullopt : std::optional(found->second);
    };
}

void export_run(const App& app, const fs::path& folder, const std::string& format_name,
                const std::string& output) {
    const answers::ExportFormat format = answers::parse_export_format(format_name);
    const RunInfo run = answers::read_run(folder);
    if (run.kind != answers::RunKind::measure) {
        throw core::Error(core::ErrorKind::input,
                          "is the run of a demo, which has no answers to "
                          "questions of a battery",
                          folder.string(), "its files are JSON already");
    }
    answers::CorrectOption correct;
    if (format == answers::ExportFormat::lm_eval) correct = correct_options(app, folder);
    if (output.empty()) {
        answers::export_answers(folder, format, std::cout, correct);
        return;
    }
    core::check_writable(output);
    core::write_file(
        output, [&](std::ostream& out) { answers::export_answers(folder, format, out, correct); });
    std::cout << (app.globals.json ? ordered_json{{"export", output}}.dump() : output) << "\n";
}

}  // namespace

void add_run_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* runs =
        commands.group("runs", "Runs there are: list, show, take away, export.",
                       "  axia runs list\n"
                       "  axia runs export weekend-smollm2 --format csv -o answers.csv");
    static std::string parent = runs_folder, run, format = "jsonl", output;
    {
        auto [command, options] =
            commands.add(*runs, "list", "Runs with their state: finished, or how far.",
                         "  axia runs list\n  axia runs list studies/runs", false);
        command->add_option("folder", parent, "Folder of runs")->capture_default_str();
        commands.on(command, [&app] { list_runs(app, parent); });
    }
    const auto add_run = [](CLI::App& command) {
        command.add_option("run", run, "Folder of a run, or its name under runs/")->required();
    };
    {
        auto [command, options] =
            commands.add(*runs, "show", "What a run is, how far it is, and its answers by arm.",
                         "  axia runs show weekend-smollm2", false);
        add_run(*command);
        commands.on(command, [&app] { show_run(app, answers::find_run(run, runs_folder)); });
    }
    {
        auto [command, options] = commands.add(
            *runs, "rm",
            "Takes a run away without asking; never a folder that holds anything else.",
            "  axia runs rm weekend-smollm2", false);
        add_run(*command);
        commands.on(command, [&app] {
            const fs::path folder = answers::find_run(run, runs_folder);
            answers::remove_run(folder);
            std::cout << (app.globals.json ? ordered_json{{"removed", folder.string()}}.dump()
                                           : folder.string())
                      << "\n";
        });
    }
    {
        auto [command, options] = commands.add(
            *runs, "export", "Answers of a measurement for other programs.",
            "  axia runs export weekend-smollm2 --format csv -o answers.csv\n"
            "  axia runs export weekend-smollm2 --format lm-eval -o samples_weekend.jsonl",
            false);
        add_run(*command);
        command
            ->add_option("--format", format,
                         "jsonl = a record a line, csv = a row an option, lm-eval = its samples")
            ->capture_default_str();
        command->add_option("-o,--output", output, "Where (default: stdout)");
        commands.on(command, [&app] {
            export_run(app, answers::find_run(run, runs_folder), format, output);
        });
    }
}

}  // namespace axia::cli
