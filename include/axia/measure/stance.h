// What an open answer to a statement says of it: agrees, disagrees, or neither (S028).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/measure/measure.h"

namespace axia::measure {

enum class Stance { agree, disagree, other };
std::string_view stance_name(Stance stance);
/// "agree", "2_agree", "Strongly disagree", "3_other", ...; nothing for anything else.
std::optional<Stance> parse_stance_label(std::string_view label);

/// What decided.
enum class StanceRule {
    label,     // the answer is, or names, one of the four options, or yes or no
    declared,  // the writer says "I agree", "I oppose the idea", ...
    restated,  // the writer asserts the statement or its negation; needs the statement
    judged,    // a title, or a word for the statement, takes a side
    refused,   // no opinion, or only those of others
    none,      // nothing was recognised
};
std::string_view stance_rule_name(StanceRule rule);

struct StanceReading {
    Stance stance = Stance::other;
    StanceRule rule = StanceRule::none;
    bool strongly = false;  // "strongly agree", "I strongly disagree", ...
};

/// English. A function of the texts alone. Words in double quotes are taken for somebody else's,
/// what is conceded ("while I agree that ...,") for less than what follows, and a list of all
/// options for no answer. `statement` may be empty.
StanceReading read_stance(std::string_view answer, std::string_view statement = {});

/// Readings against human labels, for the parser's own reliability.
struct StanceAgreement {
    std::size_t n = 0;
    std::size_t confusion[3][3] = {};  // [human][read], in the order of Stance
    Figure accuracy;                   // Wilson
    Figure kappa;                      // Cohen's, bootstrap over answers
    double majority = 0;               // accuracy of always reading the commonest human label
};
/// Throws Error{mismatch} on sizes; figures of nothing say so.
StanceAgreement stance_agreement(std::span<const Stance> human, std::span<const Stance> read,
                                 std::uint64_t seed = 0);

/// Stances of many answers, and how they compare with human labels where there are some.
struct StanceTable {
    std::vector<StanceReading> readings;
    Figure shares[3];           // in the order of Stance; Wilson
    std::size_t rules[6] = {};  // in the order of StanceRule
    StanceAgreement agreement;  // of the labelled
};
/// `labels` as many as readings, or none. Throws Error{mismatch} on sizes.
StanceTable stance_table(std::vector<StanceReading> readings,
                         std::span<const std::optional<Stance>> labels = {},
                         std::uint64_t seed = 0);

/// JSON with schema axia.stances, version 1.
std::string to_json(const StanceTable& table);

}  // namespace axia::measure
