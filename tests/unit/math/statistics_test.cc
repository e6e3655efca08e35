// Reference values: scipy 1.17.1 stats.norm.ppf, stats.binomtest(s, n).proportion_ci(level,
// 'wilson'), stats.mannwhitneyu; numpy 2.4.6 quantile, std(ddof=1).
#include "axia/math/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

const std::vector<double> eight = {3, 1, 4, 1, 5, 9, 2, 6};

TEST(Statistics, NormalQuantile) {
    const double pairs[][2] = {{1e-300, -37.0470962993612}, {1e-12, -7.034483825301131},
                               {.001, -3.090232306167813},  {.02425, -1.972961051311885},
                               {.3, -0.5244005127080409},   {.975, 1.959963984540054}};
    for (const auto& [p, z] : pairs) EXPECT_NEAR(normal_quantile(p), z, 2e-14 * std::fabs(z)) << p;
    EXPECT_NEAR(normal_quantile(.5), 0, 1e-16);
    EXPECT_NEAR(normal_quantile(.999999), 4.753424308817087, 1e-10);
    EXPECT_THROW(normal_quantile(0), core::Error);
    EXPECT_THROW(normal_quantile(1), core::Error);
    EXPECT_THROW(normal_quantile(std::nan("")), core::Error);
}

TEST(Statistics, Wilson) {
    const Interval some = wilson(7, 10);
    EXPECT_NEAR(some.lo, 0.39677814746114526, 1e-13);
    EXPECT_NEAR(some.hi, 0.892208732593699, 1e-13);
    const Interval many = wilson(250, 300, .9);
    EXPECT_NEAR(many.lo, 0.7949952062493436, 1e-13);
    EXPECT_NEAR(many.hi, 0.8657128789672376, 1e-13);
    const Interval none = wilson(0, 20);
    EXPECT_EQ(none.lo, 0);
    EXPECT_NEAR(none.hi, 0.16112515805281935, 1e-13);
    const Interval all = wilson(12, 12, .99);
    EXPECT_NEAR(all.lo, 0.643953130351278, 1e-13);
    EXPECT_EQ(all.hi, 1);
    EXPECT_EQ(wilson(0, 0).lo, 0);
    EXPECT_EQ(wilson(0, 0).hi, 1);
    EXPECT_THROW(wilson(3, 2), core::Error);
    EXPECT_THROW(wilson(1, 2, 1), core::Error);
}

TEST(Statistics, QuantilesAsNumpy) {
    const double expected[][2] = {{0, 1}, {.1, 1}, {.25, 1.75}, {.5, 3.5}, {.77, 5.39}, {1, 9}};
    for (const auto& [q, value] : expected) EXPECT_NEAR(quantile(eight, q), value, 1e-14) << q;
    EXPECT_EQ(median(eight), 3.5);
    EXPECT_EQ(median({7}), 7);
    EXPECT_EQ(quantile({1, INFINITY}, 0), 1);
    EXPECT_THROW(median({}), core::Error);
    EXPECT_THROW(median({1, std::nan("")}), core::Error);
    EXPECT_THROW(quantile(eight, 1.1), core::Error);
}

TEST(Statistics, MeanAndStandardError) {
    EXPECT_DOUBLE_EQ(mean(eight), 31.0 / 8);
    EXPECT_NEAR(standard_error(eight), 0.9716977043151993, 1e-15);
    EXPECT_THROW(mean({}), core::Error);
    EXPECT_THROW(standard_error(std::vector<double>{1}), core::Error);
}

TEST(Statistics, AreaUnderCurve) {
    const std::vector<double> positive = {.9, .8, .5, .5, .3, .7}, negative = {.1, .5, .4, .8, .2};
    EXPECT_DOUBLE_EQ(area_under_curve(positive, negative), .75);
    EXPECT_DOUBLE_EQ(area_under_curve(negative, positive), .25);
    EXPECT_DOUBLE_EQ(area_under_curve(positive, positive), .5);
    EXPECT_THROW(area_under_curve({}, negative), core::Error);
    EXPECT_THROW(area_under_curve(positive, {}), core::Error);

    core::Rng rng(5);  // against the definition, with many ties
    for (int round = 0; round < 50; ++round) {
        std::vector<double> a(1 + rng.below(30)), b(1 + rng.below(30));
        for (double& v : a) v = static_cast<double>(rng.below(8));
        for (double& v : b) v = static_cast<double>(rng.below(8));
        double wins = 0;
        for (const double p : a) {
            for (const double n : b) wins += p > n ? 1 : p == n ? .5 : 0;
        }
        EXPECT_NEAR(area_under_curve(a, b), wins / static_cast<double>(a.size() * b.size()), 1e-14);
    }
}

