// Reference values: scikit-learn 1.9.1 metrics.cohen_kappa_score, krippendorff 0.9.0 alpha(data,
// level_of_measurement=...), pingouin 0.7.0 cronbach_alpha and intraclass_corr (ICC1, interval from
// scipy stats.f.ppf), scipy 1.17.1 stats.pearsonr (confidence_interval), spearmanr, kendalltau.
#include "axia/math/agreement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

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

TEST(Agreement, KappaAsScikitLearn) {
    std::vector<int> a, b, two, opposite;
    for (int i = 0; i < 50; ++i) {
        const int three = (3 * i * i + 5 * i + 1) % 7;
        a.push_back(three % 4);
        b.push_back((i * i + 2 * i) % 5 < 3 ? a.back() : (2 * i * i + i + 3) % 7 % 4);
        two.push_back(three % 2);
        opposite.push_back(1 - three % 2);
    }
    EXPECT_NEAR(cohen_kappa(a, b), 0.37275985663082445, 1e-12);
    EXPECT_NEAR(cohen_kappa(b, a), 0.37275985663082445, 1e-12);
    EXPECT_NEAR(cohen_kappa(two, opposite), -0.9716088328075709, 1e-12);
    EXPECT_EQ(cohen_kappa(a, a), 1);
    const std::vector<int> same(50, 3);
    EXPECT_NEAR(cohen_kappa(a, same), 0, 1e-15);
    EXPECT_THROW(cohen_kappa(same, same), core::Error);
    EXPECT_THROW(cohen_kappa({}, {}), core::Error);
    EXPECT_THROW(cohen_kappa(a, std::vector<int>{1}), core::Error);
}

TEST(Agreement, KrippendorffsOwnExample) {
    // 4 observers, 12 units with missing ratings (Krippendorff 2011); published: .743 .815 .849
    const double n = std::nan("");
    const std::vector<double> ratings = {1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n, 1, 2, 3, 3,
                                         2, 2, 4, 1, 2, 5, n, 3, n, 3, 3, 3, 2, 3, 4, 2,
                                         2, 5, 1, n, 1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n};
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::nominal), 0.743421052631579, 1e-13);
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::ordinal), 0.8153875037548814, 1e-13);
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::interval), 0.8491071428571428, 1e-13);
}

TEST(Agreement, KrippendorffOfManyValues) {
    std::vector<double> ratings = formula(5, 3, 2, 19, 80, 4);
    const std::vector<double> missing = formula(1, 3, 1, 5, 80);
    for (std::size_t i = 0; i < ratings.size(); ++i) {
        if (missing[i] == 0) ratings[i] = std::nan("");
    }
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::nominal), -0.05286103542234355, 1e-13);
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::ordinal), -0.07284807727914466, 1e-13);
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::interval), -0.06734313145561255, 1e-13);
    for (double& rating : ratings) rating = 3 * rating + 7;  // no level minds another unit
    EXPECT_NEAR(krippendorff_alpha(ratings, 4, Level::interval), -0.06734313145561255, 1e-12);
}

TEST(Agreement, KrippendorffRefusals) {
    const double n = std::nan("");
    const std::vector<double> some = {1, 2, 1, 2};
    EXPECT_EQ(krippendorff_alpha(some, 2, Level::nominal), 1);
    EXPECT_THROW(krippendorff_alpha(some, 3, Level::nominal), core::Error);
    EXPECT_THROW(krippendorff_alpha(some, 1, Level::nominal), core::Error);
    EXPECT_THROW(krippendorff_alpha(std::vector<double>{1, n, n, 2}, 2, Level::nominal),
                 core::Error);
    EXPECT_THROW(krippendorff_alpha(std::vector<double>{1, 1, 1, 1}, 2, Level::nominal),
                 core::Error);
    EXPECT_THROW(krippendorff_alpha(std::vector<double>{1, 2, 1, INFINITY}, 2, Level::interval),
                 core::Error);
}

TEST(Agreement, CronbachAsPingouin) {
    std::vector<double> answers = formula(5, 2, 1, 9, 120);
    const std::vector<double> person = formula(0, 3, 1, 7, 24);
    for (std::size_t i = 0; i < answers.size(); ++i) answers[i] += person[i / 5];
    EXPECT_NEAR(cronbach_alpha(answers, 5), .625, 1e-12);
    EXPECT_THROW(cronbach_alpha(answers, 7), core::Error);
    EXPECT_THROW(cronbach_alpha(answers, 0), core::Error);
    EXPECT_THROW(cronbach_alpha(answers, 1), core::Error);
    EXPECT_THROW(cronbach_alpha(answers, 120), core::Error);  // one row
    EXPECT_THROW(cronbach_alpha(std::vector<double>{1, 2, 2, 1}, 2), core::Error);
    EXPECT_THROW(cronbach_alpha(std::vector<double>{1, 2, 2, std::nan("")}, 2), core::Error);
}

