// Planted agents (S022): exact utilities, a liking for what stands first, coin flips, goods.
#include "axia/measure/utilities.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/data/battery_sets.h"
#include "axia/math/agreement.h"
#include "axia/math/inference.h"
#include "source_dir.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::measure {
namespace {

using answers::CompareOptions;
using answers::Comparisons;
using answers::PairChoice;
using answers::Record;
using answers::Request;

/// Chooses by P(a > b) = Phi(u_a - u_b), plus `first` for what stands first.
class Agent final : public test::ScriptedSubject {
  public:
    Agent(std::vector<double> utility, double first = 0, bool coin = false)
        : utility_(std::move(utility)), first_(first), coin_(coin) {}

  private:
    Record answer(const Request& request) override {
        const std::string& id = request.item->id;  // compare:A:B
        const std::size_t colon = id.rfind(':');
        const std::size_t a = std::stoul(id.substr(8, colon - 8));
        const std::size_t b = std::stoul(id.substr(colon + 1));
        double p = math::normal_cdf(utility_[a] - utility_[b]);
        if (coin_) p = core::Rng(a * 1000 + b).uniform() < .5 ? .01 : .99;
        p = std::clamp(p + (request.question->order == 0 ? first_ : -first_), 0., 1.);
        Record record;
        record.p = {p, 1 - p};
        record.invalid = .1;
        return record;
    }

    std::vector<double> utility_;
    double first_;
    bool coin_;
};

std::vector<UtilityOption> named(std::size_t n) {
    std::vector<UtilityOption> options;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string number = std::to_string(i);
        options.push_back({"o" + number, "", "Thing number " + number, "", 0});
    }
    return options;
}

std::vector<std::string> texts_of(const std::vector<UtilityOption>& options) {
    std::vector<std::string> texts;
    for (const UtilityOption& option : options) texts.push_back(option.text);
    return texts;
}

std::vector<double> planted(std::size_t n, std::uint64_t seed = 3) {
    core::Rng rng(seed);
    std::vector<double> utility;
    for (std::size_t i = 0; i < n; ++i) utility.push_back(rng.normal());
    return utility;
}

struct Asked {
    Comparisons comparisons;
    Utilities utilities;
};
Asked ask(Agent& agent, const std::vector<UtilityOption>& options, PairChoice pairs,
          std::size_t draws = 20) {
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    CompareOptions comparing;
    comparing.pairs = pairs;
    comparing.round = 40;
    Asked asked;
    asked.comparisons = answers::compare(texts_of(options), agent, journal, comparing);
    UtilitiesOptions settings;
    settings.draws = draws;
    settings.held_out = .1;
    asked.utilities = measure_utilities(options, asked.comparisons, settings);
    return asked;
}

/// Utilities in the order of the options.
std::vector<double> in_order(const Utilities& utilities) {
    std::vector<double> means(utilities.rows.size());
    for (const UtilityRow& row : utilities.rows) {
        means[std::stoul(row.id.substr(1))] = row.utility.estimate->value;
    }
    return means;
}

/// Share of the pairs |u_a - u_b| > .2 that the utilities order as planted.
double ordered_right(const std::vector<double>& means, const std::vector<double>& utility) {
    double right = 0, all = 0;
    for (std::size_t a = 0; a < utility.size(); ++a) {
        for (std::size_t b = a + 1; b < utility.size(); ++b) {
            if (std::abs(utility[a] - utility[b]) <= .2) continue;
            ++all;
            right += (utility[a] > utility[b]) == (means[a] > means[b]) ? 1 : 0;
        }
    }
    return right / all;
}

TEST(Utilities, PlantedOnesAreRecovered) {
    const std::vector<double> utility = planted(40);
    Agent agent(utility);
    const auto [comparisons, utilities] = ask(agent, named(40), PairChoice::all);
    EXPECT_EQ(comparisons.pairs, 780U);
    EXPECT_EQ(agent.seen.size(), 1560U);
    const std::vector<double> means = in_order(utilities);
    EXPECT_GT(math::pearson(means, utility), .999);
    EXPECT_EQ(ordered_right(means, utility), 1);
    EXPECT_GE(utilities.accuracy.estimate->value, .98);
    EXPECT_EQ(utilities.cycles.estimate->value, 0);
    EXPECT_NEAR(utilities.first_bias.estimate->value, 0, 1e-9);
    EXPECT_NEAR(utilities.invalid.estimate->value, .1, 1e-9);
    // exact probabilities leave next to nothing to the draws
    const math::Estimate& top = *utilities.rows[0].utility.estimate;
    EXPECT_NEAR(top.ci.lo, top.value, .1);
    EXPECT_NEAR(top.ci.hi, top.value, .1);
    for (std::size_t i = 1; i < utilities.rows.size(); ++i) {
        EXPECT_GE(utilities.rows[i - 1].utility.estimate->value,
                  utilities.rows[i].utility.estimate->value);
    }
}

