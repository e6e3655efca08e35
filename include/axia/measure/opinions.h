// How far a subject's opinions hold when they are asked in other ways (S028): no opinion without
// how it was forced, how wordings turn it, and what open answers say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "axia/data/axis_weights.h"
#include "axia/measure/measure.h"
#include "axia/measure/stance.h"

namespace axia::measure {

/// The stance of one answer, and how it was asked for.
struct OpinionReading {
    std::string proposition, wording, forcing;
    bool open = false;  // asked without the options
    Stance stance = Stance::other;
    bool strongly = false;  // of agree and disagree
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

/// Where answers stand on an axis: the weight of an answer, mean over a proposition's answers that
/// take a side, then over propositions. Percentile bootstrap over propositions; a reason with fewer
/// than two.
struct AxisWay {
    std::string wording, forcing;  // a wording of any forcing, or a forcing of one form
    bool open = false;
    Figure place;
};
struct AxisPlace {
    std::string axis;
    Figure place;                             // of all answers
    double least = 0, most = 0;               // that these propositions allow
    std::size_t answers = 0, without = 0;     // that take a side, that take none
    std::vector<AxisWay> wordings, forcings;  // in order of appearance
};

struct OpinionProtocol {
    std::size_t propositions = 0, wordings = 0, answers = 0;
    std::vector<OpinionLevel> levels;      // in order of appearance
    std::vector<OpinionGap> forcing_gaps;  // of every two levels of one form
    Figure open_gap;                       // open answers against those with options
    std::vector<AxisPlace> axes;           // of place_opinions; else empty
    std::string weights_sha256;            // of the table that places them; else empty
};

/// Intervals are Wilson's: over propositions, and of answers with the design effect of their
/// propositions. `flip` is a mean of numbers between 0 and 1, for which they are wider than need be
/// and never of no width. Throws Error{input} with no reading, Error{usage} unless 0 < level < 1.
OpinionProtocol measure_opinions(std::span<const OpinionReading> readings, double level = .95);

/// The axes of `weights` that the readings' propositions lie on. Same seed, same intervals. Throws
/// Error{input} for a proposition that `weights` leaves out, Error{usage} unless 0 < level < 1 and
/// draws > 0.
std::vector<AxisPlace> place_opinions(std::span<const OpinionReading> readings,
                                      const data::AxisWeights& weights, std::uint64_t seed = 0,
                                      std::size_t draws = 1000, double level = .95);

/// JSON with schema axia.opinions, version 1.
std::string to_json(const OpinionProtocol& protocol);

}  // namespace axia::measure
