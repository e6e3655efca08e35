// Split conformal threshold: a bound with a guarantee from a calibration sample.
#pragma once

#include <vector>

namespace axia::math {

/// The ceil((n + 1)(1 - alpha))-th smallest of n calibration scores, +infinity when that exceeds n
/// (n too small for alpha). When calibration and new score are exchangeable,
/// P(new > threshold) <= alpha, and without ties >= alpha - 1 / (n + 1).
/// Throws Error{usage} unless 0 < alpha < 1, Error{input} on NaN. (Vovk et al. 2005; Lei et al.
/// 2018.)
double conformal_threshold(std::vector<double> calibration, double alpha);

}  // namespace axia::math
