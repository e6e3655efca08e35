#include "axia/answers/journal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "source_dir.h"
#include "unit/answers/killing_files.h"
#include "unit/data/scratch.h"

namespace axia::answers {
namespace {

namespace fs = std::filesystem;
using core::ErrorKind;
using data::bytes_of;
using data::expect_error;
using data::Scratch;

JournalEntry entry(int i) {
    JournalEntry made;
    made.key = core::sha256_hex("question " + std::to_string(i));
    made.request = R"({"message":"question )" + std::to_string(i) + "\"}";
    made.record.item = "item-" + std::to_string(i);
    made.record.arm = "unsteered";
    made.record.wording = "plain";
    made.record.options = {{-0.5 - i, 3, 10}, {-1.5, 2, 7}};
    made.record.p = {0.25, 0.75};
    made.record.invalid = 0.125;
    return made;
}

void add_one(Journal& journal, int i) {
    const JournalEntry one = entry(i);
    journal.add({&one, 1});
}

/// Everything a journal holds, a line each.
std::string dump(const fs::path& folder) {
    const Journal journal(folder, Journal::Mode::read);
    std::string text;
    journal.for_each([&](const JournalEntry& one) {
        text += one.key + " " + one.request + " " + to_json_line(one.record) + "\n";
    });
    return text;
}

/// The exit code of `work` in a process of its own; 128 + n when signal n ended it.
int in_child(const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = work();
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void execute(const fs::path& file, const std::string& sql) {
    sqlite3* database = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK)
        << (message != nullptr ? message : "");
    sqlite3_free(message);
    sqlite3_close(database);
}

TEST(Journal, KeepsWhatWasAdded) {
    const Scratch scratch;
    const fs::path folder = scratch.path / "a run";
    {
        Journal journal(folder);
        EXPECT_EQ(journal.size(), 0u);
        EXPECT_FALSE(journal.find(entry(1).key));
        const std::vector<JournalEntry> three{entry(1), entry(2), entry(3)};
        journal.add(three);
        journal.add({});
        EXPECT_EQ(journal.size(), 3u);
        journal.bind("command", "axia measure");
    }
    const Journal journal(folder, Journal::Mode::read);
    ASSERT_TRUE(journal.find(entry(2).key));
    EXPECT_EQ(to_json_line(*journal.find(entry(2).key)), to_json_line(entry(2).record));
    EXPECT_FALSE(journal.find(entry(4).key));
    EXPECT_EQ(journal.bound("command"), "axia measure");
    EXPECT_FALSE(journal.bound("other"));
    std::vector<std::string> keys;
    journal.for_each([&](const JournalEntry& one) { keys.push_back(one.key); });
    EXPECT_EQ(keys.size(), 3u);
    EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Journal, AnAnswerIsNeverReplaced) {
    const Scratch scratch;
    Journal journal(scratch.path);
    add_one(journal, 1);
    JournalEntry other = entry(1);
    other.record.reason = "later";
    journal.add({&other, 1});
    EXPECT_EQ(journal.size(), 1u);
    EXPECT_EQ(journal.find(other.key)->reason, "");
}

TEST(Journal, AddsAllOrNothing) {
    const Scratch scratch;
    Journal journal(scratch.path);
    std::vector<JournalEntry> entries{entry(1), entry(2), entry(3)};
    entries[2].request = "\xFF";
    expect_error([&] { journal.add(entries); }, ErrorKind::input,
                 (scratch.path / "journal.sqlite").string(), "a request is not valid UTF-8");
    EXPECT_EQ(journal.size(), 0u);
    add_one(journal, 1);
    EXPECT_EQ(journal.size(), 1u);
}

TEST(Journal, FactsAreBoundOnce) {
    const Scratch scratch;
    Journal journal(scratch.path);
    journal.bind("subject", "smollm2");
    journal.bind("subject", "smollm2");
    expect_error([&] { journal.bind("subject", "other"); }, ErrorKind::mismatch,
                 (scratch.path / "journal.sqlite").string(), "was begun with another subject");
    EXPECT_EQ(journal.bound("subject"), "smollm2");
}

TEST(Journal, TheSecondProcessLearnsWhoHoldsTheRun) {
    const Scratch scratch;
    int ready[2], done[2];
    ASSERT_EQ(::pipe(ready), 0);
    ASSERT_EQ(::pipe(done), 0);
    const pid_t holder = ::fork();
    if (holder == 0) {
        char byte = 0;
        try {
            Journal journal(scratch.path);
            add_one(journal, 1);
            if (::write(ready[1], "r", 1) == 1 && ::read(done[0], &byte, 1) == 1)
                add_one(journal, 2);
        } catch (...) {
            ::_exit(1);
        }
        ::_exit(0);
    }
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    expect_error([&] { const Journal journal(scratch.path); }, ErrorKind::busy,
                 (scratch.path / "lock").string(), "process " + std::to_string(holder));
    // reading is allowed meanwhile, and does not disturb the writer
    EXPECT_EQ(Journal(scratch.path, Journal::Mode::read).size(), 1u);
    ASSERT_EQ(::write(done[1], "d", 1), 1);
    int status = 0;
    ::waitpid(holder, &status, 0);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(Journal(scratch.path).size(), 2u);
    for (const int end : {ready[0], ready[1], done[0], done[1]}) ::close(end);
}

TEST(Journal, ReaderLeavesNothingBehind) {
    const Scratch scratch;
    { Journal(scratch.path).bind("a", "b"); }
    const std::string before = bytes_of(scratch.path / "journal.sqlite");
    EXPECT_EQ(Journal(scratch.path, Journal::Mode::read).size(), 0u);
    EXPECT_EQ(bytes_of(scratch.path / "journal.sqlite"), before);
    std::vector<std::string> names;
    for (const auto& file : fs::directory_iterator(scratch.path)) {
        names.push_back(file.path().filename());
    }
    std::sort(names.begin(), names.end());
    EXPECT_EQ(names, (std::vector<std::string>{"journal.sqlite", "lock"}));
}

TEST(Journal, OtherFilesAreRefused) {
    const Scratch scratch;
    const auto refused = [&](const std::string& name, ErrorKind kind, const std::string& says) {
        const fs::path folder = scratch.path / name;
        const std::string before = bytes_of(folder / "journal.sqlite");
        for (const Journal::Mode mode : {Journal::Mode::write, Journal::Mode::read}) {
            expect_error([&] { const Journal journal(folder, mode); }, kind,
                         (folder / "journal.sqlite").string(), says);
        }
        EXPECT_EQ(bytes_of(folder / "journal.sqlite"), before) << name;
    };
    scratch.write("text/journal.sqlite", std::string(5000, 'x'));
    refused("text", ErrorKind::input, "is not a journal of axia");
    fs::create_directories(scratch.path / "foreign");
    execute(scratch.path / "foreign" / "journal.sqlite", "CREATE TABLE t (x)");
    refused("foreign", ErrorKind::input, "is a database of another program");

    { const Journal journal(scratch.path / "newer"); }
    execute(scratch.path / "newer" / "journal.sqlite", "PRAGMA user_version = 2");
    refused("newer", ErrorKind::unsupported, "has version 2, this axia knows 1");

    expect_error([&] { const Journal journal(scratch.path / "none", Journal::Mode::read); },
                 ErrorKind::not_found, (scratch.path / "none" / "journal.sqlite").string(),
                 "no such file");
    scratch.write("empty/journal.sqlite", "");
    expect_error([&] { const Journal journal(scratch.path / "empty", Journal::Mode::read); },
                 ErrorKind::not_found, (scratch.path / "empty" / "journal.sqlite").string(),
                 "holds no answers yet");
    EXPECT_EQ(Journal(scratch.path / "empty").size(), 0u);
    scratch.write("file", "");
    EXPECT_THROW(Journal(scratch.path / "file"), core::Error);
    fs::create_directories(scratch.path / "folder" / "journal.sqlite");
    expect_error([&] { const Journal journal(scratch.path / "folder"); }, ErrorKind::io,
                 (scratch.path / "folder" / "journal.sqlite").string(),
                 "cannot be read or written");
}

// Made by version 1 itself: six answers, of "weekend" by "smollm2".
TEST(Journal, VersionOneCanBeRead) {
    const Scratch scratch;
    scratch.write("journal.sqlite",
                  bytes_of(fs::path(AXIA_SOURCE_DIR) / "tests/unit/answers/journal_v1.sqlite"));
    const Journal journal(scratch.path);
    EXPECT_EQ(journal.size(), 6u);
    EXPECT_EQ(journal.bound("battery"), "weekend");
    std::string items;
    journal.for_each([&](const JournalEntry& one) { items += one.record.item + " "; });
    EXPECT_EQ(items, "f-1 w-1 w-1 w-1 w-1 w-2 ");
}

TEST(Journal, DamageIsTold) {
    const Scratch scratch;
    const fs::path file = scratch.path / "journal.sqlite";
    {
        Journal journal(scratch.path);
        for (int i = 0; i < 200; ++i) add_one(journal, i);
    }
    const std::string whole = bytes_of(file);
    ASSERT_GT(whole.size(), 40000u);
    std::size_t told = 0;
    for (const std::size_t at : {24576u, 12288u, 8192u, 4096u}) {
        std::string bytes = whole.substr(0, at);
        bytes.resize(at + 4096, '\x7F');
        bytes += whole.substr(at + 4096);
        scratch.write("journal.sqlite", bytes);
        try {
            const Journal journal(scratch.path);
            journal.bound("subject");
            for (int i = 0; i < 200; ++i) journal.find(entry(i).key);
            journal.for_each([](const JournalEntry&) {});
        } catch (const core::Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
            EXPECT_NE(std::string(error.what()).find("is damaged"), std::string::npos)
                << error.what();
            ++told;
        }
    }
    EXPECT_EQ(told, 4u);
    scratch.write("journal.sqlite", whole.substr(0, 20000));  // cut off
    expect_error(
        [&] {
            const Journal journal(scratch.path);
            journal.for_each([](const JournalEntry&) {});
        },
        ErrorKind::input, file.string(), "is damaged");
    scratch.write("journal.sqlite", whole);
    execute(file, "UPDATE answers SET record = '{}'");
    expect_error([&] { dump(scratch.path); }, ErrorKind::input,
                 file.string() + ": answer " +
                     [&] {
                         std::string first = entry(0).key;
                         for (int i = 1; i < 200; ++i) first = std::min(first, entry(i).key);
                         return first;
                     }(),
                 "field 'item' is missing");
}

/// Runs in a child that is not root, whom permissions do not stop.
TEST(Journal, FoldersThatMayNotBeWritten) {
    const Scratch scratch;
    const fs::path folder = scratch.path / "100% closed? #1";
    {
        Journal journal(folder);
        add_one(journal, 1);
    }
    fs::permissions(scratch.path, fs::perms::all);
    for (const auto& file : fs::directory_iterator(folder)) {
        fs::permissions(file.path(), static_cast<fs::perms>(0444));
    }
    fs::permissions(folder, static_cast<fs::perms>(0555));
    const int code = in_child([&] {
        if (::geteuid() == 0 && ::setuid(65534) != 0) return 77;
        if (Journal(folder, Journal::Mode::read).size() != 1) return 1;
        try {
            const Journal journal(folder);
            return 2;
        } catch (const core::Error& error) {
            if (error.kind() != ErrorKind::io) return 3;
        }
        try {
            const Journal journal(folder / "new");
            return 4;
        } catch (const core::Error& error) {
            if (error.kind() != ErrorKind::io) return 5;
        }
        return 0;
    });
    fs::permissions(folder, fs::perms::owner_all);
    if (code == 77) GTEST_SKIP() << "the user cannot be changed here";
    EXPECT_EQ(code, 0);
    EXPECT_FALSE(fs::exists(folder / "new"));
}

/// Adds until there is no room: 0 when the error is the right one and the journal as it was.
int fill_up(const fs::path& folder, int most, const std::function<void()>& make_room) {
    int kept = 0;
    {
        Journal journal(folder);
        const std::string filler(20000, 'x');
        try {
            for (; kept < most; ++kept) {
                std::vector<JournalEntry> two{entry(2 * kept), entry(2 * kept + 1)};
                for (JournalEntry& one : two) one.request = "\"" + filler + "\"";
                journal.add(two);
            }
            return 1;
        } catch (const core::Error& error) {
            if (error.kind() != ErrorKind::io) return 2;
            if (std::string(error.what()).find('\n') != std::string::npos) return 3;
        }
        if (kept == 0 || journal.size() != 2 * static_cast<std::size_t>(kept)) return 4;
        for (int i = 0; i < 2 * kept; ++i) {
            if (!journal.find(entry(i).key)) return 5;
        }
        make_room();
        add_one(journal, 2 * kept);
        add_one(journal, 2 * kept + 1);
    }
    return Journal(folder, Journal::Mode::read).size() == 2 * static_cast<std::size_t>(kept) + 2
               ? 0
               : 6;
}

TEST(Journal, AFileThatMayNotGrowLeavesItAsItWas) {
    const Scratch scratch;
    EXPECT_EQ(in_child([&] {
                  ::signal(SIGXFSZ, SIG_IGN);
                  rlimit limit{};
                  ::getrlimit(RLIMIT_FSIZE, &limit);
                  const rlimit before = limit;
                  limit.rlim_cur = 300'000;
                  ::setrlimit(RLIMIT_FSIZE, &limit);
                  return fill_up(scratch.path, 200, [&] { ::setrlimit(RLIMIT_FSIZE, &before); });
              }),
              0);
}

TEST(Journal, AFullDiskLeavesItAsItWas) {
    const Scratch scratch;
    const fs::path disk = scratch.path / "disk";
    fs::create_directories(disk);
    if (::mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=1m") != 0) {
        GTEST_SKIP() << "no disk can be mounted here";
    }
    scratch.write("disk/ballast", std::string(200'000, 'x'));
    EXPECT_EQ(fill_up(disk / "run", 200, [&] { fs::remove(disk / "ballast"); }), 0);
    EXPECT_EQ(::umount(disk.c_str()), 0);
}

constexpr int entries = 200;

/// The work of a run: asks what the journal lacks, adds it at once, then says so on `told`.
/// Ends at its n-th change of a file, or never for n < 0.
int work(const fs::path& folder, long kill_at, int told) {
    KillingFiles::install(kill_at);
    Journal journal(folder);
    for (int i = 0; i < entries; ++i) {
        if (journal.find(entry(i).key)) continue;
        const unsigned char asked = static_cast<unsigned char>(i);
        if (::write(told, &asked, 1) != 1) return 1;
        add_one(journal, i);
        if (::write(told, &asked, 1) != 1) return 1;
    }
    return 0;
}

struct Killed {
    bool killed = false;
    std::vector<int> asked;  // added ones stand twice
};

/// Runs `work` in a child, which `parent` may kill.
Killed run_work(const fs::path& folder, long kill_at,
                const std::function<void(pid_t)>& parent = {}) {
    int told[2];
    EXPECT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = work(folder, kill_at, told[1]);
        } catch (const std::exception& error) {
            std::fprintf(stderr, "child: %s\n", error.what());
        }
        ::_exit(code);
    }
    ::close(told[1]);
    if (parent) parent(child);
    Killed result;
    unsigned char byte = 0;
    while (::read(told[0], &byte, 1) == 1) result.asked.push_back(byte);
    ::close(told[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    result.killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(result.killed || status == 0) << status;
    return result;
}

/// What every kill must leave: all that was added, at most the one in hand beside it.
class KilledRun {
  public:
    explicit KilledRun(fs::path folder) : folder_(std::move(folder)) {}

    /// False once the work is done.
    bool again(long kill_at, const std::function<void(pid_t)>& parent = {}) {
        const Killed result = run_work(folder_, kill_at, parent);
        for (std::size_t k = 0; k < result.asked.size(); k += 2) {
            EXPECT_EQ(result.asked[k], known_) << "asked out of turn, or again";
            if (k + 1 < result.asked.size()) ++known_;
        }
        if (known_ > 0) {
            const Journal journal(folder_, Journal::Mode::read);
            for (int i = 0; i < known_; ++i)
                EXPECT_TRUE(journal.find(entry(i).key)) << "lost " << i;
            // the kill may have come after the commit and before it was told
            const auto size = static_cast<int>(journal.size());
            EXPECT_TRUE(size == known_ || size == known_ + 1) << size << " of " << known_;
            known_ = size;
        }
        return result.killed;
    }

  private:
    fs::path folder_;
    int known_ = 0;
};

/// A kill leaves what the kernel was given, so a disk in memory tests the same, and faster.
class KilledJournal : public ::testing::Test {
  protected:
    void SetUp() override {
        if (::access("/dev/shm", W_OK) == 0) {
            std::string name = "/dev/shm/axia-journal-XXXXXX";
            path_ = ::mkdtemp(name.data());
        }
        ASSERT_FALSE(run_work(path_ / "whole", -1).killed);
        whole_ = dump(path_ / "whole");
        ASSERT_EQ(std::count(whole_.begin(), whole_.end(), '\n'), entries);
    }
    void TearDown() override {
        if (path_ != scratch_.path) fs::remove_all(path_);
    }
    Scratch scratch_;
    fs::path path_ = scratch_.path;
    std::string whole_;
};

/// The same run is killed again and again, a few changes after it went on; now and then it gets far
/// enough for the largest transaction, which no number of short runs would finish.
TEST_F(KilledJournal, AgainAndAgain) {
    const fs::path folder = path_ / "run";
    KilledRun run(folder);
    int kills = 0;
    while (run.again(kills % 12 == 11 ? 24 : kills % 4)) ASSERT_LT(++kills, 5000);
    EXPECT_GE(kills, 200);
    EXPECT_EQ(dump(folder), whole_);
}

/// A fresh run each time, killed once, anywhere between its first change and its last.
TEST_F(KilledJournal, OnceAnywhere) {
    long changes = 0;
    {
        int told[2];
        ASSERT_EQ(::pipe(told), 0);
        ASSERT_EQ(in_child([&] {
                      const int code = work(path_ / "counted", -1, ::open("/dev/null", O_WRONLY));
                      const long made = KillingFiles::count();
                      return ::write(told[1], &made, sizeof made) == sizeof made ? code : 1;
                  }),
                  0);
        ASSERT_EQ(::read(told[0], &changes, sizeof changes), static_cast<ssize_t>(sizeof changes));
        ::close(told[0]);
        ::close(told[1]);
    }
    ASSERT_GT(changes, 400);
    for (int k = 0; k < 220; ++k) {
        const fs::path folder = path_ / ("run" + std::to_string(k));
        KilledRun run(folder);
        EXPECT_TRUE(run.again(k * changes / 220));
        EXPECT_FALSE(run.again(-1));
        EXPECT_EQ(dump(folder), whole_) << "killed at change " << k * changes / 220;
        fs::remove_all(folder);
    }
}

TEST_F(KilledJournal, AtAnyTime) {
    std::mt19937 random(1);
    for (int k = 0; k < 20; ++k) {
        const fs::path folder = path_ / ("run" + std::to_string(k));
        KilledRun run(folder);
        run.again(-1, [&](pid_t child) {
            ::usleep(static_cast<useconds_t>(random() % 20'000));
            ::kill(child, SIGKILL);
        });
        EXPECT_FALSE(run.again(-1));
        EXPECT_EQ(dump(folder), whole_);
        fs::remove_all(folder);
    }
}

}  // namespace
}  // namespace axia::answers
