// Keys of the server: who may come in, to what, and how often.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axia::server {

/// What a key may be made for.
inline const std::vector<std::string> known_scopes{"chat", "read", "jobs", "metrics"};

struct Key {
    std::string id, name;  // "k-" and 8 hex digits; a name is one live key's alone
    std::vector<std::string> scopes;
    std::int64_t created = 0;                                  // Unix seconds, as every time here
    std::int64_t last_used = 0;                                // 0 = never
    std::int64_t revoked = 0;                                  // 0 = live
    std::int64_t requests_per_minute = 0, tokens_per_day = 0;  // 0 = no limit
    std::int64_t tokens_today = 0;  // spent in the present day of 24 hours since its first token

    bool may(std::string_view scope) const;
};

struct KeyWish {
    std::string name;  // 1 to 64 of letters, digits, '.', '_', '-'
    std::vector<std::string> scopes = known_scopes;
    std::int64_t requests_per_minute = 0;  // 0 = no limit, to 1e6
    std::int64_t tokens_per_day = 0;       // 0 = no limit, to 1e12
};

struct MadeKey {
    Key key;
    std::string secret;  // "axia-" and 43 characters; known to nobody but the one it is shown to
};

/// Any thread may call it; several processes may hold the same file, and each sees at once what
/// another one changed. Throws core::Error: usage and not_found for names, what Database throws.
class KeyStore {
  public:
    /// Keys a store holds at most, revoked ones too.
    static constexpr std::size_t most_keys = 10'000;
    static std::filesystem::path default_file();

    explicit KeyStore(const std::filesystem::path& file = default_file());
    ~KeyStore();
    KeyStore(const KeyStore&) = delete;
    KeyStore& operator=(const KeyStore&) = delete;

    MadeKey create(const KeyWish& wish, std::int64_t now);
    /// In order of creation.
    std::vector<Key> list(std::int64_t now) const;
    /// A live key, by id or name.
    Key revoke(const std::string& id_or_name, std::int64_t now);
    bool has_live() const;

    /// The live key of a secret; takes as long for a wrong secret as for a right one.
    std::optional<Key> find(std::string_view secret) const;
    /// Counts a request. 0 = come in, else seconds to wait, of which none was counted. A clock that
    /// goes back neither forgets what was spent nor locks a key for longer than its window.
    std::int64_t admit(const std::string& id, std::int64_t now);
    /// Counts tokens; the request that crosses the limit is the last one until its day ends.
    void spend(const std::string& id, std::int64_t tokens, std::int64_t now);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Seconds since 1970.
std::int64_t unix_now();

}  // namespace axia::server
