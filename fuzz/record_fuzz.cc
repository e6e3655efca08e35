// Lines of answers from any bytes: parsed, and written and parsed again to the same line, or
// refused with axia's own error.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "axia/answers/record.h"
#include "axia/core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    try {
        const answers::Record record =
            answers::parse_record({reinterpret_cast<const char*>(data), size}, "fuzz");
        const std::string line = answers::to_json_line(record);
        if (answers::to_json_line(answers::parse_record(line, "fuzz")) != line) std::abort();
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::internal) std::abort();
    }
    return 0;
}
