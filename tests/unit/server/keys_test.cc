#include "server/keys.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "axia/core/error.h"

namespace axia::server {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using testing::HasSubstr;

constexpr std::int64_t noon = 1'800'000'000;

class KeysTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_keys_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::path file = folder / "serve" / "keys.sqlite";

    void SetUp() override { fs::remove_all(folder); }
    void TearDown() override { fs::remove_all(folder); }

    static KeyWish wish(const std::string& name, std::int64_t requests = 0,
                        std::int64_t tokens = 0) {
        KeyWish made;
        made.name = name;
        made.requests_per_minute = requests;
        made.tokens_per_day = tokens;
        return made;
    }
    void sql(const std::string& text) const {
        sqlite3* database = nullptr;
        ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(database, text.c_str(), nullptr, nullptr, nullptr), SQLITE_OK);
        sqlite3_close(database);
    }
    std::string refusal(ErrorKind kind) const {
        try {
            KeyStore{file};
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), kind) << error.what();
            return error.what();
        }
        ADD_FAILURE() << "opened";
        return {};
    }
};

TEST_F(KeysTest, SecretIsRandomAndOpensItsKeyAlone) {
    KeyStore store(file);
    std::set<std::string> secrets;
    for (int i = 0; i < 20; ++i) {
        const MadeKey made = store.create(wish("key" + std::to_string(i)), noon);
        EXPECT_THAT(made.secret, testing::MatchesRegex("axia-[A-Za-z0-9_-]+"));
        EXPECT_EQ(made.secret.size(), 5U + 43U);  // 32 bytes in base64 without padding
        secrets.insert(made.secret);
        EXPECT_EQ(store.find(made.secret)->id, made.key.id);
        EXPECT_FALSE(store.find(made.secret + "x"));
        EXPECT_FALSE(store.find(made.secret.substr(0, 47)));
    }
    EXPECT_EQ(secrets.size(), 20U);
    EXPECT_FALSE(store.find(""));
    EXPECT_FALSE(store.find(std::string(std::size_t{10} << 20, 'a')));
}

TEST_F(KeysTest, SecretIsNowhereInTheFiles) {
    KeyStore store(file);
    const MadeKey made = store.create(wish("laptop"), noon);
    std::string bytes;
    for (const auto& entry : fs::directory_iterator(file.parent_path())) {
        std::ifstream in(entry.path(), std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(in), {});
    }
    EXPECT_THAT(bytes, HasSubstr("laptop"));
    EXPECT_EQ(bytes.find(made.secret.substr(5)), std::string::npos);
}

TEST_F(KeysTest, FilesAreTheOwnersAlone) {
    fs::create_directories(file.parent_path());
    std::ofstream(file).close();
    fs::permissions(file, fs::perms(0644));
    KeyStore store(file);
    store.create(wish("laptop"), noon);
    for (const auto& entry : fs::directory_iterator(file.parent_path())) {
        EXPECT_EQ(entry.status().permissions(), fs::perms(0600)) << entry.path();
    }
}

TEST_F(KeysTest, RevocationByAnotherConnectionIsSeenAtOnce) {
    KeyStore server(file), command(file);
    const MadeKey made = command.create(wish("laptop"), noon);
    ASSERT_TRUE(server.find(made.secret));
    EXPECT_TRUE(server.has_live());
    EXPECT_EQ(command.revoke("laptop", noon + 5).id, made.key.id);
    EXPECT_FALSE(server.find(made.secret));
    EXPECT_FALSE(server.has_live());
    EXPECT_FALSE(command.find(made.secret));
    EXPECT_THROW(server.admit(made.key.id, noon), Error);
    EXPECT_EQ(server.list(noon).at(0).revoked, noon + 5);
    // its name is free again, and the old id stays revoked
    const MadeKey again = command.create(wish("laptop"), noon);
    EXPECT_TRUE(server.find(again.secret));
    EXPECT_THROW(command.revoke(made.key.id, noon), Error);
}

TEST_F(KeysTest, RequestsPerMinute) {
    KeyStore store(file);
    const std::string id = store.create(wish("a", 2), noon).key.id;
    EXPECT_EQ(store.admit(id, noon), 0);
    EXPECT_EQ(store.admit(id, noon + 10), 0);
    EXPECT_EQ(store.admit(id, noon + 20), 40);  // the window began at noon
    EXPECT_EQ(store.admit(id, noon + 59), 1);
    EXPECT_EQ(store.admit(id, noon + 60), 0);
}

