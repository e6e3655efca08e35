#include "axia/data/gguf.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/gguf_source.h"
#include "data/jsonl.h"

// Numbers are copied from the file as they stand there.
static_assert(std::endian::native == std::endian::little, "GGUF is read on little-endian machines");

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

struct TensorType {
    std::uint32_t id;
    const char* name;
    std::uint32_t block, bytes;
};

// Block and byte sizes of ggml's tensor types (ggml.h, ggml-common.h of build b10256).
constexpr std::array<TensorType, 35> tensor_types{{
    {0, "F32", 1, 4},         {1, "F16", 1, 2},         {2, "Q4_0", 32, 18},
    {3, "Q4_1", 32, 20},      {6, "Q5_0", 32, 22},      {7, "Q5_1", 32, 24},
    {8, "Q8_0", 32, 34},      {9, "Q8_1", 32, 36},      {10, "Q2_K", 256, 84},
    {11, "Q3_K", 256, 110},   {12, "Q4_K", 256, 144},   {13, "Q5_K", 256, 176},
    {14, "Q6_K", 256, 210},   {15, "Q8_K", 256, 292},   {16, "IQ2_XXS", 256, 66},
    {17, "IQ2_XS", 256, 74},  {18, "IQ3_XXS", 256, 98}, {19, "IQ1_S", 256, 50},
    {20, "IQ4_NL", 32, 18},   {21, "IQ3_S", 256, 110},  {22, "IQ2_S", 256, 82},
    {23, "IQ4_XS", 256, 136}, {24, "I8", 1, 1},         {25, "I16", 1, 2},
    {26, "I32", 1, 4},        {27, "I64", 1, 8},        {28, "F64", 1, 8},
    {29, "IQ1_M", 256, 56},   {30, "BF16", 1, 2},       {34, "TQ1_0", 256, 54},
    {35, "TQ2_0", 256, 66},   {39, "MXFP4", 32, 17},    {40, "NVFP4", 64, 36},
    {41, "Q1_0", 128, 18},    {42, "Q2_0", 64, 18},
}};

const TensorType* tensor_type(std::uint32_t id) {
    for (const TensorType& one : tensor_types) {
        if (one.id == id) return &one;
    }
    return nullptr;
}

/// Bytes of one value in the file; 0 for a string, nothing for an unknown or array type.
std::optional<std::uint32_t> value_bytes(std::uint32_t type) {
    switch (static_cast<GgufType>(type)) {
        case GgufType::u8:
        case GgufType::i8:
        case GgufType::boolean:
            return 1;
        case GgufType::u16:
        case GgufType::i16:
            return 2;
        case GgufType::u32:
        case GgufType::i32:
        case GgufType::f32:
            return 4;
        case GgufType::u64:
        case GgufType::i64:
        case GgufType::f64:
            return 8;
        case GgufType::string:
            return 0;
        case GgufType::array:
            break;
    }
    return std::nullopt;
}

std::uint64_t padded(std::uint64_t at, std::uint64_t alignment) {
    return (at + alignment - 1) / alignment * alignment;
}

class GgufReader {
  public:
    GgufReader(ByteSource& source, std::string_view name, const GgufOptions& options)
        : cursor_(source, name), options_(options) {
        file_.name = std::string(name);
        file_.file_size = source.size();
    }

    GgufFile read() {
        read_preamble();
        for (std::uint64_t i = 0; i < keys_; ++i) read_key(i);
        read_alignment();
        std::set<std::string> names;
        for (std::uint64_t i = 0; i < tensors_; ++i) read_tensor(i, names);
        file_.data_offset = padded(cursor_.at(), file_.alignment);
        check_extents();
        return std::move(file_);
    }

