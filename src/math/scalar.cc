#include "axia/math/scalar.h"

#include <cmath>
#include <string>

#include "axia/core/error.h"

namespace axia::math {

double sigmoid(double x) {
    const double e = std::exp(-std::fabs(x));
    return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double logit(double p) {
    if (!(p > 0 && p < 1)) {
        throw core::Error(core::ErrorKind::usage, "logit of " + std::to_string(p), "probability",
                          "give a number between 0 and 1, both excluded");
    }
    return std::log(p) - std::log1p(-p);
}

double log1p_exp(double x) {
    return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x)));
}

}  // namespace axia::math
