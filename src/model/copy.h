// Writing a model's weights in another format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/gguf.h"

namespace axia::model {

/// "q8_0", "bf16", "f16".
const std::vector<std::string>& copy_formats();

/// True when most weights of the blocks have this format already.
bool has_format(const data::GgufFile& file, std::string_view format);

/// About what the copy will measure.
std::uint64_t copy_bytes(const data::GgufFile& file, std::string_view format);

/// Writes `target` whole (partial and rename), with the source's hash inside. `source` must have
/// passed check_model_file. Throws Error{unsupported} when libllama cannot write it, Error{io}.
void write_copy(const std::filesystem::path& source, const std::string& source_hash,
                std::string_view format, const std::filesystem::path& target, int threads);

/// True when `file` is a sound copy of that source in that format.
bool is_copy_of(const std::filesystem::path& file, std::string_view source_hash,
                std::string_view format);

/// What decides the speed of a format here: processor, cores, and libllama's instruction sets.
std::string processor_description();

/// Bytes that a new process may use: MemAvailable and the limit of its control group.
std::uint64_t free_memory();

}  // namespace axia::model
