// How far a subject's opinions hold when they are asked in other ways (S028): no opinion without
// how it was forced, how wordings turn it, and what open answers say.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "axia/measure/measure.h"
#include "axia/measure/stance.h"

namespace axia::measure {

/// The stance of one answer, and how it was asked for.
struct OpinionReading {
    std::string proposition, wording, forcing;
    bool open = false;  // asked without the options
    Stance stance = Stance::other;
};

/// All answers of one forcing, with options or open.
struct OpinionLevel {
    std::string forcing;
    bool open = false;
    std::size_t asked = 0;
    Figure valid;                // share of answers that take a side
    Figure agree;                // share of agreement among these
    double least = 0, most = 0;  // agree by wording: the lowest and the highest; 0 without `agree`
    Figure flip;      // 1 - share of the commonest stance over wordings, mean over propositions
    Figure unstable;  // share of propositions with which some wordings agree and others do not
};

/// Share of propositions whose commonest stance differs; no single commonest stance counts as
/// taking no side.
struct OpinionGap {
    std::string a, b;  // forcings
    bool open = false;
    Figure share;
};

struct OpinionProtocol {
    std::size_t propositions = 0, wordings = 0, answers = 0;
    std::vector<OpinionLevel> levels;      // in order of appearance
    std::vector<OpinionGap> forcing_gaps;  // of every two levels of one form
    Figure open_gap;                       // open answers against those with options
};

/// Intervals are Wilson's: over propositions, and of answers with the design effect of their
/// propositions. `flip` is a mean of numbers between 0 and 1, for which they are wider than need be
/// and never of no width. Throws Error{input} with no reading, Error{usage} unless 0 < level < 1.
OpinionProtocol measure_opinions(std::span<const OpinionReading> readings, double level = .95);

/// JSON with schema axia.opinions, version 1.
std::string to_json(const OpinionProtocol& protocol);

}  // namespace axia::measure
