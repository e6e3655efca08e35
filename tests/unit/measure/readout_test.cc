// What a linear head reads: synthetic states with a planted direction. Golden values: scikit-learn
// 1.9.1 LogisticRegression(C=1, solver='newton-cholesky', tol=1e-12) with numpy 2.4.6 on the same
// states, fitted on seed 1 and scored on seed 2; of pairs fit_intercept=False on the differences,
// every second one turned round, seeds 3 and 4.
#include "axia/measure/readout.h"

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"

namespace axia::measure {
namespace {

using math::Matrix;

constexpr std::size_t width = 24;

/// Splitmix64 (Steele, Lea, Flood 2014) at place k.
std::uint64_t hash64(std::uint64_t k) {
    std::uint64_t z = k * 0x9E3779B97F4A7C15U + 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

/// In [-1, 1), in steps of 2^-23.
float noise(std::uint64_t k) {
    return static_cast<float>(hash64(k) >> 40) / 8388608 - 1;
}

/// Noise, and along every third unit `strength` for label 1, -strength for label 0.
Matrix states_of(std::uint64_t seed, const std::vector<int>& labels, float strength) {
    Matrix x(labels.size(), width);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        for (std::size_t j = 0; j < width; ++j) {
            const float planted = j % 3 == 0 ? strength : 0;
            x.row(i)[j] =
                noise(seed * 1000000 + i * width + j) + (labels[i] == 1 ? planted : -planted);
        }
    }
    return x;
}

/// Coin flips, in groups of four.
ReadoutRows rows_of(std::uint64_t seed, std::size_t n) {
    ReadoutRows rows;
    for (std::size_t i = 0; i < n; ++i) {
        rows.labels.push_back(static_cast<int>(hash64(seed * 1000003 + 7 * i + 5) >> 63));
        rows.groups.push_back(static_cast<int>(i / 4));
    }
    return rows;
}

ReadoutRows pairs_of(std::size_t n) {
    ReadoutRows rows;
    rows.ranked = true;
    for (std::size_t i = 0; i < n; ++i) rows.groups.push_back(static_cast<int>(i));
    return rows;
}

std::vector<int> alternating(std::size_t n) {
    std::vector<int> labels;
    for (std::size_t i = 0; i < n; ++i) labels.push_back(i % 2 == 0 ? 1 : 0);
    return labels;
}

double value_of(const Figure& figure) {
    return figure.estimate ? figure.estimate->value : -1;
}

Readout planted(float strength, const ReadoutRows& train, const ReadoutRows& test) {
    const int layers[] = {7};
    const Matrix learnt[] = {states_of(1, train.labels, strength)};
    const Matrix asked[] = {states_of(2, test.labels, strength)};
    return read_out(layers, learnt, train, asked, test);
}

TEST(Readout, APlantedDirectionIsReadAsByScikitLearn) {
    const struct {
        float strength;
        double accuracy, training, first;
        std::size_t groups, confusion[2][2];
    } golden[] = {{.125F, .68, .76, -.43786704720527525, 25, {{160, 47}, {81, 112}}},
                  {.25F, .865, .91, .7869920819808633, 58, {{185, 22}, {32, 161}}}};
    for (const auto& g : golden) {
        SCOPED_TRACE(g.strength);
        const Readout readout = planted(g.strength, rows_of(1, 400), rows_of(2, 400));
        ASSERT_EQ(readout.layers.size(), 1u);
        const ReadoutLayer& layer = readout.layers[0];
        EXPECT_EQ(layer.layer, 7);
        EXPECT_TRUE(layer.converged);
        EXPECT_NEAR(layer.readings[0], g.first, 1e-6);
        EXPECT_NEAR(value_of(layer.test.accuracy), g.accuracy, 1e-9);
        EXPECT_NEAR(value_of(layer.training.accuracy), g.training, 1e-9);
        EXPECT_NEAR(value_of(layer.test.score), static_cast<double>(g.groups) / 100, 1e-9);
        for (const int label : {0, 1}) {
            for (const int read : {0, 1}) {
                EXPECT_EQ(layer.test.confusion[label][read], g.confusion[label][read]);
            }
        }
        EXPECT_EQ(readout.test_groups, 100u);
        EXPECT_TRUE(readout.grouped);
        // training has 171 ones of 400, so 0 is the guess; the test has 193
        EXPECT_NEAR(*readout.majority, .5175, 1e-12);
        EXPECT_FALSE(layer.chosen_by.score.estimate.has_value());
    }
}

TEST(Readout, PairsAreReadAsByScikitLearnWithoutIntercept) {
    const struct {
        float strength;
        double first;
        std::size_t right, training;
    } golden[] = {{.0625F, 4.86502867608819, 204, 227}, {.125F, 10.35520194578164, 239, 269}};
    for (const auto& g : golden) {
        SCOPED_TRACE(g.strength);
        const int layers[] = {0};
        const Matrix learnt[] = {states_of(3, alternating(600), g.strength)};
        const Matrix asked[] = {states_of(4, alternating(600), g.strength)};
        const Readout readout = read_out(layers, learnt, pairs_of(300), asked, pairs_of(300));
        const ReadoutLayer& layer = readout.layers[0];
        EXPECT_NEAR(layer.readings[0], g.first, 1e-5);
        EXPECT_NEAR(value_of(layer.test.score), static_cast<double>(g.right) / 300, 1e-9);
        EXPECT_NEAR(value_of(layer.training.score), static_cast<double>(g.training) / 300, 1e-9);
        EXPECT_EQ(layer.test.score.n, 300u);
        EXPECT_FALSE(readout.grouped);
        EXPECT_FALSE(readout.majority.has_value());
    }
}

TEST(Readout, NothingPlantedIsNothingRead) {
    const Readout readout = planted(0, rows_of(1, 400), rows_of(2, 400));
    const math::Estimate& score = *readout.layers[0].test.score.estimate;
    EXPECT_LT(score.ci.lo, .0625);
    EXPECT_GT(score.ci.hi, .0625);
}

TEST(Readout, TheLayerIsChosenOnTrainingTextsAlone) {
    const ReadoutRows train = rows_of(1, 400);
    ReadoutRows test = rows_of(2, 400);
    const int layers[] = {3, 5, 8};
    std::vector<Matrix> learnt, asked;
    for (const float strength : {0.F, .25F, .0625F}) {
        learnt.push_back(states_of(10 + learnt.size(), train.labels, strength));
        asked.push_back(states_of(20 + asked.size(), test.labels, strength));
    }
    const Readout readout = read_out(layers, learnt, train, asked, test);
    EXPECT_EQ(readout.chosen, 1u);
    EXPECT_EQ(readout.choosing_groups, 20u);
    EXPECT_EQ(readout.layers[1].chosen_by.score.n, 20u);
    EXPECT_GT(value_of(readout.layers[1].test.accuracy), .8);
    // with every test label turned round the choice and what led to it stay
    for (int& label : test.labels) label = 1 - label;
    const Readout turned = read_out(layers, learnt, train, asked, test);
    EXPECT_EQ(turned.chosen, 1u);
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_EQ(value_of(turned.layers[k].chosen_by.score),
                  value_of(readout.layers[k].chosen_by.score));
        EXPECT_NEAR(value_of(turned.layers[k].test.accuracy),
                    1 - value_of(readout.layers[k].test.accuracy), 1e-12);
    }
}

// Layer 0 knows each group by a mark of its own, and the rows of a group have one label: it would
// win where rows of a group stood on both sides.
TEST(Readout, RowsOfAGroupAreNotParted) {
    ReadoutRows train = rows_of(1, 200), test = rows_of(2, 200);
    for (ReadoutRows* rows : {&train, &test}) {
        for (std::size_t i = 0; i < rows->rows(); ++i) rows->labels[i] = rows->labels[i / 4 * 4];
    }
    const auto marked = [](std::uint64_t seed, const ReadoutRows& rows) {
        Matrix x(rows.rows(), 64);
        for (std::size_t i = 0; i < x.rows; ++i) {
            for (std::size_t j = 0; j < x.cols; ++j) {
                x.row(i)[j] = noise(seed * 1000000 + i / 4 * 64 + j);
            }
        }
        return x;
    };
    const int layers[] = {0, 1};
    const Matrix learnt[] = {marked(5, train), states_of(6, train.labels, .25F)};
    const Matrix asked[] = {marked(7, test), states_of(8, test.labels, .25F)};
    const Readout readout = read_out(layers, learnt, train, asked, test);
    EXPECT_EQ(value_of(readout.layers[0].training.score), 1);
    EXPECT_LT(value_of(readout.layers[0].chosen_by.accuracy), .8);
    EXPECT_EQ(readout.chosen, 1u);
}

TEST(Readout, ScoresOfReadingsByHand) {
    ReadoutRows rows;
    rows.labels = {1, 0, 1, 1, 0, 0};
    rows.groups = {0, 0, 0, 1, 1, 1};
    // the first group right throughout; in the second 0 is not above 0, and .1 is
    const double readings[] = {.5, -1, 2, 0, .1, -3};
    const ReadoutScore score = score_readings(readings, rows);
    EXPECT_EQ(value_of(score.score), .5);
    EXPECT_EQ(score.score.n, 2u);
    EXPECT_NEAR(value_of(score.accuracy), 4. / 6, 1e-12);
    // a bootstrap over two groups reaches from the worse to the better
    EXPECT_NEAR(score.accuracy.estimate->ci.lo, 1. / 3, 1e-12);
    EXPECT_EQ(score.accuracy.estimate->ci.hi, 1);
    EXPECT_EQ(score.confusion[1][1], 2u);
    EXPECT_EQ(score.confusion[1][0], 1u);
    EXPECT_EQ(score.confusion[0][1], 1u);
    EXPECT_EQ(score.confusion[0][0], 2u);
}

TEST(Readout, TheSameSeedGivesTheSameBytes) {
    const auto json = [](int threads) {
        const ReadoutRows train = rows_of(1, 100), test = rows_of(2, 100);
        const int layers[] = {0, 1};
        const Matrix learnt[] = {states_of(1, train.labels, .25F), states_of(2, train.labels, 0)};
        const Matrix asked[] = {states_of(3, test.labels, .25F), states_of(4, test.labels, 0)};
        ReadoutOptions options;
        options.threads = threads;
        return to_json(read_out(layers, learnt, train, asked, test, options), .0625);
    };
    EXPECT_EQ(json(1), json(2));
    const auto parsed = nlohmann::json::parse(json(1));
    EXPECT_EQ(parsed.at("by"), "group");
    EXPECT_EQ(parsed.at("chance"), .0625);
    EXPECT_EQ(parsed.at("chosen"), 0);
    EXPECT_EQ(parsed.at("layers").size(), 2u);
    EXPECT_EQ(parsed.at("training").at("choosing_groups"), 5);
}

void expect_error(const std::function<void()>& call, core::ErrorKind kind,
                  const std::string& says) {
    try {
        call();
        ADD_FAILURE() << "no error, wanted: " << says;
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), kind) << error.what();
        EXPECT_NE(std::string(error.what()).find(says), std::string::npos) << error.what();
    }
}