  private:
    void read_preamble() {
        if (file_.file_size == 0) cursor_.fail("is empty", options_.wanted + " is wanted");
        char magic[4] = {};
        for (char& c : magic) c = static_cast<char>(cursor_.number<std::uint8_t>("the magic"));
        if (std::string_view(magic, 4) != "GGUF") {
            cursor_.fail("is not a GGUF file: it does not begin with GGUF",
                         options_.wanted + " is wanted");
        }
        file_.version = cursor_.number<std::uint32_t>("the version");
        if (file_.version != 0 && (file_.version & 0xFFFF) == 0) {
            cursor_.fail("is a big-endian GGUF file", "get the little-endian one");
        }
        if (file_.version != 2 && file_.version != 3) {
            cursor_.fail(
                "has GGUF version " + std::to_string(file_.version) + ", versions 2 and 3 are read",
                "convert it with a current llama.cpp");
        }
        tensors_ = cursor_.number<std::uint64_t>("the tensor count");
        keys_ = cursor_.number<std::uint64_t>("the key count");
        check_count(tensors_, options_.tensors, 25, "tensors");  // the least a table entry takes
        check_count(keys_, options_.keys, 14, "keys");
    }

    void check_count(std::uint64_t count, std::uint64_t limit, std::uint64_t least,
                     const char* what) const {
        if (count <= limit && count <= cursor_.left() / least) return;
        cursor_.fail("is damaged: it claims " + std::to_string(count) + " " + what +
                         (count > limit ? ", at most " + std::to_string(limit) + " are read"
                                        : ", more than its size can hold"),
                     "get the file again");
    }

    void read_key(std::uint64_t index) {
        std::string key =
            cursor_.text(options_.key_bytes, "the name of key " + std::to_string(index));
        if (key.empty() || !core::is_utf8(key) || key.find('\0') != std::string::npos) {
            cursor_.fail("is damaged: the name of key " + std::to_string(index) +
                         (key.empty() ? " is empty" : " is not valid UTF-8"));
        }
        const std::string what = "key " + in_quotes(key);
        if (file_.metadata.contains(key)) cursor_.fail(what + " is there twice");
        GgufValue value;
        const auto type = cursor_.number<std::uint32_t>(what);
        if (type == static_cast<std::uint32_t>(GgufType::array)) {
            value = read_array(what);
        } else {
            const std::optional<std::uint32_t> bytes = value_bytes(type);
            if (!bytes) fail_type(what, type);
            value = read_value(static_cast<GgufType>(type), what);
        }
        file_.metadata.emplace(std::move(key), std::move(value));
    }

    [[noreturn]] void fail_type(const std::string& what, std::uint32_t type) const {
        if (type == static_cast<std::uint32_t>(GgufType::array)) {
            cursor_.fail(what + " holds arrays of arrays, which are not read");
        }
        cursor_.fail(what + " has the unknown value type " + std::to_string(type));
    }

    std::uint64_t unsigned_value(GgufType type, const std::string& what) {
        switch (type) {
            case GgufType::u8:
                return cursor_.number<std::uint8_t>(what);
            case GgufType::u16:
                return cursor_.number<std::uint16_t>(what);
            case GgufType::u32:
                return cursor_.number<std::uint32_t>(what);
            default:
                return cursor_.number<std::uint64_t>(what);
        }
    }

    std::int64_t signed_value(GgufType type, const std::string& what) {
        switch (type) {
            case GgufType::i8:
                return cursor_.number<std::int8_t>(what);
            case GgufType::i16:
                return cursor_.number<std::int16_t>(what);
            case GgufType::i32:
                return cursor_.number<std::int32_t>(what);
            default:
                return cursor_.number<std::int64_t>(what);
        }
    }

    double float_value(GgufType type, const std::string& what) {
        if (type == GgufType::f32) return static_cast<double>(cursor_.number<float>(what));
        return cursor_.number<double>(what);
    }

    bool bool_value(const std::string& what) {
        const auto byte = cursor_.number<std::uint8_t>(what);
        if (byte > 1) cursor_.fail(what + " is neither true nor false");
        return byte == 1;
    }

