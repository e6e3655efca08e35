// Concepts, options and numbers in answers from any bytes: what is read is whole, or axia's own
// error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/data/concepts.h"
#include "axia/measure/pull.h"
#include "axia/measure/stance.h"

namespace {

template <typename Parse>
void parse(Parse read) {
    try {
        read();
    } catch (const axia::core::Error& error) {
        if (error.kind() == axia::core::ErrorKind::internal) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    parse([&] {
        for (const auto& one : axia::data::parse_concepts(text, "fuzz")) {
            if (one.id.empty() || one.text.empty() || one.unit.empty()) std::abort();
        }
    });
    parse([&] {
        for (const auto& option : axia::data::parse_options(text, "fuzz")) {
            if (option.text.empty() || option.good.empty() != (option.amount == 0)) std::abort();
        }
    });
    const std::optional<double> number = axia::measure::parse_number(text);
    if (number && !std::isfinite(*number)) std::abort();
    axia::measure::read_stance(text, text.substr(0, size / 2));
    return 0;
}
