// Whether pairwise choices hang together: cycles, indecision, and what stands first (S022).
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "axia/math/rank.h"

namespace axia::math {

struct Cycles {
    std::size_t triads = 0;  // of which all three pairs were compared, none of them at exactly half
    std::size_t cyclic = 0;  // of these
    double rate = 0;         // cyclic / triads; a quarter for coin flips
    double expected = 0;     // mean over triads, ties too, of the probability of a cycle when every
                             // pair is answered by chance with its own shares
};

/// Battles of one pair, in either order, are added up. Takes n^3 / 6 steps. Throws Error{input} on
/// items out of range, wins that are negative or not finite, or when no triad was compared.
Cycles preference_cycles(std::size_t items, std::span<const Battle> battles);

/// Mean over pairs of max(p, 1 - p): .5 undecided, 1 decided. Throws as preference_cycles, or when
/// nothing was compared.
double completeness(std::size_t items, std::span<const Battle> battles);

/// a is what stood first. Mean over pairs asked in both orders of
/// (P(first | a, b) + P(first | b, a)) / 2 - 1/2, with a t interval over pairs: 0 without bias, at
/// most 1/2 either way. Throws as preference_cycles, or with fewer than two such pairs.
Estimate first_place_bias(std::size_t items, std::span<const Battle> battles, double level = .95);

}  // namespace axia::math
