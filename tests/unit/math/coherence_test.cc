#include "axia/math/coherence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

/// Every pair of n, with the probability that `p` gives.
template <typename P>
std::vector<Battle> tournament(std::size_t n, P&& p) {
    std::vector<Battle> battles;
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = a + 1; b < n; ++b) {
            const double wins = p(a, b);
            battles.push_back({a, b, wins, 1 - wins});
        }
    }
    return battles;
}

TEST(Coherence, ATransitiveAgentHasNoCycle) {
    const auto battles = tournament(12, [](std::size_t, std::size_t) { return 1.; });
    const Cycles cycles = preference_cycles(12, battles);
    EXPECT_EQ(cycles.triads, 220u);  // 12 over 3
    EXPECT_EQ(cycles.cyclic, 0u);
    EXPECT_EQ(cycles.rate, 0);
    EXPECT_EQ(cycles.expected, 0);
    EXPECT_EQ(completeness(12, battles), 1);
}

TEST(Coherence, CoinFlipsMakeAQuarter) {
    core::Rng rng(1);  // 60 items: 34220 triads
    const auto battles =
        tournament(60, [&](std::size_t, std::size_t) { return static_cast<double>(rng.below(2)); });
    const Cycles cycles = preference_cycles(60, battles);
    EXPECT_NEAR(cycles.rate, .25, .01);
    EXPECT_NEAR(cycles.expected, cycles.rate, 1e-12);  // every share is 0 or 1
    const auto even = tournament(60, [](std::size_t, std::size_t) { return .5; });
    const Cycles ties = preference_cycles(60, even);
    EXPECT_EQ(ties.triads, 0u);
    EXPECT_EQ(ties.rate, 0);
    EXPECT_NEAR(ties.expected, .25, 1e-12);
    EXPECT_EQ(completeness(60, even), .5);
}

TEST(Coherence, OneCycleByHand) {
    // 0 > 1 > 2 > 0 with .8, .7, .6; 3 was compared with 0 alone; orders and counts do not matter
    const std::vector<Battle> battles = {{0, 1, 4, 0}, {1, 0, 1, 0}, {2, 1, .3, .7},
                                         {0, 2, 2, 3}, {0, 3, 1, 0}, {3, 3, 1, 0}};
    const Cycles cycles = preference_cycles(4, battles);
    EXPECT_EQ(cycles.triads, 1u);
    EXPECT_EQ(cycles.cyclic, 1u);
    EXPECT_EQ(cycles.rate, 1);
    EXPECT_NEAR(cycles.expected, .8 * .7 * .6 + .2 * .3 * .4, 1e-12);
    EXPECT_NEAR(completeness(4, battles), (.8 + .7 + .6 + 1) / 4, 1e-12);
}

TEST(Coherence, FirstPlaceBias) {
    // the first of any pair gains .1, whatever is preferred
    std::vector<Battle> battles;
    for (const Battle& battle :
         tournament(6, [](std::size_t a, std::size_t b) { return .5 + .04 * double(b - a); })) {
        battles.push_back({battle.a, battle.b, battle.wins_a + .1, battle.wins_b - .1});
        battles.push_back({battle.b, battle.a, battle.wins_b + .1, battle.wins_a - .1});
    }
    const Estimate bias = first_place_bias(6, battles);
    EXPECT_NEAR(bias.value, .1, 1e-12);
    EXPECT_NEAR(bias.ci.lo, .1, 1e-10);
    battles.push_back({0, 1, 0, 3});  // another answer to (0, 1): .64 of 1 becomes .64 of 4
    // of 15 pairs one has .16 + .46 instead of .64 + .56: (14 * .1 - .14) / 15
    EXPECT_NEAR(first_place_bias(6, battles).value, (14 * .1 + (.16 + .56) / 2 - .5) / 15, 1e-12);
    EXPECT_GT(first_place_bias(6, battles).ci.hi, first_place_bias(6, battles).value);
}

TEST(Coherence, Refusals) {
    const std::vector<Battle> two = {{0, 1, 1, 0}, {1, 2, 1, 0}}, none = {{0, 1, 0, 0}};
    EXPECT_THROW(preference_cycles(3, two), core::Error);
    EXPECT_THROW(completeness(3, none), core::Error);
    EXPECT_THROW(first_place_bias(3, two), core::Error);
    EXPECT_THROW(first_place_bias(3, std::vector<Battle>{{0, 1, 1, 0}, {1, 0, 1, 0}}), core::Error);
    EXPECT_THROW(preference_cycles(2, two), core::Error);
    EXPECT_THROW(completeness(3, std::vector<Battle>{{0, 1, std::nan(""), 0}}), core::Error);
}

}  // namespace
}  // namespace axia::math
