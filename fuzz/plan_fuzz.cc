// Plans from any bytes: parsed, written and parsed again, or refused with axia's own error.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/steer/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const axia::steer::Plan plan =
            axia::steer::parse_plan({reinterpret_cast<const char*>(data), size}, "fuzz");
        const axia::steer::Plan again = axia::steer::parse_plan(axia::steer::to_json(plan), "fuzz");
        if (axia::steer::plan_hash(plan) != axia::steer::plan_hash(again)) std::abort();
    } catch (const axia::core::Error&) {
    }
    return 0;
}
