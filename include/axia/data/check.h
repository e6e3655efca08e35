// Are the contrast pairs clean? Rules on form, and how much surface alone tells the sides apart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "axia/data/pairs.h"
#include "axia/data/value_system.h"
#include "axia/math/statistics.h"

namespace axia::data {

struct CheckOptions {
    std::string file = "pairs";            // stands before ":line" in problems
    std::vector<std::string> value_words;  // names that may stand in no text ("self-direction")
    std::uint64_t seed = 0;                // of the folds
    std::size_t folds = 10;
    std::size_t repeats = 5;
    double near_duplicate = 0.4;      // Jaccard of word 3-grams, above = problem
    double length_difference = 0.15;  // of characters or words between sides, above = problem
    double bias_warning = 0.66;       // bag-of-words accuracy
    double bias_problem = 0.70;
    double length_warning = 0.56;  // length-only accuracy
    double length_problem = 0.60;
    std::size_t cues = 25;          // cue words kept, each way
    std::size_t min_dilemmas = 20;  // per value
};

/// A word and its weight in the bag-of-words classifier; texts of each side that have it.
struct CueWord {
    std::string word;
    double weight = 0;  // > 0 leans to the positive side
    std::size_t positive = 0, negative = 0;
};

/// Cross-validated accuracy of a classifier that sees only surface; .5 = nothing to see.
struct BiasIndex {
    double accuracy = 0.5;
    math::Interval ci{};  // Wilson, 95 %, n = texts
};

struct PairCheck {
    std::string value;
    std::size_t pairs = 0, learn = 0, heldout = 0;
    std::vector<std::string> problems;  // "file:line: ...", to be mended
    std::vector<std::string> warnings;  // "file:line: ..." or "file: ...", to be looked at
    BiasIndex length_only;              // words and characters, standardised
    BiasIndex bag_of_words;             // presence of words
    double bag_of_words_paired = 0.5;   // share of pairs whose positive side scores higher
    std::vector<CueWord> cues;          // heaviest first, both signs
    double mean_length_ratio = 1;       // characters, positive over negative, geometric mean
    std::map<std::string, std::size_t> persons, forms, others;  // counts of the fields
};

/// The bias indices need two groups or more; without them they stay .5 with interval [0, 1]. They
/// are held against the limits from ten groups on.
/// Words are [a-z]+('[a-z]+)? of the lower-cased text; classifiers are L2 logistic regressions
/// with C = 1, folds by group, accuracies averaged over seeded repeats.
PairCheck check_pairs(std::span<const ContrastPair> pairs, const CheckOptions& options = {});

struct SystemCheck {
    std::vector<PairCheck> values;
    std::vector<std::string> problems;  // of the whole: missing files, dilemmas, controls
    std::size_t problem_count() const;  // these and those of the values
};

/// Checks every value's pairs and dilemmas and the neutral files. A file that cannot be read is a
/// problem, not an exception.
SystemCheck check_value_system(const ValueSystem& system, const CheckOptions& options = {});

/// JSON object {"schema":"axia.data-check","version":1,...}.
std::string to_json(const SystemCheck& check);
std::string to_json(const PairCheck& check);

}  // namespace axia::data
