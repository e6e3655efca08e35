#include "axia/data/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;
using testing::ElementsAre;

/// Bytes of a GGUF file, field by field, right or wrong.
struct Bytes {
    std::string out;

    template <typename T>
    Bytes& number(T value) {
        char bytes[sizeof value];
        std::memcpy(bytes, &value, sizeof value);
        out.append(bytes, sizeof value);
        return *this;
    }
    Bytes& u32(std::uint32_t value) { return number(value); }
    Bytes& u64(std::uint64_t value) { return number(value); }
    Bytes& text(std::string_view value) {
        u64(value.size());
        out += value;
        return *this;
    }
    Bytes& head(std::uint64_t tensors, std::uint64_t keys, std::uint32_t version = 3) {
        out += "GGUF";
        return u32(version).u64(tensors).u64(keys);
    }
    Bytes& key(std::string_view name, GgufType type) {
        return text(name).u32(static_cast<std::uint32_t>(type));
    }
    Bytes& tensor(std::string_view name, const std::vector<std::uint64_t>& shape,
                  std::uint32_t type, std::uint64_t offset) {
        text(name).u32(static_cast<std::uint32_t>(shape.size()));
        for (const std::uint64_t size : shape) u64(size);
        return u32(type).u64(offset);
    }
    Bytes& data(std::size_t count, std::size_t alignment = 32) {
        out.append((alignment - out.size() % alignment) % alignment, '\0');
        out.append(count, '\x01');
        return *this;
    }
};

GgufWriter sample() {
    GgufWriter writer;
    writer.set("general.architecture", "llama");
    writer.set("a.text", std::string("caf\xC3\xA9"));
    writer.set("a.flag", true);
    writer.set("a.small", -7);
    writer.set("a.count", 7U);
    writer.set("a.long", std::int64_t{-1} << 40);
    writer.set("a.size", ~std::uint64_t{0});
    writer.set("a.half", 0.5F);
    writer.set("a.tenth", 0.1);
    writer.set("a.names", std::vector<std::string>{"x", "", "yz"});
    writer.set("a.layers", std::vector<std::int32_t>{3, -1});
    writer.set("a.floats", std::vector<float>{1.5F, -2});
    writer.set("a.doubles", std::vector<double>{0.1});
    writer.set("a.none", std::vector<double>{});
    const std::vector<float> first = {1, 2, 3, 4, 5}, second = {1, 2, 3, 4, 5, 6};
    writer.add_f32("direction.1", {5}, first);
    writer.add_f32("direction.2", {3, 2}, second);
    return writer;
}

