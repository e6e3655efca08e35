// Tests and cluster-robust intervals. Each throws core::Error{input} where it is not defined, with
// the reason as message.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "axia/math/statistics.h"

namespace axia::math {

/// P(N(0, 1) < z).
double normal_cdf(double z);

/// I_x(a, b), the regularised incomplete beta function. Throws Error{usage} unless a, b > 0 and x
/// in [0, 1].
double incomplete_beta(double a, double b, double x);

/// Two-sided P(|T| >= |t|) with df degrees of freedom. Throws Error{usage} unless df > 0.
double t_test_p(double t, double df);

/// t with P(T < t) = p. Throws Error{usage} unless 0 < p < 1, df > 0.
double t_quantile(double p, double df);

/// F with P(F(d1, d2) < f) = p. Throws Error{usage} unless 0 < p < 1, d1, d2 > 0.
double f_quantile(double p, double d1, double d2);

/// A value, its standard error and interval, and the two-sided p that it is 0.
struct Tested {
    Estimate estimate;
    double standard_error = 0;
    double df = 0;  // clusters - 1
    double p = 1;   // 1 when value and standard error are 0
};

/// Mean with the CR1 cluster-robust standard error, factor G/(G-1), and t(G - 1). cluster[i] = any
/// id of value i; every value its own cluster gives the usual t interval. Throws Error{mismatch} on
/// sizes, Error{input} with fewer than two clusters or a value not finite, Error{usage} on level.
Tested clustered_mean(std::span<const double> values, std::span<const int> cluster,
                      double level = .95);

/// clustered_mean of first - second, pair by pair.
Tested paired_difference(std::span<const double> first, std::span<const double> second,
                         std::span<const int> cluster, double level = .95);

/// Slope of y = intercept + slope x by least squares, CR1 factor G/(G-1) (n-1)/(n-2), t(G - 1).
/// Throws as clustered_mean, Error{input} with fewer than three values or when x does not vary.
Tested clustered_slope(std::span<const double> x, std::span<const double> y,
                       std::span<const int> cluster, double level = .95);

/// Holm's adjusted p, in the order given. Throws Error{input} on p not in [0, 1].
std::vector<double> holm(std::span<const double> p);

/// Two-sided exact test of k of n against p: the probability of all outcomes no likelier than k.
/// Throws Error{usage} when k > n or p is not in [0, 1].
double binomial_test(std::size_t k, std::size_t n, double p = .5);

/// binomial_test of the positive among the values that are not 0; 1 when there is none. Throws
/// Error{input} on NaN.
double sign_test(std::span<const double> values);

struct SignedRank {
    double statistic = 0;  // the smaller of the sums of ranks of positive and of negative values
    double z = 0;       // (positive rank sum - its mean) / sd, ties corrected, not for continuity
    double p = 1;       // two-sided, normal
    std::size_t n = 0;  // values that are not 0
};

/// Wilcoxon's signed-rank test that values are symmetric about 0; zeros are dropped (Wilcoxon
/// 1945). Throws Error{input} on a value not finite or when all are 0.
SignedRank wilcoxon_signed_rank(std::span<const double> values);

}  // namespace axia::math