TEST(Bootstrap, SameSeedSameInterval) {
    const Estimate one = bootstrap_mean(eight, 7), two = bootstrap_mean(eight, 7);
    EXPECT_EQ(one.value, 31.0 / 8);
    EXPECT_EQ(one.ci.lo, two.ci.lo);
    EXPECT_EQ(one.ci.hi, two.ci.hi);
    EXPECT_LT(one.ci.lo, one.value);
    EXPECT_GT(one.ci.hi, one.value);
    const Estimate wide = bootstrap_mean(eight, 7, 2000, .99);
    EXPECT_LT(wide.ci.lo, one.ci.lo);
    EXPECT_GT(wide.ci.hi, one.ci.hi);
    const Estimate other = bootstrap_mean(eight, 8);
    EXPECT_TRUE(other.ci.lo != one.ci.lo || other.ci.hi != one.ci.hi);
}

TEST(Bootstrap, MeanIntervalIsNormalOnManyValues) {
    // 400 values: half width = 1.96 sd / 20 up to the error of 4000 draws (about 3 per cent)
    core::Rng rng(11);
    std::vector<double> values(400);
    for (double& v : values) v = rng.normal();
    const Estimate e = bootstrap_mean(values, 3, 4000);
    const double half = 1.96 * standard_error(values) * std::sqrt(399.0 / 400);
    EXPECT_NEAR(e.ci.hi - e.value, half, .1 * half);
    EXPECT_NEAR(e.value - e.ci.lo, half, .1 * half);
}

TEST(Bootstrap, CoversTheTruth) {
    // percentile interval of 40 normal values: about 94 per cent by theory; binomial spread over
    // 600 runs 1.0
    core::Rng rng(12);
    int covered = 0;
    for (int run = 0; run < 600; ++run) {
        std::vector<double> values(40);
        for (double& v : values) v = 2 + rng.normal();
        const Estimate e = bootstrap_mean(values, static_cast<std::uint64_t>(run), 400);
        covered += e.ci.lo <= 2 && 2 <= e.ci.hi;
    }
    EXPECT_GE(covered, .90 * 600);
    EXPECT_LE(covered, .98 * 600);
}

TEST(Bootstrap, ClustersMakeTheIntervalHonest) {
    // 20 clusters of 10 equal values carry 20 units, not 200: sqrt(10) times the width
    core::Rng rng(13);
    std::vector<double> values;
    std::vector<int> cluster;
    for (int c = 0; c < 20; ++c) {
        const double v = rng.normal();
        for (int i = 0; i < 10; ++i) {
            values.push_back(v);
            cluster.push_back(1000 - 7 * c);
        }
    }
    const Estimate plain = bootstrap_mean(values, 1),
                   honest = bootstrap_mean_clustered(values, cluster, 1);
    EXPECT_DOUBLE_EQ(plain.value, honest.value);
    EXPECT_NEAR((honest.ci.hi - honest.ci.lo) / (plain.ci.hi - plain.ci.lo), std::sqrt(10.0), .35);

    std::vector<int> own(values.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<int>(i);
    EXPECT_EQ(bootstrap_mean_clustered(values, own, 1).ci.lo, plain.ci.lo);  // units of one
    EXPECT_THROW(bootstrap_mean_clustered(values, std::vector<int>{1}, 1), core::Error);
}

TEST(Bootstrap, StatisticSeesUnitsInOrderFirst) {
    std::vector<std::size_t> first;
    std::set<std::size_t> seen;
    const Estimate e = bootstrap_statistic(8, 7, 2000, [&](std::span<const std::size_t> units) {
        if (first.empty()) first.assign(units.begin(), units.end());
        double sum = 0;
        for (const std::size_t unit : units) {
            seen.insert(unit);
            sum += eight[unit];
        }
        return sum / 8;
    });
    EXPECT_EQ(first, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(seen.size(), 8u);
    const Estimate same = bootstrap_mean(eight, 7);
    EXPECT_EQ(e.value, same.value);
    EXPECT_EQ(e.ci.lo, same.ci.lo);
    EXPECT_EQ(e.ci.hi, same.ci.hi);
}

TEST(Bootstrap, DrawsThatAreNotNumbersAreLeftOut) {
    int call = 0;
    const auto odd = [&](std::span<const std::size_t>) { return call++ % 2 ? std::nan("") : 1.5; };
    EXPECT_EQ(bootstrap_statistic(3, 1, 10, odd).ci.hi, 1.5);
    const auto never = [](std::span<const std::size_t>) { return std::nan(""); };
    EXPECT_THROW(bootstrap_statistic(3, 1, 10, never), core::Error);
}

TEST(Bootstrap, RefusesWhatItCannotResample) {
    EXPECT_THROW(bootstrap_mean({}, 1), core::Error);
    EXPECT_THROW(bootstrap_mean(eight, 1, 0), core::Error);
    EXPECT_THROW(bootstrap_mean(eight, 1, 10, 0), core::Error);
    const std::vector<double> bad = {1, 2, std::nan("")};
    try {
        bootstrap_mean(bad, 1);
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_STREQ(error.what(), "value 2: value is not finite");
    }
}

}  // namespace
}  // namespace axia::math