TEST(Gguf, WhatIsWrittenIsRead) {
    const Scratch scratch;
    const auto path = scratch.path / "deep" / "v.gguf";
    sample().write(path);
    const GgufFile file = read_gguf(path);
    EXPECT_EQ(file.version, 3u);
    EXPECT_EQ(file.alignment, 32u);
    EXPECT_EQ(file.data_offset % 32, 0u);
    EXPECT_EQ(file.file_size, std::filesystem::file_size(path));
    EXPECT_EQ(file.name, path.string());
    EXPECT_EQ(file.metadata.size(), 14u);
    EXPECT_EQ(file.text("a.text"), "caf\xC3\xA9");
    EXPECT_EQ(file.boolean("a.flag"), true);
    EXPECT_EQ(file.integer("a.small"), -7);
    EXPECT_EQ(file.find("a.small")->type, GgufType::i32);
    EXPECT_EQ(file.integer("a.count"), 7);
    EXPECT_EQ(file.find("a.count")->type, GgufType::u32);
    EXPECT_EQ(file.integer("a.long"), std::int64_t{-1} << 40);
    EXPECT_FALSE(file.integer("a.size"));  // does not fit 64 signed bits
    EXPECT_EQ(std::get<std::uint64_t>(file.find("a.size")->data), ~std::uint64_t{0});
    EXPECT_EQ(file.number("a.half"), 0.5);
    EXPECT_EQ(file.number("a.tenth"), 0.1);
    EXPECT_EQ(file.number("a.count"), 7.0);
    EXPECT_THAT(file.texts("a.names").value(), ElementsAre("x", "", "yz"));
    EXPECT_THAT(file.integers("a.layers").value(), ElementsAre(3, -1));
    EXPECT_THAT(file.numbers("a.floats").value(), ElementsAre(1.5, -2));
    EXPECT_THAT(file.numbers("a.layers").value(), ElementsAre(3, -1));
    EXPECT_THAT(file.numbers("a.doubles").value(), ElementsAre(0.1));
    EXPECT_THAT(file.numbers("a.none").value(), ElementsAre());
    EXPECT_FALSE(file.text("a.flag"));
    EXPECT_FALSE(file.integer("a.half"));
    EXPECT_FALSE(file.text("b"));
    ASSERT_EQ(file.tensors.size(), 2u);
    EXPECT_EQ(file.tensors[0].offset, 0u);
    EXPECT_EQ(file.tensors[1].offset, 32u);
    EXPECT_EQ(file.tensors[1].bytes, 24u);
    EXPECT_THAT(file.tensors[1].shape, ElementsAre(3u, 2u));
    EXPECT_EQ(file.tensor("direction.3"), nullptr);
    EXPECT_THAT(read_gguf_f32(path, file, "direction.1"), ElementsAre(1, 2, 3, 4, 5));
    EXPECT_THAT(read_gguf_f32(path, file, "direction.2"), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(sample().bytes(), bytes_of(path));
    EXPECT_EQ(check_model_file(path).tensors.size(), 2u);
}

TEST(Gguf, WrittenBytes) {
    GgufWriter writer;
    writer.set("k", 1);
    writer.set("k", 2U);  // the last one counts
    const std::vector<float> values = {0.5F};
    writer.add_f32("t", {1}, values);
    Bytes bytes;
    bytes.head(1, 1).key("k", GgufType::u32).u32(2).tensor("t", {1}, 0, 0).data(0);
    bytes.number(0.5F).data(0);
    EXPECT_EQ(writer.bytes(), bytes.out);
}

TEST(Gguf, WriterRefuses) {
    GgufWriter writer;
    const std::vector<float> two = {1, 2};
    writer.add_f32("t", {2}, two);
    const auto refuse = [&](const std::function<void()>& call, const std::string& says) {
        expect_error(call, ErrorKind::internal, "GGUF writer", says);
    };
    refuse([&] { writer.add_f32("t", {2}, two); }, "added before");
    refuse([&] { writer.add_f32("u", {3}, two); }, "does not fit its shape");
    refuse([&] { writer.add_f32("u", {}, two); }, "does not fit its shape");
    refuse([&] { writer.add_f32("u", {1ULL << 33, 1ULL << 33}, two); }, "does not fit");
    refuse([&] { writer.add_f32(std::string(64, 'u'), {2}, two); }, "longer than 63");
    const std::vector<float> bad = {1, std::numeric_limits<float>::quiet_NaN()};
    refuse([&] { writer.add_f32("u", {2}, bad); }, "not finite at index 1");
    refuse([&] { writer.set("", 1); }, "empty");
    refuse([&] { writer.set("k", "\xFF"); }, "UTF-8");
    refuse([&] { writer.set("general.alignment", 64U); }, "writer's own");
}

TEST(Gguf, VersionTwoAlignmentAndLongArrays) {
    Bytes bytes;
    bytes.head(1, 3, 2).key("general.alignment", GgufType::u32).u32(64);
    bytes.key("long", GgufType::array).u32(0).u64(10).out.append(10, 'x');
    bytes.key("strings", GgufType::array).u32(8).u64(5);
    for (int i = 0; i < 5; ++i) bytes.text("s");
    bytes.tensor("t", {}, 0, 0).data(4, 64);
    GgufOptions limits;
    limits.kept_array = 4;
    const GgufFile file = parse_gguf(bytes.out, "m", limits);
    EXPECT_EQ(file.version, 2u);
    EXPECT_EQ(file.alignment, 64u);
    EXPECT_EQ(file.data_offset % 64, 0u);
    EXPECT_EQ(file.find("long")->count, 10u);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(file.find("long")->data));
    EXPECT_FALSE(file.texts("strings"));
    EXPECT_EQ(file.tensor("t")->elements(), 1u);
    EXPECT_EQ(parse_gguf(bytes.out, "m").texts("strings")->size(), 5u);
}

