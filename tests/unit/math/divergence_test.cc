// Golden values: S041 (6 digits), where given; else scipy 1.17.1 spatial.distance.jensenshannon and
// stats.entropy.
#include "axia/math/divergence.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

using All = std::vector<std::vector<double>>;

const All three_way = {{.7, .2, .1}, {.2, .5, .3}, {.1, .1, .8}};

TEST(Divergence, DistanceAsScipy) {
    EXPECT_NEAR(js_distance(three_way[0], three_way[2]), 0.5385049189039821, 1e-14);
    EXPECT_NEAR(js_distance(std::vector<double>{1, 0}, std::vector<double>{0, 1}),
                0.8325546111576977, 1e-14);
    EXPECT_NEAR(js_distance(std::vector<double>{3, 1, 0, 4}, std::vector<double>{0, 2, 2, 4}),
                0.476683525753403, 1e-14);
    EXPECT_EQ(js_distance(three_way[0], three_way[0]), 0);
    // scipy: entropy(mean) - mean of entropies
    EXPECT_NEAR(js_divergence(three_way), 0.26168747088162114, 1e-14);
    EXPECT_NEAR(js_divergence(All{{1, 0}, {0, 1}}), std::log(2), 1e-15);
}

struct Golden {
    All all;
    std::vector<double> centroid, distances;
    double mean;
};

class Centroid : public testing::TestWithParam<Golden> {};

TEST_P(Centroid, AsInS041) {
    const Golden& golden = GetParam();
    const std::vector<double> c = js_centroid(golden.all);
    ASSERT_EQ(c.size(), golden.all[0].size());
    for (std::size_t k = 0; k < golden.centroid.size(); ++k) {
        EXPECT_NEAR(c[k], golden.centroid[k], 1e-6) << k;
    }
    for (std::size_t i = 0; i < golden.distances.size(); ++i) {
        EXPECT_NEAR(js_distance(golden.all[i], c), golden.distances[i], 1e-6) << i;
    }
    EXPECT_NEAR(js_spread(golden.all), golden.mean, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(
    Groups, Centroid,
    testing::Values(
        Golden{{{1, 0}, {0, 1}}, {.5}, {.464501, .464501}, .464501},
        Golden{{{.9, .1}, {.6, .4}}, {.766553}, {.128090, .127143}, .1276165},
        Golden{{{.9, .1}, {.8, .2}, {.1, .9}}, {.620752}, {.237187, .140592, .399055}, .258945},
        Golden{three_way, {.326771, .275699, .397530}, {}, .251370}));

TEST(Divergence, CentroidIsTheMinimum) {
    core::Rng rng(41);
    for (int round = 0; round < 20; ++round) {
        All all(2 + rng.below(5), std::vector<double>(2 + rng.below(4)));
        for (auto& p : all) {
            p.resize(all[0].size());
            for (double& value : p) value = rng.uniform() * rng.uniform();
        }
        const std::vector<double> c = js_centroid(all);
        const auto mean_divergence = [&](const std::vector<double>& to) {
            double sum = 0;
            for (const auto& p : all) sum += std::pow(js_distance(p, to), 2);
            return sum;
        };
        const double least = mean_divergence(c);
        for (std::size_t k = 0; k < c.size(); ++k) {
            for (const double by : {1.001, .999}) {
                std::vector<double> moved = c;
                moved[k] *= by;
                EXPECT_GE(mean_divergence(moved), least - 1e-14);
            }
        }
    }
}

TEST(Divergence, OtherSpreadsAsScipy) {
    EXPECT_NEAR(js_spread(three_way, Spread::mean), 0.2524734046808546, 1e-13);
    EXPECT_NEAR(js_spread(three_way, Spread::pairwise), 0.425851366169139, 1e-13);
}

TEST(Divergence, SpreadOfGroups) {
    EXPECT_EQ(js_spread(All{{.3, .7}}), 0);
    EXPECT_EQ(js_spread(All{{.3, .7}, {.30005, .69995}}), 0);  // equal within 1e-4
    EXPECT_GT(js_spread(All{{.3, .7}, {.31, .69}}), 0);
    All swapped = three_way, twice = three_way;
    for (auto& p : swapped) std::swap(p[0], p[2]);
    twice.insert(twice.end(), three_way.begin(), three_way.end());
    for (const Spread spread : {Spread::centroid, Spread::mean}) {
        EXPECT_NEAR(js_spread(swapped, spread), js_spread(three_way, spread), 1e-12);
        EXPECT_NEAR(js_spread(twice, spread), js_spread(three_way, spread), 1e-12);
    }
}

TEST(Divergence, AlwaysYesIsInconsistentTheTruthIsNot) {
    // S041: a topic whose questions have mixed polarity, as distributions over stances
    All yes, truth;
    for (int question = 0; question < 6; ++question) {
        const bool yes_supports = question % 2 == 0;
        yes.push_back(yes_supports ? std::vector<double>{1, 0} : std::vector<double>{0, 1});
        truth.push_back({.9, .1});
    }
    EXPECT_NEAR(js_spread(yes), .464501, 1e-6);
    EXPECT_EQ(js_spread(truth), 0);
}

TEST(Divergence, Refusals) {
    EXPECT_THROW(js_distance(std::vector<double>{1, 0}, std::vector<double>{1}), core::Error);
    EXPECT_THROW(js_distance(std::vector<double>{0, 0}, std::vector<double>{1, 0}), core::Error);
    EXPECT_THROW(js_centroid({}), core::Error);
    EXPECT_THROW(js_spread(All{{.5, std::nan("")}}), core::Error);
    EXPECT_THROW(js_divergence(All{{}}), core::Error);
    try {
        js_spread(All{{1, 0}, {.5, -.5}});
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::input);
        EXPECT_EQ(error.where(), "distribution 1");
    }
}

}  // namespace
}  // namespace axia::math
