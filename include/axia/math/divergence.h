// How far distributions lie apart: Jensen-Shannon, natural logarithm (S041).
#pragma once

#include <span>
#include <vector>

namespace axia::math {

/// Distributions here are non-negative numbers with a positive sum; they are normalised. All throw
/// Error{input} on a number that is negative or not finite or a sum of 0 (naming the distribution,
/// from 0) or when there is none, Error{mismatch} on different lengths.
using Distributions = std::span<const std::vector<double>>;

/// sqrt((KL(p || m) + KL(q || m)) / 2), m = (p + q) / 2; at most sqrt(ln 2) = .8326.
double js_distance(std::span<const double> p, std::span<const double> q);

/// H(mean) - mean of H: the divergence of all at once, at most ln n.
double js_divergence(Distributions all);

/// The distribution with the least mean JS divergence to all: c <- normalise(exp(mean_i log((p_i +
/// c) / 2))) from the mean, to 1e-12.
std::vector<double> js_centroid(Distributions all);

enum class Spread {
    centroid,  // mean JS distance to the JS centroid
    mean,      // mean JS distance to the arithmetic mean
    pairwise,  // mean JS distance of all pairs
};

/// Inconsistency of a group of distributions (S041): 1e-10 is added to every entry first; 0 for one
/// member, or when all are equal within 1e-4.
double js_spread(Distributions all, Spread spread = Spread::centroid);

}  // namespace axia::math
