// A small SQLite file of the server: made whole, its version checked, readable by its owner alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace axia::server {

/// What a file must be.
struct DatabaseKind {
    std::string what;        // "a store of keys", for errors
    int application_id = 0;  // not 0
    int version = 1;         // of the schema
    std::string schema;      // statements that make it
};

/// One connection in WAL mode. Not thread-safe. Every failure is one core::Error that names the
/// file: input (not such a file, damaged), unsupported (newer), busy, io.
class Database {
  public:
    /// Makes the folder (0700) and the file (0600) when missing; takes the rights of others away.
    Database(const std::filesystem::path& file, DatabaseKind kind);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    /// A prepared statement in use: bound, stepped, let go.
    class Query {
      public:
        Query(const Database& database, const char* sql);
        ~Query();
        Query(const Query&) = delete;
        Query& operator=(const Query&) = delete;

        /// The first place is 1.
        Query& bind(int at, std::int64_t number);
        Query& bind(int at, double number);
        Query& bind(int at, std::string_view text);
        /// True while there is a row.
        bool step();
        std::int64_t integer(int column) const;
        double real(int column) const;
        std::string text(int column) const;

      private:
        const Database& database_;
        sqlite3_stmt* statement_ = nullptr;
    };

    void execute(const std::string& sql) const;
    std::int64_t number(const char* sql) const;
    /// All of `work` or nothing of it; no other process writes meanwhile.
    void transaction(const std::function<void()>& work) const;
    /// Changes whenever another connection has written.
    std::int64_t data_version() const { return number("PRAGMA data_version"); }
    const std::filesystem::path& file() const { return file_; }

  private:
    [[noreturn]] void fail(int code) const;
    void open();
    void check_or_make() const;

    std::filesystem::path file_;
    DatabaseKind kind_;
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace axia::server
