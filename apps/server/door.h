// The door of the server: where a request comes from, its key, what that opens, how often; and what
// is written down of it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/audit.h"
#include "server/keys.h"

namespace axia::server {

struct DoorOptions {
    std::string host = "127.0.0.1";  // beyond the loopback every request needs a key
    bool require_key = false;        // on the loopback too
    std::vector<std::string> cors;   // origins whose pages may call, as https://example.org
    std::filesystem::path keys = KeyStore::default_file();
    std::filesystem::path audit = Audit::default_file();
    int audit_days = 90;  // 0 = nothing is written down
    std::function<std::int64_t()> clock = unix_now;
    /// Told once what could not be written.
    std::function<void(const std::string&)> warn;
};

/// What the door sees of a request.
struct Knock {
    std::string method, path, host, origin, authorization;
    bool preflight = false;   // asks what a page of another origin may do
    bool compressed = false;  // its body
};

struct Verdict {
    int status = 0;  // 0 = come in
    std::string message;
    std::int64_t retry_after = 0;  // seconds; 0 = not said
    std::string key;               // its id; empty = without one
    bool cors = false;             // the page of this origin may read the answer
};

bool is_loopback(const std::string& host);

/// Any thread may call it.
class Door {
  public:
    /// Throws Error{usage} when a key is needed and there is none, or for an origin that is none,
    /// and what KeyStore and Audit throw.
    explicit Door(DoorOptions options);
    ~Door();
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    /// Counts an admitted request against its key.
    Verdict knock(const Knock& knock);

    /// A request that came in and may cost something: POST and DELETE. When it goes, its tokens are
    /// spent and it is written down.
    class Visit {
      public:
        Visit(Door& door, const Knock& knock, const Verdict& verdict);
        ~Visit();
        Visit(const Visit&) = delete;
        Visit& operator=(const Visit&) = delete;

        AuditEntry entry;
        /// Prompt and answer tokens in the end; empty = none.
        std::function<std::pair<std::int64_t, std::int64_t>()> tokens;

      private:
        Door& door_;
        std::chrono::steady_clock::time_point begun_;
    };

    /// From now on everything that may cost is refused with 503.
    void close() noexcept { closed_ = true; }
    /// Visits under way.
    int visits() const noexcept { return visits_; }
    /// Prometheus text.
    std::string metrics_text() const;

  private:
    Verdict judge(const Knock& knock);
    KeyStore* store();
    void leave(const AuditEntry& entry) noexcept;

    DoorOptions options_;
    bool key_needed_;
    std::mutex opening_;
    std::unique_ptr<KeyStore> keys_;
    std::unique_ptr<Audit> audit_;
    std::atomic<bool> closed_{false}, warned_{false};
    std::atomic<int> visits_{0};
    std::atomic<std::uint64_t> unwritten_{0};
    std::array<std::atomic<std::uint64_t>, 6> refused_{};
};

}  // namespace axia::server
