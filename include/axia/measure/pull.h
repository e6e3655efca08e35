// Pull toward the ideal: whether what a subject samples lies between what it calls average and what
// it calls ideal (S018).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/ideals.h"
#include "axia/measure/measure.h"

namespace axia::measure {

/// The first number of an answer: "7.5 hours", "1,200", "3-4", "3 to 4" and "between 3 and 4"
/// (midpoints), "$2.5 million", "twenty-five", "-5". Nothing for "many", and where a number can be
/// read in two ways ("1/2", "7:30", "1,5").
std::optional<double> parse_number(std::string_view answer);

/// Numbers that a subject gave for one concept; answers without a number are counted, not kept.
struct PullAnswers {
    std::string id, domain, text;
    std::vector<double> average, ideal, sample;
    /// Answers asked for each of the three, in that order.
    std::size_t asked[3] = {};
};

/// The numbers of the answers to one concept.
PullAnswers read_pull(const data::Concept& subject, const answers::IdealTexts& texts);

struct PullOptions {
    double least_numeric = .5;  // share of numbers below which a concept is left out
    double tolerance = .01;     // left out when |average - ideal| is at most this share of their
                                // mean size
    std::uint64_t seed = 0;
    std::size_t draws = 1000;
    double level = .95;
};

/// One concept: means A, I, S and the shift alpha = (A - S) sign(A - I), above 0 toward the ideal.
struct PullConcept {
    std::string id, domain, text;
    std::size_t numbers[3] = {}, asked[3] = {};
    std::optional<double> average, ideal, sample;
    Figure alpha;         // bootstrap over the answers
    std::string dropped;  // why it is not counted; empty = it is
};

struct Pull {
    std::vector<PullConcept> concepts;
    std::size_t counted = 0;
    Figure toward;                             // share of concepts with alpha > 0; Wilson
    std::optional<double> sign_p, wilcoxon_p;  // of alpha / |A - I| about 0; two-sided
    /// S = A + lambda (I - A): least squares over concepts, each divided by (|A| + |I|) / 2;
    /// bootstrap over concepts. 0 = samples are average, 1 = ideal. A reason below 2 concepts.
    Figure lambda;
};

/// Throws Error{usage} on options.
Pull measure_pull(std::span<const PullAnswers> answers, const PullOptions& options = {});

/// JSON with schema axia.pull, version 1.
std::string to_json(const Pull& pull);

}  // namespace axia::measure
