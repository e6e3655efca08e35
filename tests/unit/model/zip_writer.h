// A zip archive in memory, for tests (PKWARE APPNOTE 6.3.10, section 4.3).
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

namespace axia::test {

struct ZipMember {
    std::string name, bytes;
    bool deflate = false;
    bool zip64 = false;  // sizes and offset in the extra field
};

inline std::string little(std::uint64_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> (8 * i));
    return text;
}

inline std::string deflated(const std::string& bytes) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, bytes.size()), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    ::deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

inline std::string make_zip(const std::vector<ZipMember>& members) {
    std::string file, directory;
    for (const ZipMember& one : members) {
        const std::string packed = one.deflate ? deflated(one.bytes) : one.bytes;
        const std::uint64_t crc = ::crc32(0, reinterpret_cast<const Bytef*>(one.bytes.data()),
                                          static_cast<uInt>(one.bytes.size()));
        const std::uint64_t offset = file.size();
        const std::string method = little(one.deflate ? 8 : 0, 2);
        file += little(0x04034b50, 4) + little(20, 2) + little(0, 2) + method + little(0, 4) +
                little(crc, 4) + little(packed.size(), 4) + little(one.bytes.size(), 4) +
                little(one.name.size(), 2) + little(0, 2) + one.name + packed;
        const std::string extra = one.zip64
                                      ? little(1, 2) + little(24, 2) + little(one.bytes.size(), 8) +
                                            little(packed.size(), 8) + little(offset, 8)
                                      : "";
        const std::uint64_t ones = 0xFFFFFFFF;
        directory += little(0x02014b50, 4) + little(20, 2) + little(20, 2) + little(0, 2) + method +
                     little(0, 4) + little(crc, 4) + little(one.zip64 ? ones : packed.size(), 4) +
                     little(one.zip64 ? ones : one.bytes.size(), 4) + little(one.name.size(), 2) +
                     little(extra.size(), 2) + little(0, 2) + little(0, 2) + little(0, 2) +
                     little(0, 4) + little(one.zip64 ? ones : offset, 4) + one.name + extra;
    }
    const std::uint64_t start = file.size();
    return file + directory + little(0x06054b50, 4) + little(0, 4) + little(members.size(), 2) +
           little(members.size(), 2) + little(directory.size(), 4) + little(start, 4) +
           little(0, 2);
}

}  // namespace axia::test
