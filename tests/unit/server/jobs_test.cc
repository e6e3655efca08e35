#include "server/jobs.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "source_dir.h"

namespace axia::server {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;
using testing::HasSubstr;

constexpr auto soon = std::chrono::milliseconds(200);

/// A program that talks as axia does with AXIA_PROGRESS=json; its first argument but one is the
/// value, which says how it behaves.
constexpr const char* program = R"(#!/bin/sh
echo "$@" >> "$0.calls"
case "$2" in
security)
    echo '{"stage":"reading","done":1,"total":2,"unit":"pairs"}' >&2
    echo '{"point":{"effect":0.5,"chosen":true}}' >&2
    echo '{"line":"nearly there"}' >&2
    echo '{"schema":"axia.test"}' ;;
power)
    echo '{"line":"no such thing"}' >&2
    exit 2 ;;
*)
    trap 'exit 1' INT
    echo '{"stage":"waiting","done":1,"total":9,"unit":"items"}' >&2
    while :; do sleep .02; done ;;
esac
)";

class JobsTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_jobs_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::path axia = folder / "axia";
    JobsOptions options{folder / "jobs", axia, {"--model", "tiny"}};
    std::unique_ptr<Library> library;

    void SetUp() override {
        fs::remove_all(folder);
        core::write_file(axia, program);
        fs::permissions(axia, fs::perms::owner_all);
        library = std::make_unique<Library>(
            data::read_value_system(fs::path(AXIA_SOURCE_DIR) / "values/schwartz"),
            model::ModelInfo{}, 512,
            LibraryPaths{folder / "vectors", folder / "plans", folder / "runs", folder / "pairs"});
    }
    void TearDown() override { fs::remove_all(folder); }

    static std::string learn(const std::string& value) {
        return R"({"kind":"learn","value":")" + value + "\"}";
    }
    static std::string id_of(const ordered_json& job) { return job["id"].get<std::string>(); }

    static std::vector<JobEvent> follow(const Jobs& jobs, const std::string& id) {
        std::vector<JobEvent> all;
        bool ended = false;
        std::uint64_t seen = 0;
        while (!ended) {
            for (JobEvent& event : jobs.events(id, seen, soon, ended)) {
                seen = event.number;
                all.push_back(std::move(event));
            }
        }
        return all;
    }
    static ordered_json wait_for(const Jobs& jobs, const std::string& id) {
        follow(jobs, id);
        return jobs.find(id);
    }
    static void wait_until_running(const Jobs& jobs, const std::string& id) {
        for (int i = 0; i < 500 && jobs.find(id)["stage"] != "waiting"; ++i) ::usleep(10'000);
        ASSERT_EQ(jobs.find(id)["state"], "running");
    }
    std::size_t calls() const {
        const std::string text = core::read_file(axia.string() + ".calls");
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
};

TEST_F(JobsTest, WhatTheChildSaysIsWhatAListenerHears) {
    Jobs jobs(*library, options);
    const ordered_json made = jobs.submit(learn("security"));
    EXPECT_EQ(made["state"], "queued");
    std::vector<std::string> names;
    const std::vector<JobEvent> events = follow(jobs, id_of(made));
    for (const JobEvent& event : events) names.push_back(event.name);
    EXPECT_EQ(names.front(), "state");
    EXPECT_EQ(names.back(), "state");
    const ordered_json job = jobs.find(id_of(made));
    EXPECT_EQ(job["state"], "done");
    EXPECT_EQ(job["result"], (ordered_json{{"schema", "axia.test"}}));
    EXPECT_EQ(job["stage"], "reading");
    EXPECT_EQ(job["done"], 1);
    EXPECT_EQ(job["total"], 2);
    EXPECT_EQ(job["message"], "nearly there");
    EXPECT_EQ(job["points"][0]["effect"], .5);
    EXPECT_TRUE(job["error"].is_null());
    EXPECT_EQ(core::read_file(axia.string() + ".calls"), "learn security --json --model tiny\n");
    const std::vector<JobEvent> late = follow(jobs, id_of(made));  // who comes late hears the end
    ASSERT_EQ(late.size(), 2U);
    EXPECT_EQ(ordered_json::parse(late[0].data)["state"], "done");
    EXPECT_EQ(late[1].name, "point");
}

TEST_F(JobsTest, AFailureSaysWhy) {
    Jobs jobs(*library, options);
    const ordered_json job = wait_for(jobs, id_of(jobs.submit(learn("power"))));
    EXPECT_EQ(job["state"], "failed");
    EXPECT_EQ(job["error"], "no such thing");
    EXPECT_TRUE(job["result"].is_null());
}

TEST_F(JobsTest, OneAtATimeAndCancelledEitherWay) {
    Jobs jobs(*library, options);
    const std::string first = id_of(jobs.submit(learn("tradition")));
    const std::string second = id_of(jobs.submit(learn("security")));
    wait_until_running(jobs, first);
    EXPECT_EQ(jobs.find(second)["state"], "queued");
    EXPECT_EQ(jobs.cancel(second)["state"], "cancelled");
    jobs.cancel(first);
    EXPECT_EQ(wait_for(jobs, first)["state"], "cancelled");
    EXPECT_EQ(wait_for(jobs, second)["state"], "cancelled");
    EXPECT_EQ(calls(), 1U);
}

TEST_F(JobsTest, TheNextServerTakesUpWhatWasUnderWay) {
    std::string running, waiting, over;
    {
        Jobs jobs(*library, options);
        over = id_of(jobs.submit(learn("power")));
        running = id_of(jobs.submit(learn("tradition")));
        waiting = id_of(jobs.submit(learn("security")));
        wait_until_running(jobs, running);
    }
    Jobs jobs(*library, options);
    EXPECT_EQ(jobs.find(over)["state"], "failed");
    EXPECT_EQ(jobs.find(over)["error"], "no such thing");
    wait_until_running(jobs, running);
    jobs.cancel(running);
    EXPECT_EQ(wait_for(jobs, waiting)["state"], "done");
    EXPECT_EQ(calls(), 4U);
}

TEST_F(JobsTest, ServersThatShareAFolderLeaveEachOthersJobsAlone) {
    options.model = "one";
    JobsOptions other = options;
    other.model = "two";
    std::string running, waiting, over;
    {
        Jobs first(*library, options);
        over = id_of(first.submit(learn("power")));
        wait_for(first, over);
        running = id_of(first.submit(learn("tradition")));
        waiting = id_of(first.submit(learn("security")));
        wait_until_running(first, running);
        core::write_file(options.folder / "j-0123456789ab/pairs.jsonl", "{}\n");  // being written
        const core::FileLock writing(options.folder / "j-0123456789ab/lock");

        Jobs second(*library, options);
        EXPECT_EQ(second.list()["jobs"].size(), 1U) << "what is over may be read by all";
        EXPECT_THROW(second.find(running), Error);
        EXPECT_TRUE(fs::exists(options.folder / "j-0123456789ab"));
        EXPECT_EQ(wait_for(second, id_of(second.submit(learn("power"))))["state"], "failed");
    }
    const Jobs of_another_model(*library, other);
    EXPECT_EQ(of_another_model.list()["jobs"].size(), 0U);
    Jobs again(*library, options);
    EXPECT_EQ(again.list()["jobs"].size(), 4U);
    wait_until_running(again, running);
    again.cancel(running);
    EXPECT_EQ(wait_for(again, waiting)["state"], "done");
}

TEST_F(JobsTest, FoldersWithoutAJobAreRemovedAtTheStart) {
    std::string done;
    {
        Jobs jobs(*library, options);
        done = id_of(jobs.submit(learn("power")));
        wait_for(jobs, done);
    }
    fs::create_directories(options.folder / "j-0123456789ab");  // killed after mkdir
    core::write_file(options.folder / "j-123456789abc/pairs.jsonl", "{}\n");
    core::write_file(options.folder / "j-23456789abcd/job.json.partial.1", "{");
    core::write_file(options.folder / "j-3456789abcde/job.json", "{");  // broken: a person's to see
    core::write_file(options.folder / "notes/read-me", "not a job's");
    core::write_file(folder / "elsewhere/kept", "x");
    fs::create_directory_symlink(folder / "elsewhere", options.folder / "j-456789abcdef");
    Jobs jobs(*library, options);
    EXPECT_EQ(jobs.list()["jobs"].size(), 1U);
    EXPECT_EQ(jobs.find(done)["state"], "failed");
    for (const char* gone : {"j-0123456789ab", "j-123456789abc", "j-23456789abcd"}) {
        EXPECT_FALSE(fs::exists(options.folder / gone)) << gone;
    }
    for (const char* kept : {"j-3456789abcde/job.json", "notes/read-me", "j-456789abcdef/kept"}) {
        EXPECT_TRUE(fs::exists(options.folder / kept)) << kept;
    }
}

TEST_F(JobsTest, TheQueueIsBounded) {
    options.queue = 2;
    Jobs jobs(*library, options);
    jobs.submit(learn("tradition"));
    jobs.submit(learn("tradition"));
    try {
        jobs.submit(learn("tradition"));
        FAIL() << "a third was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::busy);
    }
    EXPECT_EQ(jobs.list()["jobs"].size(), 2U);
}

TEST_F(JobsTest, TheOldestEndedOnesAreForgotten) {
    options.kept = 2;
    Jobs jobs(*library, options);
    std::vector<std::string> ids;
    for (int i = 0; i < 4; ++i) {
        ids.push_back(id_of(jobs.submit(learn("power"))));
        follow(jobs, ids.back());
    }
    EXPECT_EQ(jobs.list()["jobs"].size(), 2U);
    EXPECT_THROW(jobs.find(ids[1]), Error);
    EXPECT_FALSE(fs::exists(options.folder / ids[1]));
    EXPECT_TRUE(fs::exists(options.folder / ids[2]));
}

TEST_F(JobsTest, BroughtPairsLieBesideTheJobUnderANameOfOurs) {
    Jobs jobs(*library, options);
    const std::string id = id_of(jobs.submit(
        R"({"kind":"learn","value":"thrift","pairs":[{"positive":"a b","negative":"c d"}]})"));
    wait_until_running(jobs, id);
    EXPECT_EQ(core::read_file(options.folder / id / "pairs.jsonl"),
              "{\"value\":\"thrift\",\"positive\":\"a b\",\"negative\":\"c d\"}\n");
    EXPECT_THAT(core::read_file(axia.string() + ".calls"),
                HasSubstr("--pairs " + (options.folder / id / "pairs.jsonl").string()));
    EXPECT_FALSE(jobs.find(id)["request"].contains("pairs"));
    jobs.cancel(id);
}

TEST_F(JobsTest, WhatIsSaidOfAnOwnValueIsKeptWithItsPairs) {
    core::write_file(axia, "#!/bin/sh\necho \"$@\" >> \"$0.calls\"\necho '{}'\n");
    fs::permissions(axia, fs::perms::owner_all);
    Jobs jobs(*library, options);
    const std::string learnt = id_of(jobs.submit(
        R"({"kind":"learn","value":"thrift","pairs":[{"positive":"a b","negative":"c d"}],)"
        R"("about":{"title":"Thrift","definition":"Wasting nothing","group":"conservation","order":4}})"));
    ASSERT_EQ(wait_for(jobs, learnt)["state"], "done");
    const ordered_json values = library->values()["values"];
    ASSERT_EQ(values.size(), 11U);
    EXPECT_EQ(values[4]["order"], 4);
    EXPECT_EQ(values[4]["own"], false);
    const ordered_json& thrift = values[5];  // after the fifth of the circle
    EXPECT_EQ(thrift["name"], "thrift");
    EXPECT_EQ(thrift["title"], "Thrift");
    EXPECT_EQ(thrift["definition"], "Wasting nothing");
    EXPECT_EQ(thrift["group"], "conservation");
    EXPECT_EQ(thrift["order"], 4);
    EXPECT_EQ(thrift["own"], true);
    EXPECT_EQ(thrift["learnt"], false);  // the program here writes no vector

    wait_for(jobs, id_of(jobs.submit(learn("thrift"))));  // again, from the pairs that were kept
    EXPECT_THAT(core::read_file(axia.string() + ".calls"),
                HasSubstr("--pairs " + (folder / "pairs/thrift.jsonl").string()));
    EXPECT_EQ(library->values()["values"][5], thrift);
}

TEST_F(JobsTest, WhatIsWrongIsNamedAndLeavesNothing) {
    Jobs jobs(*library, options);
    const std::string own =
        R"({"kind":"learn","value":"thrift","pairs":[{"positive":"a","negative":"b"}],"about":)";
    for (const auto& [body, where] : std::vector<std::pair<std::string, std::string>>{
             {"{", "body"},
             {"[]", "body"},
             {"{}", "kind"},
             {R"({"kind":"lern"})", "kind"},
             {R"({"kind":"learn","value":".."})", "value"},
             {R"({"kind":"learn","value":"a/b","pairs":[{"positive":"a","negative":"b"}]})",
              "value"},
             {R"({"kind":"learn","value":"security","context":"loud"})", "context"},
             {R"({"kind":"learn","value":"security","about":{}})", "about"},
             {R"({"kind":"learn","value":"thrift"})", "value"},
             {own + R"([]})", "about"},
             {own + R"({"order":10}})", "about.order"},
             {own + R"({"order":-1}})", "about.order"},
             {own + R"({"order":1.5}})", "about.order"},
             {own + R"({"group":"conservatism"}})", "about.group"},
             {own + R"({"title":"two\nlines"}})", "about.title"},
             {own + R"({"definition":3}})", "about.definition"},
             {own + R"({"colour":"red"}})", "about.colour"},
             {R"({"kind":"tune","value":"security","tokens":1.5})", "tokens"},
             {R"({"kind":"measure","battery":"schwartz-portrait","run":".."})", "run"},
             {R"({"kind":"measure","battery":"schwartz-portrait","steer":{"a":[0]}})", "steer.a"},
             {R"({"kind":"effect","plan":"../x"})", "plan"}}) {
        try {
            jobs.submit(body);
            ADD_FAILURE() << body << " was taken";
        } catch (const Error& error) {
            EXPECT_EQ(error.where(), where) << body << ": " << error.what();
        }
    }
    EXPECT_TRUE(jobs.list()["jobs"].empty());
    EXPECT_FALSE(fs::exists(options.folder));
}

TEST_F(JobsTest, ADeepRequestIsRefused) {
    Jobs jobs(*library, options);
    const std::size_t deep = 3'000'000;
    const std::string body = R"({"kind":)" + std::string(deep, '[') + std::string(deep, ']') + "}";
    try {
        jobs.submit(body);
        FAIL() << "it was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.where(), "body") << error.what();
    }
}

TEST_F(JobsTest, AStoreThatCannotBeWrittenFailsTheJobAlone) {
    core::write_file(folder / "pairs", "a file where the folder should be");
    core::write_file(axia, "#!/bin/sh\necho '{}'\n");
    fs::permissions(axia, fs::perms::owner_all);
    Jobs jobs(*library, options);
    const ordered_json job = wait_for(
        jobs,
        id_of(jobs.submit(
            R"({"kind":"learn","value":"thrift","pairs":[{"positive":"a b","negative":"c d"}]})")));
    EXPECT_EQ(job["state"], "failed");
    EXPECT_THAT(job["error"].get<std::string>(), HasSubstr("cannot be written"));
    EXPECT_TRUE(job["result"].is_null());
    EXPECT_EQ(wait_for(jobs, id_of(jobs.submit(learn("security"))))["state"], "done");
}

}  // namespace
}  // namespace axia::server
