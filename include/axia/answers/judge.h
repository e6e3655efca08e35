// A subject as the judge of open answers, and how far it can be trusted.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/run.h"
#include "axia/math/statistics.h"

namespace axia::answers {

/// What the judge's own ratings say of it. Correlations have Fisher's interval over answers.
struct JudgeReliability {
    std::size_t rated = 0, unrated = 0;
    /// Between ratings on the scale with 10 = yes and those on the scale with 0 = yes, turned
    /// round; and between the two wordings. A judge that reads the answers is near 1.
    std::optional<math::Estimate> directions, wordings;
    std::string directions_reason, wordings_reason;  // why there is none
    /// Mean of the rating as given, both directions alike, minus 5: a liking for large or small
    /// numbers, whatever they mean. Cancels in the ratings.
    std::optional<math::Estimate> number_bias;
    /// Probability that the judge answers with one of the numbers, mean over its answers.
    std::optional<math::Estimate> mass;
};

/// Rates how far an answer leans to "yes" from 0 to 10 (S029): the expected number under the
/// probabilities of "0" to "10", mean over two wordings and both directions of the scale.
class Judge {
  public:
    /// Both outlive the judge, which asks the subject's first arm.
    Judge(Subject& subject, Journal& journal);

    /// Fills `rating` of open answers to `item`. An answer the judge cannot be asked about, or that
    /// has a reason, keeps rating -1. Throws as ask_page.
    void rate(const data::Item& item, std::span<Record> records, const core::Watch& watch = {});

    JudgeReliability reliability() const;
    const RunCounts& counts() const { return counts_; }

  private:
    static constexpr std::size_t ways = 4;  // wording 1 up, down, wording 2 up, down

    Subject& subject_;
    Journal& journal_;
    RunCounts counts_;
    std::vector<std::array<double, ways>> ratings_;  // turned so that 10 = yes
    std::vector<double> mass_;
    std::size_t unrated_ = 0;
};

}  // namespace axia::answers
