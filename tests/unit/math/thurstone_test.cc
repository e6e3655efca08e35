// Reference values: statsmodels 0.15.0 GLM(p, signed incidence, Binomial(links.Probit())) for one
// variance; scipy 1.17.1 minimize(method='L-BFGS-B', gtol=1e-12) of the same mean cross-entropy in
// (means, log variances) from 30 random starts, the best, for one variance each.
#include "axia/math/thurstone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <set>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/agreement.h"
#include "axia/math/inference.h"
#include "math/normal_tail.h"

namespace axia::math {
namespace {

using testing::HasSubstr;

void expect_near(const std::vector<double>& values, const std::vector<double>& golden,
                 double within) {
    ASSERT_EQ(values.size(), golden.size());
    for (std::size_t i = 0; i < golden.size(); ++i) EXPECT_NEAR(values[i], golden[i], within) << i;
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

/// Options with planted utilities; the probability that a is preferred to b.
struct Planted {
    std::vector<double> means, variances;

    double probability(std::size_t a, std::size_t b) const {
        return normal_cdf((means[a] - means[b]) / std::sqrt(variances[a] + variances[b]));
    }
    std::vector<Battle> all_pairs() const {
        std::vector<Battle> battles;
        for (std::size_t a = 0; a < means.size(); ++a) {
            for (std::size_t b = a + 1; b < means.size(); ++b) {
                const double p = probability(a, b);
                battles.push_back({a, b, p, 1 - p});
            }
        }
        return battles;
    }
};

Planted random_options(std::size_t count, core::Rng& rng) {
    Planted planted;
    for (std::size_t i = 0; i < count; ++i) {
        planted.means.push_back(rng.normal());
        planted.variances.push_back(.1 + rng.uniform());
    }
    return planted;
}

TEST(NormalTails, AsScipy) {
    // log_ndtr(x), log_ndtr(-x) and norm.pdf(x) / ndtr(+-x) of scipy 1.17.1 special
    Eigen::ArrayXd x(5);
    x << -30, -1.5, 0, .75, 6;
    const NormalTails tails = normal_tails(x);
    const double below[] = {-454.32124395634327, -2.7059444008238898, -0.6931471805599453,
                            -0.25699426683836524, -9.86587645524372e-10};
    const double above[] = {-4.906713927147908e-198, -0.06914345561223399, -0.6931471805599453,
                            -1.484448229919656, -20.73676894997471};
    for (int i = 0; i < 5; ++i) {
        EXPECT_NEAR(tails.log_below[i], below[i], 1e-14 * (1 + std::fabs(below[i]))) << x[i];
        EXPECT_NEAR(tails.log_above[i], above[i], 1e-14 * (1 + std::fabs(above[i]))) << x[i];
        const double density = std::exp(-x[i] * x[i] / 2 - .9189385332046727);
        EXPECT_NEAR(tails.hazard_below[i] / (density / std::exp(below[i])), 1, 1e-12) << x[i];
        EXPECT_NEAR(tails.hazard_above[i] / (density / std::exp(above[i])), 1, 1e-12) << x[i];
    }
}

TEST(Thurstone, OneVarianceAsProbitRegression) {
    std::vector<Battle> battles;
    std::size_t k = 0;
    for (std::size_t a = 0; a < 6; ++a) {
        for (std::size_t b = a + 1; b < 6; ++b, ++k) {
            const double p = static_cast<double>((37 * k * k + 11 * k) % 89) / 100 + .05;
            battles.push_back({a, b, p, 1 - p});
        }
    }
    ThurstoneOptions options;
    options.equal_variance = true;
    const ThurstoneFit fit = fit_thurstone(6, battles, options);
    EXPECT_TRUE(fit.converged);
    expect_near(fit.means,
                {-1.2247073312977186, 0.04083350922184117, 1.8217056383361379, -1.0319095768706912,
                 0.33365353710173407, 0.06042422350869659},
                1e-6);
    for (const double variance : fit.variances) EXPECT_NEAR(variance, 7.569559429130676, 1e-5);
    EXPECT_NEAR(fit.log_loss, 0.6454681749384946, 1e-12);
    EXPECT_LE(fit.gradient, 1e-7);
}

TEST(Thurstone, OwnVariancesAsScipy) {
    const std::size_t n = 14;
    Planted planted;
    for (std::size_t i = 0; i < n; ++i) {
        planted.means.push_back(static_cast<double>((7 * i * i + 3 * i) % 29) / 10);
        planted.variances.push_back(.2 + static_cast<double>((5 * i * i + i) % 11) / 10);
    }
    std::vector<Battle> battles = planted.all_pairs();
    for (std::size_t k = 0; k < battles.size(); ++k) {  // some noise, and to tenths
        const double noise = (static_cast<double>((3 * k * k + k) % 5) - 2) * .3;
        const double p = std::clamp(std::round(10 * battles[k].wins_a + noise) / 10, 0.0, 1.0);
        battles[k].wins_a = p;
        battles[k].wins_b = 1 - p;
    }
    ThurstoneOptions options;
    options.tolerance = 1e-13;
    const ThurstoneFit fit = fit_thurstone(n, battles, options);
    EXPECT_TRUE(fit.converged);
    EXPECT_NEAR(fit.log_loss, 0.576473547105447, 1e-6);
    expect_near(
        fit.means,
        {-1.39398121, 0.34622027, -0.65853375, 1.13068241, 0.00374251, 1.34225317, 0.18162975,
         1.39145995, 0.05121024, 0.89530159, -0.81608999, 0.36863645, -2.05685804, -0.78567336},
        1e-4);
    expect_near(
        fit.variances,
        {0, 2.50277035, 1.86667441, 2.75315687, 2.70244811, 4.09187745, 3.18006450, 3.77902603,
         5.12201459, 1.31450210, 1.31101003, 0.336133098, 7.23961181, 1.68956780},
        1e-3);
    // the default stops within 1e-6 of that
    EXPECT_NEAR(fit_thurstone(n, battles).log_loss, 0.576473547105447, 1e-6);
}

TEST(Thurstone, ExactProbabilitiesGiveTheUtilitiesBack) {
    // S022: 40 options, Pearson above .999, held-out accuracy 1 on pairs with |z| > .2
    core::Rng rng(22);
    const Planted planted = random_options(40, rng);
    std::vector<Battle> battles = planted.all_pairs();
    std::erase_if(battles,
                  [&](const Battle& battle) { return std::fabs(battle.wins_a - .5) < .08; });
    ThurstoneOptions options;
    options.held_out = .2;
    const ThurstoneFit fit = fit_thurstone(40, battles, options);
    EXPECT_GT(pearson(fit.means, planted.means), .999);
    EXPECT_EQ(fit.held_out, static_cast<std::size_t>(.2 * static_cast<double>(battles.size())));
    EXPECT_EQ(fit.held_out_accuracy, 1);
    EXPECT_EQ(fit.accuracy, 1);
    EXPECT_LT(std::fabs(*fit.held_out_log_loss - fit.log_loss), .1);
    double sum = 0, squares = 0;
    for (const double mean : fit.means) {
        sum += mean;
        squares += mean * mean;
    }
    EXPECT_NEAR(sum, 0, 1e-10);
    EXPECT_NEAR(squares / 40, 1, 1e-12);
    for (const Battle& battle : battles) {
        EXPECT_NEAR(thurstone_probability(fit, battle.a, battle.b), battle.wins_a, .02);
    }
    EXPECT_EQ(fit.means, fit_thurstone(40, battles, options).means);
    options.seed = 43;
    EXPECT_NE(fit.means, fit_thurstone(40, battles, options).means);
}

TEST(Thurstone, CertainPairsCountAsWon) {
    // S022: 150 of 780 pairs asked ten times; what the fit is sure of is so, and helps the rest
    core::Rng rng(25);
    const Planted planted = random_options(40, rng);
    std::vector<Pair> asked = starting_pairs(40, 1);
    while (asked.size() < 150) {
        const Pair pair = std::minmax<std::size_t>({rng.below(40), rng.below(40)});
        if (pair.first != pair.second &&
            std::find(asked.begin(), asked.end(), pair) == asked.end()) {
            asked.push_back(pair);
        }
    }
    std::vector<Battle> battles;
    for (const auto& [a, b] : asked) {
        double wins = 0;
        for (int i = 0; i < 10; ++i) wins += rng.uniform() < planted.probability(a, b);
        battles.push_back({a, b, wins / 10, 1 - wins / 10});
    }
    ThurstoneOptions options;
    options.held_out = .05;
    const ThurstoneFit plain = fit_thurstone(40, battles, options);
    EXPECT_EQ(plain.certain, 0u);
    options.certain = .95;
    const ThurstoneFit fit = fit_thurstone(40, battles, options);
    EXPECT_TRUE(fit.converged);
    std::size_t sure = 0, right = 0;
    for (std::size_t a = 0; a < 40; ++a) {
        for (std::size_t b = a + 1; b < 40; ++b) {
            if (std::find(asked.begin(), asked.end(), Pair{a, b}) != asked.end()) continue;
            const double p = thurstone_probability(plain, a, b);
            if (p < .95 && p > .05) continue;
            ++sure;
            right += (p > .5) == (planted.means[a] > planted.means[b]) ? 1 : 0;
        }
    }
    EXPECT_GT(sure, 50u);
    EXPECT_EQ(fit.certain, sure);
    EXPECT_GE(right, sure * 95 / 100);
    EXPECT_EQ(fit.held_out, plain.held_out);  // pairs kept for testing are never counted as won
    EXPECT_LE(plain.log_loss, fit.log_loss);  // of the same pairs, of which it was the optimum
    EXPECT_GE(pearson(fit.means, planted.means), pearson(plain.means, planted.means) - .01);
    std::printf(
        "certain pairs: %zu, %zu of them right; correlation with the planted %.4f, without "
        "them %.4f\n",
        sure, right, pearson(fit.means, planted.means), pearson(plain.means, planted.means));
    // all pairs asked: nothing is left to be sure of
    options.held_out = 0;
    const ThurstoneFit all = fit_thurstone(40, planted.all_pairs(), options);
    EXPECT_EQ(all.certain, 0u);
}

TEST(Thurstone, BothOrdersCancelOrderBias) {
    // S022: what stands first gains .1; asked in both orders, the utilities are those without
    core::Rng rng(23);
    const Planted planted = random_options(20, rng);
    std::vector<Battle> plain = planted.all_pairs(), biased;
    std::erase_if(plain, [&](const Battle& battle) { return std::fabs(battle.wins_a - .5) > .4; });
    for (const Battle& battle : plain) {
        biased.push_back({battle.a, battle.b, battle.wins_a + .1, battle.wins_b - .1});
        biased.push_back({battle.b, battle.a, battle.wins_b + .1, battle.wins_a - .1});
    }
    expect_near(fit_thurstone(20, biased).means, fit_thurstone(20, plain).means, 1e-6);
}

TEST(Thurstone, SeparableDataHasAnOptimum) {
    // every answer certain: nothing diverges
    std::vector<Battle> battles;
    for (std::size_t a = 0; a < 8; ++a) {
        for (std::size_t b = a + 1; b < 8; ++b) battles.push_back({a, b, 1, 0});
    }
    for (const bool equal : {true, false}) {
        ThurstoneOptions options;
        options.equal_variance = equal;
        const ThurstoneFit fit = fit_thurstone(8, battles, options);
        EXPECT_TRUE(fit.converged) << equal;
        EXPECT_LT(fit.log_loss, 1e-3) << equal;
        EXPECT_EQ(fit.accuracy, 1);
        EXPECT_TRUE(std::is_sorted(fit.means.rbegin(), fit.means.rend()));
        for (const double variance : fit.variances) {
            EXPECT_GE(variance, 4.5e-5);
            EXPECT_LE(variance, 2.21e4);
        }
    }
}

TEST(Thurstone, HoldingOutKeepsTheGraphConnected) {
    // a circle of ten: only one pair is not needed
    std::vector<Battle> battles;
    for (std::size_t i = 0; i < 10; ++i) {
        const double p = .3 + .04 * static_cast<double>(i);
        battles.push_back({i, (i + 1) % 10, p, 1 - p});
    }
    ThurstoneOptions options;
    options.held_out = .5;
    EXPECT_EQ(fit_thurstone(10, battles, options).held_out, 1u);
}

TEST(Thurstone, Refusals) {
    const auto input = core::ErrorKind::input, usage = core::ErrorKind::usage;
    const std::vector<Battle> good = {{0, 1, .6, .4}, {1, 2, .7, .3}};
    EXPECT_NO_THROW(fit_thurstone(3, good));
    EXPECT_THAT(refusal(
                    [&] {
                        fit_thurstone(2, std::vector<Battle>{{0, 1, 1, 0}});
                    },
                    input),
                HasSubstr("2 items where 3 are the least"));
    const std::vector<Battle> wrong = {{0, 1, .6, .4}, {1, 2, 1.3, -.3}};
    EXPECT_THAT(refusal([&] { fit_thurstone(3, wrong); }, input), HasSubstr("battle 1"));
    const std::vector<Battle> missing = {{0, 1, .6, .4}, {1, 2, std::nan(""), .3}};
    EXPECT_THAT(refusal([&] { fit_thurstone(3, missing); }, input), HasSubstr("battle 1"));
    ThurstoneOptions named;
    named.names = {"tea", "rain", "gold", "peace"};
    EXPECT_THAT(refusal([&] { fit_thurstone(4, good, named); }, input),
                HasSubstr("no battle connects {tea, rain, gold}, {peace}"));
    refusal([&] { fit_thurstone(3, good, named); }, core::ErrorKind::mismatch);
    const std::vector<Battle> even = {{0, 1, .5, .5}, {1, 2, .5, .5}};
    EXPECT_THAT(refusal([&] { fit_thurstone(3, even); }, input), HasSubstr("no utilities"));
    for (const double share : {-.1, 1.0, std::nan("")}) {
        ThurstoneOptions options;
        options.held_out = share;
        refusal([&] { fit_thurstone(3, good, options); }, usage);
    }
    for (const double certain : {-.1, .5, 1.0, std::nan("")}) {
        ThurstoneOptions options;
        options.certain = certain;
        refusal([&] { fit_thurstone(3, good, options); }, usage);
    }
    ThurstoneOptions never;
    never.max_iterations = 0;
    refusal([&] { fit_thurstone(3, good, never); }, usage);
}

TEST(ActivePairs, StartIsOneCircle) {
    const std::vector<Pair> pairs = starting_pairs(50, 1);
    ASSERT_EQ(pairs.size(), 50u);
    std::vector<int> degree(50);
    std::vector<Battle> battles;
    for (const auto& [a, b] : pairs) {
        EXPECT_LT(a, b);
        ++degree[a];
        ++degree[b];
        battles.push_back({a, b, 1, 0});
    }
    EXPECT_EQ(degree, std::vector<int>(50, 2));
    EXPECT_EQ(connected_items(50, battles).size(), 1u);
    EXPECT_EQ(pairs, starting_pairs(50, 1));
    EXPECT_NE(pairs, starting_pairs(50, 2));
    EXPECT_THROW(starting_pairs(2, 1), core::Error);
}

TEST(ActivePairs, NearAndRareFirst) {
    // means 0, 1, ..., 19: of 190 pairs all 19 neighbours and nothing else are in the lowest tenth
    std::vector<double> means(20);
    for (std::size_t i = 0; i < 20; ++i) means[i] = static_cast<double>(i);
    for (const auto& [a, b] : next_pairs(means, {}, 10, 7, .1, 1)) EXPECT_EQ(b, a + 1);
    // 0 to 9 were asked of one another: pairs of the others are rarer
    std::vector<Pair> asked;
    for (std::size_t a = 0; a < 10; ++a) {
        for (std::size_t b = a + 1; b < 10; ++b) asked.push_back({b, a});  // either order
    }
    for (const auto& [a, b] : next_pairs(means, asked, 5, 7, 1, .2)) EXPECT_GE(a, 10u) << b;
    const std::vector<Pair> next = next_pairs(means, asked, 40, 7);
    EXPECT_EQ(next.size(), 40u);
    EXPECT_TRUE(std::is_sorted(next.begin(), next.end()));
    const std::set<Pair> distinct(next.begin(), next.end());
    EXPECT_EQ(distinct.size(), 40u);
    for (const auto& [a, b] : next) EXPECT_FALSE(b < 10) << a;
    EXPECT_EQ(next, next_pairs(means, asked, 40, 7));
    EXPECT_NE(next_pairs(means, asked, 9, 7), next_pairs(means, asked, 9, 8));
    EXPECT_EQ(next_pairs(means, asked, 1000, 7).size(), 145u);  // all that are left
    EXPECT_TRUE(next_pairs(means, asked, 0, 7).empty());
}

TEST(ActivePairs, NearlyAsGoodAsAllPairs) {
    // S022: 2 n log2 n pairs come within .02 of the accuracy of all
    core::Rng rng(24);
    const Planted planted = random_options(40, rng);
    const auto right = [&](const ThurstoneFit& fit) {  // share of new answers that are foretold
        double sum = 0;
        for (std::size_t a = 0; a < 40; ++a) {
            for (std::size_t b = a + 1; b < 40; ++b) {
                const double p = planted.probability(a, b);
                sum += fit.means[a] > fit.means[b] ? p : 1 - p;
            }
        }
        return sum / 780;
    };
    const auto ask = [&](const Pair& pair) {  // ten samples
        double wins = 0;
        for (int i = 0; i < 10; ++i) {
            wins += rng.uniform() < planted.probability(pair.first, pair.second);
        }
        return Battle{pair.first, pair.second, wins / 10, 1 - wins / 10};
    };
    std::vector<Battle> all, active;
    for (std::size_t a = 0; a < 40; ++a) {
        for (std::size_t b = a + 1; b < 40; ++b) all.push_back(ask({a, b}));
    }
    std::vector<Pair> asked = starting_pairs(40, 1);
    for (const Pair& pair : asked) active.push_back(ask(pair));
    while (asked.size() < 425) {  // 2 * 40 * log2(40) = 425.8
        const std::vector<Pair> next =
            next_pairs(fit_thurstone(40, active).means, asked,
                       std::min<std::size_t>(77, 425 - asked.size()), asked.size());
        for (const Pair& pair : next) {
            asked.push_back(pair);
            active.push_back(ask(pair));
        }
    }
    EXPECT_GE(right(fit_thurstone(40, active)), right(fit_thurstone(40, all)) - .02);
}

TEST(ActivePairs, Refusals) {
    const std::vector<double> means = {0, 1, 2};
    EXPECT_THROW(next_pairs(means, std::vector<Pair>{{0, 3}}, 1, 1), core::Error);
    EXPECT_THROW(next_pairs(std::vector<double>{0, std::nan("")}, {}, 1, 1), core::Error);
    EXPECT_THROW(next_pairs(means, {}, 1, 1, 0), core::Error);
    EXPECT_THROW(next_pairs(means, {}, 1, 1, .1, 1.1), core::Error);
}

}  // namespace
}  // namespace axia::math
