// GGUF v2 and v3: a reader of metadata and tensor table that trusts nothing, and a small writer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace axia::data {

/// Type ids of metadata values, as in the file.
enum class GgufType : std::uint32_t {
    u8 = 0,
    i8 = 1,
    u16 = 2,
    i16 = 3,
    u32 = 4,
    i32 = 5,
    f32 = 6,
    boolean = 7,
    string = 8,
    array = 9,
    u64 = 10,
    i64 = 11,
    f64 = 12,
};

/// One metadata value. Integers are widened; `type` (and `element` in an array) is that of the
/// file.
struct GgufValue {
    GgufType type = GgufType::string;
    GgufType element = GgufType::string;  // of an array
    std::uint64_t count = 0;              // elements of an array
    /// monostate: an array longer than GgufOptions::kept_array, walked over but not kept.
    std::variant<std::monostate, std::uint64_t, std::int64_t, double, bool, std::string,
                 std::vector<std::uint64_t>, std::vector<std::int64_t>, std::vector<double>,
                 std::vector<bool>, std::vector<std::string>>
        data;
};

struct GgufTensor {
    std::string name;
    std::uint32_t type = 0;            // ggml type id
    std::vector<std::uint64_t> shape;  // innermost first, 0 to 4 dimensions, each >= 1
    std::uint64_t offset = 0;          // from GgufFile::data_offset, a multiple of the alignment
    std::uint64_t bytes = 0;           // 0 when the type is not known here
    bool known_type = true;

    std::uint64_t elements() const;  // never overflows: checked when read
};

struct GgufFile {
    std::uint32_t version = 0;
    std::map<std::string, GgufValue, std::less<>> metadata;
    std::vector<GgufTensor> tensors;  // in file order
    std::uint32_t alignment = 32;
    std::uint64_t data_offset = 0;  // bytes from the start of the file
    std::uint64_t file_size = 0;
    std::string name;  // path or name, for errors

    const GgufTensor* tensor(std::string_view name) const;  // nullptr = none
    const GgufValue* find(std::string_view key) const;      // nullptr = none

    /// Nothing when the key is missing or of another kind (any integer type counts as an integer,
    /// integers count as numbers).
    std::optional<std::string> text(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const;
    std::optional<double> number(std::string_view key) const;
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<std::vector<std::int64_t>> integers(std::string_view key) const;
    std::optional<std::vector<double>> numbers(std::string_view key) const;
    std::optional<std::vector<std::string>> texts(std::string_view key) const;
};

struct GgufOptions {
    std::string wanted = "a GGUF file";  // what to get instead of a file that is none, in hints
    std::uint64_t keys = 1 << 16;
    std::uint64_t tensors = 1 << 16;
    std::uint64_t key_bytes = 1 << 12;
    std::uint64_t string_bytes = 1 << 26;
    std::uint64_t kept_array = 1 << 16;  // longer arrays are checked and passed over
};

/// Name of a ggml tensor type ("Q4_K"), or "type 99".
std::string ggml_type_name(std::uint32_t type);
/// Elements and bytes of one block of a type; nothing when the id is not known.
std::optional<std::pair<std::uint32_t, std::uint32_t>> ggml_type_block(std::uint32_t type);

/// Reads the header only: metadata and tensor table, never the weights. Throws Error{input} naming
/// file and the key, tensor or byte for: wrong magic, version or byte order, counts and lengths
/// that the file cannot hold, unknown value types, nested arrays, duplicate keys or tensors, bad
/// alignment, dimensions that are zero or overflow, offsets or extents outside the file (saying how
/// many bytes are missing). Tensors of an unknown type are listed, their extent unchecked.
/// Error{not_found|io} from the file itself.
GgufFile read_gguf(const std::filesystem::path& path, const GgufOptions& options = {});
GgufFile parse_gguf(std::string_view bytes, std::string_view name, const GgufOptions& options = {});

/// One tensor as floats, file order. F32, F16 and BF16. Throws Error{not_found} with the nearest
/// names, Error{unsupported} for another type, Error{input} naming tensor and index for NaN or
/// infinity.
std::vector<float> read_gguf_f32(const std::filesystem::path& path, const GgufFile& file,
                                 std::string_view tensor);
std::vector<float> parse_gguf_f32(std::string_view bytes, const GgufFile& file,
                                  std::string_view tensor);

/// To run before libllama sees a model file, which may abort on a bad one: read_gguf, and then
/// general.architecture is there, at least one tensor, and each tensor starts where the one before
/// it ends. Value vectors and adapters are Error{mismatch}. Returns what was read,
/// without arrays of more than 4,096 elements.
GgufFile check_model_file(const std::filesystem::path& path);

/// Writes version 3, little endian, alignment 32; F32 tensors only. Keys and tensors keep their
/// order; a key set twice keeps its place and its last value. Throws Error{internal} for a name
/// that is empty, too long or there twice, a shape that does not fit, text that is not UTF-8,
/// weights that are not finite.
class GgufWriter {
  public:
    void set(std::string_view key, std::string_view value);
    void set(std::string_view key, const std::string& value) { set(key, std::string_view(value)); }
    void set(std::string_view key, const char* value) { set(key, std::string_view(value)); }
    void set(std::string_view key, bool value);
    void set(std::string_view key, std::int32_t value);
    void set(std::string_view key, std::uint32_t value);
    void set(std::string_view key, std::int64_t value);
    void set(std::string_view key, std::uint64_t value);
    void set(std::string_view key, float value);
    void set(std::string_view key, double value);
    void set(std::string_view key, const std::vector<std::string>& values);
    void set(std::string_view key, const std::vector<std::int32_t>& values);
    void set(std::string_view key, const std::vector<float>& values);
    void set(std::string_view key, const std::vector<double>& values);

    /// Shape innermost first, 1 to 4 dimensions.
    void add_f32(std::string_view name, std::vector<std::uint64_t> shape,
                 std::span<const float> values);

    std::string bytes() const;
    /// Whole or not at all (core::write_file). Throws Error{io}.
    void write(const std::filesystem::path& path) const;

  private:
    struct Tensor {
        std::string name;
        std::vector<std::uint64_t> shape;
        std::vector<float> values;
    };
    void put(std::string_view key, GgufType type, std::string_view encoded);

    std::vector<std::pair<std::string, std::string>> keys_;  // key, type id and value encoded
    std::vector<Tensor> tensors_;
};

}  // namespace axia::data
