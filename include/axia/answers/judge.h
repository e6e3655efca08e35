// A subject as the judge of open answers, and how far it can be trusted.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
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
    /// An item and the answers to it.
    struct Answered {
        data::Item item;
        std::vector<Record> records;
    };

    /// Subject and journal outlive the judge, which asks the subject's first arm. `page` requests
    /// are decided together, at least the four that one answer needs.
    Judge(Subject& subject, Journal& journal, std::size_t page = RunOptions{}.page);

    /// Fills `rating` of open answers to `item`. An answer the judge cannot be asked about, or that
    /// has a reason, keeps rating -1. Throws as ask_page.
    void rate(const data::Item& item, std::span<Record> records, const core::Watch& watch = {});
    /// The same of many items, whose answers share pages.
    void rate(std::span<Answered> items, const core::Watch& watch = {});

    JudgeReliability reliability() const;
    const RunCounts& counts() const { return counts_; }

  private:
    static constexpr std::size_t ways = 4;  // wording 1 up, down, wording 2 up, down

    struct Task {
        const data::Item* item;
        Record* record;
    };
    void rate_page(std::span<const Task> tasks, const core::Watch& watch);

    Subject& subject_;
    Journal& journal_;
    std::size_t page_;
    RunCounts counts_;
    std::vector<std::array<double, ways>> ratings_;  // turned so that 10 = yes
    std::vector<double> mass_;
    std::size_t unrated_ = 0;
};

/// Rates a stream of items and passes them on in their order. Holds no more answers than a page of
/// the judge's has room for, and those of one item more.
class JudgedStream {
  public:
    using Visit = std::function<void(const data::Item& item, std::span<const Record> records)>;

    /// `judge` outlives the stream. `page` as the judge's.
    JudgedStream(Judge& judge, Visit visit, std::size_t page = RunOptions{}.page);

    /// Throws as Judge::rate and `visit`.
    void add(const data::Item& item, std::span<const Record> records,
             const core::Watch& watch = {});
    /// Rates and passes on what is left. To be called after the last item.
    void finish(const core::Watch& watch = {});

  private:
    Judge& judge_;
    Visit visit_;
    std::size_t room_;  // answers
    std::size_t held_ = 0;
    std::vector<Judge::Answered> items_;
};

}  // namespace axia::answers
