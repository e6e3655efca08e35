#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "axia/math/agreement.h"
#include "planted.h"

namespace axia::measure {
namespace {

using namespace planted;
using data::Item;
using data::Scoring;

// Worths 9 ... 0 in circle order.
std::vector<double> falling() {
    std::vector<double> worths(10);
    std::iota(worths.rbegin(), worths.rend(), 0.);
    return worths;
}

std::vector<std::string> order_of(const Measures& measures) {
    std::vector<std::string> order;
    for (const Rank& rank : measures.arms[0].ranking) order.push_back(rank.value);
    return order;
}

// S012: a strict order comes back from 300 dilemmas.
TEST(Ranking, RecoversAPlantedOrder) {
    const Measures measures = measure(dilemmas(300), by_worth(falling(), 1000));
    const auto& ranking = measures.arms[0].ranking;
    ASSERT_EQ(order_of(measures), ten_values);
    std::vector<double> planted(10), strength, elo;
    std::iota(planted.rbegin(), planted.rend(), 0.);
    for (const Rank& rank : ranking) {
        strength.push_back(value_of(rank.strength));
        elo.push_back(*rank.elo);
    }
    EXPECT_DOUBLE_EQ(math::kendall_tau_b(strength, planted), 1);
    EXPECT_DOUBLE_EQ(math::kendall_tau_b(elo, planted), 1);
    EXPECT_NEAR(std::accumulate(elo.begin(), elo.end(), 0.), 10000, 1e-8);
    EXPECT_NEAR(std::accumulate(strength.begin(), strength.end(), 0.), 0, 1e-8);
    EXPECT_EQ(*ranking[0].above_next, 1);
    EXPECT_FALSE(ranking[9].above_next);
    EXPECT_EQ(ranking[0].strength.n, 300u);
}

TEST(Ranking, EveryPairIsWonByTheHigher) {
    const Measures measures = measure(dilemmas(300), by_worth(falling(), 1000));
    const auto& duels = measures.arms[0].duels;
    ASSERT_EQ(duels.size(), 45U);
    std::size_t dilemmas_seen = 0;
    for (const Duel& duel : duels) {
        const auto at = [&](const std::string& name) {
            return std::find(ten_values.begin(), ten_values.end(), name);
        };
        EXPECT_LT(at(duel.value), at(duel.other));
        EXPECT_NEAR(value_of(duel.wins), 1, 1e-9) << duel.value << " over " << duel.other;
        EXPECT_LT(duel.wins.estimate->ci.lo, .9);  // few meetings are no certainty
        dilemmas_seen += duel.dilemmas;
    }
    EXPECT_EQ(dilemmas_seen, 300U);
    // a subject that does not care: every interval holds a half
    const Measures even = measure(dilemmas(300), by_worth(std::vector<double>(10, 0), 1));
    for (const Duel& duel : even.arms[0].duels) {
        EXPECT_LE(duel.wins.estimate->ci.lo, .5);
        EXPECT_GE(duel.wins.estimate->ci.hi, .5);
    }
}

// P(a over b) = sigmoid(worth a - worth b) is the model itself: strengths are the worths, centred.
TEST(Ranking, StrengthsAreThePlantedWorths) {
    const std::vector<double> worths{.4, -.6, -.2, .1, -1, .5, -.3, -.5, 1, .6};
    const Measures measures = measure(dilemmas(900), by_worth(worths, 1));
    for (const Rank& rank : measures.arms[0].ranking) {
        const auto at = std::find(ten_values.begin(), ten_values.end(), rank.value);
        EXPECT_NEAR(value_of(rank.strength),
                    worths[static_cast<std::size_t>(at - ten_values.begin())], 1e-3);
    }
}

// S012: what is called A and what B says nothing, for a subject that does not look at it.
TEST(Ranking, StaysWhenOptionsChangePlaces) {
    std::vector<Item> items = dilemmas(180);
    const Subject subject = by_worth(falling(), .3);
    const Measures measures = measure(items, subject);
    for (Item& item : items) std::swap(item.options[0], item.options[1]);
    const Measures swapped = measure(items, subject);
    for (std::size_t i = 0; i < 10; ++i) {
        const Rank &a = measures.arms[0].ranking[i], &b = swapped.arms[0].ranking[i];
        EXPECT_EQ(a.value, b.value);
        EXPECT_NEAR(value_of(a.strength), value_of(b.strength), 1e-9);
        EXPECT_NEAR(a.strength.estimate->ci.lo, b.strength.estimate->ci.lo, 1e-9);
        EXPECT_NEAR(*a.elo, *b.elo, 1e-9);
        EXPECT_EQ(a.above_next, b.above_next);
    }
    for (const std::string& value : ten_values) {
        EXPECT_NEAR(value_of(score(measures, value).score), value_of(score(swapped, value).score),
                    1e-12);
    }
}

TEST(Ranking, OnlyWhatBattlesConnect) {
    std::vector<Item> items;
    for (int i = 0; i < 6; ++i) {
        items.push_back(pair_item("a" + std::to_string(i), "power", "security"));
        items.push_back(pair_item("b" + std::to_string(i), "security", "tradition"));
        items.push_back(pair_item("c" + std::to_string(i), "hedonism", "conformity"));
    }
    const Measures measures = measure(items, by_worth(falling(), .3));
    const auto& ranking = measures.arms[0].ranking;
    ASSERT_EQ(ranking.size(), 10u);
    EXPECT_EQ(ranking[0].value, "power");
    EXPECT_EQ(ranking[2].value, "tradition");
    EXPECT_FALSE(ranking[2].above_next);
    for (std::size_t i = 3; i < 10; ++i) {
        EXPECT_FALSE(ranking[i].strength.estimate);
        EXPECT_EQ(ranking[i].strength.reason, "no chain of dilemmas leads to the other values");
        EXPECT_FALSE(ranking[i].elo);
    }
}

TEST(Ranking, RatingsRankByMeans) {
    std::vector<Item> items;
    const std::vector<std::string> values{"power", "hedonism", "security"};
    for (int i = 0; i < 12; ++i) {
        for (const std::string& value : values) {
            items.push_back(rating_item(value + std::to_string(i), value, i % 2 == 0 ? 1 : -1));
        }
    }
    // keyed scores: security 5 or 6, power 3 or 4, hedonism 3 or 4
    const Subject subject = [](const Ask& ask) {
        const auto last = static_cast<std::size_t>(ask.item->id.back() - '0') / 2 % 2;
        const std::size_t place = (ask.item->value == "security" ? 4 : 2) + last;
        return Reply{one_hot(6, ask.item->key < 0 ? 5 - place : place), 0, ""};
    };
    Setting setting;
    setting.scoring = Scoring::mean;
    const Measures measures = measure(items, subject, setting);
    const auto& ranking = measures.arms[0].ranking;
    ASSERT_EQ(ranking.size(), 3u);
    EXPECT_EQ(ranking[0].value, "security");
    EXPECT_NEAR(value_of(ranking[0].strength), 4. / 3, 1e-6);
    EXPECT_NEAR(value_of(ranking[1].strength), -2. / 3, 1e-6);
    EXPECT_EQ(*ranking[0].above_next, 1);
    EXPECT_NEAR(*ranking[1].above_next, .5, .08);  // the same means: a toss-up
    EXPECT_FALSE(ranking[0].elo);
    EXPECT_LT(ranking[0].strength.estimate->ci.lo, 4. / 3);
}

}  // namespace
}  // namespace axia::measure