    GgufValue read_value(GgufType type, const std::string& what) {
        GgufValue value;
        value.type = type;
        switch (type) {
            case GgufType::string: {
                std::string text = cursor_.text(options_.string_bytes, what);
                if (!core::is_utf8(text)) cursor_.fail(what + " is not valid UTF-8");
                value.data = std::move(text);
                break;
            }
            case GgufType::boolean:
                value.data = bool_value(what);
                break;
            case GgufType::f32:
            case GgufType::f64:
                value.data = float_value(type, what);
                break;
            case GgufType::i8:
            case GgufType::i16:
            case GgufType::i32:
            case GgufType::i64:
                value.data = signed_value(type, what);
                break;
            default:
                value.data = unsigned_value(type, what);
                break;
        }
        return value;
    }

    GgufValue read_array(const std::string& what) {
        GgufValue value;
        value.type = GgufType::array;
        const auto type = cursor_.number<std::uint32_t>(what);
        const std::optional<std::uint32_t> bytes = value_bytes(type);
        if (!bytes) fail_type(what, type);
        value.element = static_cast<GgufType>(type);
        value.count = cursor_.number<std::uint64_t>(what);
        if (value.count > cursor_.left() / std::max(*bytes, *bytes == 0 ? 8U : 1U)) {
            cursor_.fail("is cut short or damaged: " + what + " claims " +
                             std::to_string(value.count) + " elements, more than the file holds",
                         "get the file again");
        }
        if (value.count <= options_.kept_array) {
            keep_array(value, what);
        } else if (value.element == GgufType::string) {
            for (std::uint64_t i = 0; i < value.count; ++i) {
                cursor_.skip_text(options_.string_bytes, what);
            }
        } else {
            cursor_.skip(value.count * *bytes, what);
        }
        return value;
    }

    void keep_array(GgufValue& value, const std::string& what) {
        const auto fill = [&](auto list, const auto& read_one) {
            for (std::uint64_t i = 0; i < value.count; ++i) list.push_back(read_one());
            value.data = std::move(list);
        };
        const GgufType type = value.element;
        switch (type) {
            case GgufType::string:
                fill(std::vector<std::string>(),
                     [&] { return cursor_.text(options_.string_bytes, what); });
                break;
            case GgufType::boolean:
                fill(std::vector<bool>(), [&] { return bool_value(what); });
                break;
            case GgufType::f32:
            case GgufType::f64:
                fill(std::vector<double>(), [&] { return float_value(type, what); });
                break;
            case GgufType::i8:
            case GgufType::i16:
            case GgufType::i32:
            case GgufType::i64:
                fill(std::vector<std::int64_t>(), [&] { return signed_value(type, what); });
                break;
            default:
                fill(std::vector<std::uint64_t>(), [&] { return unsigned_value(type, what); });
        }
    }

    void read_alignment() {
        const GgufValue* value = file_.find("general.alignment");
        if (value == nullptr) return;
        const auto* number = std::get_if<std::uint64_t>(&value->data);
        if (value->type != GgufType::u32 || number == nullptr || !std::has_single_bit(*number)) {
            cursor_.fail("key 'general.alignment' is not a power of two of 32 bits");
        }
        file_.alignment = static_cast<std::uint32_t>(*number);
    }

