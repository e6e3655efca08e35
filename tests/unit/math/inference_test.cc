// Reference values: scipy 1.17.1 special.betainc, 2 * stats.t.sf(|t|, df), stats.t.ppf,
// stats.f.ppf, stats.norm.cdf, stats.binomtest(k, n, p).pvalue, stats.wilcoxon(d,
// zero_method='wilcox', correction=False, method='asymptotic'); statsmodels 0.15.0 OLS(y,
// X).fit(cov_type='cluster', cov_kwds={'groups': g}, use_t=True), stats.multitest.multipletests(p,
// method='holm').
#include "axia/math/inference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

/// ((a i^2 + b i + c) mod m) / divisor for i < n.
std::vector<double> formula(int a, int b, int c, int m, int n, double divisor = 1) {
    std::vector<double> values;
    for (int i = 0; i < n; ++i) values.push_back(((a * i * i + b * i + c) % m) / divisor);
    return values;
}

struct Clustered {
    std::vector<double> x = formula(0, 5, 2, 11, 60, 4);
    std::vector<double> y = formula(7, 3, 5, 41, 60, 8);
    std::vector<double> other = formula(5, 11, 1, 37, 60, 8);
    std::vector<int> cluster;  // 7, of 5 to 10

    Clustered() {
        for (double& value : y) value -= 1;
        for (const double id : formula(3, 1, 0, 13, 60)) cluster.push_back(static_cast<int>(id));
    }
};

TEST(Inference, IncompleteBetaAsScipy) {
    const double golden[][4] = {
        {.5, .5, .3, 0.36901011956554536},      {2, 3, .5, 0.6875},
        {50, .5, .999, 0.7523690199653766},     {.01, 4, .1, 0.9924401702746815},
        {300, 200, .58, 0.1803989335827325},    {5000, 5000, .49, 0.02274203232457461},
        {1e5, .5, 1 - 1e-9, 0.9887165987041976}};
    for (const auto& [a, b, x, value] : golden) {
        EXPECT_NEAR(incomplete_beta(a, b, x), value, 1e-10 * value) << a << " " << b << " " << x;
    }
    EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
    EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
    EXPECT_THROW(incomplete_beta(0, 1, .5), core::Error);
    EXPECT_THROW(incomplete_beta(1, 1, 1.5), core::Error);
    EXPECT_THROW(incomplete_beta(1, 1, std::nan("")), core::Error);
}

TEST(Inference, StudentTAsScipy) {
    const double tails[][3] = {{.1, 1, 0.936548965138893},        {2, 5, 0.10193947882985835},
                               {-3.5, 12.5, 0.00413514104576128}, {1e-8, 3, 0.999999992648948},
                               {40, 3, 3.4380680789158506e-05},   {12, 200, 2.422136005246625e-25},
                               {1.96, 1e6, 0.04999606758526985}};
    for (const auto& [t, df, p] : tails)
        EXPECT_NEAR(t_test_p(t, df), p, 1e-9 * p) << t << " " << df;
    const double quantiles[][3] = {{.975, 1, 12.706204736174694},  {.975, 4, 2.7764451051977934},
                                   {.995, 39, 2.707913183517662},  {.6, 2.5, 0.2814595127485477},
                                   {.01, 30, -2.4572615424005915}, {.975, 1e5, 1.9599877075346095}};
    for (const auto& [p, df, t] : quantiles) EXPECT_NEAR(t_quantile(p, df), t, 1e-9) << p << df;
    EXPECT_EQ(t_quantile(.5, 3), 0);
    EXPECT_EQ(t_test_p(0, 3), 1);
    EXPECT_EQ(t_test_p(INFINITY, 3), 0);
    EXPECT_THROW(t_quantile(1, 3), core::Error);
    EXPECT_THROW(t_quantile(.5, 0), core::Error);
    EXPECT_THROW(t_test_p(1, -1), core::Error);
}

TEST(Inference, FAndNormalAsScipy) {
    EXPECT_NEAR(f_quantile(.975, 9, 10), 3.7789626340915734, 1e-11);
    EXPECT_NEAR(f_quantile(.025, 9, 10), 0.2522790156161077, 1e-12);
    EXPECT_NEAR(f_quantile(.95, 1, 200), 3.888374716781671, 1e-11);
    EXPECT_NEAR(f_quantile(.5, 40, 3), 1.2464514806408116, 1e-11);
    EXPECT_THROW(f_quantile(0, 1, 1), core::Error);
    EXPECT_THROW(f_quantile(.5, 1, 0), core::Error);
    EXPECT_NEAR(normal_cdf(-8), 6.22096057427174e-16, 1e-28);
    EXPECT_NEAR(normal_cdf(.3), 0.6179114221889526, 1e-15);
    EXPECT_NEAR(normal_cdf(1.96), 0.9750021048517795, 1e-15);
}

