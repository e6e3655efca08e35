// The cards beside stored files, which save hashing them again.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "axia/core/files.h"
#include "axia/core/log.h"

namespace axia::model {

struct FileCard {
    std::string name, sha256, source, licence;
    std::uint64_t bytes = 0;
    std::int64_t modified = 0;  // nanoseconds
};

/// Nothing when the card is missing or is no card: then the file is hashed again.
std::optional<FileCard> read_card(const std::filesystem::path& path);
/// Fills in size and time from `file`.
void write_card(const std::filesystem::path& path, const std::filesystem::path& file,
                FileCard card);
/// Size and time of `file` are the card's.
bool is_unchanged(const FileCard& card, const std::filesystem::path& file);

/// SHA-256 with progress, stoppable. Throws Error{io|cancelled}.
std::string hash_file(const std::filesystem::path& file, const core::Watch& watch);

/// The file's card at `path`, made or renewed when the file is not the one it describes.
/// A card that cannot be written is no failure.
FileCard card_of(const std::filesystem::path& path, const std::filesystem::path& file,
                 const core::Watch& watch);

/// Holds `path`, waiting up to `seconds` while another process does; `what` is being done there.
/// Throws Error{busy|cancelled|io}.
std::unique_ptr<core::FileLock> wait_for_lock(const std::filesystem::path& path, int seconds,
                                              const std::string& what, const core::Watch& watch);

}  // namespace axia::model
