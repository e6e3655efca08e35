#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"

namespace axia::core {
namespace {

namespace fs = std::filesystem;

struct Scratch {
    fs::path path;
    Scratch() {
        std::string name = (fs::temp_directory_path() / "axia-core-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Scratch() { fs::remove_all(path); }
};

TEST(Error, OneLineWithPlaceAndHint) {
    const Error error(ErrorKind::input, "no field 'value'\nhere", "pairs.jsonl:3", "add it");
    EXPECT_STREQ(error.what(), "pairs.jsonl:3: no field 'value' here (add it)");
    EXPECT_EQ(exit_code(error.kind()), 2);
    EXPECT_EQ(exit_code(ErrorKind::cancelled), 1);
}

// FIPS 180-4 example values.
TEST(Hash, KnownDigests) {
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Rng, SameSeedSameStreamAndUniform) {
    Rng a(7), b(7), c(8);
    EXPECT_EQ(a.next(), b.next());
    EXPECT_NE(a.next(), c.next());
    std::vector<int> count(10);
    for (int i = 0; i < 100000; ++i) ++count[a.below(10)];
    for (const int n : count) EXPECT_NEAR(n, 10000, 500);
    double sum = 0, square = 0;
    for (int i = 0; i < 100000; ++i) {
        const double x = a.normal();
        sum += x, square += x * x;
    }
    EXPECT_NEAR(sum / 1e5, 0, .02);
    EXPECT_NEAR(square / 1e5, 1, .03);
}

TEST(Files, WriteIsWholeAndReadsBack) {
    const Scratch scratch;
    write_file(scratch.path / "a/b/c.txt", "hello");
    EXPECT_EQ(read_file(scratch.path / "a/b/c.txt"), "hello");
    EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path / "a/b"), {}), 1);
    EXPECT_THROW(read_file(scratch.path / "a/b"), Error);
    EXPECT_THROW(read_file(scratch.path / "missing"), Error);
    EXPECT_THROW(read_file(scratch.path / "a/b/c.txt", 4), Error);
    EXPECT_THROW(write_file(scratch.path / "a/b", "x"), Error);
}

TEST(Files, WriteToFullDeviceFailsWithOneLine) {
    try {
        write_file("/dev/full/x", "x");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::io);
    }
}

TEST(Files, TargetsThatCannotBeWrittenAreFoundBefore) {
    const Scratch scratch;
    const auto refused = [](const fs::path& path, const std::string& says) {
        for (const bool before : {true, false}) {
            try {
                if (before) {
                    check_writable(path);
                } else {
                    write_file(path, "x");
                }
                ADD_FAILURE() << path;
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), ErrorKind::io);
                EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
            }
        }
    };
    write_file(scratch.path / "file", "old");
    refused(scratch.path, "is a folder");
    refused(scratch.path / "new/", "is a folder");
    refused(scratch.path / "file/x", "cannot be written: Not a directory");
    refused(scratch.path / std::string(300, 'n'), "cannot be written: File name too long");
    ASSERT_EQ(::mkfifo((scratch.path / "pipe").c_str(), 0600), 0);
    refused(scratch.path / "pipe", "is not a plain file");
    refused("/proc/axia/x", "cannot be written: No such file or directory");

    check_writable(scratch.path / "file");
    check_writable(scratch.path / "a/b/c");
    EXPECT_EQ(read_file(scratch.path / "file"), "old");
    EXPECT_EQ(std::distance(fs::directory_iterator(scratch.path), {}), 2);
}

TEST(Files, ReadOnlyFolderIsFoundBefore) {
    const Scratch scratch;
    fs::create_directory(scratch.path / "closed");
    fs::permissions(scratch.path, fs::perms{0755});
    fs::permissions(scratch.path / "closed", fs::perms{0555});
    // root may write anywhere: be nobody meanwhile
    const bool root = ::geteuid() == 0;
    if (root && ::seteuid(65534) != 0) GTEST_SKIP() << "root that cannot become another user";
    for (const char* name : {"closed/x", "closed/new/x"}) {
        try {
            check_writable(scratch.path / name);
            ADD_FAILURE() << name;
        } catch (const Error& error) {
            EXPECT_STREQ(error.what(), ((scratch.path / name).string() +
                                        ": cannot be written: Permission denied (is the folder "
                                        "there and writable?)")
                                           .c_str());
        }
    }
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
}

TEST(Files, LinesAreBoundedAndNumbered) {
    const Scratch scratch;
    const fs::path file = scratch.path / "lines";
    std::ofstream(file) << "one\r\n\nthree";
    std::vector<std::string> lines;
    read_lines(file, [&](std::string_view line, std::size_t n) {
        lines.emplace_back(line);
        EXPECT_EQ(n, lines.size());
    });
    EXPECT_EQ(lines, (std::vector<std::string>{"one", "", "three"}));
    std::ofstream(file) << "ok\n" << std::string(100, 'x') << "\n";
    try {
        read_lines(
            file, [](std::string_view, std::size_t) {}, 50);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.where(), file.string() + ":2");
    }
}

TEST(Files, Utf8) {
    EXPECT_TRUE(
        is_utf8("gr\xC3\xBC\xC3\x9F"
                "e \xF0\x9F\x98\x80"));
    EXPECT_FALSE(is_utf8("\xC3"));
    EXPECT_FALSE(is_utf8("\xC0\x80"));
    EXPECT_FALSE(is_utf8("\xED\xA0\x80"));
    EXPECT_FALSE(is_utf8("\xF5\x80\x80\x80"));
}

TEST(Files, LockIsExclusiveAndNamesTheHolder) {
    const Scratch scratch;
    const FileLock first(scratch.path / "lock");
    try {
        const FileLock second(scratch.path / "lock");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::busy);
        EXPECT_NE(std::string(error.what()).find(std::to_string(::getpid())), std::string::npos);
    }
}

TEST(Names, Nearest) {
    EXPECT_EQ(nearest_names("securty", {"security", "power", "tradition"}), "security");
    EXPECT_EQ(nearest_names("zzz", {"security", "power"}), "");
    EXPECT_EQ(nearest_names("sec", {"security", "power"}), "security");
}

}  // namespace
}  // namespace axia::core
