// A table of weights from any bytes: what is read weighs every option of every item with a finite
// number, on axes that it lists.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/data/axis_weights.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    data::AxisWeights weights;
    try {
        weights = data::parse_axis_weights({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::internal) std::abort();
        return 0;
    }
    if (weights.items.size() < 2 || weights.axes.empty()) std::abort();
    for (const auto& [item, axes] : weights.items) {
        if (item.empty() || axes.empty()) std::abort();
        for (const auto& [axis, options] : axes) {
            const auto known = std::find(weights.axes.begin(), weights.axes.end(), axis);
            if (known == weights.axes.end()) std::abort();
            for (const double weight : options) {
                if (!std::isfinite(weight)) std::abort();
            }
        }
    }
    return 0;
}
