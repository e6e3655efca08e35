#include "data/gguf_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "axia/core/error.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::size_t window_bytes = 1 << 16;

class FileSource : public ByteSource {
  public:
    explicit FileSource(const std::filesystem::path& path) : path_(path.string()) {
        // O_NONBLOCK: a named pipe must not hang the open
        file_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        if (file_ < 0) {
            if (errno == ENOENT) throw Error(ErrorKind::not_found, "no such file", path_);
            fail("cannot be opened for reading", errno);
        }
        struct stat status {};
        if (::fstat(file_, &status) != 0) {
            const int code = errno;
            ::close(file_);
            fail("cannot be read", code);
        }
        if (!S_ISREG(status.st_mode)) {
            ::close(file_);
            throw Error(
                ErrorKind::input,
                S_ISDIR(status.st_mode) ? "is a folder, a file is wanted" : "is not a plain file",
                path_);
        }
        size_ = static_cast<std::uint64_t>(status.st_size);
    }
    ~FileSource() override { ::close(file_); }
    FileSource(const FileSource&) = delete;
    FileSource& operator=(const FileSource&) = delete;

    std::uint64_t size() const override { return size_; }

    void read(std::uint64_t offset, void* to, std::size_t count) override {
        auto* out = static_cast<char*>(to);
        while (count > 0) {
            const ssize_t got = ::pread(file_, out, count, static_cast<off_t>(offset));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) fail("reading failed", errno);
            if (got == 0) {
                throw Error(ErrorKind::io, "became shorter while it was read", path_,
                            "is it still being downloaded?");
            }
            out += got;
            offset += static_cast<std::uint64_t>(got);
            count -= static_cast<std::size_t>(got);
        }
    }

  private:
    [[noreturn]] void fail(const std::string& what, int code) const {
        throw Error(ErrorKind::io, what + ": " + std::strerror(code), path_);
    }

    std::string path_;
    int file_ = -1;
    std::uint64_t size_ = 0;
};

class MemorySource : public ByteSource {
  public:
    explicit MemorySource(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_.size(); }
    void read(std::uint64_t offset, void* to, std::size_t count) override {
        if (count > 0) std::memcpy(to, bytes_.data() + offset, count);
    }

  private:
    std::string_view bytes_;
};

}  // namespace

std::unique_ptr<ByteSource> open_source(const std::filesystem::path& path) {
    return std::make_unique<FileSource>(path);
}

std::unique_ptr<ByteSource> memory_source(std::string_view bytes) {
    return std::make_unique<MemorySource>(bytes);
}

void GgufCursor::fail(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::input, what, std::string(name_), hint);
}

void GgufCursor::need(std::uint64_t count, const std::string& what) const {
    if (count <= left()) return;
    fail("is cut short or damaged: " + what + " at byte " + std::to_string(at_) + " wants " +
             std::to_string(count) + " bytes, at least " + std::to_string(count - left()) +
             " are missing",
         "get the file again");
}

void GgufCursor::take(void* to, std::size_t count, const std::string& what) {
    need(count, what);
    const bool inside = at_ >= window_at_ && at_ + count <= window_at_ + window_.size();
    if (!inside && count <= window_bytes) {
        window_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(window_bytes, left())));
        window_at_ = at_;
        source_.read(at_, window_.data(), window_.size());
    }
    if (inside || count <= window_bytes) {
        if (count > 0) std::memcpy(to, window_.data() + (at_ - window_at_), count);
    } else {
        source_.read(at_, to, count);
    }
    at_ += count;
}

std::uint64_t GgufCursor::text_length(std::uint64_t limit, const std::string& what) {
    const auto length = number<std::uint64_t>(what);
    if (length > limit) {
        fail("is damaged: " + what + " is said to be " + std::to_string(length) +
                 " bytes long, at most " + std::to_string(limit) + " are read",
             "get the file again");
    }
    need(length, what);
    return length;
}

std::string GgufCursor::text(std::uint64_t limit, const std::string& what) {
    std::string value(static_cast<std::size_t>(text_length(limit, what)), '\0');
    take(value.data(), value.size(), what);
    return value;
}

void GgufCursor::skip_text(std::uint64_t limit, const std::string& what) {
    at_ += text_length(limit, what);
}

void GgufCursor::skip(std::uint64_t count, const std::string& what) {
    need(count, what);
    at_ += count;
}

}  // namespace axia::data
