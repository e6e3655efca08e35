#include "server/door.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "axia/core/error.h"

namespace axia::server {
namespace {

namespace fs = std::filesystem;
using core::Error;
using testing::HasSubstr;

constexpr std::int64_t noon = 1'800'000'000;

class DoorTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_door_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
    std::int64_t now = noon;

    void SetUp() override { fs::remove_all(folder); }
    void TearDown() override { fs::remove_all(folder); }

    DoorOptions options(const std::string& host = "127.0.0.1") {
        DoorOptions made;
        made.host = host;
        made.keys = folder / "keys.sqlite";
        made.audit = folder / "audit.sqlite";
        made.clock = [this] { return now; };
        return made;
    }
    MadeKey key(const std::string& name, std::vector<std::string> scopes = known_scopes,
                std::int64_t requests = 0, std::int64_t tokens = 0) {
        KeyWish wish;
        wish.name = name;
        wish.scopes = std::move(scopes);
        wish.requests_per_minute = requests;
        wish.tokens_per_day = tokens;
        return KeyStore(folder / "keys.sqlite").create(wish, now);
    }
    static Knock knock(const std::string& method, const std::string& path,
                       const std::string& secret = {}, const std::string& host = "localhost:8080") {
        Knock made;
        made.method = method;
        made.path = path;
        made.host = host;
        if (!secret.empty()) made.authorization = "Bearer " + secret;
        return made;
    }
};

TEST_F(DoorTest, LoopbackNeedsNoKey) {
    Door door(options());
    EXPECT_EQ(door.knock(knock("POST", "/v1/chat/completions")).status, 0);
    EXPECT_EQ(door.knock(knock("POST", "/v1/chat/completions", "none")).status, 0);
    EXPECT_FALSE(fs::exists(folder / "keys.sqlite"));
}

TEST_F(DoorTest, LoopbackAnswersToNoOtherName) {
    Door door(options());
    for (const char* host : {"localhost", "localhost:1", "127.0.0.1:8080", "[::1]:8080", "[::1]"}) {
        EXPECT_EQ(door.knock(knock("GET", "/v1/models", "", host)).status, 0) << host;
    }
    for (const char* host : {"", "example.org", "example.org:8080", "localhost.example.org",
                             "127.0.0.1.example.org", "192.168.1.2:8080", "[::2]:8080"}) {
        EXPECT_EQ(door.knock(knock("GET", "/v1/models", "", host)).status, 403) << host;
    }
}

TEST_F(DoorTest, BeyondTheLoopbackAKeyMustBeThere) {
    for (const char* host : {"0.0.0.0", "192.168.1.2", "::", "127.0.0.1.example.org"}) {
        try {
            const Door door(options(host));
            ADD_FAILURE() << host;
        } catch (const Error& error) {
            EXPECT_EQ(error.kind(), core::ErrorKind::usage);
            EXPECT_THAT(error.what(), HasSubstr("axia keys create NAME makes one"));
        }
    }
    DoorOptions asked = options();
    asked.require_key = true;
    EXPECT_THROW(Door{asked}, Error);
    KeyStore(folder / "keys.sqlite").revoke(key("gone").key.id, now);
    EXPECT_THROW(Door{options("0.0.0.0")}, Error);
    key("laptop");
    const Door door(options("0.0.0.0"));
}

TEST_F(DoorTest, KeysAndScopes) {
    const std::string all = key("all").secret, chat = key("chat", {"chat"}).secret,
                      read = key("read", {"read"}).secret, jobs = key("jobs", {"jobs"}).secret,
                      metrics = key("metrics", {"metrics"}).secret;
    Door door(options("0.0.0.0"));
    const auto status = [&](const char* method, const char* path, const std::string& secret) {
        return door.knock(knock(method, path, secret, "example.org")).status;
    };
    for (const char* path : {"/health", "/", "/studio/app.js", "/openapi.json"}) {
        EXPECT_EQ(status("GET", path, ""), 0) << path;
    }
    EXPECT_EQ(status("POST", "/health", ""), 401);
    struct Row {
        const char *method, *path;
        std::set<std::string> may;
    };
    const std::vector<Row> rows{{"GET", "/v1/models", {chat}},
                                {"POST", "/v1/chat/completions", {chat}},
                                {"POST", "/tokenize", {chat}},
                                {"GET", "/nothing", {chat}},
                                {"GET", "/axia/values", {read}},
                                {"GET", "/axia/jobs", {read, jobs}},
                                {"GET", "/axia/jobs/j-1/events", {read, jobs}},
                                {"POST", "/axia/jobs", {jobs}},
                                {"DELETE", "/axia/jobs/j-1", {jobs}},
                                {"POST", "/axia/check", {jobs}},
                                {"GET", "/metrics", {metrics}}};
    for (const auto& [method, path, may] : rows) {
        EXPECT_EQ(status(method, path, ""), 401) << path;
        EXPECT_EQ(status(method, path, "axia-wrong"), 401) << path;
        EXPECT_EQ(status(method, path, all), 0) << path;
        for (const std::string& one : {chat, read, jobs, metrics}) {
            EXPECT_EQ(status(method, path, one), may.contains(one) ? 0 : 403) << path;
        }
    }
    EXPECT_THAT(door.metrics_text(), HasSubstr("axia_requests_refused_total{status=\"401\"} 23\n"));
}

TEST_F(DoorTest, WaysToSendAKey) {
    const std::string secret = key("a").secret;
    Door door(options("0.0.0.0"));
    const auto status = [&](const std::string& authorization) {
        Knock made = knock("GET", "/v1/models");
        made.authorization = authorization;
        return door.knock(made).status;
    };
    EXPECT_EQ(status("Bearer " + secret), 0);
    EXPECT_EQ(status("bearer  " + secret), 0);
    for (const std::string& wrong :
         {std::string(), secret, "Basic " + secret, "Bearer" + secret, "Bearer " + secret + " ",
          "Bearer \"" + secret + "\"", std::string("Bearer "), std::string("Bea")}) {
        EXPECT_EQ(status(wrong), 401) << wrong;
    }
}

TEST_F(DoorTest, OnTheLoopbackAKeyThatIsSentCounts) {
    Door door(options());
    EXPECT_EQ(door.knock(knock("GET", "/v1/models", "axia-none")).status, 401);
    const MadeKey made = key("later", {"chat"}, 1);  // while the server runs
    EXPECT_EQ(door.knock(knock("GET", "/v1/models", made.secret)).key, made.key.id);
    EXPECT_EQ(door.knock(knock("GET", "/v1/models", made.secret)).status, 429);
    EXPECT_EQ(door.knock(knock("GET", "/metrics", made.secret)).status, 403);
}

TEST_F(DoorTest, QuotasAndRevocation) {
    const MadeKey made = key("a", known_scopes, 2, 10);
    Door door(options("0.0.0.0"));
    const Knock asked = knock("POST", "/v1/completions", made.secret);
    const Verdict in = door.knock(asked);
    EXPECT_EQ(in.key, made.key.id);
    {
        Door::Visit visit(door, asked, in);
        visit.tokens = [] { return std::pair(4, 7); };
        visit.entry.status = 200;
        visit.entry.plan = "hash";
        EXPECT_EQ(door.visits(), 1);
    }
    EXPECT_EQ(door.visits(), 0);
    now += 1;
    const Verdict out = door.knock(asked);
    EXPECT_EQ(out.status, 429);
    EXPECT_EQ(out.retry_after, 86'399);
    now += 86'400;
    EXPECT_EQ(door.knock(asked).status, 0);
    KeyStore(folder / "keys.sqlite").revoke("a", now);
    EXPECT_EQ(door.knock(asked).status, 401);
    const std::vector<AuditEntry> written = Audit(folder / "audit.sqlite").list();
    ASSERT_EQ(written.size(), 1U);
    EXPECT_EQ(written[0].route, "POST /v1/completions");
    EXPECT_EQ(written[0].key, made.key.id);
    EXPECT_EQ(written[0].prompt_tokens, 4);
    EXPECT_EQ(written[0].answer_tokens, 7);
    EXPECT_EQ(written[0].time, noon);
}

TEST_F(DoorTest, PagesOfOtherSites) {
    DoorOptions chosen = options();
    chosen.cors = {"https://example.org/"};
    Door door(chosen);
    Knock asked = knock("POST", "/v1/chat/completions");
    const auto verdict = [&](const std::string& origin) {
        asked.origin = origin;
        return door.knock(asked);
    };
    EXPECT_EQ(verdict("http://localhost:8080").status, 0);
    EXPECT_FALSE(verdict("http://localhost:8080").cors);
    EXPECT_EQ(verdict("https://example.org").status, 0);
    EXPECT_TRUE(verdict("https://example.org").cors);
    for (const char* origin : {"null", "https://example.org.evil.net", "http://example.org",
                               "https://evil.net", "http://localhost:8081", "//localhost:8080"}) {
        EXPECT_EQ(verdict(origin).status, 403) << origin;
        EXPECT_FALSE(verdict(origin).cors) << origin;
    }
    asked.method = "OPTIONS";
    asked.preflight = true;
    EXPECT_EQ(verdict("https://example.org").status, 204);
    EXPECT_EQ(verdict("https://evil.net").status, 403);
    for (const char* wrong :
         {"*", "example.org", "https://", "https://a/b", "ftp://a", "https://*.a"}) {
        chosen.cors = {wrong};
        EXPECT_THROW(Door{chosen}, Error) << wrong;
    }
}

TEST_F(DoorTest, ClosedDoor) {
    Door door(options());
    door.close();
    EXPECT_EQ(door.knock(knock("POST", "/v1/completions")).status, 503);
    EXPECT_EQ(door.knock(knock("GET", "/health")).status, 0);
}

TEST_F(DoorTest, DamagedStoreIsToldWithoutItsPath) {
    const std::string secret = key("a").secret;
    std::string told;
    DoorOptions chosen = options();
    chosen.warn = [&](const std::string& text) { told += text + "\n"; };
    std::ofstream(folder / "keys.sqlite", std::ios::trunc) << std::string(9000, 'x');
    Door door(chosen);
    const Verdict verdict = door.knock(knock("GET", "/v1/models", secret));
    EXPECT_EQ(verdict.status, 500);
    EXPECT_EQ(verdict.message.find(folder.string()), std::string::npos);
    EXPECT_THAT(told, HasSubstr("is not a store of keys"));
}

}  // namespace
}  // namespace axia::server