TEST_F(KeysTest, TokensPerDay) {
    KeyStore store(file);
    const std::string id = store.create(wish("a", 0, 100), noon).key.id;
    EXPECT_EQ(store.admit(id, noon), 0);
    store.spend(id, 99, noon);
    EXPECT_EQ(store.admit(id, noon + 1), 0);
    store.spend(id, 50, noon + 1);  // crosses, and is finished
    EXPECT_EQ(store.admit(id, noon + 2), 86'398);
    EXPECT_EQ(store.list(noon + 2).at(0).tokens_today, 149);
    EXPECT_EQ(store.admit(id, noon + 86'400), 0);
    EXPECT_EQ(store.list(noon + 86'400).at(0).tokens_today, 0);
}

TEST_F(KeysTest, QuotasOutliveTheProcess) {
    std::string id;
    {
        KeyStore store(file);
        id = store.create(wish("a", 1, 10), noon).key.id;
        EXPECT_EQ(store.admit(id, noon), 0);
        store.spend(id, 10, noon);
    }
    KeyStore store(file);
    EXPECT_EQ(store.admit(id, noon + 61), 86'339);
    EXPECT_EQ(store.list(noon).at(0).last_used, noon + 61);
}

TEST_F(KeysTest, ClockThatGoesBackLosesNothing) {
    KeyStore store(file);
    const std::string id = store.create(wish("a", 1, 100), noon).key.id;
    EXPECT_EQ(store.admit(id, noon), 0);
    store.spend(id, 60, noon);
    const std::int64_t before = noon - 10 * 86'400;
    EXPECT_EQ(store.admit(id, before), 60);  // still spent, and not locked for ten days
    store.spend(id, 60, before);
    EXPECT_EQ(store.list(before).at(0).tokens_today, 120);
    EXPECT_EQ(store.admit(id, before + 60), 86'400 - 60);
    EXPECT_EQ(store.list(before).at(0).last_used, noon);
}

TEST_F(KeysTest, EveryRequestOfManyThreadsIsCounted) {
    KeyStore one(file), other(file);
    const std::string id = one.create(wish("a", 100), noon).key.id;
    std::atomic<int> let_in{0};
    std::vector<std::thread> threads;
    for (KeyStore* store : {&one, &other, &one, &other}) {
        threads.emplace_back([&, store] {
            for (int i = 0; i < 50; ++i) let_in += store->admit(id, noon) == 0 ? 1 : 0;
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(let_in, 100);
}

TEST_F(KeysTest, NamesAndScopes) {
    KeyStore store(file);
    for (const char* name : {"", "a b", "-a", "k-12345678", "a/b", "caf\xc3\xa9"}) {
        EXPECT_THROW(store.create(wish(name), noon), Error) << name;
    }
    EXPECT_THROW(store.create(wish(std::string(65, 'a')), noon), Error);
    EXPECT_THROW(store.create(wish("a", -1), noon), Error);
    KeyWish asked = wish("board");
    asked.scopes = {"metrics", "metrics"};
    const Key key = store.create(asked, noon).key;
    EXPECT_THAT(key.scopes, testing::ElementsAre("metrics"));
    EXPECT_TRUE(key.may("metrics"));
    EXPECT_FALSE(key.may("chat"));
    EXPECT_THROW(store.create(wish("board"), noon), Error);
    const auto told = [](auto call) {
        try {
            call();
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    asked.name = "other";
    asked.scopes = {"metric"};
    EXPECT_THAT(told([&] { store.create(asked, noon); }), HasSubstr("did you mean metrics?"));
    EXPECT_THAT(told([&] { store.revoke("bord", noon); }), HasSubstr("did you mean board?"));
}

TEST_F(KeysTest, FilesThatAreNoStore) {
    fs::create_directories(file.parent_path());
    std::ofstream(file) << std::string(5000, 'x');
    EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("is not a store of keys"));
    fs::remove(file);
    sql("CREATE TABLE other (x)");
    EXPECT_THAT(refusal(ErrorKind::input), HasSubstr("is not a store of keys"));
    fs::remove(file);
    { const KeyStore store(file); }
    sql("PRAGMA user_version = 9");
    EXPECT_THAT(refusal(ErrorKind::unsupported), HasSubstr("has version 9, this axia knows 1"));
}

TEST_F(KeysTest, DamagedFile) {
    {
        KeyStore store(file);
        for (int i = 0; i < 200; ++i) store.create(wish("key" + std::to_string(i)), noon);
    }
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(4096);
    bytes << std::string(fs::file_size(file) - 4096, '\xa5');
    bytes.close();
    try {
        const KeyStore store(file);
        store.list(noon);
        ADD_FAILURE() << "read";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::input);
        EXPECT_THAT(error.what(), HasSubstr("is damaged"));
    }
}

TEST_F(KeysTest, LinkToAnotherFileIsRefused) {
    fs::create_directories(file.parent_path());
    std::ofstream(folder / "target").close();
    fs::create_symlink(folder / "target", file);
    refusal(ErrorKind::io);
}

}  // namespace
}  // namespace axia::server
