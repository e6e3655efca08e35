#include "steer/tune_journal.h"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"

namespace axia::steer {

using core::Error;
using core::ErrorKind;

TuneJournal::TuneJournal(std::filesystem::path path) : path_(std::move(path)) {
    std::error_code code;
    if (path_.empty() || !std::filesystem::exists(path_, code)) return;
    core::read_lines(
        path_,
        [&](std::string_view line, std::size_t) {
            const auto json = nlohmann::json::parse(line, nullptr, false);
            if (!json.is_object() || !json.contains("key") || !json.contains("scores")) return;
            if (json["key"].is_string()) lines_[json["key"]] = std::string(line);
        },
        std::size_t{64} << 20);
}

std::optional<Scores> TuneJournal::find(const std::string& key) const {
    const auto found = lines_.find(core::sha256_hex(key));
    if (found == lines_.end()) return std::nullopt;
    try {
        const auto json = nlohmann::json::parse(found->second);
        Scores scores;
        scores.log_probability = json.at("scores");
        scores.rows_decoded = json.at("rows");
        return scores;
    } catch (const nlohmann::json::exception&) {
        return std::nullopt;
    }
}

void TuneJournal::append(const std::string& key, const Scores& scores) {
    if (path_.empty()) return;
    nlohmann::json json;
    json["key"] = core::sha256_hex(key);
    json["rows"] = scores.rows_decoded;
    json["scores"] = scores.log_probability;
    const std::string line = "\n" + json.dump() + "\n";
    std::error_code code;
    if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path(), code);
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    const bool good =
        file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size());
    const std::string reason = std::strerror(errno);
    if (file >= 0) ::close(file);
    if (!good) throw Error(ErrorKind::io, "cannot be written: " + reason, path_.string());
}

}  // namespace axia::steer