TEST(Inference, ClusteredMeanAsStatsmodels) {
    const Clustered data;
    const Tested mean = clustered_mean(data.y, data.cluster);
    EXPECT_NEAR(mean.estimate.value, 1.8104166666666675, 1e-13);
    EXPECT_NEAR(mean.standard_error, 0.14493905978261606, 1e-13);
    EXPECT_EQ(mean.df, 6);
    EXPECT_NEAR(mean.estimate.ci.lo, 1.4557635635907737, 1e-10);
    EXPECT_NEAR(mean.estimate.ci.hi, 2.165069769742561, 1e-10);
    EXPECT_NEAR(mean.p, 1.6095555422957163e-05, 1e-13);
    const Tested wide = clustered_mean(data.y, data.cluster, .99);
    EXPECT_NEAR(wide.estimate.ci.lo, 1.2730655350441253, 1e-10);
    EXPECT_NEAR(wide.estimate.ci.hi, 2.3477677982892096, 1e-10);
}

TEST(Inference, ClustersOfOneAreTheTTest) {
    // scipy stats.ttest_1samp(y, 0) and its confidence_interval(.95)
    const Clustered data;
    std::vector<int> own(data.y.size());
    std::iota(own.begin(), own.end(), 100);
    const Tested mean = clustered_mean(data.y, own);
    EXPECT_NEAR(mean.estimate.value / mean.standard_error, 8.99539390294233, 1e-11);
    EXPECT_NEAR(mean.p, 1.1627447690018311e-12, 1e-21);
    EXPECT_NEAR(mean.estimate.ci.lo, 1.407695516097704, 1e-10);
    EXPECT_NEAR(mean.estimate.ci.hi, 2.213137817235629, 1e-10);
}

TEST(Inference, PairedDifferenceAsStatsmodels) {
    const Clustered data;
    const Tested shift = paired_difference(data.y, data.other, data.cluster);
    EXPECT_NEAR(shift.estimate.value, -0.3229166666666667, 1e-13);
    EXPECT_NEAR(shift.standard_error, 0.17210953648064464, 1e-13);
    EXPECT_NEAR(shift.estimate.ci.lo, -0.7440535311762251, 1e-10);
    EXPECT_NEAR(shift.estimate.ci.hi, 0.09822019784289171, 1e-10);
    EXPECT_NEAR(shift.p, 0.10972738474555595, 1e-11);
    const Tested none = paired_difference(data.y, data.y, data.cluster);
    EXPECT_EQ(none.estimate.value, 0);
    EXPECT_EQ(none.p, 1);
}

TEST(Inference, ClusteredSlopeAsStatsmodels) {
    const Clustered data;
    const Tested slope = clustered_slope(data.x, data.y, data.cluster);
    EXPECT_NEAR(slope.estimate.value, 0.15932245506502077, 1e-13);
    EXPECT_NEAR(slope.standard_error, 0.3606674874932286, 1e-13);
    EXPECT_EQ(slope.df, 6);
    EXPECT_NEAR(slope.estimate.ci.lo, -0.7231990944048436, 1e-10);
    EXPECT_NEAR(slope.estimate.ci.hi, 1.0418440045348851, 1e-10);
    EXPECT_NEAR(slope.p, 0.6741505637963241, 1e-11);
}

TEST(Inference, ClusteredRefusals) {
    const std::vector<double> two = {1, 2}, three = {1, 2, 4}, bad = {1, std::nan("")};
    EXPECT_THROW(clustered_mean(two, std::vector<int>{1}), core::Error);
    EXPECT_THROW(clustered_mean(two, std::vector<int>{1, 1}), core::Error);
    EXPECT_THROW(clustered_mean({}, {}), core::Error);
    EXPECT_THROW(clustered_mean(bad, std::vector<int>{1, 2}), core::Error);
    EXPECT_THROW(clustered_mean(two, std::vector<int>{1, 2}, 1), core::Error);
    EXPECT_THROW(paired_difference(two, three, std::vector<int>{1, 2}), core::Error);
    EXPECT_THROW(clustered_slope(two, two, std::vector<int>{1, 2}), core::Error);
    EXPECT_THROW(clustered_slope(std::vector<double>{1, 1, 1}, three, std::vector<int>{1, 2, 3}),
                 core::Error);
    EXPECT_THROW(clustered_slope(three, two, std::vector<int>{1, 2, 3}), core::Error);
}

