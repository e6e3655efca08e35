// What several functions of this room refuse.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>

#include "axia/core/error.h"

namespace axia::math {

inline void need_level(double level) {
    if (!(level > 0 && level < 1)) {
        throw core::Error(core::ErrorKind::usage, "confidence level " + std::to_string(level),
                          "level", "give a number between 0 and 1, both excluded");
    }
}

inline void need_draws(std::size_t draws) {
    if (draws == 0) {
        throw core::Error(core::ErrorKind::usage, "0 bootstrap draws", "draws", "2000 is usual");
    }
}

inline void need_finite(std::span<const double> values, const char* what = "value") {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i])) {
            throw core::Error(core::ErrorKind::input, "value is not finite",
                              std::string(what) + " " + std::to_string(i));
        }
    }
}

inline void need_numbers(std::span<const double> values, const char* what = "value") {
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::isnan(values[i])) {
            throw core::Error(core::ErrorKind::input, "value is not a number",
                              std::string(what) + " " + std::to_string(i));
        }
    }
}

}  // namespace axia::math
