#include "axia/math/conformal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

TEST(Conformal, RankByHand) {
    // n = 9, alpha = .1: ceil(10 * .9) = 9th of 9; alpha = .5: 5th; alpha = .05: ceil(9.5) = 10 > 9
    const std::vector<double> scores = {9, 3, 7, 1, 5, 8, 2, 6, 4};
    EXPECT_EQ(conformal_threshold(scores, .1), 9);
    EXPECT_EQ(conformal_threshold(scores, .2), 8);
    EXPECT_EQ(conformal_threshold(scores, .5), 5);
    EXPECT_EQ(conformal_threshold(scores, .95), 1);
    EXPECT_EQ(conformal_threshold(scores, .999), 1);
    EXPECT_EQ(conformal_threshold(scores, .05), INFINITY);
    EXPECT_EQ(conformal_threshold({}, .5), INFINITY);
    EXPECT_EQ(conformal_threshold({1, INFINITY}, .4), INFINITY);
}

TEST(Conformal, RoundingOfOneMinusAlphaCostsNoRank) {
    // (n + 1)(1 - alpha) is whole for alpha = k / (n + 1): then the rank is exactly n + 1 - k
    for (int n = 1; n <= 400; ++n) {
        std::vector<double> scores(static_cast<std::size_t>(n));
        for (int i = 0; i < n; ++i) scores[static_cast<std::size_t>(i)] = i + 1;
        for (int k = 1; k <= n; ++k) {
            ASSERT_EQ(conformal_threshold(scores, static_cast<double>(k) / (n + 1)), n + 1 - k)
                << n << " " << k;
        }
        if (n > 60) n += 13;
    }
}

TEST(Conformal, Refuses) {
    EXPECT_THROW(conformal_threshold({1}, 0), core::Error);
    EXPECT_THROW(conformal_threshold({1}, 1), core::Error);
    EXPECT_THROW(conformal_threshold({1}, std::nan("")), core::Error);
    EXPECT_THROW(conformal_threshold({1, std::nan("")}, .1), core::Error);
}

class ConformalCoverage : public testing::TestWithParam<std::tuple<int, double>> {};

// 1 - alpha <= P(new <= t) <= 1 - alpha + 1 / (n + 1) for continuous scores, here skewed ones. The
// uniform image of t is known, so every run gives its coverage without drawing the new score.
TEST_P(ConformalCoverage, HoldsAndIsNearlyExact) {
    const auto [n, alpha] = GetParam();
    core::Rng rng(1000 + static_cast<std::uint64_t>(n) + static_cast<std::uint64_t>(1e4 * alpha));
    const int runs = 20000;
    double sum = 0, squares = 0;
    for (int run = 0; run < runs; ++run) {
        std::vector<double> scores(static_cast<std::size_t>(n));
        for (double& score : scores) score = -std::log(1 - rng.uniform());
        const double t = conformal_threshold(std::move(scores), alpha);
        const double covered = 1 - std::exp(-t);
        sum += covered;
        squares += covered * covered;
    }
    const double coverage = sum / runs;
    const double error = std::sqrt(std::max(0.0, squares / runs - coverage * coverage) / runs);
    EXPECT_GE(coverage, 1 - alpha - 4 * error);
    EXPECT_LE(coverage, 1 - alpha + 1.0 / (n + 1) + 4 * error);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ConformalCoverage,
                         testing::Combine(testing::Values(1, 5, 9, 20, 50, 123),
                                          testing::Values(.01, .05, .1, .25, .5)));

TEST(Conformal, TiesOnlyRaiseCoverage) {
    core::Rng rng(3);
    const int runs = 20000;
    int over = 0;
    for (int run = 0; run < runs; ++run) {
        std::vector<double> scores(30);
        for (double& score : scores) score = static_cast<double>(rng.below(4));
        over += static_cast<double>(rng.below(4)) > conformal_threshold(scores, .2);
    }
    EXPECT_LE(over, .2 * runs + 4 * std::sqrt(.16 * runs));
}

}  // namespace
}  // namespace axia::math
