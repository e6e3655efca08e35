// Folders of runs: what they hold, how far they are, and taking one away.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace axia::answers {

enum class RunKind {
    measure,  // a battery asked: journal.sqlite, answers.jsonl, measures.json, run.json last
    demo,     // one value from pairs to report: run.json last
};
std::string_view run_kind_name(RunKind kind);

/// Facts of a measurement that its journal is bound to (Journal::bind) when it begins.
inline constexpr std::string_view fact_settings = "settings";  // JSON; "arms" with name and plan
inline constexpr std::string_view fact_battery = "battery";    // its name, or where it lies
inline constexpr std::string_view fact_battery_hash = "battery_sha256";
inline constexpr std::string_view fact_model = "model";      // its name, an endpoint's, or "people"
inline constexpr std::string_view fact_answers = "answers";  // how many there will be

/// A plan of a measurement: the name of the arm under it, and its hash.
struct RunPlan {
    std::string arm, hash;
};

struct RunInfo {
    std::filesystem::path folder;
    RunKind kind = RunKind::measure;
    bool finished = false;
    std::string subject;         // battery, or value of a demo; empty = not known
    std::string model;           // empty = not known
    std::string created;         // UTC; of an unfinished run the time of its last change
    std::string command;         // empty = not known
    std::uint64_t answers = 0;   // in the journal
    std::uint64_t total = 0;     // answers there will be; 0 = not known
    std::vector<RunPlan> plans;  // of a measurement, in the order of its arms
    std::string problem;         // why it cannot be read; empty = it can
};

/// Throws Error{not_found} for no folder, Error{input} for a folder that is no run. What is wrong
/// inside a run is its `problem`.
RunInfo read_run(const std::filesystem::path& folder);

/// The runs among the folders of `parent`, by name; none when there is no such folder.
std::vector<RunInfo> list_runs(const std::filesystem::path& parent);

/// A run by its path, or by its name under `parent`. Throws Error{not_found} with the nearest
/// names.
std::filesystem::path find_run(std::string_view name_or_path, const std::filesystem::path& parent);

/// Answers of one arm.
struct ArmCount {
    std::uint64_t answers = 0, unanswered = 0;
};
/// By arm; empty without a journal.
std::map<std::string, ArmCount> count_answers(const std::filesystem::path& folder);

/// Takes the files of a run away, and the folder. Throws Error{input} for a folder that is no run
/// or holds more than a run does, Error{busy} naming the process that holds it, Error{io}.
void remove_run(const std::filesystem::path& folder);

}  // namespace axia::answers
