// What was asked of the server under which key and plan; never what was said.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace axia::server {

/// One request that got past the door.
struct AuditEntry {
    std::int64_t time = 0;  // Unix seconds, when it came
    std::string key;        // id; empty = without one
    std::string route;      // "POST /v1/chat/completions"
    std::string model;
    std::string plan;                     // hash; empty or "none" = nothing steered
    std::map<std::string, double> steer;  // value -> target as asked for
    std::int64_t prompt_tokens = 0, answer_tokens = 0;
    int status = 0;
    double seconds = 0;
};

struct AuditQuery {
    std::int64_t since = 0;    // Unix seconds
    std::size_t limit = 1000;  // of the newest
};

/// Rows are added, never changed. Any thread may call it.
class Audit {
  public:
    /// Rows at most: the oldest go first.
    static constexpr std::int64_t most_rows = 1'000'000;
    static std::filesystem::path default_file();

    /// Keeps `days` days, at least 1. Throws what Database throws.
    explicit Audit(const std::filesystem::path& file = default_file(), int days = 90);
    ~Audit();
    Audit(const Audit&) = delete;
    Audit& operator=(const Audit&) = delete;

    /// Now and then it also takes away what is too old.
    void add(const AuditEntry& entry);
    /// The newest, in order of time.
    std::vector<AuditEntry> list(const AuditQuery& query = {}) const;
    /// Takes away what is older than its days, and the oldest beyond most_rows.
    void prune(std::int64_t now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::server
