#include "server/keys.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "server/database.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using Query = Database::Query;

namespace {

constexpr std::int64_t minute = 60, day = 86'400;
constexpr std::size_t longest_secret = 256;  // what is longer is no key of ours

// Windows begin with their first request. `revoked` is a time, so that the audit can tell it.
const DatabaseKind kind{
    "a store of keys", 0x61786B31,  // "axk1"
    1,
    "CREATE TABLE keys (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL,"
    " hash TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL, created INTEGER NOT NULL,"
    " last_used INTEGER NOT NULL DEFAULT 0, revoked INTEGER NOT NULL DEFAULT 0,"
    " requests_per_minute INTEGER NOT NULL, tokens_per_day INTEGER NOT NULL,"
    " minute_start INTEGER NOT NULL DEFAULT 0, minute_requests INTEGER NOT NULL DEFAULT 0,"
    " day_start INTEGER NOT NULL DEFAULT 0, day_tokens INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX live_names ON keys (name) WHERE revoked = 0;"};

std::string random_bytes(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t got = 0;
    while (got < count) {
        const ssize_t more = ::getrandom(bytes.data() + got, count - got, 0);
        if (more < 0 && errno == EINTR) continue;
        if (more < 0) {
            throw Error(ErrorKind::io,
                        "the system gives no random bytes: " + std::string(std::strerror(errno)));
        }
        got += static_cast<std::size_t>(more);
    }
    return bytes;
}

/// RFC 4648, section 5, without padding.
std::string base64url(std::string_view bytes) {
    std::string text = core::base64(bytes);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    text.erase(text.find_last_not_of('=') + 1);
    return text;
}

// A slow hash protects what can be guessed. 256 random bits cannot be, however fast each guess is,
// and a slow hash on each request would be a way to stall the server.
std::string hash_of(std::string_view secret) {
    return core::sha256_hex(secret);
}

bool is_same(std::string_view a, std::string_view b) {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return difference == 0;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ",") + word;
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> words;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        words.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return words;
}

void check(const KeyWish& wish) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    if (wish.name.empty() || wish.name.size() > 64 ||
        !std::all_of(wish.name.begin(), wish.name.end(), is_plain) || wish.name.front() == '-' ||
        wish.name.starts_with("k-")) {
        throw Error(ErrorKind::usage, "'" + wish.name + "' cannot be the name of a key", "",
                    "1 to 64 letters, digits, '.', '_' or '-', not beginning with '-' or 'k-'");
    }
    if (wish.scopes.empty()) {
        throw Error(ErrorKind::usage, "a key without a scope opens nothing", "--scopes",
                    "some of " + joined(known_scopes));
    }
    for (const std::string& scope : wish.scopes) {
        if (std::find(known_scopes.begin(), known_scopes.end(), scope) != known_scopes.end())
            continue;
        const std::string near = core::nearest_names(scope, known_scopes);
        throw Error(
            ErrorKind::usage, "there is no scope '" + scope + "'", "--scopes",
            near.empty() ? "some of " + joined(known_scopes) : "did you mean " + near + "?");
    }
    if (wish.requests_per_minute < 0 || wish.requests_per_minute > 1'000'000) {
        throw Error(ErrorKind::usage, "must be 0 (no limit) to 1000000", "--requests-per-minute");
    }
    if (wish.tokens_per_day < 0 || wish.tokens_per_day > 1'000'000'000'000) {
        throw Error(ErrorKind::usage, "must be 0 (no limit) to 1e12", "--tokens-per-day");
    }
}

/// What was used since a window began.
struct Window {
    std::int64_t start = 0, used = 0;

    /// As it stands at `now`. A clock that went back begins the window anew and keeps what was
    /// used.
    Window at(std::int64_t now, std::int64_t length) const {
        if (now < start) return {now, used};
        if (now - start >= length) return {now, 0};
        return *this;
    }
};

constexpr const char* columns =
    "SELECT id, name, scopes, created, last_used, revoked, requests_per_minute, tokens_per_day,"
    " day_start, day_tokens, hash FROM keys ";

