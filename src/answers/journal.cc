#include "axia/answers/journal.h"

#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr int application_id = 0x61786A31;  // "axj1"
// readers that recover or clean up hold the file for a moment; the lock keeps out other writers
constexpr int busy_milliseconds = 10'000;

// rows in order of arrival: by key, each long row would fill a page of its own
constexpr const char* schema =
    "CREATE TABLE facts (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE answers (key TEXT NOT NULL UNIQUE, request TEXT NOT NULL, record TEXT NOT NULL);";

struct CloseDatabase {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct CloseStatement {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, CloseStatement>;

[[noreturn]] void fail(sqlite3* database, int code, const fs::path& file) {
    std::string reason = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    const int system = database != nullptr ? sqlite3_system_errno(database) : 0;
    switch (code & 0xFF) {
        case SQLITE_NOTADB:
            throw Error(ErrorKind::input, "is not a journal of axia", file.string(),
                        "name another run folder, or take the file away");
        case SQLITE_CORRUPT:
            throw Error(ErrorKind::input, "is damaged: " + reason, file.string(),
                        "restore it, or start a new run in another folder");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(ErrorKind::busy, "is in use by another process", file.string(),
                        "wait for it, or stop it");
        case SQLITE_FULL:
            throw Error(ErrorKind::io, "cannot be written: no space left", file.string(),
                        "make room and run the same command again: nothing is lost");
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            if (system != 0) reason = std::strerror(system);
            throw Error(ErrorKind::io, "cannot be read or written: " + reason, file.string(),
                        "is there room, and may the folder be written?");
        default:
            throw Error(ErrorKind::internal, "SQLite: " + reason, file.string());
    }
}

/// file: URI of a path, for an option that only URIs have.
std::string immutable_uri(const fs::path& file) {
    std::string uri = "file:";
    for (const char c : fs::absolute(file).string()) {
        if (c == '%' || c == '?' || c == '#') {
            std::array<char, 4> code{};
            std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned char>(c));
            uri += code.data();
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

/// A prepared statement in use: bound, stepped, reset at the end.
class Query {
  public:
    Query(sqlite3_stmt* statement, sqlite3* database, const fs::path& file)
        : statement_(statement), database_(database), file_(file) {}
    ~Query() {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;

    /// `text` must outlive the query.
    Query& bind(int at, std::string_view text) {
        const int code =
            sqlite3_bind_text64(statement_, at, text.data() != nullptr ? text.data() : "",
                                text.size(), SQLITE_STATIC, SQLITE_UTF8);
        if (code != SQLITE_OK) fail(database_, code, file_);
        return *this;
    }
    /// True while there is a row.
    bool step() {
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code != SQLITE_DONE) fail(database_, sqlite3_extended_errcode(database_), file_);
        return false;
    }
    std::string text(int column) const {
        const auto* bytes = sqlite3_column_text(statement_, column);
        const int size = sqlite3_column_bytes(statement_, column);
        return bytes != nullptr ? std::string(reinterpret_cast<const char*>(bytes),
                                              static_cast<std::size_t>(size))
                                : std::string();
    }
    std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }

  private:
    sqlite3_stmt* statement_;
    sqlite3* database_;
    const fs::path& file_;
};

void check_utf8(std::string_view text, const char* what, const fs::path& file) {
    if (!core::is_utf8(text)) {
        throw Error(ErrorKind::input, std::string(what) + " is not valid UTF-8", file.string());
    }
}

}  // namespace

struct Journal::State {
    fs::path file;
    std::optional<core::FileLock> lock;
    Database database;  // closed before the lock is let go
    StatementHandle find, add, get_fact, add_fact, begin, commit, rollback;

    void open(const char* name, int flags) {
        sqlite3* handle = nullptr;
        const int code = sqlite3_open_v2(name, &handle, flags, nullptr);
        database.reset(handle);
        if (code != SQLITE_OK) fail(handle, code, file);
        sqlite3_extended_result_codes(handle, 1);
        sqlite3_busy_timeout(handle, busy_milliseconds);
    }