    void read_tensor(std::uint64_t index, std::set<std::string>& names) {
        GgufTensor tensor;
        tensor.name =
            cursor_.text(options_.key_bytes, "the name of tensor " + std::to_string(index));
        constexpr std::size_t longest = 63;  // GGML_MAX_NAME less the closing zero
        if (tensor.name.empty() || tensor.name.size() > longest || !core::is_utf8(tensor.name) ||
            tensor.name.find('\0') != std::string::npos) {
            cursor_.fail("is damaged: the name of tensor " + std::to_string(index) +
                         " is empty, longer than 63 bytes or not valid UTF-8");
        }
        const std::string what = "tensor " + in_quotes(tensor.name);
        if (!names.insert(tensor.name).second) cursor_.fail(what + " is there twice");
        const auto dimensions = cursor_.number<std::uint32_t>(what);
        if (dimensions > 4) {
            cursor_.fail(what + " has " + std::to_string(dimensions) + " dimensions, at most 4");
        }
        std::uint64_t elements = 1;
        constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
        for (std::uint32_t i = 0; i < dimensions; ++i) {
            const auto size = cursor_.number<std::uint64_t>(what);
            if (size == 0) cursor_.fail(what + " has a dimension of 0");
            if (size > most / elements) cursor_.fail(what + " has dimensions that overflow");
            elements *= size;
            tensor.shape.push_back(size);
        }
        tensor.type = cursor_.number<std::uint32_t>(what);
        tensor.offset = cursor_.number<std::uint64_t>(what);
        if (tensor.offset % file_.alignment != 0) {
            cursor_.fail(what + " starts at offset " + std::to_string(tensor.offset) +
                         ", not a multiple of " + std::to_string(file_.alignment));
        }
        const TensorType* type = tensor_type(tensor.type);
        tensor.known_type = type != nullptr;
        if (type != nullptr) {
            if ((tensor.shape.empty() ? 1 : tensor.shape[0]) % type->block != 0) {
                cursor_.fail(what + " has rows that are not whole blocks of " + type->name);
            }
            if (elements / type->block > most / type->bytes) {
                cursor_.fail(what + " has dimensions that overflow");
            }
            tensor.bytes = elements / type->block * type->bytes;
        }
        file_.tensors.push_back(std::move(tensor));
    }

    void check_extents() const {
        std::uint64_t missing = 0;
        const GgufTensor* last = nullptr;
        for (const GgufTensor& tensor : file_.tensors) {
            constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
            if (tensor.offset > most - tensor.bytes ||
                file_.data_offset > most - tensor.bytes - tensor.offset) {
                cursor_.fail("tensor " + in_quotes(tensor.name) + " has an offset that overflows");
            }
            const std::uint64_t end = file_.data_offset + tensor.offset + tensor.bytes;
            if (end > file_.file_size && end - file_.file_size > missing) {
                missing = end - file_.file_size;
                last = &tensor;
            }
        }
        if (last != nullptr) {
            cursor_.fail("is cut short: " + std::to_string(missing) +
                             " bytes are missing, tensor " + in_quotes(last->name) +
                             " ends past the end of the file",
                         "get the file again");
        }
    }

    GgufCursor cursor_;
    const GgufOptions& options_;
    GgufFile file_;
    std::uint64_t keys_ = 0, tensors_ = 0;
};

/// IEEE 754 half precision.
float half_value(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 0x1F;
    const int fraction = bits & 0x3FF;
    float value;
    if (exponent == 0x1F) {
        value = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
    } else if (exponent == 0) {
        value = std::ldexp(static_cast<float>(fraction), -24);
    } else {
        value = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
    }
    return (bits & 0x8000) != 0 ? -value : value;
}

std::vector<float> tensor_floats(ByteSource& source, const GgufFile& file, std::string_view name) {
    const GgufTensor* tensor = file.tensor(name);
    if (tensor == nullptr) {
        std::vector<std::string> names;
        for (const GgufTensor& one : file.tensors) names.push_back(one.name);
        const std::string near = core::nearest_names(name, names);
        throw Error(ErrorKind::not_found, "has no tensor " + in_quotes(name), file.name,
                    near.empty() ? "" : "did you mean " + near + "?");
    }
    const std::string what = "tensor " + in_quotes(name);
    const TensorType* type = tensor_type(tensor->type);
    if (type == nullptr || (type->id != 0 && type->id != 1 && type->id != 30)) {
        throw Error(ErrorKind::unsupported,
                    what + " is " + ggml_type_name(tensor->type) + "; F32, F16 and BF16 are read",
                    file.name);
    }
    if (source.size() != file.file_size) {
        throw Error(ErrorKind::io, "changed its size since its header was read", file.name,
                    "is it still being written?");
    }
    const auto count = static_cast<std::size_t>(tensor->elements());
    std::vector<float> values(count);
    const std::uint64_t at = file.data_offset + tensor->offset;
    if (type->id == 0) {
        source.read(at, values.data(), count * sizeof(float));
    } else {
        std::vector<std::uint16_t> bits(count);
        source.read(at, bits.data(), count * sizeof(std::uint16_t));
        for (std::size_t i = 0; i < count; ++i) {
            values[i] = type->id == 1
                            ? half_value(bits[i])
                            : std::bit_cast<float>(static_cast<std::uint32_t>(bits[i]) << 16);
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        if (!std::isfinite(values[i])) {
            throw Error(ErrorKind::input,
                        what + " holds " + (std::isnan(values[i]) ? "NaN" : "infinity") +
                            " at index " + std::to_string(i),
                        file.name, "the file is damaged");
        }
    }
    return values;
}

}  // namespace