TEST(Readout, Refusals) {
    using core::ErrorKind;
    const ReadoutRows train = rows_of(1, 400), test = rows_of(2, 40);
    expect_error([&] { planted(.25F, rows_of(1, 36), test); }, ErrorKind::input,
                 "only 9 groups of rows");
    ReadoutRows same = train;
    same.labels.assign(400, 1);
    expect_error([&] { planted(.25F, same, test); }, ErrorKind::input, "every label is 1");
    const int layers[] = {0, 1};
    const Matrix one[] = {states_of(1, train.labels, .25F)};
    const Matrix other[] = {states_of(2, test.labels, .25F)};
    expect_error([&] { read_out(layers, one, train, other, test); }, ErrorKind::mismatch,
                 "2 layers with states of 1 and 1");
    expect_error([&] { read_out(std::span(layers).first(1), other, train, other, test); },
                 ErrorKind::mismatch, "40 states for 400 rows");
    expect_error([&] { read_out(std::span(layers).first(1), one, train, other, pairs_of(20)); },
                 ErrorKind::mismatch, "pairs and single texts");
    // one row of label 1, and it stands among those kept to choose by for some seed
    ReadoutRows lone = train;
    lone.labels.assign(400, 0);
    lone.labels[0] = 1;
    const Matrix twice[] = {states_of(1, lone.labels, .25F), states_of(2, lone.labels, .25F)};
    const Matrix both[] = {states_of(3, test.labels, .25F), states_of(4, test.labels, .25F)};
    std::size_t refused = 0;
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        ReadoutOptions options;
        options.seed = seed;
        try {
            read_out(layers, twice, lone, both, test, options);
        } catch (const core::Error& error) {
            EXPECT_NE(std::string(error.what()).find("name one layer"), std::string::npos);
            ++refused;
        }
    }
    EXPECT_GT(refused, 0u);
    ReadoutOptions zero;
    zero.C = 0;
    expect_error([&] { score_readings({}, {}, zero); }, ErrorKind::usage, "not above 0");
    EXPECT_EQ(score_readings({}, {}).score.reason, "nothing to score");
}

}  // namespace
}  // namespace axia::measure
