// Numbers with intervals: Wilson, bootstrap over units and clusters, quantiles, area under the
// curve.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace axia::math {

struct Interval {
    double lo = 0;
    double hi = 0;
};

/// A value and its confidence interval.
struct Estimate {
    double value = 0;
    Interval ci;
};

/// Wilson's score interval of a proportion (Wilson 1927). n = 0 gives [0, 1].
/// Throws Error{usage} when successes > n or level is not in (0, 1).
Interval wilson(std::size_t successes, std::size_t n, double level = .95);

/// Mean with the percentile bootstrap interval; the values are the units resampled. One unit gives
/// an interval of no width. Same seed, same interval. Throws Error{input} when empty or not finite.
Estimate bootstrap_mean(std::span<const double> values, std::uint64_t seed,
                        std::size_t draws = 2000, double level = .95);

/// The same, resampling whole clusters (cluster[i] = any id of value i); a draw's mean is over its
/// values, so that larger clusters weigh more. Throws Error{mismatch} on sizes.
Estimate bootstrap_mean_clustered(std::span<const double> values, std::span<const int> cluster,
                                  std::uint64_t seed, std::size_t draws = 2000, double level = .95);

/// Any statistic of a resample: `statistic` gets `units` unit numbers, first 0, 1, ... (the value),
/// then each draw's, drawn with replacement. Draws on which it is NaN are left out.
/// Throws Error{usage} when units or draws is 0, Error{input} when every draw is NaN.
Estimate bootstrap_statistic(std::size_t units, std::uint64_t seed, std::size_t draws,
                             const std::function<double(std::span<const std::size_t>)>& statistic,
                             double level = .95);

/// Throw Error{input} when empty.
double mean(std::span<const double> values);
double median(std::vector<double> values);

/// Sample standard deviation (n - 1) over sqrt(n). Throws Error{input} with fewer than two values.
double standard_error(std::span<const double> values);

/// q-quantile, q in [0, 1], linear between order statistics (numpy's default).
/// Throws Error{input} when empty or NaN, Error{usage} on q.
double quantile(std::vector<double> values, double q);

/// P(positive > negative) + 0.5 P(equal) over all pairs, in O(n log n) (Mann-Whitney).
/// Throws Error{input} when either side is empty or holds NaN.
double area_under_curve(std::span<const double> positive, std::span<const double> negative);

/// z with P(N(0,1) < z) = p. Throws Error{usage} unless 0 < p < 1.
double normal_quantile(double p);

}  // namespace axia::math
