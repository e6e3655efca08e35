#include "model/zip.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "axia/core/error.h"
#include "unit/model/zip_writer.h"

namespace axia::model {
namespace {

namespace fs = std::filesystem;

class Zip : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "axia-zip-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
        for (int i = 0; i < 20000; ++i) long_text_ += std::to_string(i * i) + " ";
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string read(const std::string& archive, const std::string& member,
                     std::uint64_t limit = 1 << 20) {
        std::ofstream(folder_ / "a.whl", std::ios::binary) << archive;
        std::string out;
        read_zip_member(folder_ / "a.whl", member, limit,
                        [&](std::string_view bytes) { out += bytes; });
        return out;
    }

    fs::path folder_;
    std::string long_text_;
};

TEST_F(Zip, StoredDeflatedAndZip64) {
    const std::string archive = test::make_zip({{"a/one", "first"},
                                                {"a/two", long_text_, true},
                                                {"b", long_text_, true, true},
                                                {"empty", ""},
                                                {"c", "last", false, true}});
    EXPECT_EQ(read(archive, "a/one"), "first");
    EXPECT_EQ(read(archive, "a/two"), long_text_);
    EXPECT_EQ(read(archive, "b"), long_text_);
    EXPECT_EQ(read(archive, "empty"), "");
    EXPECT_EQ(read(archive, "c"), "last");
}

TEST_F(Zip, MissingMemberAndLimit) {
    const std::string archive = test::make_zip({{"one", "first"}});
    try {
        read(archive, "two");
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::not_found);
    }
    EXPECT_EQ(read(archive, "one", 5), "first");
    EXPECT_THROW(read(archive, "one", 4), core::Error);
}

// What is given is right, or there is an Error: never a crash, never wrong bytes without one.
TEST_F(Zip, EveryFlippedByteAndEveryCut) {
    const std::string text = long_text_.substr(0, 400);
    const std::string archive =
        test::make_zip({{"one", text, true}, {"two", "second", false, true}});
    for (std::size_t i = 0; i < archive.size(); ++i) {
        std::string bad = archive;
        bad[i] = static_cast<char>(bad[i] ^ (1 << i % 8));
        for (const auto& [member, right] :
             {std::pair<std::string, std::string>{"one", text}, {"two", "second"}}) {
            try {
                EXPECT_EQ(read(bad, member), right) << i;
            } catch (const core::Error& error) {
                EXPECT_NE(error.kind(), core::ErrorKind::internal);
            }
        }
    }
    for (std::size_t size = 0; size < archive.size(); ++size) {
        EXPECT_THROW(read(archive.substr(0, size), "one"), core::Error) << size;
    }
}

}  // namespace
}  // namespace axia::model
