#include "server/audit.h"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "axia/core/files.h"
#include "server/database.h"

namespace axia::server {

using Query = Database::Query;
using nlohmann::json;

namespace {

constexpr std::int64_t day = 86'400;
constexpr int rows_between_prunings = 1000;
constexpr std::size_t longest_text = 256;

const DatabaseKind kind{
    "an audit log", 0x61786131,  // "axa1"
    1,
    "CREATE TABLE audit (number INTEGER PRIMARY KEY, time INTEGER NOT NULL, key TEXT NOT NULL,"
    " route TEXT NOT NULL, model TEXT NOT NULL, plan TEXT NOT NULL, steer TEXT NOT NULL,"
    " prompt_tokens INTEGER NOT NULL, answer_tokens INTEGER NOT NULL, status INTEGER NOT NULL,"
    " seconds REAL NOT NULL);"
    "CREATE INDEX times ON audit (time);"
    "CREATE TRIGGER never_changed BEFORE UPDATE ON audit BEGIN"
    " SELECT raise(ABORT, 'an audit log is never changed'); END;"};

}  // namespace

struct Audit::State {
    State(const std::filesystem::path& file, int kept) : database(file, kind), days(kept) {}

    mutable std::mutex mutex;
    Database database;
    int days;
    int added = 0;

    void prune(std::int64_t now) const {
        database.transaction([&] {
            Query(database, "DELETE FROM audit WHERE time < ?1").bind(1, now - days * day).step();
            Query(database,
                  "DELETE FROM audit WHERE number <= (SELECT max(number) FROM audit) - ?1")
                .bind(1, most_rows)
                .step();
        });
    }
};

std::filesystem::path Audit::default_file() {
    return core::data_folder() / "serve" / "audit.sqlite";
}

Audit::Audit(const std::filesystem::path& file, int days)
    : state_(std::make_unique<State>(file, std::max(days, 1))) {}

Audit::~Audit() = default;

void Audit::add(const AuditEntry& entry) {
    json steer = json::object();
    for (const auto& [value, target] : entry.steer) steer[value.substr(0, longest_text)] = target;
    const std::string values = steer.dump(-1, ' ', true, json::error_handler_t::replace);
    const std::lock_guard lock(state_->mutex);
    Query(state_->database,
          "INSERT INTO audit (time, key, route, model, plan, steer, prompt_tokens, answer_tokens,"
          " status, seconds) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
        .bind(1, entry.time)
        .bind(2, entry.key)
        .bind(3, entry.route.substr(0, longest_text))
        .bind(4, entry.model.substr(0, longest_text))
        .bind(5, entry.plan)
        .bind(6, values)
        .bind(7, entry.prompt_tokens)
        .bind(8, entry.answer_tokens)
        .bind(9, std::int64_t{entry.status})
        .bind(10, entry.seconds)
        .step();
    if (++state_->added % rows_between_prunings == 0) state_->prune(entry.time);
}

std::vector<AuditEntry> Audit::list(const AuditQuery& wanted) const {
    const std::lock_guard lock(state_->mutex);
    std::vector<AuditEntry> entries;
    Query query(state_->database,
                "SELECT time, key, route, model, plan, steer, prompt_tokens, answer_tokens, status,"
                " seconds FROM audit WHERE time >= ?1 ORDER BY number DESC LIMIT ?2");
    query.bind(1, wanted.since).bind(2, static_cast<std::int64_t>(wanted.limit));
    while (query.step()) {
        AuditEntry entry;
        entry.time = query.integer(0);
        entry.key = query.text(1);
        entry.route = query.text(2);
        entry.model = query.text(3);
        entry.plan = query.text(4);
        const json steer = json::parse(query.text(5), nullptr, false);
        if (steer.is_object()) {
            for (const auto& [value, target] : steer.items()) {
                if (target.is_number()) entry.steer[value] = target.get<double>();
            }
        }
        entry.prompt_tokens = query.integer(6);
        entry.answer_tokens = query.integer(7);
        entry.status = static_cast<int>(query.integer(8));
        entry.seconds = query.real(9);
        entries.push_back(std::move(entry));
    }
    std::reverse(entries.begin(), entries.end());
    return entries;
}

void Audit::prune(std::int64_t now) {
    const std::lock_guard lock(state_->mutex);
    state_->prune(now);
}

}  // namespace axia::server
