// Options compared in pairs: which of two things a subject would rather have (S022).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "axia/answers/run.h"
#include "axia/math/rank.h"

namespace axia::answers {

enum class PairChoice {
    active,  // a random circle through all, then rounds of the pairs that say most
    all,     // n (n - 1) / 2
};

struct CompareOptions {
    PairChoice pairs = PairChoice::active;
    /// active: rounds go on up to this many times n log2 n pairs (S022: 2).
    double edges = 2;
    std::size_t round = 200;  // pairs of a round
    std::uint64_t seed = 42;
};

struct Comparisons {
    /// Two of each pair, one after the other: a stood first. wins are the probabilities of the
    /// two given that one of them was chosen.
    std::vector<math::Battle> battles;
    std::size_t pairs = 0, rounds = 0;
    std::size_t unanswered = 0;   // pairs, without an answer in one of the orders
    std::vector<double> invalid;  // probability of neither answer, of each battle
    RunCounts counts;
};

/// How many pairs of `options` options `compare` asks at most.
std::size_t count_pairs(std::size_t options, const CompareOptions& settings = {});

/// Asks the subject's first arm each pair in both orders, answered by letter. The rounds follow
/// from the answers, so that the same command asks the same. Throws Error{input} with fewer than
/// three options or two of one text; Error{usage} on options; what ask_page throws.
Comparisons compare(std::span<const std::string> texts, Subject& subject, Journal& journal,
                    const CompareOptions& options = {}, const core::Watch& watch = {});

}  // namespace axia::answers
