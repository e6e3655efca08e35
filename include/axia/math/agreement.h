// Agreement of raters and consistency of scales. Each throws core::Error{input} where it is not
// defined, with the reason as message.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "axia/math/statistics.h"

namespace axia::math {

/// Cohen's kappa (1960) of two raters' categories (any integers): (p_o - p_e) / (1 - p_e).
/// Throws Error{mismatch} on sizes, Error{input} when empty or when both use one category only.
double cohen_kappa(std::span<const int> a, std::span<const int> b);

enum class Level { nominal, ordinal, interval };

/// Krippendorff's alpha = 1 - D_o / D_e. values: raters x units row-major, NaN = missing; units
/// with fewer than two ratings are left out. Throws Error{usage} unless raters >= 2 divides the
/// values, Error{input} on an infinite value, when no unit has two ratings, or when all ratings
/// are equal.
double krippendorff_alpha(std::span<const double> values, std::size_t raters, Level level);

/// Cronbach's alpha = k/(k-1) (1 - sum of item variances / variance of the sum). values: n x k
/// row-major, one row per respondent. Throws Error{usage} unless k divides the values,
/// Error{input} with fewer than two rows or items, a value not finite, or sums that do not vary.
double cronbach_alpha(std::span<const double> values, std::size_t k);

/// Correlations. Throw Error{mismatch} on sizes, Error{input} with fewer than two values, a value
/// not finite, or when either side does not vary.
double pearson(std::span<const double> x, std::span<const double> y);
double spearman(std::span<const double> x, std::span<const double> y);
double kendall_tau_b(std::span<const double> x, std::span<const double> y);

/// Ranks from 1, ties share their mean rank. Throws Error{input} on NaN.
std::vector<double> ranks(std::span<const double> values);

/// Pearson of two occasions with Fisher's z interval: atanh(r) +- z / sqrt(n - 3). Throws as
/// pearson, Error{input} with fewer than four pairs, Error{usage} on level.
Estimate retest_correlation(std::span<const double> first, std::span<const double> second,
                            double level = .95);

/// Intraclass correlation of interchangeable repeats, one-way random effects, ICC(1,1):
/// (MS_b - MS_w) / (MS_b + (k - 1) MS_w), with its exact F interval (Shrout and Fleiss 1979).
/// values: n x k row-major, one row per item. Throws Error{usage} unless k divides the values,
/// Error{input} with fewer than two rows or repeats, a value not finite, or no variation at all.
Estimate intraclass_correlation(std::span<const double> values, std::size_t k, double level = .95);

}  // namespace axia::math
