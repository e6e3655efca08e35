#include "server/child.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <sstream>
#include <thread>

namespace axia::server {
namespace {

using testing::ElementsAre;

struct Ran {
    ChildEnd end;
    std::vector<std::string> lines;
};

Ran run(const std::string& script, const std::atomic<bool>& stop = false,
        const std::vector<std::pair<std::string, std::string>>& environment = {}) {
    Ran ran;
    ran.end = run_child(
        {"/bin/sh", "-c", script}, environment,
        [&](std::string_view line) { ran.lines.emplace_back(line); }, stop);
    return ran;
}

TEST(ChildTest, ItsWordsAndItsLinesComeApart) {
    const Ran ran = run("echo one >&2; echo data; printf 'two\\nthree' >&2; exit 7");
    EXPECT_EQ(ran.end.code, 7);
    EXPECT_EQ(ran.end.out, "data\n");
    EXPECT_FALSE(ran.end.cut);
    EXPECT_THAT(ran.lines, ElementsAre("one", "two", "three"));
}

TEST(ChildTest, ArgumentsAreNoShellsWords) {
    Ran ran;
    const std::atomic<bool> stop{false};
    ran.end = run_child(
        {"/bin/echo", "$(id); `id` ; a  b", "--x=*"}, {}, [](auto) {}, stop);
    EXPECT_EQ(ran.end.out, "$(id); `id` ; a  b --x=*\n");
}

TEST(ChildTest, OneVariableIsReplacedAndTheOthersStay) {
    ASSERT_EQ(::setenv("AXIA_CHILD_TEST", "old", 1), 0);
    EXPECT_EQ(run("echo $AXIA_CHILD_TEST", false, {{"AXIA_CHILD_TEST", "new"}}).end.out, "new\n");
    EXPECT_EQ(run("echo $AXIA_CHILD_TEST", false, {{"AXIA_CHILD_OTHER", "x"}}).end.out, "old\n");
    ::unsetenv("AXIA_CHILD_TEST");
}

TEST(ChildTest, ItHasNoStdinAndAGroupAndAPriorityOfItsOwn) {
    const int before = ::getpriority(PRIO_PROCESS, 0);
    const Ran ran = run("cat; read x < /proc/self/stat; set -- $x; echo $$ $5; nice");
    std::istringstream words(ran.end.out);
    int process = 0, group = -1, niceness = 0;
    words >> process >> group >> niceness;
    EXPECT_EQ(process, group) << ran.end.out;
    EXPECT_EQ(niceness, std::max(before, 10));
}

TEST(ChildTest, AProgramThatIsNotThereFails) {
    const std::atomic<bool> stop{false};
    EXPECT_EQ(run_child(
                  {"/nowhere/axia"}, {}, [](auto) {}, stop)
                  .code,
              127);
}

TEST(ChildTest, StopIsAnInterruptThatItMayAnswer) {
    std::atomic<bool> stop{false};
    Ran ran;
    ran.end = run_child(
        {"/bin/sh", "-c",
         "trap 'echo saved; exit 3' INT; echo up >&2; while :; do sleep .05; done"},
        {}, [&](std::string_view) { stop = true; }, stop);
    EXPECT_EQ(ran.end.code, 3);
    EXPECT_EQ(ran.end.out, "saved\n");
}

TEST(ChildTest, StopReachesOneThatHasClosedItsOutputs) {
    std::atomic<bool> stop{false};
    Ran ran;
    ran.end = run_child(
        {"/bin/sh", "-c",
         "trap 'exit 4' INT; echo up >&2; exec >&- 2>&-; i=0; "
         "while [ $i -lt 400 ]; do sleep .05; i=$((i + 1)); done"},
        {}, [&](std::string_view) { stop = true; }, stop);
    EXPECT_EQ(ran.end.code, 4);

    stop = false;  // asked only once the outputs are long closed
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(400));
        stop = true;
    });
    ran.end = run_child(
        {"/bin/sh", "-c",
         "trap 'exit 5' INT; exec >&- 2>&-; i=0; "
         "while [ $i -lt 400 ]; do sleep .05; i=$((i + 1)); done"},
        {}, [](auto) {}, stop);
    later.join();
    EXPECT_EQ(ran.end.code, 5);
}

TEST(ChildTest, ASignalShowsInTheCode) {
    EXPECT_EQ(run("kill -TERM $$").end.code, 128 + SIGTERM);
}

TEST(ChildTest, MuchOutputOnBothSidesDoesNotBlock) {
    const Ran ran =
        run("for i in 1 2 3 4; do head -c 200000 /dev/zero | tr '\\0' x; "
            "head -c 200000 /dev/zero | tr '\\0' y >&2; echo >&2; done");
    EXPECT_EQ(ran.end.out.size(), 800'000U);
    EXPECT_EQ(ran.end.code, 0);
    for (const std::string& line : ran.lines) EXPECT_LT(line.size(), 1U << 18);
}

}  // namespace
}  // namespace axia::server
