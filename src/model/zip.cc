#include "model/zip.h"

#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <vector>

#include "axia/core/error.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

namespace {

// Record layouts: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.5.
constexpr std::uint32_t local_mark = 0x04034b50, central_mark = 0x02014b50;
constexpr std::uint32_t end_mark = 0x06054b50, end64_mark = 0x06064b50;
constexpr std::uint32_t locator64_mark = 0x07064b50;
constexpr std::size_t local_size = 30, central_size = 46, end_size = 22, locator64_size = 20;
constexpr std::uint64_t max_directory = 1 << 26;
constexpr std::size_t block_size = 1 << 16;

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t size) {
    std::uint64_t value = 0;
    for (std::size_t i = size; i-- > 0;) {
        value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

struct Member {
    std::uint64_t method = 0, flags = 0, crc = 0, packed = 0, size = 0, offset = 0;
};

struct InflateDeleter {
    void operator()(z_stream* stream) const {
        ::inflateEnd(stream);
        delete stream;
    }
};

class Archive {
  public:
    explicit Archive(const std::filesystem::path& path)
        : name_(path.string()), in_(path, std::ios::binary) {
        if (!in_) throw Error(ErrorKind::io, "cannot be opened for reading", name_);
        in_.seekg(0, std::ios::end);
        size_ = static_cast<std::uint64_t>(in_.tellg());
    }

    Member find(std::string_view wanted) {
        const std::string directory = read_directory();
        std::size_t at = 0;
        while (at + central_size <= directory.size()) {
            if (number(directory, at, 4) != central_mark) break;
            const std::size_t name = number(directory, at + 28, 2);
            const std::size_t extra = number(directory, at + 30, 2);
            const std::size_t comment = number(directory, at + 32, 2);
            if (at + central_size + name + extra + comment > directory.size()) damaged();
            if (std::string_view(directory).substr(at + central_size, name) == wanted) {
                return member_at(directory, at, at + central_size + name, extra);
            }
            at += central_size + name + extra + comment;
        }
        throw Error(ErrorKind::not_found, "holds no '" + std::string(wanted) + "'", name_);
    }

    void read(const Member& member, const std::function<void(std::string_view)>& sink) {
        if ((member.flags & 1) != 0) {
            throw Error(ErrorKind::unsupported, "the member is encrypted", name_);
        }
        if (member.method != 0 && member.method != 8) {
            throw Error(ErrorKind::unsupported,
                        "the member is packed by method " + std::to_string(member.method), name_);
        }
        const std::string local = bytes(member.offset, local_size);
        if (number(local, 0, 4) != local_mark) damaged();
        const std::uint64_t start =
            member.offset + local_size + number(local, 26, 2) + number(local, 28, 2);
        if (start > size_ || member.packed > size_ - start) damaged();
        in_.seekg(static_cast<std::streamoff>(start));
        written_ = 0;
        crc_ = ::crc32(0, nullptr, 0);
        if (member.method == 0) {
            if (member.packed != member.size) damaged();
            copy(member, sink);
        } else {
            inflate(member, sink);
        }
        if (written_ != member.size || crc_ != member.crc) {
            throw Error(ErrorKind::input, "the member's checksum is wrong", name_,
                        "get the file again");
        }
    }

  private:
    [[noreturn]] void damaged() const {
        throw Error(ErrorKind::input, "is a damaged zip archive", name_, "get the file again");
    }

    std::string bytes(std::uint64_t offset, std::uint64_t count) {
        if (offset > size_ || count > size_ - offset) damaged();
        std::string text(count, '\0');
        in_.clear();
        in_.seekg(static_cast<std::streamoff>(offset));
        in_.read(text.data(), static_cast<std::streamsize>(count));
        if (static_cast<std::uint64_t>(in_.gcount()) != count) {
            throw Error(ErrorKind::io, "reading failed", name_);
        }
        return text;
    }

    std::string read_directory() {
        // the end record stands in the last 64 KiB, after it only a comment
        const std::uint64_t tail_size = std::min<std::uint64_t>(size_, end_size + 0xFFFF);
        const std::string tail = bytes(size_ - tail_size, tail_size);
        if (tail.size() < end_size) damaged();
        std::size_t at = tail.size() - end_size + 1;
        do {
            if (at-- == 0) damaged();
        } while (number(tail, at, 4) != end_mark);
        std::uint64_t count = number(tail, at + 12, 4), offset = number(tail, at + 16, 4);
        if (at >= locator64_size && number(tail, at - locator64_size, 4) == locator64_mark) {
            const std::string end64 = bytes(number(tail, at - locator64_size + 8, 8), 56);
            if (number(end64, 0, 4) != end64_mark) damaged();
            count = number(end64, 40, 8);
            offset = number(end64, 48, 8);
        }
        if (count > max_directory) damaged();
        return bytes(offset, count);
    }

    Member member_at(std::string_view directory, std::size_t at, std::size_t extra,
                     std::size_t extra_size) const {
        Member member;
        member.flags = number(directory, at + 8, 2);
        member.method = number(directory, at + 10, 2);
        member.crc = number(directory, at + 16, 4);
        member.packed = number(directory, at + 20, 4);
        member.size = number(directory, at + 24, 4);
        member.offset = number(directory, at + 42, 4);
        // zip64: what is all ones above follows here in 8 bytes, in this order
        for (std::size_t i = 0; i + 4 <= extra_size;) {
            const std::size_t id = number(directory, extra + i, 2);
            const std::size_t length = number(directory, extra + i + 2, 2);
            if (i + 4 + length > extra_size) damaged();
            if (id == 1) {
                std::size_t next = extra + i + 4;
                const std::size_t end = next + length;
                for (std::uint64_t* field : {&member.size, &member.packed, &member.offset}) {
                    if (*field != 0xFFFFFFFF) continue;
                    if (next + 8 > end) damaged();
                    *field = number(directory, next, 8);
                    next += 8;
                }
            }
            i += 4 + length;
        }
        return member;
    }

    std::size_t next_block(std::uint64_t& left, std::vector<char>& block) {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, block.size()));
        in_.read(block.data(), static_cast<std::streamsize>(count));
        if (static_cast<std::size_t>(in_.gcount()) != count) {
            throw Error(ErrorKind::io, "reading failed", name_);
        }
        left -= count;
        return count;
    }

    void emit(std::string_view part, const Member& member,
              const std::function<void(std::string_view)>& sink) {
        if (part.size() > member.size - written_) damaged();
        written_ += part.size();
        crc_ = ::crc32(crc_, reinterpret_cast<const Bytef*>(part.data()),
                       static_cast<uInt>(part.size()));
        sink(part);
    }

    void copy(const Member& member, const std::function<void(std::string_view)>& sink) {
        std::vector<char> block(block_size);
        for (std::uint64_t left = member.packed; left > 0;) {
            const std::size_t count = next_block(left, block);
            emit({block.data(), count}, member, sink);
        }
    }

    void inflate(const Member& member, const std::function<void(std::string_view)>& sink) {
        auto* raw = new z_stream{};
        if (::inflateInit2(raw, -MAX_WBITS) != Z_OK) {
            delete raw;
            throw Error(ErrorKind::internal, "zlib cannot start");
        }
        const std::unique_ptr<z_stream, InflateDeleter> stream(raw);
        std::vector<char> block(block_size), plain(4 * block_size);
        int state = Z_OK;
        for (std::uint64_t left = member.packed; left > 0 && state != Z_STREAM_END;) {
            stream->avail_in = static_cast<uInt>(next_block(left, block));
            stream->next_in = reinterpret_cast<Bytef*>(block.data());
            do {
                stream->avail_out = static_cast<uInt>(plain.size());
                stream->next_out = reinterpret_cast<Bytef*>(plain.data());
                state = ::inflate(stream.get(), Z_NO_FLUSH);
                if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR) damaged();
                emit({plain.data(), plain.size() - stream->avail_out}, member, sink);
            } while (stream->avail_out == 0 && state != Z_STREAM_END);
        }
        if (state != Z_STREAM_END) damaged();
    }

    std::string name_;
    std::ifstream in_;
    std::uint64_t size_ = 0, written_ = 0;
    uLong crc_ = 0;
};

}  // namespace

void read_zip_member(const std::filesystem::path& archive, std::string_view member,
                     std::uint64_t limit, const std::function<void(std::string_view)>& sink) {
    Archive zip(archive);
    const Member found = zip.find(member);
    if (found.size > limit) {
        throw Error(ErrorKind::input,
                    "the member holds " + std::to_string(found.size) + " bytes, at most " +
                        std::to_string(limit) + " were expected",
                    archive.string());
    }
    zip.read(found, sink);
}

}  // namespace axia::model
