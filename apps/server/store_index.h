// What lies in the folders of plans and vectors, read again only when it may have changed.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace axia::server {

/// Any thread may call.
class StoreIndex {
  public:
    using Time = std::chrono::file_clock::time_point;

    struct Look {
        std::uint64_t version = 0;        // another one once any file came, went or changed
        std::vector<std::string> plans;   // names, sorted
        std::vector<std::string> values;  // those that are learnt as chat, sorted
    };

    /// A file written in place leaves its folder as it was: it is seen after `most_age` at the
    /// latest.
    StoreIndex(
        std::filesystem::path plans, std::filesystem::path vectors,
        std::chrono::milliseconds most_age = std::chrono::seconds(1),
        std::function<Time()> clock = [] { return std::chrono::file_clock::now(); });

    /// A file that was renamed into a folder, made or removed before the call is seen.
    std::shared_ptr<const Look> look();
    /// How often the folders were listed.
    std::uint64_t listings() const;

  private:
    using Times = std::map<std::filesystem::path, std::filesystem::file_time_type>;

    Times folder_times() const;

    std::filesystem::path plans_, vectors_;
    std::chrono::milliseconds most_age_;
    std::function<Time()> clock_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Look> last_;
    Times folders_, files_;
    Time listed_{};
    std::uint64_t listings_ = 0;
};

}  // namespace axia::server