// Bit patterns after IEEE 754: 3C00 = 1, C000 = -2, 0001 = 2^-24, 7BFF = 65504; BF16 3F80 = 1, C040
// = -3.
TEST(Gguf, HalfPrecision) {
    Bytes bytes;
    bytes.head(2, 0).tensor("h", {4}, 1, 0).tensor("b", {2}, 30, 32).data(0);
    for (const int bits : {0x3C00, 0xC000, 0x0001, 0x7BFF}) {
        bytes.number(static_cast<std::uint16_t>(bits));
    }
    bytes.data(0);
    for (const int bits : {0x3F80, 0xC040}) bytes.number(static_cast<std::uint16_t>(bits));
    const GgufFile file = parse_gguf(bytes.out, "m");
    EXPECT_THAT(parse_gguf_f32(bytes.out, file, "h"),
                ElementsAre(1, -2, std::ldexp(1.0F, -24), 65504));
    EXPECT_THAT(parse_gguf_f32(bytes.out, file, "b"), ElementsAre(1, -3));
    bytes.out[file.data_offset + 3] = '\x7C';  // -2 becomes infinity
    expect_error([&] { parse_gguf_f32(bytes.out, file, "h"); }, ErrorKind::input, "m",
                 "tensor 'h' holds infinity at index 1");
}

TEST(Gguf, WeightsThatCannotBeRead) {
    Bytes bytes;
    bytes.head(2, 0).tensor("blk.1", {2}, 0, 0).tensor("q", {32}, 2, 32).data(0);
    bytes.number(1.0F).number(std::numeric_limits<float>::quiet_NaN()).data(18);
    const GgufFile file = parse_gguf(bytes.out, "m");
    expect_error([&] { parse_gguf_f32(bytes.out, file, "blk.1"); }, ErrorKind::input, "m",
                 "tensor 'blk.1' holds NaN at index 1");
    expect_error([&] { parse_gguf_f32(bytes.out, file, "q"); }, ErrorKind::unsupported, "m",
                 "is Q4_0");
    expect_error([&] { parse_gguf_f32(bytes.out, file, "blk1"); }, ErrorKind::not_found, "m",
                 "did you mean blk.1?");
    expect_error([&] { parse_gguf_f32(bytes.out.substr(1), file, "blk.1"); }, ErrorKind::io, "m",
                 "changed its size");
}

// Sizes as in ggml-common.h: 256 weights of Q4_K take 144 bytes, 32 of Q8_0 take 34.
TEST(Gguf, TensorTypes) {
    EXPECT_EQ(ggml_type_name(12), "Q4_K");
    EXPECT_EQ(ggml_type_block(12), (std::pair<std::uint32_t, std::uint32_t>{256, 144}));
    EXPECT_EQ(ggml_type_block(8), (std::pair<std::uint32_t, std::uint32_t>{32, 34}));
    EXPECT_EQ(ggml_type_name(99), "type 99");
    EXPECT_FALSE(ggml_type_block(99));
    EXPECT_FALSE(ggml_type_block(4));  // Q4_2, removed
    Bytes bytes;
    bytes.head(2, 0).tensor("k", {512, 3}, 12, 0).tensor("new", {7}, 99, 864).data(864);
    const GgufFile file = parse_gguf(bytes.out, "m");
    EXPECT_EQ(file.tensor("k")->bytes, 864u);
    EXPECT_FALSE(file.tensor("new")->known_type);
    EXPECT_EQ(file.tensor("new")->bytes, 0u);
}

struct Bad {
    const char* name;
    std::string bytes, says;
};