Key read_key(const Query& query, std::int64_t now) {
    Key key;
    key.id = query.text(0);
    key.name = query.text(1);
    key.scopes = split(query.text(2));
    key.created = query.integer(3);
    key.last_used = query.integer(4);
    key.revoked = query.integer(5);
    key.requests_per_minute = query.integer(6);
    key.tokens_per_day = query.integer(7);
    key.tokens_today = Window{query.integer(8), query.integer(9)}.at(now, day).used;
    return key;
}

}  // namespace

bool Key::may(std::string_view scope) const {
    return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

struct KeyStore::State {
    explicit State(const std::filesystem::path& file) : database(file, kind) {}

    struct Entry {
        std::string hash;
        Key key;
    };

    mutable std::mutex mutex;
    Database database;
    mutable std::vector<Entry> live;
    mutable std::int64_t seen = -1;  // data version of `live`

    /// The live keys as the file has them now, whoever wrote it.
    const std::vector<Entry>& entries() const {
        const std::int64_t version = database.data_version();
        if (version == seen) return live;
        std::vector<Entry> found;
        const std::string sql = std::string(columns) + "WHERE revoked = 0";
        Query query(database, sql.c_str());
        while (query.step()) found.push_back({query.text(10), read_key(query, 0)});
        live = std::move(found);
        seen = version;
        return live;
    }
};

std::filesystem::path KeyStore::default_file() {
    return core::data_folder() / "serve" / "keys.sqlite";
}

KeyStore::KeyStore(const std::filesystem::path& file) : state_(std::make_unique<State>(file)) {}

KeyStore::~KeyStore() = default;

MadeKey KeyStore::create(const KeyWish& wish, std::int64_t now) {
    check(wish);
    const std::lock_guard lock(state_->mutex);
    const Database& database = state_->database;
    MadeKey made;
    Key& key = made.key;
    key.name = wish.name;
    for (const std::string& scope : known_scopes) {
        if (std::find(wish.scopes.begin(), wish.scopes.end(), scope) != wish.scopes.end())
            key.scopes.push_back(scope);
    }
    key.created = now;
    key.requests_per_minute = wish.requests_per_minute;
    key.tokens_per_day = wish.tokens_per_day;
    made.secret = "axia-" + base64url(random_bytes(32));
    database.transaction([&] {
        if (database.number("SELECT count(*) FROM keys") >= static_cast<std::int64_t>(most_keys)) {
            throw Error(ErrorKind::usage, "holds as many keys as it can", database.file().string(),
                        "take the file away and make new ones");
        }
        Query same(database, "SELECT id FROM keys WHERE name = ?1 AND revoked = 0");
        if (same.bind(1, key.name).step()) {
            throw Error(ErrorKind::usage, "there is a key '" + key.name + "' already", "",
                        "another name, or axia keys revoke " + key.name);
        }
        for (bool taken = true; taken;) {
            key.id = "k-" + core::sha256_hex(random_bytes(32)).substr(0, 8);
            Query other(database, "SELECT 1 FROM keys WHERE id = ?1");
            taken = other.bind(1, key.id).step();
        }
        Query(database,
              "INSERT INTO keys (id, name, hash, scopes, created, requests_per_minute,"
              " tokens_per_day) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            .bind(1, key.id)
            .bind(2, key.name)
            .bind(3, hash_of(made.secret))
            .bind(4, joined(key.scopes))
            .bind(5, key.created)
            .bind(6, key.requests_per_minute)
            .bind(7, key.tokens_per_day)
            .step();
    });
    state_->seen = -1;  // data_version does not tell of our own writes
    return made;
}

std::vector<Key> KeyStore::list(std::int64_t now) const {
    const std::lock_guard lock(state_->mutex);
    std::vector<Key> keys;
    const std::string sql = std::string(columns) + "ORDER BY number";
    Query query(state_->database, sql.c_str());
    while (query.step()) keys.push_back(read_key(query, now));
    return keys;
}

Key KeyStore::revoke(const std::string& id_or_name, std::int64_t now) {
    const std::lock_guard lock(state_->mutex);
    const Database& database = state_->database;
    Key key;
    database.transaction([&] {
        const std::string sql =
            std::string(columns) + "WHERE id = ?1 OR name = ?1 ORDER BY revoked";
        Query query(database, sql.c_str());
        if (!query.bind(1, id_or_name).step()) {
            std::vector<std::string> names;
            Query all(database, "SELECT name FROM keys WHERE revoked = 0");
            while (all.step()) names.push_back(all.text(0));
            const std::string near = core::nearest_names(id_or_name, names);
            throw Error(ErrorKind::not_found, "there is no key '" + id_or_name + "'", "",
                        near.empty() ? "axia keys list shows them" : "did you mean " + near + "?");
        }
        key = read_key(query, now);
        if (key.revoked != 0) {
            throw Error(ErrorKind::usage, "the key '" + id_or_name + "' is revoked already");
        }
        key.revoked = std::max<std::int64_t>(now, 1);
        Query(database, "UPDATE keys SET revoked = ?2 WHERE id = ?1")
            .bind(1, key.id)
            .bind(2, key.revoked)
            .step();
    });
    state_->seen = -1;
    return key;
}

bool KeyStore::has_live() const {
    const std::lock_guard lock(state_->mutex);
    return !state_->entries().empty();
}

std::optional<Key> KeyStore::find(std::string_view secret) const {
    const std::string hash = hash_of(secret.substr(0, longest_secret));
    const std::lock_guard lock(state_->mutex);
    const State::Entry* found = nullptr;
    // each of them, whichever it is
    for (const State::Entry& entry : state_->entries()) {
        if (is_same(entry.hash, hash)) found = &entry;
    }
    if (found == nullptr) return std::nullopt;
    return found->key;
}

std::int64_t KeyStore::admit(const std::string& id, std::int64_t now) {
    const std::lock_guard lock(state_->mutex);
    const Database& database = state_->database;
    std::int64_t wait = 0;
    database.transaction([&] {
        Query query(database,
                    "SELECT requests_per_minute, minute_start, minute_requests, tokens_per_day,"
                    " day_start, day_tokens FROM keys WHERE id = ?1 AND revoked = 0");
        if (!query.bind(1, id).step()) {
            throw Error(ErrorKind::not_found, "the key " + id + " is no more");
        }
        Window requests = Window{query.integer(1), query.integer(2)}.at(now, minute);
        const Window tokens = Window{query.integer(4), query.integer(5)}.at(now, day);
        const std::int64_t most_requests = query.integer(0), most_tokens = query.integer(3);
        if (most_requests > 0 && requests.used >= most_requests) {
            wait = requests.start + minute - now;
        }
        if (most_tokens > 0 && tokens.used >= most_tokens) {
            wait = std::max(wait, tokens.start + day - now);
        }
        if (wait == 0) ++requests.used;
        Query(database,
              "UPDATE keys SET minute_start = ?2, minute_requests = ?3, day_start = ?4,"
              " day_tokens = ?5, last_used = max(last_used, ?6) WHERE id = ?1")
            .bind(1, id)
            .bind(2, requests.start)
            .bind(3, requests.used)
            .bind(4, tokens.start)
            .bind(5, tokens.used)
            .bind(6, now)
            .step();
    });
    return wait;
}

void KeyStore::spend(const std::string& id, std::int64_t tokens, std::int64_t now) {
    if (tokens <= 0) return;
    const std::lock_guard lock(state_->mutex);
    const Database& database = state_->database;
    database.transaction([&] {
        Query query(database, "SELECT day_start, day_tokens FROM keys WHERE id = ?1");
        if (!query.bind(1, id).step()) return;
        const Window spent = Window{query.integer(0), query.integer(1)}.at(now, day);
        Query(database, "UPDATE keys SET day_start = ?2, day_tokens = ?3 WHERE id = ?1")
            .bind(1, id)
            .bind(2, spent.start)
            .bind(3, spent.used + tokens)
            .step();
    });
}

std::int64_t unix_now() {
    return std::chrono::duration_cast<std::chrono::seconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace axia::server