TEST(Inference, HolmAsStatsmodels) {
    const std::vector<double> p = {.01, .04, .03, .005, .2, .04, .9};
    const std::vector<double> golden = {.06, .16, .15, .035, .4, .16, .9};
    const std::vector<double> adjusted = holm(p);
    ASSERT_EQ(adjusted.size(), golden.size());
    for (std::size_t i = 0; i < golden.size(); ++i) EXPECT_NEAR(adjusted[i], golden[i], 1e-15) << i;
    EXPECT_TRUE(holm({}).empty());
    EXPECT_EQ(holm(std::vector<double>{.8, .9}), (std::vector<double>{1, 1}));
    EXPECT_THROW(holm(std::vector<double>{1.1}), core::Error);
    EXPECT_THROW(holm(std::vector<double>{std::nan("")}), core::Error);
}

TEST(Inference, BinomialTestAsScipy) {
    struct Golden {
        std::size_t k, n;
        double p, value;
    };
    const Golden golden[] = {{3, 10, .5, 0.34375},
                             {7, 10, .5, 0.34375},
                             {0, 10, .5, 0.001953125},
                             {5, 10, .5, 1},
                             {40, 100, .3, 0.03745142924579409},
                             {2, 1000, .01, 0.005967791781518967},
                             {999, 1000, .99, 0.0011310695918519721},
                             {0, 5, .2, 0.5904},
                             {520, 1000, .5, 0.2174482932041415},
                             {11, 20, .37, 0.10753662723490792}};
    for (const Golden& g : golden) {
        EXPECT_NEAR(binomial_test(g.k, g.n, g.p), g.value, 1e-11 * g.value) << g.k << " " << g.n;
    }
    EXPECT_EQ(binomial_test(0, 0), 1);
    EXPECT_EQ(binomial_test(0, 4, 0), 1);
    EXPECT_EQ(binomial_test(1, 4, 0), 0);
    EXPECT_EQ(binomial_test(4, 4, 1), 1);
    EXPECT_THROW(binomial_test(5, 4), core::Error);
    EXPECT_THROW(binomial_test(1, 4, -.1), core::Error);
}

TEST(Inference, SignAndSignedRankAsScipy) {
    std::vector<double> d = formula(7, 3, 5, 23, 30);
    for (double& value : d) value = (value - 9) / 2;  // 18 above 0, 10 below, 2 equal to it; ties
    EXPECT_NEAR(sign_test(d), 0.1849333420395851, 1e-12);  // binomtest(18, 28)
    const SignedRank result = wilcoxon_signed_rank(d);
    EXPECT_EQ(result.n, 28u);
    EXPECT_EQ(result.statistic, 109);
    EXPECT_NEAR(result.z, 2.1449674091112527, 1e-13);  // scipy's sign is that of the smaller sum
    EXPECT_NEAR(result.p, 0.031955452852463324, 1e-13);
    for (double& value : d) value = -value;
    EXPECT_NEAR(wilcoxon_signed_rank(d).z, -2.1449674091112527, 1e-13);
    EXPECT_EQ(sign_test({}), 1);
    EXPECT_THROW(sign_test(std::vector<double>{std::nan("")}), core::Error);
    EXPECT_THROW(wilcoxon_signed_rank({}), core::Error);
    EXPECT_THROW(wilcoxon_signed_rank(std::vector<double>{0, 0}), core::Error);
    EXPECT_THROW(wilcoxon_signed_rank(std::vector<double>{1, INFINITY}), core::Error);
}

TEST(Inference, SignTestKeepsItsLevel) {
    // S018: no effect is called one at .05 in at most 7 per cent of 1000 runs
    core::Rng rng(18);
    int rejected = 0;
    for (int run = 0; run < 1000; ++run) {
        std::vector<double> values(50);
        for (double& value : values) value = rng.normal();
        rejected += sign_test(values) <= .05;
    }
    EXPECT_LE(rejected, 70);
    EXPECT_GE(rejected, 10);
}

TEST(Inference, ClusteredIntervalCoversTheTruth) {
    // 25 clusters of 1 to 8 with a shared part: 95 per cent nominal, binomial spread over 600 runs
    // .9; the same data as if independent covers far less
    core::Rng rng(19);
    int covered = 0, naive = 0;
    for (int run = 0; run < 600; ++run) {
        std::vector<double> values;
        std::vector<int> cluster, own;
        for (int c = 0; c < 25; ++c) {
            const double shared = rng.normal();
            for (std::uint64_t i = 0; i <= rng.below(8); ++i) {
                values.push_back(1 + shared + .5 * rng.normal());
                cluster.push_back(c);
                own.push_back(static_cast<int>(own.size()));
            }
        }
        const Interval honest = clustered_mean(values, cluster).estimate.ci;
        const Interval wrong = clustered_mean(values, own).estimate.ci;
        covered += honest.lo <= 1 && 1 <= honest.hi;
        naive += wrong.lo <= 1 && 1 <= wrong.hi;
    }
    EXPECT_GE(covered, .91 * 600);
    EXPECT_LE(covered, .98 * 600);
    EXPECT_LT(naive, .85 * 600);
}

}  // namespace
}  // namespace axia::math