std::vector<Bad> bad_files() {
    const auto made = [](const auto& fill) {
        Bytes bytes;
        fill(bytes);
        return bytes.out;
    };
    const auto key = [&](const auto& fill) { return made([&](Bytes& b) { fill(b.head(0, 1)); }); };
    const auto tensor = [&](const std::vector<std::uint64_t>& shape, std::uint32_t type,
                            std::uint64_t offset) {
        return made([&](Bytes& b) { b.head(1, 0).tensor("t", shape, type, offset).data(64); });
    };
    const std::uint64_t huge = 1ULL << 62;
    return {
        {"empty", "", "is empty"},
        {"bad magic", std::string(64, 'x'), "not a GGUF file"},
        {"half a magic", "GG", "cut short"},
        {"version 1", made([](Bytes& b) { b.head(0, 0, 1); }), "GGUF version 1,"},
        {"version 4", made([](Bytes& b) { b.head(0, 0, 4); }), "GGUF version 4,"},
        {"version 0", made([](Bytes& b) { b.head(0, 0, 0); }), "GGUF version 0,"},
        {"big endian", made([](Bytes& b) { b.head(0, 0, 3U << 24); }), "big-endian"},
        {"no counts", made([](Bytes& b) {
             b.out = "GGUF";
             b.u32(3).u32(0);
         }),
         "tensor count"},
        {"huge tensor count", made([&](Bytes& b) { b.head(huge, 0).data(64); }), "claims 46116860"},
        {"huge key count", made([&](Bytes& b) { b.head(0, huge).data(64); }), "keys, at most"},
        {"more keys than bytes", made([](Bytes& b) { b.head(0, 100).data(64); }),
         "claims 100 keys, more than its size can hold"},
        {"more tensors than bytes", made([](Bytes& b) { b.head(9, 0).data(64); }),
         "claims 9 tensors"},
        {"huge key name", key([&](Bytes& b) { b.u64(huge).data(64); }), "the name of key 0"},
        {"empty key name", key([](Bytes& b) { b.text("").u32(4).u32(1).data(64); }), "is empty"},
        {"key name not UTF-8", key([](Bytes& b) { b.text("\xFF").u32(4).u32(1); }), "UTF-8"},
        {"huge string", key([&](Bytes& b) { b.key("k", GgufType::string).u64(huge).data(64); }),
         "key 'k' is said to be"},
        {"string past the end", key([](Bytes& b) { b.key("k", GgufType::string).u64(50).data(0); }),
         "wants 50 bytes, at least 31 are missing"},
        {"text not UTF-8", key([](Bytes& b) { b.key("k", GgufType::string).text("\xC0\x80"); }),
         "key 'k' is not valid UTF-8"},
        {"unknown value type", key([](Bytes& b) { b.text("k").u32(13).u64(0); }),
         "unknown value type 13"},
        {"unknown element type", key([](Bytes& b) { b.key("k", GgufType::array).u32(77).u64(0); }),
         "value type 77"},
        {"nested array", key([](Bytes& b) { b.key("k", GgufType::array).u32(9).u64(1); }),
         "arrays of arrays"},
        {"huge array",
         key([&](Bytes& b) { b.key("k", GgufType::array).u32(0).u64(huge).data(64); }),
         "elements, more than the file holds"},
        {"huge array of strings",
         key([&](Bytes& b) { b.key("k", GgufType::array).u32(8).u64(60).data(64); }),
         "claims 60 elements"},
        {"neither true nor false",
         key([](Bytes& b) { b.key("k", GgufType::boolean).number(std::uint8_t{2}); }),
         "neither true nor false"},
        {"value cut", key([](Bytes& b) { b.key("k12345", GgufType::u64).u32(1); }),
         "at least 4 are missing"},
        {"duplicate key", made([](Bytes& b) {
             b.head(0, 2).key("k", GgufType::u32).u32(1).key("k", GgufType::u32).u32(1);
         }),
         "key 'k' is there twice"},
        {"alignment 0", key([](Bytes& b) { b.key("general.alignment", GgufType::u32).u32(0); }),
         "power of two"},
        {"alignment 48", key([](Bytes& b) { b.key("general.alignment", GgufType::u32).u32(48); }),
         "power of two"},
        {"alignment of another type",
         key([](Bytes& b) { b.key("general.alignment", GgufType::u64).u64(32); }), "power of two"},
        {"alignment a text",
         key([](Bytes& b) { b.key("general.alignment", GgufType::string).text("32"); }),
         "power of two"},
        {"duplicate tensor", made([](Bytes& b) {
             b.head(2, 0).tensor("t", {1}, 0, 0).tensor("t", {1}, 0, 32).data(64);
         }),
         "tensor 't' is there twice"},
        {"long tensor name",
         made([](Bytes& b) { b.head(1, 0).tensor(std::string(64, 't'), {1}, 0, 0).data(64); }),
         "longer than 63"},
        {"five dimensions", tensor({1, 1, 1, 1, 1}, 0, 0), "5 dimensions"},
        {"dimension 0", tensor({4, 0}, 0, 0), "dimension of 0"},
        {"dimensions overflow", tensor({1ULL << 32, 1ULL << 32}, 0, 0), "overflow"},
        {"negative dimension", tensor({~0ULL}, 0, 0), "overflow"},
        {"bytes overflow", tensor({1ULL << 62}, 0, 0), "overflow"},
        {"part of a block", tensor({33}, 2, 0), "whole blocks of Q4_0"},
        {"offset not aligned", tensor({1}, 0, 4), "not a multiple of 32"},
        {"offset overflows", tensor({1}, 0, ~0ULL - 31), "offset that overflows"},
        {"tensor past the end", tensor({20}, 0, 0),
         "16 bytes are missing, tensor 't' ends past the end"},
        {"offset past the end", tensor({1}, 0, 1 << 20), "1048516 bytes are missing"},
        {"unknown type past the end", tensor({1}, 99, 96), "32 bytes are missing"},
    };
}

