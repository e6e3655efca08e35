// Thurstonian utilities from pairwise choices, and which pairs to ask next (S022).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "axia/math/rank.h"

namespace axia::math {

struct ThurstoneOptions {
    bool equal_variance = false;  // one variance for all
    double held_out = 0;          // share of the battles kept for testing, in [0, 1); S022: .05
    std::uint64_t seed = 42;      // of the choice of those
    double tolerance = 1e-8;      // stop at a promised gain of the log-loss below this
    int max_iterations = 500;     // Newton steps
    /// In (.5, 1): the fit is made again with pairs that were not compared counted as won by the
    /// side it finds at least so likely (S022: .95); 0 = without.
    double certain = 0;
    std::vector<std::string> names;  // of the options in errors; empty = their numbers
};

struct ThurstoneFit {
    std::vector<double> means;      // mean 0, standard deviation 1 (divisor n)
    std::vector<double> variances;  // in [4.5e-5, 2.2e4]: beyond that nothing changes
    double log_loss = 0;            // mean cross-entropy, nats, of the battles fitted
    double accuracy = 0;            // share of them whose likelier side is the more frequent one
    std::size_t held_out = 0;       // battles kept for testing
    std::size_t certain = 0;        // pairs counted as won; the losses are of the others
    std::optional<double> held_out_log_loss, held_out_accuracy;
    double gradient = 0;  // largest |d log_loss / d parameter| there
    int iterations = 0;
    bool converged = false;
};

/// U_i ~ N(mean_i, variance_i): P(a > b) = Phi((m_a - m_b) / sqrt(v_a + v_b + 1e-5)); minimises the
/// cross-entropy of the battles, each weighed by its wins. Starts at the optimum of equal
/// variances; deterministic. Battles of half wins count for the loss, not for accuracy. Throws
/// Error{input} with fewer than three options, on an option out of range, wins that are negative or
/// not finite (naming the battle, from 0), and when the battles do not connect all options (naming
/// the components); Error{usage} on options out of range.
ThurstoneFit fit_thurstone(std::size_t items, std::span<const Battle> battles,
                           const ThurstoneOptions& options = {});

/// P(a > b) of a fit.
double thurstone_probability(const ThurstoneFit& fit, std::size_t a, std::size_t b);

using Pair = std::pair<std::size_t, std::size_t>;

/// A random 2-regular graph that connects all items: one circle through them, n pairs (a < b),
/// sorted. Throws Error{input} with fewer than three items.
std::vector<Pair> starting_pairs(std::size_t items, std::uint64_t seed);

/// Up to `count` pairs not yet asked, a < b, sorted: at random among those that are in the lowest
/// `near` share of |mean_a - mean_b| and in the lowest `rare` share of the number of pairs asked of
/// a and b together; both shares grow by 1.5 up to five times when that is too few, then any pair
/// may fill up. `asked` in either order. Throws Error{input} on items out of range or means that
/// are not finite, Error{usage} on shares not in (0, 1].
std::vector<Pair> next_pairs(std::span<const double> means, std::span<const Pair> asked,
                             std::size_t count, std::uint64_t seed, double near = .10,
                             double rare = .20);

}  // namespace axia::math
