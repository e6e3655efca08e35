// Bytes of a GGUF file, from disk through a small window or from memory, never past the end.
#pragma once

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace axia::data {

class ByteSource {
  public:
    virtual ~ByteSource() = default;
    virtual std::uint64_t size() const = 0;
    /// Exactly `count` bytes at `offset`, which the caller knows to be inside. Throws Error{io}.
    virtual void read(std::uint64_t offset, void* to, std::size_t count) = 0;
};

/// Throws Error{not_found|input|io}: missing, a folder, not a plain file, not readable.
std::unique_ptr<ByteSource> open_source(const std::filesystem::path& path);
/// `bytes` must outlive the source.
std::unique_ptr<ByteSource> memory_source(std::string_view bytes);

/// Reads forward. Every read is checked against what is left and says what it was for.
class GgufCursor {
  public:
    GgufCursor(ByteSource& source, std::string_view name) : source_(source), name_(name) {}

    std::uint64_t at() const { return at_; }
    std::uint64_t left() const { return source_.size() - at_; }

    template <typename T>
    T number(const std::string& what) {
        static_assert(std::is_arithmetic_v<T>);
        T value;
        take(&value, sizeof value, what);
        return value;
    }

    /// u64 length, then the bytes.
    std::string text(std::uint64_t limit, const std::string& what);
    void skip_text(std::uint64_t limit, const std::string& what);
    void skip(std::uint64_t count, const std::string& what);

    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

  private:
    std::uint64_t text_length(std::uint64_t limit, const std::string& what);
    void need(std::uint64_t count, const std::string& what) const;
    void take(void* to, std::size_t count, const std::string& what);

    ByteSource& source_;
    std::string_view name_;
    std::uint64_t at_ = 0;
    std::string window_;
    std::uint64_t window_at_ = 0;
};

}  // namespace axia::data
