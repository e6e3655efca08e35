#include "axia/answers/runs.h"

#include <gtest/gtest.h>

#include "axia/answers/journal.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "unit/data/scratch.h"

namespace axia::answers {
namespace {

namespace fs = std::filesystem;
using core::ErrorKind;
using data::expect_error;
using data::Scratch;

constexpr std::string_view demo_card =
    R"({"schema": "axia.run", "version": 1, "value": "security", "created": "2026-01-02T03:04:05Z",)"
    R"( "command": "axia demo", "model": {"name": "smollm2", "sha256": "00"}})";
constexpr std::string_view measure_card =
    R"({"schema": "axia.run", "version": 1, "battery": "weekend", "created": "2026-01-02T03:04:05Z",)"
    R"( "command": "axia measure", "model": {"name": "smollm2"}})";

void measure(const fs::path& folder, int answers) {
    Journal journal(folder);
    journal.bind(fact_battery, "weekend");
    journal.bind(fact_model, "smollm2");
    journal.bind(fact_answers, "3");
    for (int i = 0; i < answers; ++i) {
        JournalEntry entry;
        entry.key = "key" + std::to_string(i);
        entry.request = "{}";
        entry.record.item = "i";
        entry.record.arm = i == 1 ? "steered" : "unsteered";
        entry.record.reason = i == 2 ? "too long" : "";
        journal.add({&entry, 1});
    }
}

TEST(Runs, SaysWhatARunIsAndHowFar) {
    const Scratch scratch;
    measure(scratch.path / "b", 2);
    RunInfo run = read_run(scratch.path / "b");
    EXPECT_EQ(run_kind_name(run.kind), "measure");
    EXPECT_FALSE(run.finished);
    EXPECT_EQ(run.subject, "weekend");
    EXPECT_EQ(run.model, "smollm2");
    EXPECT_EQ(run.answers, 2u);
    EXPECT_EQ(run.total, 3u);
    EXPECT_EQ(run.created.size(), 20u);
    EXPECT_EQ(run.problem, "");

    measure(scratch.path / "b", 3);
    scratch.write("b/measures.json", "{}");
    scratch.write("b/run.json", measure_card);
    run = read_run(scratch.path / "b");
    EXPECT_TRUE(run.finished);
    EXPECT_EQ(run.answers, 3u);
    EXPECT_EQ(run.created, "2026-01-02T03:04:05Z");
    EXPECT_EQ(run.command, "axia measure");
    const auto arms = count_answers(scratch.path / "b");
    ASSERT_EQ(arms.size(), 2u);
    EXPECT_EQ(arms.at("unsteered").answers, 2u);
    EXPECT_EQ(arms.at("unsteered").unanswered, 1u);
    EXPECT_EQ(arms.at("steered").answers, 1u);
}

TEST(Runs, TellsThePlansOfItsArms) {
    const Scratch scratch;
    {
        Journal journal(scratch.path / "a");
        journal.bind(
            fact_settings,
            R"({"arms": [{"name": "unsteered", "plan": "none"}, {"name": "prompt:security",)"
            R"( "system": "Be safe.", "plan": "none"}, {"name": "security=0.9", "plan": "0f"},)"
            R"( {"name": "mine", "plan": "1e"}, 3, {"plan": 4}]})");
    }
    const RunInfo run = read_run(scratch.path / "a");
    ASSERT_EQ(run.plans.size(), 2u);
    EXPECT_EQ(run.plans[0].arm, "security=0.9");
    EXPECT_EQ(run.plans[0].hash, "0f");
    EXPECT_EQ(run.plans[1].arm, "mine");
    for (const auto& [name, settings] :
         {std::pair{"b", "[1]"}, {"c", "{"}, {"d", R"({"arms": 1})"}}) {
        Journal(scratch.path / name).bind(fact_settings, settings);
        EXPECT_TRUE(read_run(scratch.path / name).plans.empty()) << settings;
        EXPECT_EQ(read_run(scratch.path / name).problem, "");
    }
}

TEST(Runs, ListsRunsAndNothingElse) {
    const Scratch scratch;
    EXPECT_TRUE(list_runs(scratch.path / "none").empty());
    measure(scratch.path / "b", 1);
    scratch.write("a/run.json", demo_card);
    scratch.write("c/check.json", "{}");
    scratch.write("d/notes.txt", "x");
    scratch.write("e", "x");
    scratch.write("f/run.json", R"({"schema": "axia.run", "version": 7})");
    scratch.write("g/run.json", "no JSON");
    scratch.write("h/journal.sqlite", "");
    const std::vector<RunInfo> runs = list_runs(scratch.path);
    std::string names;
    for (const RunInfo& run : runs) names += run.folder.filename().string();
    ASSERT_EQ(names, "abcfgh");
    EXPECT_EQ(runs[0].subject, "security");
    EXPECT_EQ(run_kind_name(runs[0].kind), "demo");
    EXPECT_EQ(runs[0].model, "smollm2");
    EXPECT_TRUE(runs[0].finished);
    EXPECT_TRUE(count_answers(runs[0].folder).empty());
    EXPECT_FALSE(runs[2].finished);  // a demo that was cut off
    EXPECT_NE(runs[3].problem.find("another version"), std::string::npos);
    EXPECT_NE(runs[4].problem.find("not the file of a run"), std::string::npos);
    EXPECT_EQ(runs[5].problem, "");  // cut off before its first answer
    EXPECT_EQ(runs[5].answers, 0u);
    EXPECT_FALSE(runs[5].finished);
}

TEST(Runs, FoundByNameOrPath) {
    const Scratch scratch;
    measure(scratch.path / "weekend-smollm2", 1);
    const fs::path folder = scratch.path / "weekend-smollm2";
    EXPECT_EQ(find_run("weekend-smollm2", scratch.path), folder);
    EXPECT_EQ(find_run(folder.string(), "elsewhere"), folder);
    EXPECT_EQ(find_run(folder.string() + "/", "elsewhere"), folder);
    expect_error([&] { find_run("weekend-smolm2", scratch.path); }, ErrorKind::not_found, "",
                 "did you mean weekend-smollm2?");
    expect_error([&] { find_run("", scratch.path); }, ErrorKind::not_found, "", "no run");
    expect_error([&] { read_run(scratch.path / "x"); }, ErrorKind::not_found,
                 (scratch.path / "x").string(), "no such folder");
    expect_error([&] { read_run(scratch.path); }, ErrorKind::input, scratch.path.string(),
                 "is not the folder of a run");
}

TEST(Runs, OnlyRunsAreTakenAway) {
    const Scratch scratch;
    const auto there = [&](const char* name) { return fs::exists(scratch.path / name); };
    measure(scratch.path / "run", 1);
    scratch.write("run/run.json", measure_card);
    scratch.write("run/answers.jsonl", "");
    scratch.write("run/answers.jsonl.partial.123", "");
    scratch.write("run/report.html", "");
    remove_run(scratch.path / "run");
    EXPECT_FALSE(there("run"));

    scratch.write("demo/run.json", demo_card);
    remove_run(scratch.path / "demo");
    EXPECT_FALSE(there("demo"));

    scratch.write("folder/data.json", "{}");
    expect_error([&] { remove_run(scratch.path / "folder"); }, ErrorKind::input,
                 (scratch.path / "folder").string(), "is not the folder of a run");
    EXPECT_TRUE(there("folder/data.json"));

    scratch.write("mixed/run.json", demo_card);
    scratch.write("mixed/thesis.odt", "x");
    expect_error([&] { remove_run(scratch.path / "mixed"); }, ErrorKind::input,
                 (scratch.path / "mixed" / "thesis.odt").string(), "is not a file of a run");
    EXPECT_TRUE(there("mixed/run.json"));
    EXPECT_FALSE(there("mixed/lock"));
    scratch.write("deep/run.json", demo_card);
    scratch.write("deep/more/a.json", "x");
    EXPECT_THROW(remove_run(scratch.path / "deep"), core::Error);
    EXPECT_TRUE(there("deep/more/a.json"));
}

TEST(Runs, ARunThatIsHeldStays) {
    const Scratch scratch;
    const fs::path folder = scratch.path / "run";
    Journal journal(folder);
    expect_error([&] { remove_run(folder); }, ErrorKind::busy, (folder / "lock").string(),
                 "process " + std::to_string(::getpid()));
    EXPECT_TRUE(fs::exists(folder / "journal.sqlite"));
}

}  // namespace
}  // namespace axia::answers
