#include "axia/core/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <numeric>
#include <ostream>
#include <streambuf>
#include <utility>

#include "axia/core/error.h"

namespace axia::core {

namespace fs = std::filesystem;

namespace {

std::string why() {
    return std::strerror(errno);
}

/// Opens for reading, after the checks every reader wants.
std::ifstream open_checked(const fs::path& path) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (status.type() == fs::file_type::not_found) {
        throw Error(ErrorKind::not_found, "no such file", path.string());
    }
    if (status.type() == fs::file_type::directory) {
        throw Error(ErrorKind::input, "is a folder, a file is wanted", path.string());
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) throw Error(ErrorKind::io, "cannot be opened for reading: " + why(), path.string());
    return in;
}

/// Nothing can be renamed over a folder, and a device would be replaced.
void check_target(const fs::path& path) {
    std::error_code code;
    const fs::file_status status = fs::status(path, code);
    if (status.type() == fs::file_type::directory || !path.has_filename()) {
        throw Error(ErrorKind::io, "is a folder, a file name is wanted", path.string());
    }
    if (fs::exists(status) && !fs::is_regular_file(status)) {
        throw Error(ErrorKind::io, "is not a plain file and would be replaced", path.string(),
                    "name a file");
    }
}

/// The file that becomes PATH by renaming, opened in `folder`.
int open_partial(const fs::path& path, const fs::path& folder, fs::path& partial) {
    partial = folder / (path.filename().string() + ".partial." + std::to_string(::getpid()));
    const int file = ::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) {
        throw Error(ErrorKind::io, "cannot be written: " + why(), path.string(),
                    "is the folder there and writable?");
    }
    return file;
}

/// The file in the making: gone with the object unless it was finished.
class PartialFile {
  public:
    explicit PartialFile(const fs::path& path) : path_(path) {
        check_target(path);
        std::error_code code;
        if (path.has_parent_path()) fs::create_directories(path.parent_path(), code);
        file_ = open_partial(path, path.parent_path(), partial_);
    }
    ~PartialFile() {
        if (file_ < 0) return;
        ::close(file_);
        ::unlink(partial_.c_str());
    }
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;

    void write(std::string_view bytes) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            const ssize_t wrote = ::write(file_, bytes.data() + done, bytes.size() - done);
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) fail();
            done += static_cast<std::size_t>(wrote);
        }
    }

    void finish() {
        if (::fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) fail();
        if (::rename(partial_.c_str(), path_.c_str()) != 0) fail();
        ::close(std::exchange(file_, -1));
    }

  private:
    [[noreturn]] void fail() const {
        throw Error(ErrorKind::io, "cannot be written: " + why(), path_.string());
    }

    fs::path path_, partial_;
    int file_ = -1;
};

/// Writes to a PartialFile in blocks.
class Stream final : public std::streambuf {
  public:
    explicit Stream(PartialFile& file) : file_(file) { setp(block_, block_ + sizeof block_); }

  protected:
    int_type overflow(int_type c) override {
        sync();
        if (!traits_type::eq_int_type(c, traits_type::eof())) {
            sputc(traits_type::to_char_type(c));
        }
        return traits_type::not_eof(c);
    }
    int sync() override {
        file_.write({pbase(), static_cast<std::size_t>(pptr() - pbase())});
        setp(block_, block_ + sizeof block_);
        return 0;
    }

  private:
    PartialFile& file_;
    char block_[1 << 16];
};

fs::path environment_folder(const char* own, const char* xdg, const char* fallback) {
    if (const char* value = std::getenv(own); value != nullptr && *value != '\0') return value;
    if (const char* value = std::getenv(xdg); value != nullptr && *value != '\0') {
        return fs::path(value) / "axia";
    }
    const char* home = std::getenv("HOME");
    return fs::path(home != nullptr ? home : ".") / fallback / "axia";
}

}  // namespace

std::string read_file(const fs::path& path, std::uint64_t limit) {
    std::ifstream in = open_checked(path);
    std::string bytes;
    std::vector<char> block(1 << 16);
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        bytes.append(block.data(), static_cast<std::size_t>(in.gcount()));
        if (bytes.size() > limit) {
            throw Error(ErrorKind::input,
                        "is larger than the limit of " + std::to_string(limit) + " bytes",
                        path.string());
        }
    }
    if (in.bad()) throw Error(ErrorKind::io, "reading failed: " + why(), path.string());
    return bytes;
}

