// Reference values: the baseball data of Agresti (1990), whose Bradley-Terry fit is printed in the
// vignette of R's BradleyTerry2 (Milwaukee 1.5814 ... above Baltimore); here from statsmodels
// 0.15.0 GLM(wins and losses, signed incidence without Baltimore, Binomial()).fit(tol=1e-14),
// centred. With ridge: scipy 1.17.1 minimize(..., method='BFGS', gtol=1e-12); equal to choix 0.4.1
// opt_pairwise(alpha=.5). Worths: scikit-learn 1.9.1 LogisticRegression(fit_intercept=False, C=100,
// tol=1e-13, solver='newton-cholesky'). Elo: the recurrence in Python, over all orders.
#include "axia/math/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/agreement.h"
#include "axia/math/scalar.h"

namespace axia::math {
namespace {

using testing::HasSubstr;

/// Milwaukee, Detroit, Toronto, New York, Boston, Cleveland, Baltimore: 1987, home team first.
std::vector<Battle> baseball() {
    const double games[][4] = {
        {0, 1, 4, 3}, {0, 2, 4, 2}, {0, 3, 4, 3}, {0, 4, 6, 1}, {0, 5, 4, 2}, {0, 6, 6, 0},
        {1, 0, 3, 3}, {1, 2, 4, 2}, {1, 3, 4, 3}, {1, 4, 6, 0}, {1, 5, 6, 1}, {1, 6, 4, 3},
        {2, 0, 2, 5}, {2, 1, 4, 3}, {2, 3, 2, 4}, {2, 4, 4, 3}, {2, 5, 4, 2}, {2, 6, 6, 0},
        {3, 0, 3, 3}, {3, 1, 5, 1}, {3, 2, 2, 5}, {3, 4, 4, 3}, {3, 5, 4, 2}, {3, 6, 6, 1},
        {4, 0, 5, 1}, {4, 1, 2, 5}, {4, 2, 3, 3}, {4, 3, 4, 2}, {4, 5, 5, 2}, {4, 6, 6, 0},
        {5, 0, 2, 5}, {5, 1, 3, 3}, {5, 2, 3, 4}, {5, 3, 4, 3}, {5, 4, 4, 2}, {5, 6, 2, 4},
        {6, 0, 2, 5}, {6, 1, 1, 5}, {6, 2, 1, 6}, {6, 3, 2, 4}, {6, 4, 1, 6}, {6, 5, 3, 4}};
    std::vector<Battle> battles;
    for (const auto& [a, b, wins_a, wins_b] : games) {
        battles.push_back(
            {static_cast<std::size_t>(a), static_cast<std::size_t>(b), wins_a, wins_b});
    }
    return battles;
}

const std::vector<double> baseball_strengths = {
    0.5311533406521309,  0.38620589580317377,  0.24428258790254342, 0.19741530913212446,
    0.05749516936939125, -0.36634976685010157, -1.050202536009263};

void expect_near(const std::vector<double>& values, const std::vector<double>& golden,
                 double within) {
    ASSERT_EQ(values.size(), golden.size());
    for (std::size_t i = 0; i < golden.size(); ++i) EXPECT_NEAR(values[i], golden[i], within) << i;
}

/// Battles of random pairs, won as planted.
std::vector<Battle> random_battles(const std::vector<double>& strengths, std::size_t count,
                                   core::Rng& rng) {
    std::vector<Battle> battles;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t a = rng.below(strengths.size());
        std::size_t b = rng.below(strengths.size() - 1);
        b += b >= a;
        const bool won = rng.uniform() < sigmoid(strengths[a] - strengths[b]);
        battles.push_back({a, b, won ? 1.0 : 0.0, won ? 0.0 : 1.0});
    }
    return battles;
}

/// d objective / d s, by definition.
std::vector<double> gradient(const std::vector<Battle>& battles, const RankFit& fit, double ridge) {
    std::vector<double> g;
    for (const double s : fit.strengths) g.push_back(ridge * s);
    for (const Battle& battle : battles) {
        const double p = sigmoid(fit.strengths[battle.a] - fit.strengths[battle.b]);
        const double pull = battle.wins_a * (1 - p) - battle.wins_b * p;
        g[battle.a] -= pull;
        g[battle.b] += pull;
    }
    return g;
}

double largest(const std::vector<double>& values) {
    double most = 0;
    for (const double value : values) most = std::max(most, std::fabs(value));
    return most;
}

std::string refusal(const std::function<void()>& call, core::ErrorKind kind) {
    try {
        call();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        return error.what();
    }
    ADD_FAILURE() << "nothing was thrown";
    return "";
}

TEST(BradleyTerry, BaseballAsInR) {
    const RankFit fit = fit_bradley_terry(7, baseball());
    EXPECT_TRUE(fit.converged);
    expect_near(fit.strengths, baseball_strengths, 1e-10);
    EXPECT_NEAR(fit.objective, 172.24817599471595, 1e-10);
    EXPECT_LE(fit.gradient, 1e-8);
    const double published[] = {1.5814, 1.4364, 1.2945, 1.2476, 1.1077, .6839};
    for (std::size_t i = 0; i < 6; ++i) {
        EXPECT_NEAR(fit.strengths[i] - fit.strengths[6], published[i], 5e-5);
    }
}

TEST(BradleyTerry, RidgeAsScipy) {
    const RankFit fit = fit_bradley_terry(7, baseball(), {.ridge = 1, .names = {}});
    expect_near(fit.strengths,
                {0.5022149964369518, 0.3650636676175188, 0.2304288760413335, 0.18592100192459468,
                 0.05298054275871304, -0.3490766814294465, -0.9875324033496654},
                1e-8);
    EXPECT_NEAR(fit.objective, 173.08227788262178, 1e-10);
}

TEST(BradleyTerry, StartAndOrderDoNotMatter) {
    std::vector<Battle> battles = baseball();
    std::reverse(battles.begin(), battles.end());
    for (std::size_t i = 0; i < battles.size(); i += 2) {
        battles[i] = {battles[i].b, battles[i].a, battles[i].wins_b, battles[i].wins_a};
    }
    battles.push_back({2, 2, 5, 1});  // itself: no effect
    expect_near(
        fit_bradley_terry(7, battles, {}, std::vector<double>{9, -9, 0, 4, 0, -30, 30}).strengths,
        baseball_strengths, 1e-9);
    const RankFit again = fit_bradley_terry(7, battles, {}, baseball_strengths);
    EXPECT_LE(again.iterations, 1);
}

TEST(BradleyTerry, FractionsAreShares) {
    // two items: log odds of the share
    const std::vector<Battle> battles = {{0, 1, .3, .7}, {1, 0, .5, .5}};
    const RankFit fit = fit_bradley_terry(2, battles);
    EXPECT_NEAR(fit.strengths[0] - fit.strengths[1], logit(.4), 1e-10);
    EXPECT_NEAR(fit.strengths[0] + fit.strengths[1], 0, 1e-15);
}

TEST(BradleyTerry, ManyItemsReachTheOptimum) {
    // above 100 items steps are by conjugate gradients
    core::Rng rng(5);
    std::vector<double> planted(300);
    for (double& s : planted) s = 1.5 * rng.normal();
    const std::vector<Battle> battles = random_battles(planted, 30000, rng);
    const RankFit fit = fit_bradley_terry(planted.size(), battles);
    EXPECT_TRUE(fit.converged);
    EXPECT_LE(largest(gradient(battles, fit, 0)), 1e-6);
    EXPECT_NEAR(std::accumulate(fit.strengths.begin(), fit.strengths.end(), 0.0), 0, 1e-10);
    EXPECT_GE(pearson(fit.strengths, planted), .98);
}

TEST(BradleyTerry, ChainsAreSolvedToo) {
    // 150 items, each met by its neighbours only: the optimum is the running sum of log odds
    std::vector<Battle> battles;
    std::vector<double> golden = {0};
    for (std::size_t i = 0; i + 1 < 150; ++i) {
        const double p = .3 + .05 * static_cast<double>(i % 9);
        battles.push_back({i, i + 1, p, 1 - p});
        golden.push_back(golden.back() - logit(p));
    }
    const double middle = std::accumulate(golden.begin(), golden.end(), 0.0) / 150;
    for (double& s : golden) s -= middle;
    const RankFit fit = fit_bradley_terry(150, battles);
    EXPECT_TRUE(fit.converged);
    expect_near(fit.strengths, golden, 1e-5);
}

TEST(BradleyTerry, NoOptimumIsNamed) {
    // 0 and 1 beat 2 and 3 whenever they meet
    const std::vector<Battle> battles = {{0, 1, 1, 2}, {2, 3, 4, 1}, {0, 2, 3, 0}, {3, 1, 0, 2}};
    const RankOptions named = {.names = {"care", "power", "wealth", "fame"}};
    EXPECT_THAT(refusal([&] { fit_bradley_terry(4, battles, named); }, core::ErrorKind::input),
                HasSubstr("{care, power} never lose to {wealth, fame}"));
    const RankFit fit = fit_bradley_terry(4, battles, {.ridge = 1e-3, .names = {}});
    EXPECT_TRUE(fit.converged);
    EXPECT_LE(largest(gradient(battles, fit, 1e-3)), 1e-8);
    EXPECT_GT(std::min(fit.strengths[0], fit.strengths[1]),
              std::max(fit.strengths[2], fit.strengths[3]));
}

TEST(BradleyTerry, ComponentsAreNamed) {
    const std::vector<Battle> battles = {{0, 2, 1, 1}, {1, 4, 2, 1}, {3, 4, 0, 0}};
    EXPECT_THAT(refusal([&] { fit_bradley_terry(5, battles); }, core::ErrorKind::input),
                HasSubstr("no battle connects {0, 2}, {1, 4}, {3}"));
    EXPECT_EQ(connected_items(5, battles),
              (std::vector<std::vector<std::size_t>>{{0, 2}, {1, 4}, {3}}));
    const RankFit fit = fit_bradley_terry(5, battles, {.ridge = 1e-6, .names = {}});
    EXPECT_NEAR(fit.strengths[1] - fit.strengths[4], std::log(2), 1e-5);
    EXPECT_NEAR(fit.strengths[3], 0, 1e-9);
}

TEST(BradleyTerry, Refusals) {
    const std::vector<Battle> good = {{0, 1, 1, 1}};
    const auto input = core::ErrorKind::input, usage = core::ErrorKind::usage;
    refusal([&] { fit_bradley_terry(1, {}); }, input);
    refusal([&] { fit_bradley_terry(3, {}); }, input);
    for (const double bad : {-.1, std::nan(""), double{INFINITY}}) {
        const std::vector<Battle> battles = {{0, 1, 1, 1}, {0, 1, 1, bad}};
        EXPECT_THAT(refusal([&] { fit_bradley_terry(2, battles); }, input), HasSubstr("battle 1"));
    }
    const std::vector<Battle> outside = {{0, 2, 1, 1}};
    EXPECT_THAT(refusal([&] { fit_bradley_terry(2, outside); }, input), HasSubstr("item 2 of 2"));
    refusal([&] { fit_bradley_terry(2, good, {.ridge = -1, .names = {}}); }, usage);
    refusal([&] { fit_bradley_terry(2, good, {.tolerance = 0, .names = {}}); }, usage);
    refusal([&] { fit_bradley_terry(2, good, {.max_iterations = 0, .names = {}}); }, usage);
    refusal([&] { fit_bradley_terry(2, good, {}, std::vector<double>{1}); },
            core::ErrorKind::mismatch);
    refusal([&] { fit_bradley_terry(2, good, {.names = {"a"}}); }, core::ErrorKind::mismatch);
    refusal([&] { fit_bradley_terry(2, good, {}, std::vector<double>{1, std::nan("")}); }, input);
}

TEST(RankBootstrap, SameSeedWhateverTheThreads) {
    core::Rng rng(6);
    const std::vector<Battle> battles = random_battles({1, .5, 0, -.5, -1}, 600, rng);
    std::vector<int> group;
    for (std::size_t i = 0; i < battles.size(); ++i) group.push_back(static_cast<int>(i / 6));
    const RankBootstrap one = bootstrap_bradley_terry(5, battles, group, 3, 200, .95, {}, 1);
    const RankBootstrap three = bootstrap_bradley_terry(5, battles, group, 3, 200, .95, {}, 3);
    const RankBootstrap other = bootstrap_bradley_terry(5, battles, group, 4, 200, .95, {}, 1);
    EXPECT_EQ(one.draws, 200u);
    ASSERT_EQ(one.intervals.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(one.intervals[i].lo, three.intervals[i].lo);
        EXPECT_EQ(one.intervals[i].hi, three.intervals[i].hi);
        EXPECT_LT(one.intervals[i].lo, one.fit.strengths[i]);
        EXPECT_GT(one.intervals[i].hi, one.fit.strengths[i]);
    }
    EXPECT_NE(one.intervals[0].lo, other.intervals[0].lo);
    EXPECT_EQ(one.above_next, three.above_next);
    EXPECT_EQ(one.order.front(), 0u);
    EXPECT_EQ(one.order.back(), 4u);
    EXPECT_EQ(one.fit.strengths, fit_bradley_terry(5, battles).strengths);
}

TEST(RankBootstrap, DrawsAreFitsOfResampledGroups) {
    // two groups: a draw is one of {both once, first twice, second twice}
    const std::vector<Battle> battles = {{0, 1, 3, 1}, {1, 0, 2, 2}};
    const RankBootstrap boot =
        bootstrap_bradley_terry(2, battles, std::vector<int>{7, -7}, 1, 400, .9, {}, 1);
    EXPECT_NEAR(boot.fit.strengths[0], logit(5. / 8) / 2, 1e-9);
    EXPECT_NEAR(boot.intervals[0].hi, logit(.75) / 2, 1e-9);
    EXPECT_NEAR(boot.intervals[0].lo, 0, 1e-9);
    // a quarter of the draws ties the two
    EXPECT_NEAR(boot.above_next[0], .875, .05);
}

TEST(RankBootstrap, IntervalsMatchTheInformation) {
    // many independent battles: half width 1.96 / sqrt(n p (1 - p)) of the difference of two
    core::Rng rng(7);
    const std::vector<Battle> battles = random_battles({.4, -.4}, 2000, rng);
    std::vector<int> own(battles.size());
    std::iota(own.begin(), own.end(), 0);
    const RankBootstrap boot = bootstrap_bradley_terry(2, battles, own, 1, 1000);
    const double p = sigmoid(boot.fit.strengths[0] - boot.fit.strengths[1]);
    const double half = 1.96 / std::sqrt(2000 * p * (1 - p)) / 2;
    EXPECT_NEAR((boot.intervals[0].hi - boot.intervals[0].lo) / 2, half, .1 * half);
}

TEST(RankBootstrap, DrawsWithoutOptimumAreLeftOut) {
    // 1 beats 0 in one group of four only: it is missing in (3/4)^4 = .316 of the draws
    const std::vector<Battle> battles = {{0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 1, 0}, {0, 1, 0, 1}};
    const std::vector<int> own = {0, 1, 2, 3};
    const RankBootstrap boot = bootstrap_bradley_terry(2, battles, own, 1, 1000);
    // and all draws of the one group alone: (1/4)^4
    EXPECT_NEAR(static_cast<double>(boot.draws), 1000 * (1 - .3164 - .0039), 50);
    const RankBootstrap ridged =
        bootstrap_bradley_terry(2, battles, own, 1, 1000, .95, {.ridge = .1, .names = {}});
    EXPECT_EQ(ridged.draws, 1000u);
    refusal([&] { bootstrap_bradley_terry(2, battles, std::vector<int>{1}, 1); },
            core::ErrorKind::mismatch);
    refusal([&] { bootstrap_bradley_terry(2, battles, own, 1, 0); }, core::ErrorKind::usage);
    refusal([&] { bootstrap_bradley_terry(2, battles, own, 1, 10, 1); }, core::ErrorKind::usage);
}

TEST(RankBootstrap, DoubtfulDrawsOfManyItemsAreChecked) {
    // item 0 loses in one group only; where that is not drawn there is no optimum
    core::Rng rng(8);
    std::vector<Battle> battles = random_battles({0, 0, 0, 0}, 400, rng);
    std::erase_if(battles, [](const Battle& battle) { return battle.a == 0 || battle.b == 0; });
    std::vector<int> group(battles.size(), 0);
    for (std::size_t i = 0; i < battles.size(); ++i) group[i] = static_cast<int>(i % 20);
    for (int g = 20; g < 40; ++g) {
        battles.push_back(
            {0, 1 + static_cast<std::size_t>(g % 3), g > 20 ? 1.0 : 0.0, g > 20 ? 0.0 : 1.0});
        group.push_back(g);
    }
    const RankBootstrap boot = bootstrap_bradley_terry(4, battles, group, 2, 1000);
    const double missing = std::pow(39. / 40, 40);  // .363
    EXPECT_NEAR(static_cast<double>(boot.draws), 1000 * (1 - missing), 60);
    for (const Interval& interval : boot.intervals) EXPECT_LT(std::fabs(interval.hi), 10);
}

std::vector<Contest> eighty_contests() {
    std::vector<Contest> contests;
    for (std::size_t i = 0; i < 80; ++i) {
        Contest contest;
        contest.a = {(i * i + 3 * i) % 12, (5 * i + 2) % 12, (7 * i * i + i) % 12};
        contest.b = {(3 * i * i + 5) % 12, (7 * i + 1) % 12};
        contest.wins_a = (5 * i * i + 3 * i) % 7 < 4;
        contest.wins_b = 1 - contest.wins_a;
        contests.push_back(contest);
    }
    return contests;
}

TEST(Worths, AsScikitLearn) {
    std::vector<Contest> contests = eighty_contests();
    const RankFit fit = fit_worths(12, contests);
    EXPECT_TRUE(fit.converged);
    const std::vector<double> golden = {
        0.22081374797477432,  0.29545539521742814,  0.18974985705623398, 0.27808303855396616,
        0.3110990403563833,   -0.47433264392414426, 0.5209104977889947,  0.17213980972890577,
        -0.42978568720874827, 0.07675014758436913,  0.08303335996816374, 0.2479808895155231};
    expect_near(fit.strengths, golden, 1e-9);
    for (Contest& contest : contests) {  // the sides have no order
        std::swap(contest.a, contest.b);
        std::swap(contest.wins_a, contest.wins_b);
    }
    expect_near(fit_worths(12, contests).strengths, golden, 1e-9);
}

// numpy 2.4.6: inv(H) B inv(H) 27 / 26 at the optimum, contests in groups of three.
TEST(Worths, ErrorsAsNumpy) {
    const std::vector<Contest> contests = eighty_contests();
    std::vector<int> group;
    for (int i = 0; i < 80; ++i) group.push_back(7 * (i / 3));  // any ids
    const std::vector<double> strengths = fit_worths(12, contests).strengths;
    const std::vector<double> golden = {
        0.3746217847916191,  0.9980399167395395, 1.1912736242781752,  0.6237782273387079,
        0.588056396164097,   0.6320239982483392, 0.35167341522086076, 0.9402402750284781,
        0.20812201792030338, 0.6761266134397688, 0.6203211975735287,  0.6269436438478647};
    expect_near(worth_errors(12, contests, group, strengths), golden, 1e-9);
    refusal([&] { worth_errors(12, contests, std::vector<int>{1}, strengths); },
            core::ErrorKind::mismatch);
    refusal([&] { worth_errors(12, contests, std::vector<int>(80, 3), strengths); },
            core::ErrorKind::input);
}

TEST(Worths, OfOneItemASideIsBradleyTerry) {
    std::vector<Contest> contests;
    for (const Battle& battle : baseball()) {
        contests.push_back({{battle.a}, {battle.b}, battle.wins_a, battle.wins_b});
    }
    contests.push_back({{1, 4}, {4, 1}, 3, 0});  // both sides the same: no effect on strengths
    expect_near(fit_worths(7, contests, {.ridge = 1, .names = {}}).strengths,
                fit_bradley_terry(7, baseball(), {.ridge = 1, .names = {}}).strengths, 1e-9);
}

TEST(Worths, PlantedWorthsComeBack) {
    // S031: 20 values, 1500 dilemmas of 2 to 4 values a side: Spearman at least .95
    core::Rng rng(31);
    std::vector<double> planted(20);
    for (double& worth : planted) worth = rng.normal();
    std::vector<Contest> contests;
    for (int i = 0; i < 1500; ++i) {
        Contest contest;
        double d = 0;
        for (auto* side : {&contest.a, &contest.b}) {
            for (std::uint64_t k = 2 + rng.below(3); k > 0; --k) {
                side->push_back(rng.below(20));
                d += (side == &contest.a ? 1 : -1) * planted[side->back()];
            }
        }
        contest.wins_a = rng.uniform() < sigmoid(d);
        contest.wins_b = 1 - contest.wins_a;
        contests.push_back(contest);
    }
    EXPECT_GE(spearman(fit_worths(20, contests).strengths, planted), .95);
}

TEST(Worths, Refusals) {
    const auto input = core::ErrorKind::input;
    const std::vector<Contest> outside = {{{0, 1}, {1}, 1, 0}, {{0}, {5}, 1, 0}};
    EXPECT_THAT(refusal([&] { fit_worths(5, outside); }, input), HasSubstr("contest 1"));
    const std::vector<Contest> negative = {{{0}, {1}, 1.2, -.2}};
    EXPECT_THAT(refusal([&] { fit_worths(5, negative); }, input), HasSubstr("contest 0"));
    refusal([&] { fit_worths(1, {}); }, input);
    refusal([&] { fit_worths(3, {}, {.ridge = 0, .names = {}}); }, core::ErrorKind::usage);
}

TEST(Elo, AsInS012) {
    expect_near(elo(2, std::vector<Battle>{{0, 1, 1, 0}}), {1002, 998}, 1e-9);
    // 1002 + 4 (1 - 1 / (1 + 10^-.01))
    expect_near(elo(2, std::vector<Battle>{{0, 1, 1, 0}, {1, 0, 0, 1}}),
                {1003.9769751664, 996.0230248336}, 1e-9);
    // three battles: the mean over all six orders, whose spread is .014
    const std::vector<Battle> battles = {{0, 1, 1, 0}, {1, 2, 1, 0}, {0, 2, .25, .75}};
    expect_near(elo(3, battles, {.orders = 3000}), {1000.9971164622083, 1000.0, 999.002883537792},
                .001);
}

TEST(Elo, SumTiesAndNames) {
    core::Rng rng(12);
    std::vector<Battle> battles = random_battles({2, 1, 0, -1, -2}, 400, rng);
    const std::vector<double> ratings = elo(5, battles);
    EXPECT_NEAR(std::accumulate(ratings.begin(), ratings.end(), 0.0), 5000, 1e-8);
    EXPECT_EQ(ratings, elo(5, battles));
    EXPECT_NE(ratings, elo(5, battles, {.seed = 43}));
    std::vector<Battle> renamed = battles;
    for (Battle& battle : renamed) {
        battle.a = 4 - battle.a;
        battle.b = 4 - battle.b;
    }
    std::vector<double> back = elo(5, renamed);
    std::reverse(back.begin(), back.end());
    expect_near(back, ratings, 1e-9);
    expect_near(elo(3, std::vector<Battle>{{1, 1, 1, 0}, {0, 2, 0, 0}}), {1000, 1000, 1000}, 0);
}

TEST(Elo, StrictOrderComesBack) {
    // S012: an agent with a strict order of 16 values, 300 dilemmas over all pairs: Kendall tau 1
    std::vector<Battle> battles;
    for (int dilemma = 0; dilemma < 300;) {
        for (std::size_t gap = 1; gap < 16; ++gap) {
            for (std::size_t a = 0; a + gap < 16 && dilemma < 300; ++a, ++dilemma) {
                battles.push_back({a, a + gap, 1, 0});
            }
        }
    }
    std::vector<double> place(16);
    for (std::size_t i = 0; i < 16; ++i) place[i] = -static_cast<double>(i);
    const RankOptions ridged = {.ridge = 1e-3, .names = {}};
    EXPECT_EQ(kendall_tau_b(fit_bradley_terry(16, battles, ridged).strengths, place), 1);
    EXPECT_EQ(kendall_tau_b(elo(16, battles), place), 1);
}

TEST(Elo, Refusals) {
    const std::vector<Battle> good = {{0, 1, 1, 0}};
    const auto usage = core::ErrorKind::usage;
    refusal([&] { elo(2, good, {.orders = 0}); }, usage);
    refusal([&] { elo(2, good, {.scale = 0}); }, usage);
    refusal([&] { elo(2, good, {.base = 1}); }, usage);
    refusal([&] { elo(2, good, {.k = std::nan("")}); }, usage);
    refusal([&] { elo(1, {}); }, core::ErrorKind::input);
    refusal([&] { elo(2, std::vector<Battle>{{0, 3, 1, 0}}); }, core::ErrorKind::input);
}

}  // namespace
}  // namespace axia::math
