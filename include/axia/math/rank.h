// Strengths from pairwise choices: Bradley-Terry with its bootstrap, worths of several items on
// each side, and Elo.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "axia/math/statistics.h"

namespace axia::math {

/// a was preferred to b wins_a times and b to a wins_b times; both may be fractions (a probability
/// p is wins_a = p, wins_b = 1 - p). a == b says nothing and has no effect.
struct Battle {
    std::size_t a = 0;
    std::size_t b = 0;
    double wins_a = 1;
    double wins_b = 0;
};

struct RankOptions {
    double ridge = 0;          // weight of 0.5 |s|^2, >= 0; above 0 there always is an optimum
    double tolerance = 1e-10;  // stop at a promised gain below this times max(1, objective)
    int max_iterations = 200;  // Newton steps
    std::vector<std::string> names;  // of the items in errors; empty = their numbers
};

struct RankFit {
    std::vector<double> strengths;  // log-odds; mean 0 (fit_worths: where the ridge puts them)
    double objective = 0;
    double gradient = 0;  // largest |d objective / d s_i| there
    int iterations = 0;
    bool converged = false;
};

/// Minimises -sum [wins_a log P + wins_b log(1 - P)] + 0.5 ridge |s|^2, P = sigmoid(s_a - s_b), by
/// Newton steps, from `start` when given (n numbers). Without ridge the optimum exists when no
/// group of items wins, or loses, every battle against the rest (Ford 1957). Throws Error{input}
/// with fewer than two items, on an item out of range, wins that are negative or not finite (naming
/// the battle, from 0), and where there is no optimum (naming the groups); Error{mismatch} on
/// sizes; Error{usage} on options out of range.
RankFit fit_bradley_terry(std::size_t items, std::span<const Battle> battles,
                          const RankOptions& options = {}, std::span<const double> start = {});

/// Items that battles connect, as lists in ascending order, by their first item. An item without
/// a battle is a list of its own.
std::vector<std::vector<std::size_t>> connected_items(std::size_t items,
                                                      std::span<const Battle> battles);

/// Ranking with how sure it is, by resampling whole groups of battles (dilemmas).
struct RankBootstrap {
    RankFit fit;                      // of all battles
    std::vector<Interval> intervals;  // of the strengths, percentiles of the draws
    std::vector<std::size_t> order;   // items from strongest to weakest
    std::vector<double> above_next;   // n - 1: share of draws in which order[i] stands above
                                      // order[i + 1] (a tie is half)
    std::size_t draws = 0;            // that had an optimum; the rest are left out
};

/// group[i] = any id of battle i. Same seed, same result, whatever the threads (0 = one per
/// processor). Throws as fit_bradley_terry, Error{usage} on draws or level, Error{input} when no
/// draw has an optimum.
RankBootstrap bootstrap_bradley_terry(std::size_t items, std::span<const Battle> battles,
                                      std::span<const int> group, std::uint64_t seed,
                                      std::size_t draws = 1000, double level = .95,
                                      const RankOptions& options = {}, int threads = 0);

/// A choice between two sides that each serve several items; an item on both sides cancels.
struct Contest {
    std::vector<std::size_t> a, b;
    double wins_a = 1;
    double wins_b = 0;
};

/// As fit_bradley_terry with P = sigmoid(sum of strengths of side a - sum of those of side b)
/// (S031); a ridge is needed (S031 has 1e-2). Equals L2 logistic regression without intercept,
/// C = 1 / ridge, on the signed incidence matrix. Throws as fit_bradley_terry.
RankFit fit_worths(std::size_t items, std::span<const Contest> contests,
                   const RankOptions& options = {.ridge = 1e-2, .names = {}});

/// Standard errors of fit_worths' strengths when contests of one group hang together: square roots
/// of the diagonal of H^-1 B H^-1, H the second derivative of the objective at `strengths`, B =
/// G/(G - 1) times the sum over the G groups of g g', g a group's sum of first derivatives (Liang
/// and Zeger 1986). group[i] = any id of contest i. Throws as fit_worths, Error{mismatch} on sizes,
/// Error{input} with fewer than two groups.
std::vector<double> worth_errors(std::size_t items, std::span<const Contest> contests,
                                 std::span<const int> group, std::span<const double> strengths,
                                 double ridge = 1e-2);

struct EloOptions {
    double initial = 1000;
    double k = 4;
    double scale = 400;
    double base = 10;
    std::size_t orders = 100;  // random orders averaged over
    std::uint64_t seed = 42;
};

/// Online Elo over the battles in random orders, averaged (S012). E_a = 1 / (1 + base^((R_b - R_a)
/// / scale)), R_a += k (wins_a / (wins_a + wins_b) - E_a), R_b the opposite; a battle of no wins
/// has no effect. The mean of the ratings stays `initial`. Throws as fit_bradley_terry on battles,
/// Error{usage} on options out of range.
std::vector<double> elo(std::size_t items, std::span<const Battle> battles,
                        const EloOptions& options = {});

}  // namespace axia::math