TEST(Gguf, MalformedFiles) {
    const Scratch scratch;
    for (const Bad& bad : bad_files()) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_gguf(bad.bytes, "m.gguf"); }, ErrorKind::input, "m.gguf",
                     bad.says);
        const auto file = scratch.write("m.gguf", bad.bytes);
        expect_error([&] { read_gguf(file); }, ErrorKind::input, file.string(), bad.says);
        expect_error([&] { check_model_file(file); }, ErrorKind::input, file.string(), bad.says);
    }
}

TEST(Gguf, LimitsAreKept) {
    Bytes bytes;
    bytes.head(0, 2).key("key", GgufType::string).text("12345678").key("b", GgufType::u32).u32(1);
    const auto refuse = [&](const GgufOptions& limits, const std::string& says) {
        expect_error([&] { parse_gguf(bytes.out, "m", limits); }, ErrorKind::input, "m", says);
    };
    GgufOptions limits;
    limits.keys = 1;
    refuse(limits, "at most 1 are read");
    limits = {};
    limits.key_bytes = 2;
    refuse(limits, "at most 2 are read");
    limits = {};
    limits.string_bytes = 7;
    refuse(limits, "8 bytes long, at most 7");
}

TEST(Gguf, EveryTruncationIsAnError) {
    const std::string whole = sample().bytes();
    const GgufFile file = parse_gguf(whole, "m");
    const std::uint64_t used = file.data_offset + file.tensors[1].offset + file.tensors[1].bytes;
    for (std::size_t size = 0; size < used; ++size) {
        try {
            parse_gguf(std::string_view(whole).substr(0, size), "m");
            ADD_FAILURE() << "no error at " << size << " bytes";
        } catch (const core::Error& error) {
            EXPECT_EQ(error.kind(), ErrorKind::input) << error.what();
        }
    }
    EXPECT_NO_THROW(parse_gguf(std::string_view(whole).substr(0, used), "m"));
}

TEST(Gguf, ModelCheck) {
    const Scratch scratch;
    const auto check = [&](const Bytes& bytes, ErrorKind kind, const std::string& says) {
        const auto file = scratch.write("m.gguf", bytes.out);
        expect_error([&] { check_model_file(file); }, kind, file.string(), says);
    };
    const auto architecture = [](const char* name, std::uint64_t tensors) {
        Bytes bytes;
        bytes.head(tensors, 1).key("general.architecture", GgufType::string).text(name);
        return bytes;
    };
    check(Bytes().head(1, 0).tensor("t", {1}, 0, 0).data(32), ErrorKind::input,
          "no key 'general.architecture'");
    check(Bytes().head(0, 1).key("general.architecture", GgufType::u32).u32(1), ErrorKind::input,
          "no key 'general.architecture'");
    check(architecture("llama", 0), ErrorKind::input, "holds no tensors");
    check(architecture("controlvector", 1).tensor("t", {1}, 0, 0).data(32), ErrorKind::mismatch,
          "is a value vector");
    check(architecture("llama", 2).tensor("a", {16}, 0, 0).tensor("b", {8}, 0, 32).data(64),
          ErrorKind::input, "tensor 'b' starts at offset 32, 64 was expected");
    Bytes adapter;
    adapter.head(0, 2).key("general.architecture", GgufType::string).text("llama");
    adapter.key("general.type", GgufType::string).text("adapter");
    check(adapter, ErrorKind::mismatch, "is an adapter");
}

TEST(Gguf, FilesThatAreNone) {
    const Scratch scratch;
    expect_error([&] { read_gguf(scratch.path); }, ErrorKind::input, scratch.path.string(),
                 "is a folder");
    const auto none = scratch.path / "none.gguf";
    expect_error([&] { check_model_file(none); }, ErrorKind::not_found, none.string(),
                 "no such file");
}

}  // namespace
}  // namespace axia::data
