#include "model/copy.h"

#include <ggml.h>
#include <llama.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <limits>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <thread>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr const char* hash_key = "axia.source.sha256";
constexpr const char* format_key = "axia.prepared.format";

struct Format {
    const char* name;
    llama_ftype file_type;
    ggml_type type;
};

constexpr std::array formats{
    Format{"q8_0", LLAMA_FTYPE_MOSTLY_Q8_0, GGML_TYPE_Q8_0},
    Format{"bf16", LLAMA_FTYPE_MOSTLY_BF16, GGML_TYPE_BF16},
    Format{"f16", LLAMA_FTYPE_MOSTLY_F16, GGML_TYPE_F16},
};

const Format& format_of(std::string_view name) {
    for (const Format& one : formats) {
        if (name == one.name) return one;
    }
    throw Error(ErrorKind::usage, "no format is called '" + std::string(name) + "'", "formats",
                "write q8_0, bf16 or f16");
}

/// Weights proper; norms and biases stay as they are.
bool is_matrix(const data::GgufTensor& tensor) {
    return tensor.shape.size() >= 2 && tensor.shape[1] > 1;
}

std::optional<std::uint64_t> number_in(const fs::path& path) {
    try {
        const std::string text = core::read_file(path, 4096);
        std::uint64_t value = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (code == std::errc()) return value;
    } catch (const Error&) {
    }
    return std::nullopt;
}

/// The value after the first "`key` ...:" of a /proc file.
std::string proc_field(const char* path, std::string_view key) {
    std::string found;
    try {
        core::read_lines(path, [&](std::string_view line, std::size_t) {
            if (!found.empty() || !line.starts_with(key)) return;
            const std::size_t colon = line.find(':');
            if (colon == std::string_view::npos) return;
            const std::size_t start = line.find_first_not_of(" \t", colon + 1);
            if (start != std::string_view::npos) found = line.substr(start);
        });
    } catch (const Error&) {
    }
    return found;
}

llama_model_kv_override text_override(const char* key, std::string_view value) {
    llama_model_kv_override entry{};
    entry.tag = LLAMA_KV_OVERRIDE_TYPE_STR;
    std::strncpy(entry.key, key, sizeof entry.key - 1);
    value.copy(entry.val_str, sizeof entry.val_str - 1);
    return entry;
}

void silence_libllama_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
        llama_backend_init();
    });
}

}  // namespace

const std::vector<std::string>& copy_formats() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (const Format& one : formats) list.emplace_back(one.name);
        return list;
    }();
    return names;
}

bool has_format(const data::GgufFile& file, std::string_view format) {
    // of the blocks: embeddings often have a better format than what is computed with
    std::map<std::uint32_t, std::uint64_t> elements;
    for (const data::GgufTensor& tensor : file.tensors) {
        const bool block = tensor.name.starts_with("blk.");
        if (block && is_matrix(tensor)) elements[tensor.type] += tensor.elements();
    }
    const auto most = std::max_element(elements.begin(), elements.end(),
                                       [](auto& a, auto& b) { return a.second < b.second; });
    return most != elements.end() && most->first == format_of(format).type;
}

std::uint64_t copy_bytes(const data::GgufFile& file, std::string_view format) {
    const ggml_type type = format_of(format).type;
    std::uint64_t sum = file.data_offset;
    for (const data::GgufTensor& tensor : file.tensors) {
        if (!is_matrix(tensor)) {
            sum += tensor.bytes;
            continue;
        }
        const auto row = static_cast<std::int64_t>(tensor.shape[0]);
        const bool fits = row % ggml_blck_size(type) == 0;
        const ggml_type real = fits ? type : GGML_TYPE_F16;
        sum += tensor.elements() / tensor.shape[0] * ggml_row_size(real, row);
    }
    return sum;
}

void write_copy(const fs::path& source, const std::string& source_hash, std::string_view format,
                const fs::path& target, int threads) {
    silence_libllama_once();
    const Format& wanted = format_of(format);
    llama_model_quantize_params params = llama_model_quantize_default_params();
    params.ftype = wanted.file_type;
    params.nthread = threads;
    params.allow_requantize = true;
    const std::array<llama_model_kv_override, 3> keys{text_override(hash_key, source_hash),
                                                      text_override(format_key, format),
                                                      llama_model_kv_override{}};
    params.kv_overrides = keys.data();

    std::error_code code;
    fs::create_directories(target.parent_path(), code);
    const fs::path partial = target.string() + ".partial." + std::to_string(::getpid());
    const auto drop = [&] { fs::remove(partial, code); };
    if (llama_model_quantize(source.c_str(), partial.c_str(), &params) != 0) {
        drop();
        throw Error(ErrorKind::unsupported,
                    "libllama cannot write a copy in the format " + std::string(format),
                    source.string(), "is the disk full?");
    }
    try {
        data::check_model_file(partial);  // a full disk leaves a short file
    } catch (const Error& error) {
        drop();
        throw Error(ErrorKind::io, "the copy is not whole: " + error.message(), target.string(),
                    "is the disk full?");
    }
    fs::rename(partial, target, code);
    if (code) {
        const std::string reason = code.message();
        drop();
        throw Error(ErrorKind::io, "cannot be made: " + reason, target.string());
    }
}

bool is_copy_of(const fs::path& file, std::string_view source_hash, std::string_view format) {
    std::error_code code;
    if (!fs::is_regular_file(file, code)) return false;
    try {
        const data::GgufFile gguf = data::check_model_file(file);
        return gguf.text(hash_key) == source_hash && gguf.text(format_key) == format;
    } catch (const Error&) {
        return false;
    }
}

std::string processor_description() {
    std::string name = proc_field("/proc/cpuinfo", "model name");
    if (name.empty()) name = "unknown processor";
    std::string text = name + " x" + std::to_string(std::thread::hardware_concurrency()) + " |";
    std::istringstream words(llama_print_system_info());
    for (std::string word; words >> word;) text += " " + word;
    while (text.ends_with(" |")) text.resize(text.size() - 2);
    return text;
}

std::uint64_t free_memory() {
    std::uint64_t available = std::numeric_limits<std::uint64_t>::max();
    const std::string field = proc_field("/proc/meminfo", "MemAvailable");
    std::uint64_t kib = 0;
    if (std::from_chars(field.data(), field.data() + field.size(), kib).ec == std::errc()) {
        available = kib * 1024;
    }
    const auto limit = number_in("/sys/fs/cgroup/memory.max");
    const auto used = number_in("/sys/fs/cgroup/memory.current");
    if (limit && used) available = std::min(available, *limit > *used ? *limit - *used : 0);
    return available;
}

}  // namespace axia::model
