#include "axia/data/export.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/jsonl.h"

static_assert(std::endian::native == std::endian::little, "arrays are written as they lie");

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

void check_arrays(std::span<const NamedArray> arrays) {
    std::set<std::string> names;
    for (const NamedArray& array : arrays) {
        const std::string what = "array " + in_quotes(array.name);
        bool good = !array.name.empty() && array.name.size() <= 256 && core::is_utf8(array.name);
        for (const char c : array.name) {
            good = good && c != '/' && c != '\\' && static_cast<unsigned char>(c) >= 0x20;
        }
        if (!good) throw Error(ErrorKind::internal, what + " has a name that cannot be written");
        if (!names.insert(array.name).second) {
            throw Error(ErrorKind::internal, what + " is there twice");
        }
        std::size_t elements = 1;
        bool fits = array.shape.size() <= 32;
        for (const std::size_t size : array.shape) {
            fits = fits && (size == 0 || elements <= array.values.size() / size);
            elements *= size;
        }
        if (!fits || elements != array.values.size()) {
            throw Error(ErrorKind::internal, what + " does not fit its shape");
        }
    }
}

template <typename T>
void append(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

void append_values(std::string& to, const NamedArray& array) {
    to.append(reinterpret_cast<const char*>(array.values.data()),
              array.values.size() * sizeof(float));
}

/// CRC-32 of zip: reflected polynomial 0xEDB88320, all ones before and after.
std::uint32_t crc32(std::string_view bytes) {
    static const std::array<std::uint32_t, 256> table = [] {
        std::array<std::uint32_t, 256> made{};
        for (std::uint32_t i = 0; i < 256; ++i) {
            std::uint32_t value = i;
            for (int bit = 0; bit < 8; ++bit) {
                value = (value & 1) != 0 ? (value >> 1) ^ 0xEDB88320U : value >> 1;
            }
            made[i] = value;
        }
        return made;
    }();
    std::uint32_t sum = ~0U;
    for (const char c : bytes)
        sum = (sum >> 8) ^ table[(sum ^ static_cast<unsigned char>(c)) & 0xFF];
    return ~sum;
}

/// The .npy format, version 1.0: magic, header length, a Python dict padded so that data starts at
/// a multiple of 64.
std::string npy(const NamedArray& array) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (";
    for (std::size_t i = 0; i < array.shape.size(); ++i) {
        header += (i > 0 ? ", " : "") + std::to_string(array.shape[i]);
    }
    header += array.shape.size() == 1 ? ",), }" : "), }";
    constexpr std::size_t before = 10, step = 64;
    header.append((step - (before + header.size() + 1) % step) % step, ' ');
    header += '\n';
    std::string bytes("\x93NUMPY\x01\x00", 8);
    append(bytes, static_cast<std::uint16_t>(header.size()));
    bytes += header;
    append_values(bytes, array);
    return bytes;
}

/// The fields a local header and a directory entry share, from "version needed" on.
std::string zip_fields(const std::string& name, std::uint32_t crc, std::uint32_t size) {
    bool ascii = true;
    for (const char c : name) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
    std::string fields;
    append(fields, std::uint16_t{20});
    append(fields, static_cast<std::uint16_t>(ascii ? 0 : 0x0800));  // the name is UTF-8
    append(fields, std::uint16_t{0});                                // stored
    append(fields, std::uint16_t{0});                                // 00:00:00
    append(fields, std::uint16_t{0x21});  // 1980-01-01: same bytes always
    append(fields, crc);
    append(fields, size);
    append(fields, size);
    append(fields, static_cast<std::uint16_t>(name.size()));
    append(fields, std::uint16_t{0});  // no extra field
    return fields;
}

}  // namespace

void write_npz(const std::filesystem::path& path, std::span<const NamedArray> arrays) {
    check_arrays(arrays);
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    std::uint64_t total = 0;
    for (const NamedArray& array : arrays) total += array.values.size() * sizeof(float) + 4096;
    if (total > most || arrays.size() > std::numeric_limits<std::uint16_t>::max()) {
        throw Error(ErrorKind::unsupported, "is too large for a plain zip file", path.string(),
                    "write safetensors instead");
    }
    std::string bytes, directory;
    for (const NamedArray& array : arrays) {
        const std::string name = array.name + ".npy";
        const std::string content = npy(array);
        const std::string fields =
            zip_fields(name, crc32(content), static_cast<std::uint32_t>(content.size()));
        const auto at = static_cast<std::uint32_t>(bytes.size());
        bytes += "PK\x03\x04" + fields + name + content;
        directory += std::string("PK\x01\x02") + std::string("\x14\x00", 2) + fields;
        append(directory, std::uint16_t{0});  // comment length
        append(directory, std::uint16_t{0});  // disk
        append(directory, std::uint16_t{0});  // internal attributes
        append(directory, std::uint32_t{0});  // external attributes
        append(directory, at);
        directory += name;
    }
    const auto directory_at = static_cast<std::uint32_t>(bytes.size());
    bytes += directory + "PK\x05\x06";
    append(bytes, std::uint32_t{0});  // disk numbers
    append(bytes, static_cast<std::uint16_t>(arrays.size()));
    append(bytes, static_cast<std::uint16_t>(arrays.size()));
    append(bytes, static_cast<std::uint32_t>(directory.size()));
    append(bytes, directory_at);
    append(bytes, std::uint16_t{0});
    core::write_file(path, bytes);
}

void write_safetensors(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                       const std::map<std::string, std::string>& metadata) {
    check_arrays(arrays);
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t at = 0;
    for (const NamedArray& array : arrays) {
        if (array.name == "__metadata__") {
            throw Error(ErrorKind::internal, "array '__metadata__' has a name that is taken");
        }
        const std::uint64_t end = at + array.values.size() * sizeof(float);
        header[array.name] = {
            {"dtype", "F32"}, {"shape", array.shape}, {"data_offsets", {at, end}}};
        at = end;
    }
    std::string text =
        header.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    text.append((8 - text.size() % 8) % 8, ' ');
    std::string bytes;
    append(bytes, static_cast<std::uint64_t>(text.size()));
    bytes += text;
    for (const NamedArray& array : arrays) append_values(bytes, array);
    core::write_file(path, bytes);
}

}  // namespace axia::data