std::string ggml_type_name(std::uint32_t type) {
    const TensorType* known = tensor_type(type);
    return known != nullptr ? known->name : "type " + std::to_string(type);
}

std::optional<std::pair<std::uint32_t, std::uint32_t>> ggml_type_block(std::uint32_t type) {
    const TensorType* known = tensor_type(type);
    if (known == nullptr) return std::nullopt;
    return std::pair{known->block, known->bytes};
}

std::uint64_t GgufTensor::elements() const {
    std::uint64_t product = 1;
    for (const std::uint64_t size : shape) product *= size;
    return product;
}

GgufFile read_gguf(const std::filesystem::path& path, const GgufOptions& options) {
    const std::unique_ptr<ByteSource> source = open_source(path);
    return GgufReader(*source, path.string(), options).read();
}

GgufFile parse_gguf(std::string_view bytes, std::string_view name, const GgufOptions& options) {
    const std::unique_ptr<ByteSource> source = memory_source(bytes);
    return GgufReader(*source, name, options).read();
}

std::vector<float> read_gguf_f32(const std::filesystem::path& path, const GgufFile& file,
                                 std::string_view tensor) {
    const std::unique_ptr<ByteSource> source = open_source(path);
    return tensor_floats(*source, file, tensor);
}

std::vector<float> parse_gguf_f32(std::string_view bytes, const GgufFile& file,
                                  std::string_view tensor) {
    const std::unique_ptr<ByteSource> source = memory_source(bytes);
    return tensor_floats(*source, file, tensor);
}

GgufFile check_model_file(const std::filesystem::path& path) {
    const std::string wanted = "a model in GGUF format";
    // the vocabulary is libllama's to read
    GgufFile file = read_gguf(path, {.wanted = wanted, .kept_array = 4096});
    const auto refuse = [&](ErrorKind kind, const std::string& what, const std::string& hint) {
        throw Error(kind, what, file.name, hint);
    };
    const std::optional<std::string> architecture = file.text("general.architecture");
    if (!architecture || architecture->empty()) {
        refuse(ErrorKind::input, "has no key 'general.architecture'", wanted + " is wanted");
    }
    if (*architecture == "controlvector") {
        refuse(ErrorKind::mismatch, "is a value vector, not a model",
               "name the model it belongs to");
    }
    const std::string type = file.text("general.type").value_or("model");
    if (type == "adapter") {
        refuse(ErrorKind::mismatch, "is an adapter, not a model", "name the model it belongs to");
    }
    if (file.tensors.empty()) {
        refuse(ErrorKind::input, "holds no tensors", "a model with its weights is wanted");
    }
    // libllama wants each tensor where the one before it ends, rounded up to the alignment
    std::uint64_t next = 0;
    for (const GgufTensor& tensor : file.tensors) {
        if (tensor.offset != next) {
            refuse(ErrorKind::input,
                   "is damaged: tensor " + in_quotes(tensor.name) + " starts at offset " +
                       std::to_string(tensor.offset) + ", " + std::to_string(next) +
                       " was expected",
                   "get the file again");
        }
        if (!tensor.known_type) break;
        next = padded(next + tensor.bytes, file.alignment);
    }
    return file;
}

}  // namespace axia::data