void read_lines(const fs::path& path,
                const std::function<void(std::string_view, std::size_t)>& line, std::size_t limit) {
    std::ifstream in = open_checked(path);
    std::vector<char> block(1 << 16);
    std::string rest;
    std::size_t number = 0;
    const auto emit = [&](std::string_view text) {
        if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
        line(text, ++number);
    };
    while (in) {
        in.read(block.data(), static_cast<std::streamsize>(block.size()));
        std::string_view got(block.data(), static_cast<std::size_t>(in.gcount()));
        while (!got.empty()) {
            const std::size_t end = got.find('\n');
            const std::string_view part = got.substr(0, end);
            if (rest.size() + part.size() > limit) {
                throw Error(ErrorKind::input,
                            "the line is longer than " + std::to_string(limit) + " bytes",
                            file_line(path.string(), number + 1), "is this the right file?");
            }
            if (end == std::string_view::npos) {
                rest += part;
                break;
            }
            if (rest.empty()) {
                emit(part);
            } else {
                rest += part;
                emit(rest);
                rest.clear();
            }
            got.remove_prefix(end + 1);
        }
    }
    if (in.bad()) throw Error(ErrorKind::io, "reading failed: " + why(), path.string());
    if (!rest.empty()) emit(rest);
}

void check_writable(const fs::path& path) {
    check_target(path);
    std::error_code code;
    fs::path folder = path.parent_path();
    while (!folder.empty() && !fs::exists(folder, code)) folder = folder.parent_path();
    fs::path partial;
    ::close(open_partial(path, folder, partial));
    ::unlink(partial.c_str());
}

void write_file(const fs::path& path, const std::function<void(std::ostream&)>& fill) {
    PartialFile file(path);
    Stream buffer(file);
    std::ostream out(&buffer);
    out.exceptions(std::ios::badbit);  // what the file throws comes through
    fill(out);
    out.flush();
    file.finish();
}

void write_file(const fs::path& path, std::string_view bytes) {
    PartialFile file(path);
    file.write(bytes);
    file.finish();
}

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    while (i < text.size()) {
        const unsigned char lead = byte(i);
        std::size_t more = 0;
        std::uint32_t code = lead;
        if (lead >= 0x80) {
            if (lead >= 0xC2 && lead <= 0xDF) {
                more = 1, code = lead & 0x1F;
            } else if (lead >= 0xE0 && lead <= 0xEF) {
                more = 2, code = lead & 0x0F;
            } else if (lead >= 0xF0 && lead <= 0xF4) {
                more = 3, code = lead & 0x07;
            } else {
                return false;
            }
            if (i + more >= text.size()) return false;
            for (std::size_t k = 1; k <= more; ++k) {
                if ((byte(i + k) & 0xC0) != 0x80) return false;
                code = (code << 6) | (byte(i + k) & 0x3F);
            }
            if (more == 2 && (code < 0x800 || (code >= 0xD800 && code <= 0xDFFF))) return false;
            if (more == 3 && (code < 0x10000 || code > 0x10FFFF)) return false;
        }
        i += more + 1;
    }
    return true;
}

fs::path cache_folder() {
    return environment_folder("AXIA_CACHE", "XDG_CACHE_HOME", ".cache");
}
fs::path data_folder() {
    return environment_folder("AXIA_DATA", "XDG_DATA_HOME", ".local/share");
}
fs::path config_folder() {
    return environment_folder("AXIA_CONFIG", "XDG_CONFIG_HOME", ".config");
}

FileLock::FileLock(const fs::path& path) {
    std::error_code code;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), code);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor_ < 0) throw Error(ErrorKind::io, "cannot be opened: " + why(), path.string());
    if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
        char holder[32] = {};
        const ssize_t got = ::pread(descriptor_, holder, sizeof holder - 1, 0);
        ::close(descriptor_);
        throw Error(ErrorKind::busy,
                    "is in use by " + (got > 0 ? "process " + std::string(holder)
                                               : std::string("another process")),
                    path.string(), "wait for it, or stop it");
    }
    const std::string self = std::to_string(::getpid());
    if (::ftruncate(descriptor_, 0) != 0 ||
        ::pwrite(descriptor_, self.data(), self.size(), 0) != static_cast<ssize_t>(self.size())) {
        ::close(descriptor_);
        throw Error(ErrorKind::io, "cannot be written: " + why(), path.string());
    }
}

FileLock::~FileLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::string nearest_names(std::string_view name, const std::vector<std::string>& candidates,
                          std::size_t count) {
    std::vector<std::pair<std::size_t, std::string>> ranked;
    for (const std::string& candidate : candidates) {
        std::vector<std::size_t> row(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 1; i <= name.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                const std::size_t swap = diagonal + (name[i - 1] == candidate[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, swap});
            }
        }
        const std::size_t distance = row[candidate.size()];
        const bool prefix = candidate.starts_with(name) && !name.empty();
        if (prefix || distance <= std::max<std::size_t>(2, name.size() / 2)) {
            ranked.emplace_back(prefix ? 0 : distance, candidate);
        }
    }
    std::sort(ranked.begin(), ranked.end());
    std::string text;
    for (std::size_t i = 0; i < std::min(count, ranked.size()); ++i) {
        text += (i > 0 ? ", " : "") + ranked[i].second;
    }
    return text;
}

}  // namespace axia::core
