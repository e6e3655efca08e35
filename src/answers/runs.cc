#include "axia/answers/runs.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <set>

#include "axia/answers/journal.h"
#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::json;

namespace {

constexpr std::uint64_t most_bytes = 16 << 20;

bool has(const fs::path& folder, const char* name) {
    std::error_code code;
    return fs::is_regular_file(folder / name, code);
}

/// "" or the text of `member`, or of its `name` when it is an object.
std::string named(const json& object, const char* member) {
    const auto found = object.find(member);
    if (found == object.end()) return {};
    if (found->is_string()) return found->get<std::string>();
    if (!found->is_object()) return {};
    const auto name = found->find("name");
    return name != found->end() && name->is_string() ? name->get<std::string>() : std::string();
}

std::string changed(const fs::path& file) {
    std::error_code code;
    const fs::file_time_type time = fs::last_write_time(file, code);
    if (code) return {};
    const std::time_t seconds =
        std::chrono::system_clock::to_time_t(std::chrono::file_clock::to_sys(time));
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 32> text{};
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

/// Returns whether the run is one of a method, which writes no measures.json.
bool read_run_file(RunInfo& run) {
    const std::string where = (run.folder / "run.json").string();
    const json card = json::parse(core::read_file(where, most_bytes), nullptr, false);
    if (!card.is_object() || !named(card, "schema").starts_with("axia.")) {
        throw Error(ErrorKind::input, "is not the file of a run", where);
    }
    if (card.value("version", json(0)) != 1) {
        throw Error(ErrorKind::unsupported, "has another version, this axia knows 1", where);
    }
    run.subject = named(card, run.kind == RunKind::measure ? "battery" : "value");
    run.model = named(card, "model");
    run.created = named(card, "created");
    run.command = named(card, "command");
    return named(card, "kind").starts_with("measure-");
}

std::vector<RunPlan> plans_of(const std::string& settings) {
    std::vector<RunPlan> plans;
    const json facts = json::parse(settings, nullptr, false);
    const auto arms = facts.is_object() ? facts.find("arms") : facts.end();
    if (arms == facts.end() || !arms->is_array()) return plans;  // a method has none
    for (const json& arm : *arms) {
        if (!arm.is_object()) continue;
        const std::string hash = named(arm, "plan");
        if (!hash.empty() && hash != "none") plans.push_back({named(arm, "name"), hash});
    }
    return plans;
}

void read_journal(RunInfo& run) {
    const Journal journal(run.folder, Journal::Mode::read);
    run.answers = journal.size();
    if (const auto battery = journal.bound(fact_battery)) run.subject = *battery;
    if (const auto model = journal.bound(fact_model)) run.model = *model;
    if (const auto settings = journal.bound(fact_settings)) run.plans = plans_of(*settings);
    if (const auto total = journal.bound(fact_answers)) {
        std::from_chars(total->data(), total->data() + total->size(), run.total);
    }
}

/// Whether a run, or a person looking at one, may have left such a file.
bool belongs_to_run(const fs::path& file) {
    static const std::set<std::string> names{"lock", "journal.sqlite", "journal.sqlite-wal",
                                             "journal.sqlite-shm"};
    static const std::set<std::string> kinds{".json", ".jsonl", ".html", ".md", ".csv"};
    const std::string name = file.filename().string();
    return names.contains(name) || kinds.contains(file.extension().string()) ||
           name.find(".partial.") != std::string::npos;
}

}  // namespace

std::string_view run_kind_name(RunKind kind) {
    return kind == RunKind::measure ? "measure" : "demo";
}

RunInfo read_run(const fs::path& folder) {
    std::error_code code;
    if (!fs::is_directory(folder, code)) {
        throw Error(ErrorKind::not_found, "no such folder", folder.string());
    }
    RunInfo run;
    run.folder = folder;
    const bool journal = has(folder, "journal.sqlite");
    // a demo begins with the check of its pairs
    if (!journal && !has(folder, "run.json") && !has(folder, "check.json")) {
        throw Error(ErrorKind::input, "is not the folder of a run", folder.string(),
                    "a run holds run.json or journal.sqlite");
    }
    run.kind = journal ? RunKind::measure : RunKind::demo;
    bool method = false;
    try {
        if (has(folder, "run.json")) method = read_run_file(run);
        if (journal) read_journal(run);
    } catch (const Error& error) {
        if (!(journal && error.kind() == ErrorKind::not_found)) run.problem = error.what();
    }
    run.finished = run.problem.empty() && has(folder, "run.json") &&
                   (!journal || method || has(folder, "measures.json"));
    if (run.created.empty()) {
        run.created = changed(folder / (journal ? "journal.sqlite" : "check.json"));
    }
    return run;
}

std::vector<RunInfo> list_runs(const fs::path& parent) {
    std::vector<RunInfo> runs;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(parent, code)) {
        try {
            runs.push_back(read_run(entry.path()));
        } catch (const Error&) {  // no run
        }
    }
    std::sort(runs.begin(), runs.end(),
              [](const RunInfo& a, const RunInfo& b) { return a.folder < b.folder; });
    return runs;
}

fs::path find_run(std::string_view name_or_path, const fs::path& parent) {
    std::error_code code;
    const fs::path given(name_or_path);
    for (const fs::path& folder : {given, parent / given}) {
        if (given.empty() || !fs::is_directory(folder, code)) continue;
        return folder.has_filename() ? folder : folder.parent_path();  // without a last slash
    }
    std::vector<std::string> names;
    for (const RunInfo& run : list_runs(parent)) names.push_back(run.folder.filename().string());
    const std::string near = core::nearest_names(name_or_path, names);
    throw Error(ErrorKind::not_found, "there is no run '" + std::string(name_or_path) + "'", "",
                near.empty() ? "axia runs list shows them" : "did you mean " + near + "?");
}

std::map<std::string, ArmCount> count_answers(const fs::path& folder) {
    std::map<std::string, ArmCount> arms;
    if (!has(folder, "journal.sqlite")) return arms;
    Journal(folder, Journal::Mode::read).for_each([&](const JournalEntry& entry) {
        ArmCount& arm = arms[entry.record.arm];
        ++arm.answers;
        if (!entry.record.reason.empty()) ++arm.unanswered;
    });
    return arms;
}

void remove_run(const fs::path& folder) {
    read_run(folder);
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.is_directory() || !belongs_to_run(entry.path())) {
            throw Error(ErrorKind::input, "is not a file of a run", entry.path().string(),
                        "take it out of the folder, or delete the folder by hand");
        }
    }
    const core::FileLock lock(folder / "lock");
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
    // what makes it a run goes last, so that a removal that was cut off can be repeated
    const auto last = [](const fs::path& file) {
        const std::string name = file.filename().string();
        return name == "lock" ? 2 : name == "run.json" || name == "journal.sqlite" ? 1 : 0;
    };
    std::sort(files.begin(), files.end(), [&](const fs::path& a, const fs::path& b) {
        return std::pair(last(a), a) < std::pair(last(b), b);
    });
    std::error_code code;
    for (const fs::path& file : files) {
        if (!fs::remove(file, code) && code) {
            throw Error(ErrorKind::io, "cannot be taken away: " + code.message(), file.string());
        }
    }
    fs::remove(folder, code);
    if (code)
        throw Error(ErrorKind::io, "cannot be taken away: " + code.message(), folder.string());
}

}  // namespace axia::answers
