#include "axia/data/export.h"

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;

template <typename T>
T at(const std::string& bytes, std::size_t offset) {
    T value;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return value;
}

const std::vector<NamedArray> arrays = {{"w", {2, 3}, {1, 2, 3, 4, 5, 6.5F}}, {"v", {1}, {-1}}};

TEST(Export, NpzIsAZipOfNpy) {
    const Scratch scratch;
    const auto file = scratch.path / "a.npz";
    write_npz(file, arrays);
    const std::string bytes = bytes_of(file);
    ASSERT_EQ(bytes.substr(0, 4), "PK\x03\x04");
    // CRC-32 of the two members as Python's zlib.crc32 gives it for numpy 2.4.6's own bytes:
    // b = io.BytesIO(); numpy.save(b, numpy.array([[1,2,3],[4,5,6.5]], "<f4"))
    EXPECT_EQ(at<std::uint32_t>(bytes, 14), 0xE81C8E2Du);
    EXPECT_EQ(at<std::uint16_t>(bytes, 8), 0u);  // stored
    const auto size = at<std::uint32_t>(bytes, 18);
    EXPECT_EQ(at<std::uint32_t>(bytes, 22), size);
    EXPECT_EQ(size, 128u + 24u);
    EXPECT_EQ(bytes.substr(30, 5), "w.npy");
    const std::string npy = bytes.substr(35, size);
    EXPECT_EQ(npy.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
    EXPECT_EQ((10 + at<std::uint16_t>(npy, 8)) % 64, 0);
    EXPECT_NE(npy.find("'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"),
              std::string::npos);
    EXPECT_EQ(at<float>(npy, 128 + 20), 6.5F);
    const std::size_t second = 35 + size;
    EXPECT_EQ(bytes.substr(second, 4), "PK\x03\x04");
    EXPECT_EQ(at<std::uint32_t>(bytes, second + 14), 0x9EEFB571u);
    EXPECT_NE(bytes.find("'shape': (1,), }"), std::string::npos);
    // the end record: two entries, and the directory starts where it says
    const std::size_t end = bytes.size() - 22;
    EXPECT_EQ(bytes.substr(end, 4), "PK\x05\x06");
    EXPECT_EQ(at<std::uint16_t>(bytes, end + 10), 2u);
    const auto directory = at<std::uint32_t>(bytes, end + 16);
    EXPECT_EQ(bytes.substr(directory, 4), "PK\x01\x02");
    EXPECT_EQ(directory + at<std::uint32_t>(bytes, end + 12), end);
    EXPECT_EQ(at<std::uint32_t>(bytes, directory + 16), 0xE81C8E2Du);
    EXPECT_EQ(at<std::uint32_t>(bytes, directory + 46 + 5 + 42), second);

    write_npz(scratch.path / "b.npz", arrays);
    EXPECT_EQ(bytes_of(scratch.path / "b.npz"), bytes);
}

TEST(Export, SafetensorsHeaderAndData) {
    const Scratch scratch;
    const auto file = scratch.path / "a.safetensors";
    write_safetensors(file, arrays, {{"schema", "axia.test"}});
    const std::string bytes = bytes_of(file);
    const auto length = at<std::uint64_t>(bytes, 0);
    EXPECT_EQ(length % 8, 0u);
    const auto header = nlohmann::json::parse(bytes.substr(8, length));
    EXPECT_EQ(header["__metadata__"]["schema"], "axia.test");
    EXPECT_EQ(header["w"]["dtype"], "F32");
    EXPECT_EQ(header["w"]["shape"], (std::vector<int>{2, 3}));
    EXPECT_EQ(header["w"]["data_offsets"], (std::vector<int>{0, 24}));
    EXPECT_EQ(header["v"]["data_offsets"], (std::vector<int>{24, 28}));
    EXPECT_EQ(bytes.size(), 8 + length + 28);
    EXPECT_EQ(at<float>(bytes, 8 + length + 20), 6.5F);
    EXPECT_EQ(at<float>(bytes, 8 + length + 24), -1.0F);
}

TEST(Export, RefusesWhatDoesNotFit) {
    const Scratch scratch;
    const auto refuse = [&](const NamedArray& array, const std::string& says) {
        for (const auto& write :
             {std::function<void(const std::vector<NamedArray>&)>(
                  [&](const auto& a) { write_npz(scratch.path / "x", a); }),
              std::function<void(const std::vector<NamedArray>&)>(
                  [&](const auto& a) { write_safetensors(scratch.path / "x", a); })}) {
            expect_error([&] { write({{"v", {1}, {1}}, array}); }, ErrorKind::internal, "", says);
            EXPECT_FALSE(std::filesystem::exists(scratch.path / "x"));
        }
    };
    refuse({"a", {2, 2}, {1, 2, 3}}, "'a' does not fit its shape");
    refuse({"a", {std::size_t{1} << 62, 8}, {}}, "does not fit its shape");
    refuse({"a/b", {1}, {1}}, "cannot be written");
    refuse({"", {1}, {1}}, "cannot be written");
    refuse({"v", {1}, {1}}, "'v' is there twice");
}

}  // namespace
}  // namespace axia::data
