#include "model/store.h"

#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "axia/core/error.h"
#include "axia/core/hash.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

/// Size and time of change, or nothing.
std::optional<std::pair<std::uint64_t, std::int64_t>> stamp(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    return std::pair{
        static_cast<std::uint64_t>(status.st_size),
        static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
}

}  // namespace

std::optional<FileCard> read_card(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code)) return std::nullopt;
    try {
        const auto json = nlohmann::json::parse(core::read_file(path, 1 << 16));
        if (json.at("schema") != "axia.model-file" || json.at("version") != 1) return std::nullopt;
        FileCard card;
        card.name = json.at("name").get<std::string>();
        card.sha256 = json.at("sha256").get<std::string>();
        card.source = json.value("source", "");
        card.licence = json.value("licence", "");
        card.bytes = json.at("bytes").get<std::uint64_t>();
        card.modified = json.at("modified").get<std::int64_t>();
        if (card.sha256.size() != 64 ||
            card.sha256.find_first_not_of("0123456789abcdef") != std::string::npos) {
            return std::nullopt;
        }
        return card;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void write_card(const fs::path& path, const fs::path& file, FileCard card) {
    const auto now = stamp(file);
    if (!now) throw Error(ErrorKind::io, "cannot be read", file.string());
    const nlohmann::json json{{"schema", "axia.model-file"}, {"version", 1},
                              {"name", card.name},           {"sha256", card.sha256},
                              {"source", card.source},       {"licence", card.licence},
                              {"bytes", now->first},         {"modified", now->second}};
    core::write_file(path,
                     json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

bool is_unchanged(const FileCard& card, const fs::path& file) {
    const auto now = stamp(file);
    return now && now->first == card.bytes && now->second == card.modified;
}

std::string hash_file(const fs::path& file, const core::Watch& watch) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw Error(ErrorKind::io, "cannot be opened for reading", file.string());
    std::error_code code;
    const std::uint64_t size = fs::file_size(file, code);
    core::Sha256 hash;
    std::vector<char> block(1 << 22);
    std::uint64_t done = 0;
    while (in) {
        watch.check();
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        hash.update(block.data(), static_cast<std::size_t>(in.gcount()));
        done += static_cast<std::uint64_t>(in.gcount());
        watch.step("model: checking the file", done, code ? 0 : size, "bytes");
    }
    if (in.bad()) throw Error(ErrorKind::io, "reading failed", file.string());
    return hash.hex();
}

FileCard card_of(const fs::path& path, const fs::path& file, const core::Watch& watch) {
    std::optional<FileCard> known = read_card(path);
    if (known && is_unchanged(*known, file)) return *known;
    FileCard card = known.value_or(FileCard{});
    card.sha256 = hash_file(file, watch);
    try {
        write_card(path, file, card);
    } catch (const Error& error) {
        watch.info(error.what());
    }
    const auto now = stamp(file);
    card.bytes = now ? now->first : 0;
    card.modified = now ? now->second : 0;
    return card;
}

std::unique_ptr<core::FileLock> wait_for_lock(const fs::path& path, int seconds,
                                              const std::string& what, const core::Watch& watch) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    bool told = false;
    while (true) {
        try {
            return std::make_unique<core::FileLock>(path);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::busy) throw;
            if (std::chrono::steady_clock::now() >= end) {
                throw Error(ErrorKind::busy, what + ": " + error.message(), error.where(),
                            error.hint());
            }
        }
        if (!told) watch.info("waiting for another process: " + what);
        told = true;
        watch.check();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

}  // namespace axia::model