    void execute(const char* sql) const {
        if (sqlite3_exec(database.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
            fail(database.get(), sqlite3_extended_errcode(database.get()), file);
        }
    }

    StatementHandle prepare(const char* sql) const {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v3(database.get(), sql, -1, SQLITE_PREPARE_PERSISTENT,
                                            &statement, nullptr);
        if (code != SQLITE_OK) fail(database.get(), code, file);
        return StatementHandle(statement);
    }

    Query query(const StatementHandle& statement) const {
        return Query(statement.get(), database.get(), file);
    }

    std::int64_t number(const char* sql) const {
        const StatementHandle statement = prepare(sql);
        Query one = query(statement);
        one.step();
        return one.integer(0);
    }

    /// False for a file in which nothing was made yet.
    bool check_schema() const {
        const std::int64_t id = number("PRAGMA application_id");
        const std::int64_t version = number("PRAGMA user_version");
        if (id == 0 && version == 0 && number("SELECT count(*) FROM sqlite_schema") == 0)
            return false;
        if (id != application_id) {
            throw Error(ErrorKind::input, "is a database of another program", file.string(),
                        "name another run folder");
        }
        if (version > schema_version) {
            throw Error(ErrorKind::unsupported,
                        "has version " + std::to_string(version) + ", this axia knows " +
                            std::to_string(schema_version),
                        file.string(), "use a newer axia");
        }
        return true;
    }

    /// One transaction around `work`; undone when it throws.
    template <typename Work>
    void transaction(Work&& work) const {
        query(begin).step();
        try {
            work();
            query(commit).step();
        } catch (...) {
            // some errors end the transaction themselves
            if (sqlite3_get_autocommit(database.get()) == 0) sqlite3_step(rollback.get());
            sqlite3_reset(rollback.get());
            throw;
        }
    }

    void open_for_writing() {
        std::error_code code;
        fs::create_directories(file.parent_path(), code);
        lock.emplace(file.parent_path() / "lock");
        open(file.c_str(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
        const bool made = check_schema();
        execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        begin = prepare("BEGIN IMMEDIATE");
        commit = prepare("COMMIT");
        rollback = prepare("ROLLBACK");
        if (made) return;
        transaction([&] {
            execute(schema);
            execute(("PRAGMA application_id = " + std::to_string(application_id) +
                     "; PRAGMA user_version = " + std::to_string(schema_version))
                        .c_str());
        });
    }

    void open_for_reading() {
        std::error_code code;
        if (!fs::exists(file, code)) {
            throw Error(ErrorKind::not_found, "no such file", file.string(),
                        "is this the folder of a measurement?");
        }
        // write-ahead mode wants its files beside the database, which a closed folder cannot have
        const bool closed =
            ::access(file.parent_path().c_str(), W_OK) != 0 || ::access(file.c_str(), W_OK) != 0;
        if (closed && !fs::exists(file.string() + "-wal", code)) {
            open(immutable_uri(file).c_str(), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
        } else if (closed) {
            open(file.c_str(), SQLITE_OPEN_READONLY);
        } else {
            open(file.c_str(), SQLITE_OPEN_READWRITE);
            execute("PRAGMA query_only = 1");
        }
        if (!check_schema()) {
            throw Error(ErrorKind::not_found, "holds no answers yet", file.string());
        }
    }
};

Journal::Journal(const fs::path& folder, Mode mode) : state_(std::make_unique<State>()) {
    state_->file = folder / "journal.sqlite";
    if (mode == Mode::write) {
        state_->open_for_writing();
    } else {
        state_->open_for_reading();
    }
    state_->find = state_->prepare("SELECT record FROM answers WHERE key = ?");
    state_->add = state_->prepare("INSERT OR IGNORE INTO answers VALUES (?, ?, ?)");
    state_->get_fact = state_->prepare("SELECT text FROM facts WHERE name = ?");
    state_->add_fact = state_->prepare("INSERT INTO facts VALUES (?, ?)");
}

Journal::~Journal() = default;

std::optional<Record> Journal::find(std::string_view key) const {
    Query found = state_->query(state_->find);
    if (!found.bind(1, key).step()) return std::nullopt;
    return parse_record(found.text(0), state_->file.string() + ": answer " + std::string(key));
}

void Journal::add(std::span<const JournalEntry> entries) {
    if (entries.empty()) return;
    state_->transaction([&] {
        for (const JournalEntry& entry : entries) {
            check_utf8(entry.key, "a key", state_->file);
            check_utf8(entry.request, "a request", state_->file);
            const std::string record = to_json_line(entry.record);
            state_->query(state_->add)
                .bind(1, entry.key)
                .bind(2, entry.request)
                .bind(3, record)
                .step();
        }
    });
}

void Journal::bind(std::string_view name, std::string_view text) {
    check_utf8(name, "a name", state_->file);
    check_utf8(text, "a fact", state_->file);
    if (const std::optional<std::string> known = bound(name)) {
        if (*known == text) return;
        throw Error(ErrorKind::mismatch, "was begun with another " + std::string(name),
                    state_->file.string(),
                    "repeat the command it was begun with, or name another folder");
    }
    state_->query(state_->add_fact).bind(1, name).bind(2, text).step();
}

std::optional<std::string> Journal::bound(std::string_view name) const {
    Query found = state_->query(state_->get_fact);
    if (!found.bind(1, name).step()) return std::nullopt;
    return found.text(0);
}

std::uint64_t Journal::size() const {
    return static_cast<std::uint64_t>(state_->number("SELECT count(*) FROM answers"));
}

void Journal::for_each(const std::function<void(const JournalEntry& entry)>& visit) const {
    const StatementHandle all =
        state_->prepare("SELECT key, request, record FROM answers ORDER BY record, key");
    Query rows = state_->query(all);
    while (rows.step()) {
        JournalEntry entry{rows.text(0), rows.text(1), {}};
        entry.record = parse_record(rows.text(2), state_->file.string() + ": answer " + entry.key);
        visit(entry);
    }
}

}  // namespace axia::answers
