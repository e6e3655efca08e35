// A GGUF file from anywhere: read it, or say one clear error. What is read must lie inside the
// file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/data/gguf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    data::GgufFile file;
    try {
        file = data::parse_gguf(bytes, "fuzz");
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) std::abort();
        return 0;
    }
    for (const data::GgufTensor& tensor : file.tensors) {
        if (file.data_offset + tensor.offset + tensor.bytes > size) std::abort();
        try {
            const auto values = data::parse_gguf_f32(bytes, file, tensor.name);
            if (values.size() != tensor.elements()) std::abort();
        } catch (const core::Error&) {
        }
    }
    for (const auto& [key, value] : file.metadata) {
        file.text(key);
        file.number(key);
        file.numbers(key);
        file.texts(key);
    }
    return 0;
}
