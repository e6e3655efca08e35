#include "axia/math/conformal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "axia/core/error.h"

namespace axia::math {

double conformal_threshold(std::vector<double> calibration, double alpha) {
    if (!(alpha > 0 && alpha < 1)) {
        throw core::Error(core::ErrorKind::usage, "error rate " + std::to_string(alpha), "alpha",
                          "give a number between 0 and 1, both excluded");
    }
    for (std::size_t i = 0; i < calibration.size(); ++i) {
        if (std::isnan(calibration[i])) {
            throw core::Error(core::ErrorKind::input, "calibration score is not a number",
                              "score " + std::to_string(i));
        }
    }
    const double n = static_cast<double>(calibration.size());
    // the slack takes back the rounding of 1 - alpha: 10 * (1 - .1) is 9, not 10
    const double rank = std::max(1.0, std::ceil((n + 1) * (1 - alpha) - 1e-12 * (n + 1)));
    if (rank > n) return std::numeric_limits<double>::infinity();
    const auto at = calibration.begin() + static_cast<std::ptrdiff_t>(rank) - 1;
    std::nth_element(calibration.begin(), at, calibration.end());
    return *at;
}

}  // namespace axia::math
