#include "server/database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "axia/core/error.h"

namespace axia::server {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr int busy_milliseconds = 10'000;

/// Before SQLite makes it with the rights of the day; its -wal and -shm take these over.
void make_private(const fs::path& file) {
    std::error_code code;
    const fs::path folder = file.parent_path();
    if (!folder.empty() && fs::create_directories(folder, code)) {
        fs::permissions(folder, fs::perms::owner_all, code);
    }
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) {
        throw Error(ErrorKind::io, "cannot be opened: " + std::string(std::strerror(errno)),
                    file.string(), "is it a file of yours, and may its folder be written?");
    }
    struct stat about {};
    const bool told = ::fstat(descriptor, &about) == 0;
    const bool open_to_others = told && (about.st_mode & 077) != 0;
    const bool closed = !open_to_others || ::fchmod(descriptor, 0600) == 0;
    ::close(descriptor);
    if (!closed) {
        throw Error(ErrorKind::io, "can be read by others", file.string(), "chmod 600 it");
    }
}

}  // namespace

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Database::Database(const fs::path& file, DatabaseKind kind) : file_(file), kind_(std::move(kind)) {
    make_private(file_);
    open();
    check_or_make();
}

Database::~Database() = default;

void Database::fail(int code) const {
    sqlite3* const database = database_.get();
    const std::string reason =
        database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(code);
    switch (code & 0xFF) {
        case SQLITE_NOTADB:
            throw Error(ErrorKind::input, "is not " + kind_.what, file_.string(),
                        "take the file away; a new one is made");
        case SQLITE_CORRUPT:
            throw Error(ErrorKind::input, "is damaged: " + reason, file_.string(),
                        "restore it, or take it away; a new one is made");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw Error(ErrorKind::busy, "is in use by another process", file_.string(),
                        "wait for it, or stop it");
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
            throw Error(ErrorKind::io, "cannot be read or written: " + reason, file_.string(),
                        "is there room, and may the folder be written?");
        default:
            throw Error(ErrorKind::internal, "SQLite: " + reason, file_.string());
    }
}

void Database::open() {
    sqlite3* handle = nullptr;
    const int code = sqlite3_open_v2(file_.c_str(), &handle,
                                     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    database_.reset(handle);
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_timeout(handle, busy_milliseconds);
}

void Database::check_or_make() const {
    const auto is_new = [this] {
        return number("PRAGMA application_id") == 0 && number("PRAGMA user_version") == 0 &&
               number("SELECT count(*) FROM sqlite_schema") == 0;
    };
    if (is_new()) {
        execute("PRAGMA journal_mode = WAL");
        transaction([&] {
            if (!is_new()) return;  // another process was quicker
            execute(kind_.schema);
            execute("PRAGMA application_id = " + std::to_string(kind_.application_id) +
                    "; PRAGMA user_version = " + std::to_string(kind_.version));
        });
    }
    if (number("PRAGMA application_id") != kind_.application_id) {
        throw Error(ErrorKind::input, "is not " + kind_.what, file_.string(),
                    "take the file away; a new one is made");
    }
    const std::int64_t version = number("PRAGMA user_version");
    if (version != kind_.version) {
        throw Error(ErrorKind::unsupported,
                    "has version " + std::to_string(version) + ", this axia knows " +
                        std::to_string(kind_.version),
                    file_.string(), "use a newer axia");
    }
    execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

void Database::execute(const std::string& sql) const {
    if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
        fail(sqlite3_extended_errcode(database_.get()));
    }
}

std::int64_t Database::number(const char* sql) const {
    Query one(*this, sql);
    return one.step() ? one.integer(0) : 0;
}

void Database::transaction(const std::function<void()>& work) const {
    execute("BEGIN IMMEDIATE");
    try {
        work();
        execute("COMMIT");
    } catch (...) {
        // some errors end the transaction themselves
        if (sqlite3_get_autocommit(database_.get()) == 0) {
            sqlite3_exec(database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
        }
        throw;
    }
}

Database::Query::Query(const Database& database, const char* sql) : database_(database) {
    const int code = sqlite3_prepare_v2(database.database_.get(), sql, -1, &statement_, nullptr);
    if (code != SQLITE_OK) database.fail(code);
}

Database::Query::~Query() {
    sqlite3_finalize(statement_);
}

Database::Query& Database::Query::bind(int at, std::int64_t number) {
    if (const int code = sqlite3_bind_int64(statement_, at, number)) database_.fail(code);
    return *this;
}

Database::Query& Database::Query::bind(int at, double number) {
    if (const int code = sqlite3_bind_double(statement_, at, number)) database_.fail(code);
    return *this;
}

Database::Query& Database::Query::bind(int at, std::string_view text) {
    const int code = sqlite3_bind_text64(statement_, at, text.data() != nullptr ? text.data() : "",
                                         text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    if (code != SQLITE_OK) database_.fail(code);
    return *this;
}

bool Database::Query::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) database_.fail(code);
    return false;
}

std::int64_t Database::Query::integer(int column) const {
    return sqlite3_column_int64(statement_, column);
}

double Database::Query::real(int column) const {
    return sqlite3_column_double(statement_, column);
}

std::string Database::Query::text(int column) const {
    const auto* bytes = sqlite3_column_text(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    if (bytes == nullptr) return {};
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace axia::server
