// Arrays for other tools: NumPy .npz and safetensors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace axia::data {

struct NamedArray {
    std::string name;                // no '/', no control characters, distinct
    std::vector<std::size_t> shape;  // outermost first (C order); empty = a scalar
    std::vector<float> values;       // as many as the shape says
};

/// An uncompressed .npz: numpy.load(path)["name"] gives float32 in C order. Throws Error{internal}
/// for a name or shape that does not fit, Error{unsupported} past the 4 GiB of plain zip,
/// Error{io}. Same arrays, same bytes.
void write_npz(const std::filesystem::path& path, std::span<const NamedArray> arrays);

/// F32 safetensors with `metadata` as its "__metadata__". Errors as above.
void write_safetensors(const std::filesystem::path& path, std::span<const NamedArray> arrays,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace axia::data
