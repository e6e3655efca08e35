#include <algorithm>
#include <cmath>
#include <cstring>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/gguf.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::uint64_t alignment = 32;

template <typename T>
void append(std::string& to, T value) {
    char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    to.append(bytes, sizeof value);
}

void append_text(std::string& to, std::string_view text) {
    append(to, static_cast<std::uint64_t>(text.size()));
    to += text;
}

template <typename T>
std::string encoded(T value) {
    std::string bytes;
    append(bytes, value);
    return bytes;
}

template <typename T>
std::string encoded_array(GgufType element, const std::vector<T>& values) {
    std::string bytes;
    append(bytes, static_cast<std::uint32_t>(element));
    append(bytes, static_cast<std::uint64_t>(values.size()));
    for (const T& value : values) {
        if constexpr (std::is_same_v<T, std::string>) {
            append_text(bytes, value);
        } else {
            append(bytes, value);
        }
    }
    return bytes;
}

void pad(std::string& bytes) {
    bytes.append((alignment - bytes.size() % alignment) % alignment, '\0');
}

[[noreturn]] void fail(const std::string& what) {
    throw Error(ErrorKind::internal, what, "GGUF writer");
}

}  // namespace

void GgufWriter::put(std::string_view key, GgufType type, std::string_view encoded_value) {
    if (key.empty() || key.size() > GgufOptions{}.key_bytes || !core::is_utf8(key)) {
        fail("key " + in_quotes(key) + " is empty, too long or not valid UTF-8");
    }
    if (key == "general.alignment") fail("key 'general.alignment' is the writer's own");
    std::string value = encoded(static_cast<std::uint32_t>(type));
    value += encoded_value;
    for (auto& [name, old] : keys_) {
        if (name == key) {
            old = std::move(value);
            return;
        }
    }
    keys_.emplace_back(key, std::move(value));
}

void GgufWriter::set(std::string_view key, std::string_view value) {
    if (!core::is_utf8(value)) fail("the text of key " + in_quotes(key) + " is not valid UTF-8");
    std::string bytes;
    append_text(bytes, value);
    put(key, GgufType::string, bytes);
}
void GgufWriter::set(std::string_view key, bool value) {
    put(key, GgufType::boolean, encoded(static_cast<std::uint8_t>(value ? 1 : 0)));
}
void GgufWriter::set(std::string_view key, std::int32_t value) {
    put(key, GgufType::i32, encoded(value));
}
void GgufWriter::set(std::string_view key, std::uint32_t value) {
    put(key, GgufType::u32, encoded(value));
}
void GgufWriter::set(std::string_view key, std::int64_t value) {
    put(key, GgufType::i64, encoded(value));
}
void GgufWriter::set(std::string_view key, std::uint64_t value) {
    put(key, GgufType::u64, encoded(value));
}
void GgufWriter::set(std::string_view key, float value) {
    put(key, GgufType::f32, encoded(value));
}
void GgufWriter::set(std::string_view key, double value) {
    put(key, GgufType::f64, encoded(value));
}
void GgufWriter::set(std::string_view key, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
        if (!core::is_utf8(value)) fail("a text of key " + in_quotes(key) + " is not valid UTF-8");
    }
    put(key, GgufType::array, encoded_array(GgufType::string, values));
}
void GgufWriter::set(std::string_view key, const std::vector<std::int32_t>& values) {
    put(key, GgufType::array, encoded_array(GgufType::i32, values));
}
void GgufWriter::set(std::string_view key, const std::vector<float>& values) {
    put(key, GgufType::array, encoded_array(GgufType::f32, values));
}
void GgufWriter::set(std::string_view key, const std::vector<double>& values) {
    put(key, GgufType::array, encoded_array(GgufType::f64, values));
}

void GgufWriter::add_f32(std::string_view name, std::vector<std::uint64_t> shape,
                         std::span<const float> values) {
    const std::string what = "tensor " + in_quotes(name);
    if (name.empty() || name.size() > 63 || !core::is_utf8(name)) {
        fail(what + ": the name is empty, longer than 63 bytes or not valid UTF-8");
    }
    if (std::any_of(tensors_.begin(), tensors_.end(),
                    [&](const Tensor& t) { return t.name == name; })) {
        fail(what + " was added before");
    }
    std::uint64_t elements = 1;
    for (const std::uint64_t size : shape) {
        if (size == 0 || size > values.size() / elements) fail(what + " does not fit its shape");
        elements *= size;
    }
    if (shape.empty() || shape.size() > 4 || elements != values.size()) {
        fail(what + " does not fit its shape");
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            fail(what + " is not finite at index " + std::to_string(i));
        }
    }
    tensors_.push_back(
        {std::string(name), std::move(shape), std::vector<float>(values.begin(), values.end())});
}

std::string GgufWriter::bytes() const {
    std::string out = "GGUF";
    append(out, std::uint32_t{3});
    append(out, static_cast<std::uint64_t>(tensors_.size()));
    append(out, static_cast<std::uint64_t>(keys_.size()));
    for (const auto& [key, value] : keys_) {
        append_text(out, key);
        out += value;
    }
    std::uint64_t offset = 0;
    for (const Tensor& tensor : tensors_) {
        append_text(out, tensor.name);
        append(out, static_cast<std::uint32_t>(tensor.shape.size()));
        for (const std::uint64_t size : tensor.shape) append(out, size);
        append(out, std::uint32_t{0});  // F32
        append(out, offset);
        offset += tensor.values.size() * sizeof(float);
        offset = (offset + alignment - 1) / alignment * alignment;
    }
    pad(out);
    for (const Tensor& tensor : tensors_) {
        out.append(reinterpret_cast<const char*>(tensor.values.data()),
                   tensor.values.size() * sizeof(float));
        pad(out);
    }
    return out;
}

void GgufWriter::write(const std::filesystem::path& path) const {
    core::write_file(path, bytes());
}

}  // namespace axia::data
