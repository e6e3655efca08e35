// What a subject would rather have, as utilities, and whether its choices hang together (S022).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/compare.h"
#include "axia/measure/measure.h"

namespace axia::measure {

/// A thing to be compared; `good` and `amount` > 0 when it is so much of something.
struct UtilityOption {
    std::string id, category, text;
    std::string good;
    double amount = 0;
};

struct UtilitiesOptions {
    double held_out = .05;  // share of the pairs kept for testing
    std::uint64_t seed = 42;
    std::size_t draws = 100;  // bootstrap over pairs
    double level = .95;
    double certain = 0;  // ThurstoneOptions::certain
};

struct UtilityRow {
    std::string id, category, text;
    Figure utility;       // mean 0, standard deviation 1 over the options; bootstrap over pairs
    double variance = 0;  // of the random utility
};

/// U(amount of a good) = slope ln amount + intercept, least squares over its options.
struct Good {
    std::string name;
    Figure slope;
    std::optional<double> intercept;
    std::size_t options = 0;
};

/// How much of `other` is worth as much as one of `good`: exp((b_good - b_other) / a_other).
struct Exchange {
    std::string good, other;
    Figure amount;
};

struct Utilities {
    std::vector<UtilityRow> rows;  // from most to least wanted
    std::size_t pairs = 0, unanswered = 0;
    std::size_t certain = 0;  // pairs never asked, counted as won
    double log_loss = 0;      // of the pairs fitted, nats
    Figure accuracy;          // of the held-out pairs; Wilson
    Figure cycles;  // share of triads that go round in a circle; Wilson; a quarter = chance
    std::optional<double> cycles_expected;  // were every pair answered by chance at its own share
    Figure completeness;  // mean over pairs of max(p, 1 - p), both orders together
    Figure first_bias;    // P(what stands first) - 1/2, mean over pairs
    Figure invalid;       // probability of neither answer
    std::vector<Good> goods;
    std::vector<Exchange> exchange;
};

/// Thurstonian utilities of the mean over both orders of each pair. Throws Error{mismatch} when a
/// battle is of no option, what fit_thurstone throws (options that comparisons do not connect),
/// Error{usage} on options.
Utilities measure_utilities(std::span<const UtilityOption> options,
                            const answers::Comparisons& comparisons,
                            const UtilitiesOptions& settings = {});

/// JSON with schema axia.utilities, version 1.
std::string to_json(const Utilities& utilities);

}  // namespace axia::measure
