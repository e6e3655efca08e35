// SHA-256 of bytes and files (libcrypto).
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace axia::core {

/// Incremental SHA-256.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void update(const void* data, std::size_t size);
    void update(std::string_view text) { update(text.data(), text.size()); }
    /// 64 lower-case hex digits. The object is spent afterwards.
    std::string hex();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

/// Throws Error{io} when the file cannot be read.
std::string sha256_file(const std::filesystem::path& path);

/// Base64 (RFC 4648, section 4) of bytes, padded.
std::string base64(std::string_view bytes);

}  // namespace axia::core
