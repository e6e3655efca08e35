// Files: bounded reads, whole-or-nothing writes, the folders axia uses, and locks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace axia::core {

/// The whole file. Throws Error{not_found|input|io}: missing, a directory, larger than `limit`
/// bytes.
std::string read_file(const std::filesystem::path& path, std::uint64_t limit = 1ULL << 30);

/// Calls `line(text, number)` for every line (1-based, without its end, CR stripped).
/// A line longer than `limit` bytes is Error{input} naming the line; memory stays bounded by
/// `limit`.
void read_lines(const std::filesystem::path& path,
                const std::function<void(std::string_view, std::size_t)>& line,
                std::size_t limit = 1 << 20);

/// Throws the Error{io} that write_file(path) would throw now: a folder or a device of that name, a
/// folder that cannot be made or written to. Leaves nothing behind. For before long work.
void check_writable(const std::filesystem::path& path);

/// Writes to "PATH.partial.<pid>", flushes to disk, then renames: readers see the old file or the
/// new one, never a half. Makes missing parent folders. Throws Error{io} and leaves nothing behind.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// The same for content produced by `fill`.
void write_file(const std::filesystem::path& path, const std::function<void(std::ostream&)>& fill);

/// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view text);

/// XDG folders with "axia" appended; AXIA_CACHE and AXIA_DATA override. Not created.
std::filesystem::path cache_folder();
std::filesystem::path data_folder();
std::filesystem::path config_folder();

/// An advisory lock on `path` held while the object lives. Throws Error{busy} when another process
/// holds it, naming its process id.
class FileLock {
  public:
    explicit FileLock(const std::filesystem::path& path);
    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

  private:
    int descriptor_ = -1;
};

/// Of `candidates`, up to `count` that are nearest to `name` by edit distance, nearest first;
/// far ones are left out. For "did you mean".
std::string nearest_names(std::string_view name, const std::vector<std::string>& candidates,
                          std::size_t count = 3);

}  // namespace axia::core
