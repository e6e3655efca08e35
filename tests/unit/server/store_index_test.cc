#include "server/store_index.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "axia/core/files.h"

namespace axia::server {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class StoreIndexTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_index_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::path plans = folder / "plans", vectors = folder / "vectors";
    StoreIndex::Time now = std::chrono::file_clock::now();
    StoreIndex index{plans, vectors, seconds(10), [this] { return now; }};

    void SetUp() override {
        fs::remove_all(folder);
        core::write_file(vectors / "security.chat.gguf", "v1");
        core::write_file(vectors / "security.bare.gguf", "v1");
        core::write_file(plans / "security.json", "{}");
        age(seconds(60));
    }
    void TearDown() override { fs::remove_all(folder); }

    /// Everything was last changed so long ago.
    void age(milliseconds by) {
        for (const fs::path& one : {plans, vectors}) {
            for (const auto& entry : fs::directory_iterator(one)) {
                fs::last_write_time(entry.path(), now - by);
            }
            fs::last_write_time(one, now - by);
        }
    }
};

TEST_F(StoreIndexTest, AStoreAtRestIsListedOnce) {
    const auto first = index.look();
    EXPECT_THAT(first->plans, ElementsAre("security"));
    EXPECT_THAT(first->values, ElementsAre("security"));
    for (int i = 0; i < 100; ++i) EXPECT_EQ(index.look(), first);
    EXPECT_EQ(index.listings(), 1U);
}

TEST_F(StoreIndexTest, WhatIsLearntWhileServingIsSeenAtOnce) {
    const auto before = index.look();
    core::write_file(vectors / "power.chat.gguf", "v1");
    const auto after = index.look();
    EXPECT_THAT(after->values, ElementsAre("power", "security"));
    EXPECT_NE(after->version, before->version);
    core::write_file(plans / "power.json", "{}");
    EXPECT_THAT(index.look()->plans, ElementsAre("power", "security"));
    fs::remove(plans / "power.json");
    EXPECT_THAT(index.look()->plans, ElementsAre("security"));
    EXPECT_NE(index.look()->version, after->version);
}

TEST_F(StoreIndexTest, LearntAgainUnderTheSameNameIsAnotherVersion) {
    const auto before = index.look();
    core::write_file(vectors / "security.chat.gguf", "v2");
    EXPECT_NE(index.look()->version, before->version);
}

TEST_F(StoreIndexTest, TwoChangesWithinOneTickOfTheClockAreBothSeen) {
    core::write_file(vectors / "power.chat.gguf", "v1");
    fs::last_write_time(vectors, now);
    index.look();
    core::write_file(vectors / "tradition.chat.gguf", "v1");
    fs::last_write_time(vectors, now);  // the same time as before
    EXPECT_THAT(index.look()->values, ElementsAre("power", "security", "tradition"));
}

TEST_F(StoreIndexTest, AFileEditedInPlaceIsSeenAfterAWhile) {
    const auto before = index.look();
    fs::last_write_time(plans / "security.json", now);  // as an editor leaves it
    now += seconds(11);
    EXPECT_NE(index.look()->version, before->version);
}

TEST_F(StoreIndexTest, FoldersThatAreNotThereYetAreEmptyUntilTheyAre) {
    fs::remove_all(folder);
    EXPECT_THAT(index.look()->values, IsEmpty());
    core::write_file(vectors / "power.chat.gguf", "v1");
    EXPECT_THAT(index.look()->values, ElementsAre("power"));
}

}  // namespace
}  // namespace axia::server