TEST(Agreement, CorrelationsAsScipy) {
    const std::vector<double> u = formula(7, 3, 5, 41, 40, 8), w = formula(2, 5, 0, 6, 40),
                              z = formula(1, 1, 0, 4, 40);
    std::vector<double> v = formula(3, 1, 4, 13, 40, 4);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] += u[i] / 2;
    EXPECT_NEAR(pearson(u, v), 0.8276555500800081, 1e-13);
    EXPECT_NEAR(spearman(u, v), 0.7940914710690223, 1e-13);
    EXPECT_NEAR(spearman(u, w), 0.0121738558704157, 1e-13);
    EXPECT_NEAR(kendall_tau_b(u, v), 0.617506627823267, 1e-13);
    EXPECT_NEAR(kendall_tau_b(u, w), 0.021164196492271036, 1e-13);
    EXPECT_NEAR(kendall_tau_b(w, z), -0.020851441405707476, 1e-13);
    EXPECT_EQ(ranks(std::vector<double>{5, 1, 5, 7}), (std::vector<double>{2.5, 1, 2.5, 4}));

    const Estimate retest = retest_correlation(u, v);
    EXPECT_NEAR(retest.value, 0.8276555500800081, 1e-13);
    EXPECT_NEAR(retest.ci.lo, 0.6954484075263193, 1e-12);
    EXPECT_NEAR(retest.ci.hi, 0.9056643142919334, 1e-12);
    EXPECT_NEAR(retest_correlation(u, v, .9).ci.lo, 0.7212449491038002, 1e-12);
    const Estimate perfect = retest_correlation(u, u);
    EXPECT_EQ(perfect.value, 1);
    EXPECT_EQ(perfect.ci.lo, 1);
}

TEST(Agreement, TauByDefinition) {
    core::Rng rng(4);
    for (int round = 0; round < 40; ++round) {
        std::vector<double> x(2 + rng.below(30)), y(x.size());
        for (double& value : x) value = static_cast<double>(rng.below(6));
        for (double& value : y) value = static_cast<double>(rng.below(6));
        x[0] = -1;  // so that both vary
        y[1] = -1;
        double agree = 0, x_apart = 0, y_apart = 0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            for (std::size_t j = i + 1; j < x.size(); ++j) {
                const double product = (x[i] - x[j]) * (y[i] - y[j]);
                agree += product > 0 ? 1 : product < 0 ? -1 : 0;
                x_apart += x[i] != x[j];
                y_apart += y[i] != y[j];
            }
        }
        EXPECT_NEAR(kendall_tau_b(x, y), agree / std::sqrt(x_apart * y_apart), 1e-13);
    }
}

TEST(Agreement, CorrelationRefusals) {
    using Correlation = double (*)(std::span<const double>, std::span<const double>);
    const std::vector<double> two = {1, 2}, flat = {3, 3}, bad = {1, std::nan("")};
    for (const Correlation correlation : {&pearson, &spearman, &kendall_tau_b}) {
        EXPECT_THROW(correlation(two, flat), core::Error);
        EXPECT_THROW(correlation(flat, two), core::Error);
        EXPECT_THROW(correlation(two, bad), core::Error);
        EXPECT_THROW(correlation(two, std::vector<double>{1}), core::Error);
        EXPECT_THROW(correlation({}, {}), core::Error);
    }
    const std::vector<double> three = {1, 2, 4}, four = {1, 2, 4, 3};
    EXPECT_THROW(retest_correlation(three, three), core::Error);
    EXPECT_THROW(retest_correlation(four, four, 0), core::Error);
    EXPECT_THROW(ranks(bad), core::Error);
}

TEST(Agreement, IntraclassAsPingouin) {
    std::vector<double> scores = formula(5, 2, 1, 9, 60, 2);
    const std::vector<double> item = formula(0, 3, 1, 7, 20);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] += item[i / 3];
    const Estimate icc = intraclass_correlation(scores, 3);
    EXPECT_NEAR(icc.value, 0.5262443438914026, 1e-13);
    EXPECT_NEAR(icc.ci.lo, 0.26407828876197414, 1e-10);
    EXPECT_NEAR(icc.ci.hi, 0.7522117367539003, 1e-10);
    EXPECT_EQ(intraclass_correlation(std::vector<double>{1, 1, 2, 2, 5, 5}, 2).value, 1);
    EXPECT_THROW(intraclass_correlation(std::vector<double>{1, 1, 1, 1}, 2), core::Error);
    EXPECT_THROW(intraclass_correlation(scores, 7), core::Error);
    EXPECT_THROW(intraclass_correlation(scores, 1), core::Error);
    EXPECT_THROW(intraclass_correlation(scores, 3, 1), core::Error);
}

}  // namespace
}  // namespace axia::math
