#include "server/audit.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace axia::server {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t noon = 1'800'000'000, day = 86'400;

class AuditTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_audit_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::path file = folder / "audit.sqlite";

    void SetUp() override { fs::remove_all(folder); }
    void TearDown() override { fs::remove_all(folder); }

    static AuditEntry entry(std::int64_t time) {
        AuditEntry made;
        made.time = time;
        made.key = "k-01234567";
        made.route = "POST /v1/chat/completions";
        made.model = "smollm2";
        made.plan = "abc";
        made.steer = {{"power", -.9}, {"security", .95}};
        made.prompt_tokens = 12;
        made.answer_tokens = 34;
        made.status = 200;
        made.seconds = 1.5;
        return made;
    }
};

TEST_F(AuditTest, WhatWentInComesOut) {
    {
        Audit audit(file);
        audit.add(entry(noon));
    }
    const std::vector<AuditEntry> read = Audit(file).list();
    ASSERT_EQ(read.size(), 1U);
    EXPECT_EQ(read[0].time, noon);
    EXPECT_EQ(read[0].key, "k-01234567");
    EXPECT_EQ(read[0].route, "POST /v1/chat/completions");
    EXPECT_EQ(read[0].plan, "abc");
    EXPECT_EQ(read[0].steer, (std::map<std::string, double>{{"power", -.9}, {"security", .95}}));
    EXPECT_EQ(read[0].prompt_tokens, 12);
    EXPECT_EQ(read[0].answer_tokens, 34);
    EXPECT_EQ(read[0].status, 200);
    EXPECT_EQ(read[0].seconds, 1.5);
    EXPECT_EQ(fs::status(file).permissions(), fs::perms(0600));
}

TEST_F(AuditTest, NewestOnesInOrderSinceATime) {
    Audit audit(file);
    for (int i = 0; i < 10; ++i) audit.add(entry(noon + i));
    AuditQuery query;
    query.limit = 3;
    const std::vector<AuditEntry> read = audit.list(query);
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(read[0].time, noon + 7);
    EXPECT_EQ(read[2].time, noon + 9);
    query.limit = 100;
    query.since = noon + 5;
    EXPECT_EQ(audit.list(query).size(), 5U);
}

TEST_F(AuditTest, GrowthIsBounded) {
    Audit audit(file, 2);
    for (int i = 0; i < 10; ++i) audit.add(entry(noon - i * day));
    audit.prune(noon);
    EXPECT_EQ(audit.list().size(), 3U);  // of today, of yesterday, and exactly two days old
    // and by itself with the thousandth row
    for (int i = 0; i < 990; ++i) audit.add(entry(noon + 10 * day));
    EXPECT_EQ(audit.list().size(), 990U);
}

TEST_F(AuditTest, RowsAreNeverChanged) {
    Audit audit(file);
    audit.add(entry(noon));
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    EXPECT_NE(sqlite3_exec(database, "UPDATE audit SET status = 1", nullptr, nullptr, nullptr),
              SQLITE_OK);
    sqlite3_close(database);
    EXPECT_EQ(audit.list().at(0).status, 200);
}

TEST_F(AuditTest, NamesThatNobodyExpects) {
    Audit audit(file);
    AuditEntry odd = entry(noon);
    odd.steer = {{"\xff\"x", 1e300}, {std::string(10'000, 'v'), -1e-300}};
    odd.route = std::string(10'000, '/');
    audit.add(odd);
    const AuditEntry read = audit.list().at(0);
    EXPECT_EQ(read.steer.size(), 2U);
    EXPECT_EQ(read.route.size(), 256U);
}

TEST_F(AuditTest, ManyThreads) {
    Audit audit(file);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 100; ++i) audit.add(entry(noon));
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(audit.list().size(), 400U);
}

}  // namespace
}  // namespace axia::server