TEST(Utilities, ALikingForTheFirstIsReportedAndCancels) {
    // within +-.6 no probability reaches 0 or 1, so that the liking cancels exactly
    std::vector<double> utility = planted(20);
    for (double& u : utility) u = std::tanh(u) * .5;
    Agent plain(utility), biased(utility, .15);
    const Asked a = ask(plain, named(20), PairChoice::all, 5);
    const Asked b = ask(biased, named(20), PairChoice::all, 5);
    EXPECT_NEAR(b.utilities.first_bias.estimate->value, .15, 1e-8);
    const std::vector<double> x = in_order(a.utilities), y = in_order(b.utilities);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], y[i], 1e-4);
}

TEST(Utilities, CoinsGoRoundInCircles) {
    Agent coin(planted(40), 0, true);
    const Asked asked = ask(coin, named(40), PairChoice::all, 5);
    EXPECT_NEAR(asked.utilities.cycles.estimate->value, .25, .02);
    EXPECT_LT(asked.utilities.cycles.estimate->ci.lo, .25);
    EXPECT_GT(asked.utilities.cycles.estimate->ci.hi, .25);
    EXPECT_NEAR(asked.utilities.completeness.estimate->value, .99, 1e-9);
    EXPECT_LT(asked.utilities.accuracy.estimate->value, .75);
}

TEST(Utilities, ActivePairsComeNearAllPairs) {
    const std::vector<double> utility = planted(60, 8);
    Agent every(utility), some(utility);
    const Asked all = ask(every, named(60), PairChoice::all, 5);
    const Asked active = ask(some, named(60), PairChoice::active, 5);
    // 2 n log2 n = 708.8 of 1770
    EXPECT_EQ(active.comparisons.pairs, 709U);
    EXPECT_EQ(active.comparisons.rounds, 18U);  // 60, then 649 in rounds of 40
    EXPECT_NEAR(ordered_right(in_order(active.utilities), utility),
                ordered_right(in_order(all.utilities), utility), .02);
}

TEST(Utilities, CertainPairsAreCounted) {
    const std::vector<UtilityOption> options = named(40);
    const std::vector<double> utility = planted(40);
    Agent agent(utility);
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    CompareOptions comparing;
    comparing.edges = .5;
    const Comparisons comparisons = answers::compare(texts_of(options), agent, journal, comparing);
    UtilitiesOptions settings;
    settings.draws = 3;
    EXPECT_EQ(measure_utilities(options, comparisons, settings).certain, 0U);
    settings.certain = .95;
    const Utilities utilities = measure_utilities(options, comparisons, settings);
    EXPECT_GT(utilities.certain, 50U);
    EXPECT_LE(utilities.certain, 780U - comparisons.pairs);
    EXPECT_GE(ordered_right(in_order(utilities), utility), .95);
    EXPECT_NE(to_json(utilities).find("\"certain\": " + std::to_string(utilities.certain)),
              std::string::npos);
    settings.certain = .4;
    EXPECT_THROW(measure_utilities(options, comparisons, settings), core::Error);
}

