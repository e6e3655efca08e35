#include "server/studio.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "axia/core/error.h"
#include "server/studio_pack.h"

namespace axia::server {
namespace {

using core::Error;
using core::ErrorKind;

const std::string index_of_two =
    "axia-studio 1\n"
    "/\ttext/html\tt1\t5\t0\n"
    "/studio/app.js\ttext/javascript\tt2\t4\t3\n"
    "\n";

TEST(StudioPackTest, EachFileHasItsTypeTagAndBytes) {
    const std::string bytes("<htmlab\0\ngz!", 12);
    const std::string whole = index_of_two + bytes;
    const auto files = read_studio_pack(whole);
    ASSERT_EQ(files.size(), 2U);
    const StudioFile& page = files.at("/");
    EXPECT_EQ(page.type, "text/html");
    EXPECT_EQ(page.tag, "t1");
    EXPECT_EQ(page.plain, "<html");
    EXPECT_TRUE(page.gzip.empty());
    const StudioFile& script = files.at("/studio/app.js");
    EXPECT_EQ(script.type, "text/javascript");
    EXPECT_EQ(script.plain, std::string_view("ab\0\n", 4));
    EXPECT_EQ(script.gzip, "gz!");
    EXPECT_EQ(script.plain.data(), whole.data() + index_of_two.size() + 5);  // a view, no copy
}

TEST(StudioPackTest, NoPackIsNoStudio) {
    EXPECT_TRUE(read_studio_pack("").empty());
    EXPECT_TRUE(read_studio_pack("axia-studio 1\n\n").empty());
}

TEST(StudioPackTest, EveryWayToBeMalformedIsOurOwnError) {
    const std::string good = index_of_two + std::string(12, 'x');
    ASSERT_EQ(read_studio_pack(good).size(), 2U);
    std::vector<std::string> wrong{
        "axia-studio 2\n\n",
        "x",
        "axia-studio 1",
        "axia-studio 1\n/\ttext/html\tt\t1\t0\n",
        "axia-studio 1\n/\ttext/html\tt\t1\n\nx",        // a field less
        "axia-studio 1\n/\ttext/html\tt\t1\t0\t0\n\nx",  // one more
        "axia-studio 1\n/\ttext/html\tt\t-1\t0\n\nx",    // sizes
        "axia-studio 1\n/\ttext/html\tt\t1x\t0\n\nx",    //
        "axia-studio 1\n/\ttext/html\tt\t\t0\n\nx",      //
        "axia-studio 1\n/\ttext/html\tt\t99999999999999999999999\t0\n\nx",
        good + "x"};
    for (std::size_t size = 1; size < good.size(); ++size) wrong.push_back(good.substr(0, size));
    for (const std::string& pack : wrong) {
        try {
            read_studio_pack(pack);
            ADD_FAILURE() << "taken: " << pack;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::internal) << pack;
        }
    }
}

TEST(StudioPackTest, TheOneInsideIsWholeAndHasAFrontPageWithinItsLimit) {
    const auto files = read_studio_pack(studio_pack());
    if (files.empty()) GTEST_SKIP() << "built without the studio";
    ASSERT_TRUE(files.contains("/"));
    EXPECT_EQ(files.at("/").type.substr(0, 9), "text/html");
    for (const auto& [path, file] : files) {
        EXPECT_TRUE(is_studio_path(path)) << path;
        EXPECT_FALSE(file.plain.empty()) << path;
        EXPECT_FALSE(file.tag.empty()) << path;
        if (!file.gzip.empty()) {
            EXPECT_LT(file.gzip.size(), file.plain.size()) << path;
        }
    }
}

TEST(StudioPathTest, OnlyItsOwnPathsNeedNoKey) {
    for (const char* path : {"/", "/studio/app.js"}) EXPECT_TRUE(is_studio_path(path)) << path;
    for (const char* path : {"", "/studio", "/studioX", "/v1/models", "//", "/axia/studio/"}) {
        EXPECT_FALSE(is_studio_path(path)) << path;
    }
}

}  // namespace
}  // namespace axia::server
