#include "axia/measure/pull.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/inference.h"

namespace axia::measure {
namespace {

TEST(ParseNumber, Table) {
    const std::vector<std::pair<const char*, double>> numbers{
        {"7.5 hours", 7.5},
        {"1,200", 1200},
        {"3-4", 3.5},
        {"3 - 4 cups", 3.5},
        {"3\xE2\x80\x93"
         "4 cups",
         3.5},
        {"3 to 5", 4},
        {"3 or 4", 3.5},
        {"between 2 and 8 times", 5},
        {"About 20.", 20},
        {"2 and then 9", 2},
        {"$1,250.50 a month", 1250.5},
        {"$3 to $5", 4},
        {"2.5 million", 2.5e6},
        {"3-4 thousand steps", 3500},
        {"10k steps", 10000},
        {"40%", 40},
        {"20-30%", 25},
        {"-5 degrees", -5},
        {"The average is 8 hours per night.", 8},
        {"1. About 9 hours", 9},
        {"**6**", 6},
        {"1,234,567", 1234567},
        {"12.", 12},
        {"seven hours", 7},
        {"Twenty-five.", 25},
        {"two hundred and fifty", 250},
        {"three thousand five hundred", 3500},
        {"three to five times", 4},
        {"between two and four", 3},
        {"two and a half hours", 2.5},
        {"One.", 1},
        {"zero", 0},
    };
    for (const auto& [text, number] : numbers) {
        const std::optional<double> read = parse_number(text);
        ASSERT_TRUE(read) << text;
        EXPECT_DOUBLE_EQ(*read, number) << text;
    }
    for (const char* text : {"many", "", "1/2", "7:30", "1,5", "It depends on one's age.", "b12",
                             "1,2,3", "as often as you like"}) {
        EXPECT_FALSE(parse_number(text)) << text << " " << parse_number(text).value_or(0);
    }
}

TEST(ParseNumber, IsFinite) {
    std::string text = "two";
    for (int i = 0; i < 200; ++i) text += " hundred";
    EXPECT_FALSE(parse_number(text));
}

/// Answers of a subject whose samples lie `lambda` of the way from average to ideal.
std::vector<PullAnswers> planted(double lambda, std::size_t concepts, double noise,
                                 std::uint64_t seed) {
    core::Rng rng(seed);
    std::vector<PullAnswers> all;
    for (std::size_t c = 0; c < concepts; ++c) {
        // of any size, the ideal above and below the average in turn
        const double average = std::exp(4 * rng.uniform()) * 10;
        const double ideal = average * (c % 2 == 0 ? 1.5 : .6);
        PullAnswers answers;
        answers.id = "c" + std::to_string(c);
        for (int i = 0; i < 20; ++i) {
            answers.average.push_back(average);
            answers.ideal.push_back(ideal);
            answers.sample.push_back(average + lambda * (ideal - average) +
                                     noise * average * rng.normal());
        }
        all.push_back(std::move(answers));
    }
    return all;
}

TEST(Pull, RecoversThePlantedLambdaAndItsSign) {
    for (const double lambda : {.3, .8, -.4}) {
        const Pull pull = measure_pull(planted(lambda, 60, .1, 7));
        EXPECT_EQ(pull.counted, 60U);
        EXPECT_NEAR(pull.lambda.estimate->value, lambda, .05);
        EXPECT_LT(pull.lambda.estimate->ci.lo, pull.lambda.estimate->value);
        EXPECT_GT(pull.lambda.estimate->ci.hi, pull.lambda.estimate->value);
        std::size_t above[2] = {};
        for (std::size_t c = 0; c < pull.concepts.size(); ++c) {
            above[c % 2] += pull.concepts[c].alpha.estimate->value > 0 ? 1 : 0;
        }
        // ideal above the average (even) and below it (odd)
        for (const std::size_t count : above) EXPECT_EQ(count, lambda > 0 ? 30U : 0U);
        EXPECT_LT(*pull.sign_p, 1e-10);
        EXPECT_LT(*pull.wilcoxon_p, 1e-6);
    }
}

TEST(Pull, ByHand) {
    PullAnswers above, below;
    above.id = "above";
    above.average = {4, 6};    // 5
    above.ideal = {10};        // 10
    above.sample = {6, 7, 8};  // 7: alpha = (5 - 7) * -1 = 2
    below.id = "below";
    below.average = {20};
    below.ideal = {10};
    below.sample = {22};  // alpha = (20 - 22) * 1 = -2
    const Pull pull = measure_pull(std::vector{above, below});
    EXPECT_DOUBLE_EQ(pull.concepts[0].alpha.estimate->value, 2);
    EXPECT_DOUBLE_EQ(pull.concepts[1].alpha.estimate->value, -2);
    EXPECT_DOUBLE_EQ(pull.toward.estimate->value, .5);
    EXPECT_DOUBLE_EQ(*pull.sign_p, 1);
    // distances 2/3 and -2/3, samples 4/15 and 2/15: (8/45 - 4/45) / (8/9)
    EXPECT_NEAR(pull.lambda.estimate->value, .1, 1e-15);
}

TEST(Pull, NoPullIsRarelyFound) {
    std::size_t rejected = 0;
    PullOptions options;
    options.draws = 1;
    for (std::uint64_t run = 0; run < 1000; ++run) {
        rejected += *measure_pull(planted(0, 40, .2, 1000 + run), options).sign_p < .05 ? 1 : 0;
    }
    EXPECT_LE(rejected, 70U);
    // scipy 1.17.1: binomtest(28, 40).pvalue
    EXPECT_NEAR(math::binomial_test(28, 40), 0.01658900337497471, 1e-12);
}

TEST(Pull, WhatIsLeftOutSaysWhy) {
    PullAnswers few;
    few.id = "few";
    few.average = {1, 2};
    few.ideal = {3, 4};
    few.sample = {5};
    few.asked[0] = few.asked[1] = 2;
    few.asked[2] = 3;
    PullAnswers same;
    same.id = "same";
    same.average = same.ideal = {10};
    same.sample = {12};
    PullAnswers none;
    none.id = "none";
    const Pull pull = measure_pull(std::vector{few, same, none});
    EXPECT_EQ(pull.concepts[0].dropped, "1 of 3 answers for the sample are numbers");
    EXPECT_EQ(pull.concepts[1].dropped, "average and ideal do not differ");
    EXPECT_EQ(pull.concepts[2].dropped, "0 of 0 answers for the average are numbers");
    EXPECT_EQ(pull.counted, 0U);
    EXPECT_EQ(pull.lambda.reason, "no concept is counted");
    EXPECT_FALSE(pull.sign_p);
    EXPECT_NE(to_json(pull).find("\"dropped\": \"average and ideal do not differ\""),
              std::string::npos);
    // one concept drawn again and again has no spread, so no interval and no lambda
    PullAnswers one;
    one.average = {2, 4};
    one.ideal = {8};
    one.sample = {6};
    const Pull alone = measure_pull(std::vector{one});
    EXPECT_EQ(alone.counted, 1U);
    EXPECT_TRUE(alone.toward.estimate);
    EXPECT_FALSE(alone.lambda.estimate);
    EXPECT_EQ(alone.lambda.reason, "one concept alone is counted");
    PullOptions wrong;
    wrong.least_numeric = 2;
    EXPECT_THROW(measure_pull(std::vector{few}, wrong), core::Error);
}

TEST(Pull, AnswersWithoutANumberAreCounted) {
    const answers::IdealTexts texts{{"4", "many"}, {"8 or 10"}, {"", "6 hours", "5"}};
    const PullAnswers answers = read_pull({"a", "d", "hours of x", "hours", 1}, texts);
    EXPECT_EQ(answers.average, std::vector<double>{4});
    EXPECT_EQ(answers.ideal, std::vector<double>{9});
    EXPECT_EQ(answers.sample, (std::vector<double>{6, 5}));
    EXPECT_EQ(answers.asked[0], 2U);
    EXPECT_EQ(answers.asked[2], 3U);
}

TEST(Pull, SameInputSameBytes) {
    const auto answers = planted(.3, 10, .2, 3);
    EXPECT_EQ(to_json(measure_pull(answers)), to_json(measure_pull(answers)));
}

}  // namespace
}  // namespace axia::measure