TEST(Utilities, StoppedItAsksTheRestOnce) {
    const std::vector<UtilityOption> options = named(12);
    const std::vector<double> utility = planted(12);
    CompareOptions comparing;
    comparing.round = 10;
    test::ScratchFolder whole_folder, cut_folder;
    std::string whole;
    std::size_t all = 0;
    {
        answers::Journal journal(whole_folder.path);
        Agent agent(utility);
        whole = to_json(measure_utilities(
            options, answers::compare(texts_of(options), agent, journal, comparing)));
        all = agent.seen.size();
    }
    std::size_t first = 0;
    {
        answers::Journal journal(cut_folder.path);
        Agent agent(utility);
        core::Watch watch;
        watch.cancelled = [&] { return agent.seen.size() >= 40; };
        EXPECT_THROW(answers::compare(texts_of(options), agent, journal, comparing, watch),
                     core::Error);
        first = agent.seen.size();
    }
    answers::Journal journal(cut_folder.path);
    Agent agent(utility);
    EXPECT_EQ(to_json(measure_utilities(
                  options, answers::compare(texts_of(options), agent, journal, comparing))),
              whole);
    EXPECT_GT(first, 0U);
    EXPECT_EQ(first + agent.seen.size(), all);
}

TEST(Utilities, ExchangeRatesInClosedForm) {
    // U = a ln n + b: coins .5 ln n, books 1 ln n + 1; one book = exp((1 - 0) / .5) coins
    std::vector<UtilityOption> options;
    std::vector<double> utility;
    for (const double amount : {1., 2., 4., 8., 16.}) {
        for (const bool book : {false, true}) {
            const std::string number = std::to_string(options.size());
            options.push_back(
                {"o" + number, "", "Thing " + number, book ? "book" : "coin", amount});
            utility.push_back(book ? std::log(amount) + 1 : .5 * std::log(amount));
        }
    }
    // half the size: exact probabilities stay away from 0 and 1
    for (double& u : utility) u /= 2;
    Agent agent(utility);
    const Asked asked = ask(agent, options, PairChoice::all);
    ASSERT_EQ(asked.utilities.exchange.size(), 2U);
    const Exchange& book = asked.utilities.exchange[0];
    EXPECT_EQ(book.good + book.other, "bookcoin");
    EXPECT_NEAR(std::log(book.amount.estimate->value), 2, .03);
    // one coin = exp((0 - 1) / 1) books
    EXPECT_NEAR(std::log(asked.utilities.exchange[1].amount.estimate->value), -1, .03);
    EXPECT_EQ(asked.utilities.goods[0].options, 5U);

    options[1].good = "lone";
    const Utilities alone = measure_utilities(options, asked.comparisons);
    EXPECT_EQ(alone.goods[2].slope.reason, "fewer than two amounts");
    EXPECT_FALSE(alone.exchange[1].amount.estimate);
}

TEST(Compare, BadInput) {
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    Agent agent(planted(3));
    const auto message = [&](const std::vector<std::string>& texts) -> std::string {
        try {
            answers::compare(texts, agent, journal);
        } catch (const core::Error& error) {
            return error.what();
        }
        return "";
    };
    EXPECT_EQ(message({"a", "b"}), "options: 2 options to compare (at least 3 are wanted)");
    EXPECT_EQ(message({"a", "b", "a"}), "options: option 3 repeats option 1 (take one out)");
    Comparisons apart;
    apart.battles = {{0, 1, 1, 0}, {2, 3, 1, 0}};
    EXPECT_THROW(measure_utilities(named(4), apart), core::Error);
    apart.battles = {{0, 9, 1, 0}};
    EXPECT_THROW(measure_utilities(named(4), apart), core::Error);
}

TEST(Utilities, TheOutcomesOfThePublicSet) {
    const auto file = std::filesystem::path(AXIA_SOURCE_DIR) / ".." / "shared" / "data" /
                      "emergent-values" / "options_hierarchical.json";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "the public data of S022 is not here";
    std::vector<UtilityOption> options;
    for (const data::Outcome& outcome : data::read_outcomes(file)) {
        options.push_back({outcome.id, outcome.category, outcome.text, "", 0});
    }
    ASSERT_EQ(options.size(), 510U);
    Agent agent(planted(510));
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    CompareOptions comparing;
    comparing.edges = .25;  // 1,147 pairs
    const Comparisons comparisons = answers::compare(texts_of(options), agent, journal, comparing);
    EXPECT_EQ(comparisons.pairs, 1147U);
    UtilitiesOptions settings;
    settings.draws = 1;
    const Utilities utilities = measure_utilities(options, comparisons, settings);
    EXPECT_EQ(utilities.rows.size(), 510U);
    EXPECT_GT(utilities.accuracy.estimate->value, .6);
}

}  // namespace
}  // namespace axia::measure
