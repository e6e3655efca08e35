#include "axia/core/resources.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::core {
namespace {

namespace fs = std::filesystem;

class Resources : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "axia-resources-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        if (const char* value = std::getenv("AXIA_SHARE")) before_ = value;
        ::unsetenv("AXIA_SHARE");
    }
    void TearDown() override {
        fs::remove_all(root_);
        before_ ? ::setenv("AXIA_SHARE", before_->c_str(), 1) : ::unsetenv("AXIA_SHARE");
    }
    fs::path root_;
    std::optional<std::string> before_;
};

TEST_F(Resources, EnvironmentComesFirst) {
    fs::create_directories(root_ / "share/axia");
    ::setenv("AXIA_SHARE", root_.c_str(), 1);
    EXPECT_EQ(resource_folder(root_ / "bin/axia"), root_);
    EXPECT_EQ(resource_folder(), root_);
}

TEST_F(Resources, EnvironmentMustNameAFolder) {
    ::setenv("AXIA_SHARE", (root_ / "missing").c_str(), 1);
    try {
        resource_folder(root_ / "bin/axia");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
        EXPECT_EQ(error.where(), "AXIA_SHARE=" + (root_ / "missing").string());
    }
}

TEST_F(Resources, InstalledBeforeSourceTree) {
    write_file(root_ / "models.yaml", "");
    fs::create_directories(root_ / "values");
    const fs::path executable = root_ / "build/apps/axia";
    fs::create_directories(executable.parent_path());
    EXPECT_EQ(resource_folder(executable), root_);
    fs::create_directories(root_ / "build/share/axia");
    EXPECT_EQ(resource_folder(executable), root_ / "build/share/axia");
}

TEST_F(Resources, NearestParentWithBothWins) {
    write_file(root_ / "models.yaml", "");
    fs::create_directories(root_ / "values");
    write_file(root_ / "inner/models.yaml", "");  // no values/ here
    EXPECT_EQ(resource_folder(root_ / "inner/build/axia"), root_);
    fs::create_directories(root_ / "inner/values");
    EXPECT_EQ(resource_folder(root_ / "inner/build/axia"), root_ / "inner");
}

TEST_F(Resources, NowhereSaysWhatToSet) {
    try {
        resource_folder(root_ / "bin/axia");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::not_found);
        EXPECT_NE(error.hint().find("AXIA_SHARE"), std::string::npos);
    }
}

}  // namespace
}  // namespace axia::core
