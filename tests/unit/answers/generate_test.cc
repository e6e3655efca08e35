#include "axia/answers/generate.h"

#include <gtest/gtest.h>

#include "axia/answers/effect.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/steer/tune.h"
#include "axia/vectors/learn.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

TEST(Utf8, WholeCharactersOnly) {
    EXPECT_EQ(whole_utf8("abc"), 3u);
    EXPECT_EQ(whole_utf8("ab\xC3"), 2u);
    EXPECT_EQ(whole_utf8("ab\xC3\xA9"), 4u);
    EXPECT_EQ(whole_utf8("\xF0\x9F\x98"), 0u);
    EXPECT_EQ(whole_utf8("x\xF0\x9F\x98\x80"), 5u);
    EXPECT_EQ(whole_utf8(""), 0u);
}

class Generating : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    model::Session session_{model_, {.context = 512, .sequences = 8, .batch = 128, .threads = 1}};

    std::vector<Generated> run(const std::vector<GenerateRequest>& requests,
                               const GenerateOptions& options, std::string* streamed = nullptr) {
        return generate(session_, requests, options, [&](std::size_t index, std::string_view s) {
            EXPECT_TRUE(core::is_utf8(s));
            if (streamed != nullptr && index == 0) *streamed += s;
        });
    }
};

TEST_F(Generating, StreamEqualsTextAndSameSeedSameAnswer) {
    GenerateOptions options;
    options.max_tokens = 40;
    options.sampler.temperature = 1;
    options.sampler.seed = 7;
    const GenerateRequest request{model_->tokenize("Hello", true), nullptr};
    std::string streamed;
    const auto first = run({request}, options, &streamed);
    EXPECT_EQ(streamed, first[0].text);
    EXPECT_EQ(run({request}, options)[0].text, first[0].text);
    options.sampler.seed = 8;
    EXPECT_NE(run({request}, options)[0].text, first[0].text);
}

TEST_F(Generating, AnAnswerDoesNotDependOnItsNeighbours) {
    GenerateOptions options;
    options.max_tokens = 20;
    const GenerateRequest a{model_->tokenize("One", true), nullptr};
    const GenerateRequest b{model_->tokenize("Another prompt", true), nullptr};
    const std::string alone = run({a}, options)[0].text;
    EXPECT_EQ(run({b, a}, options)[1].text, alone);
}

TEST_F(Generating, StopTextsEndTheAnswerAndStandOutsideIt) {
    GenerateOptions options;
    options.max_tokens = 60;
    options.sampler.temperature = 1;
    options.sampler.top_k = 0;
    options.sampler.top_p = 1;
    options.sampler.min_p = 0;
    const GenerateRequest request{model_->tokenize("Go", true), nullptr};
    const std::string whole = run({request}, options)[0].text;
    ASSERT_GT(whole.size(), 8u);
    const std::size_t at = whole_utf8(whole.substr(0, whole.size() / 2));
    std::size_t end = at + 1;
    while (!core::is_utf8(whole.substr(at, end - at))) ++end;
    options.stop = {whole.substr(at, end - at)};
    std::string streamed;
    const auto stopped = run({request}, options, &streamed);
    EXPECT_EQ(stopped[0].finish, "stop");
    EXPECT_EQ(stopped[0].text, whole.substr(0, whole.find(options.stop[0])));
    EXPECT_EQ(streamed, stopped[0].text);
}

TEST_F(Generating, TooLongAPromptIsRefused) {
    const GenerateRequest request{std::vector<model::Token>(600, 70), nullptr};
    EXPECT_THROW(run({request}, {}), core::Error);
}

TEST_F(Generating, SamplerRangesAreChecked) {
    for (const model::SamplerOptions& bad :
         {model::SamplerOptions{.temperature = -1}, model::SamplerOptions{.top_p = 0},
          model::SamplerOptions{.min_p = 2}, model::SamplerOptions{.top_k = -1}}) {
        EXPECT_THROW(model::Sampler(*model_, bad), core::Error);
    }
}

/// Pairs a tiny model can tell apart: the sides end differently.
std::vector<data::ContrastPair> pairs_of(const std::string& value, char positive, char negative) {
    core::Rng rng(11);
    std::vector<data::ContrastPair> pairs;
    for (int i = 0; i < 60; ++i) {
        data::ContrastPair pair;
        pair.id = value + std::to_string(i);
        pair.value = value;
        pair.scene = pair.group = value + " scene " + std::to_string(i);
        pair.split = i < 40 ? data::Split::learn : data::Split::heldout;
        std::string stem;
        for (int k = 0; k < 5; ++k) stem += static_cast<char>('a' + rng.below(26));
        pair.positive = stem + std::string(4, positive);
        pair.negative = stem + std::string(4, negative);
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

class TunedEffect : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    model::Session session_{model_, {.context = 1024, .sequences = 64, .batch = 512, .threads = 1}};
    std::vector<data::ContrastPair> pairs_ = pairs_of("x", 'q', 'z');
    std::vector<data::NamedText> texts_;

    void SetUp() override {
        for (int i = 0; i < 8; ++i) {
            data::NamedText text;
            text.id = std::to_string(i);
            text.prompt = "Say a thing " + std::to_string(i);
            text.text = "a plain neutral text number " + std::to_string(i * 7);
            texts_.push_back(text);
        }
    }
};

TEST_F(TunedEffect, TuningIsDeterministicResumableAndKeepsToItsBudget) {
    const test::ScratchFolder scratch;
    steer::TuneOptions options;
    options.tokens = 30000;
    options.budget = 1;
    options.journal = scratch.path / "journal.jsonl";
    const steer::TuneResult first = steer::tune(session_, pairs_, texts_, {}, options);
    EXPECT_LE(first.tokens, options.tokens * 1.15);
    EXPECT_FALSE(first.plan.empty());
    const std::string before = steer::plan_hash(first.plan);

    // a torn journal, as a kill leaves it, and a second run: same plan, less decoded
    std::string journal = core::read_file(options.journal);
    core::write_file(options.journal, journal.substr(0, journal.size() * 2 / 3));
    const std::uint64_t rows = session_.rows_decoded();
    const steer::TuneResult again = steer::tune(session_, pairs_, texts_, {}, options);
    EXPECT_EQ(steer::plan_hash(again.plan), before);
    EXPECT_EQ(again.tokens, first.tokens);
    EXPECT_LT(session_.rows_decoded() - rows, rows);
    std::string one = steer::to_json(first, "x", options, 0),
                two = steer::to_json(again, "x", options, 0);
    EXPECT_EQ(one, two);
}

TEST_F(TunedEffect, AJournalOfOtherTextsIsNotUsed) {
    const test::ScratchFolder scratch;
    steer::TuneOptions options;
    options.tokens = 20000;
    options.budget = 1;
    auto other = texts_;
    for (data::NamedText& text : other) text.text += "qqqq";
    const steer::TuneResult alone = steer::tune(session_, pairs_, other, {}, options);
    options.journal = scratch.path / "journal.jsonl";
    steer::tune(session_, pairs_, texts_, {}, options);
    const steer::TuneResult after = steer::tune(session_, pairs_, other, {}, options);
    EXPECT_EQ(steer::to_json(alone, "x", options, 0), steer::to_json(after, "x", options, 0));
}

TEST_F(TunedEffect, NeverLooksAtTheHeldOutSplit) {
    steer::TuneOptions options;
    options.tokens = 20000;
    options.budget = 1;
    const steer::TuneResult honest = steer::tune(session_, pairs_, texts_, {}, options);
    auto spoiled = pairs_;
    for (auto& pair : spoiled) {
        if (pair.split == data::Split::heldout) std::swap(pair.positive, pair.negative);
    }
    const steer::TuneResult same = steer::tune(session_, spoiled, texts_, {}, options);
    EXPECT_EQ(steer::to_json(honest, "x", options, 0), steer::to_json(same, "x", options, 0));
}

TEST_F(TunedEffect, EffectIsMonotoneInTheTargetAndReversedByMinus) {
    vectors::ValueVector vector = vectors::learn_value(session_, pairs_, {.evaluate = false});
    vector.file_hash = "v";
    const std::vector<const vectors::ValueVector*> pool{&vector};
    EffectInputs inputs;
    inputs.pairs = data::pairs_of(pairs_, data::Split::heldout);
    inputs.others = pairs_of("y", 'k', 'w');
    inputs.texts = texts_;
    inputs.prompts = {"Say a thing", "Say another"};
    std::vector<double> effects;
    for (const double target : {-8.0, 2.0, 6.0, 12.0}) {
        steer::Plan plan;
        plan.layers = {2, 3, 4};
        plan.direction = vectors::Direction::mean;
        plan.values.push_back(
            {"x", "", target < 0 ? steer::Rule::at_most : steer::Rule::at_least, target, 1});
        const steer::CompiledPlan compiled(plan, pool, model_->info());
        inputs.plan = &compiled;
        const EffectResult result = measure_effect(session_, inputs);
        ASSERT_EQ(result.arms[1].arm, "plan");
        effects.push_back(result.arms[1].effect.value);
        EXPECT_EQ(result.arms[0].effect.value, 0);
        EXPECT_EQ(*result.arms[0].kl, 0);
        EXPECT_LE(result.arms[1].effect.ci.lo, result.arms[1].effect.value);
        EXPECT_GE(result.arms[1].effect.ci.hi, result.arms[1].effect.value);
        EXPECT_GE(*result.arms[1].kl, 0);
        for (const LayerReading& reading : result.trace) {
            if (target > 0) {
                EXPECT_GE(reading.p_after, reading.p_before - 1e-6);
            }
        }
    }
    EXPECT_LT(effects[0], 0);
    EXPECT_GT(effects[1], effects[0]);
    EXPECT_GT(effects[2], effects[1]);
    EXPECT_GT(effects[3], effects[2]);
}

TEST_F(TunedEffect, HoldingIsAnArmBesideThePlan) {
    // both values like q: their probes share a direction (cosines .3 to .5)
    const auto others = pairs_of("y", 'q', 'w');
    std::vector<vectors::ValueVector> vectors;
    for (const auto& pairs : {pairs_, others}) {
        vectors.push_back(vectors::learn_value(session_, pairs, {.evaluate = false}));
        vectors.back().file_hash = pairs[0].value;
    }
    const std::vector<const vectors::ValueVector*> pool{&vectors[0], &vectors[1]};
    steer::Plan plan;
    plan.layers = {2, 3, 4};
    plan.values.push_back({"x", "", steer::Rule::at_least, 6, 1});
    const steer::CompiledPlan free(plan, pool, model_->info());
    steer::hold_others(plan, pool);
    const steer::CompiledPlan held(plan, pool, model_->info());

    EffectInputs inputs;
    inputs.pairs = data::pairs_of(pairs_, data::Split::heldout);
    inputs.others = data::pairs_of(others, data::Split::heldout);
    inputs.plan = &free;
    inputs.plan_hold = &held;
    const EffectResult added = measure_effect(session_, inputs);
    ASSERT_EQ(added.arms.size(), 3U);
    EXPECT_EQ(added.arms[1].arm, "plan");
    EXPECT_EQ(added.arms[2].arm, "plan+hold");
    EXPECT_LT(added.arms[2].cross->value, .75 * added.arms[1].cross->value);

    std::swap(inputs.plan, inputs.plan_hold);
    const EffectResult taken = measure_effect(session_, inputs);
    EXPECT_EQ(taken.arms[2].arm, "plan-hold");
    EXPECT_NEAR(taken.arms[2].effect.value, added.arms[1].effect.value, 1e-3);
    EXPECT_NEAR(taken.arms[1].cross->value, added.arms[2].cross->value, 1e-3);
}

// Scores from one packed batch of many arms must be those of one arm and one text at a time.
TEST_F(TunedEffect, SharedPrefixesDoNotChangeScores) {
    vectors::ValueVector vector = vectors::learn_value(session_, pairs_, {.evaluate = false});
    vector.file_hash = "v";
    const std::vector<const vectors::ValueVector*> pool{&vector};
    std::vector<steer::CompiledPlan> plans;
    for (const steer::Rows rows : {steer::Rows::onward, steer::Rows::all}) {
        for (const steer::Amount amount :
             {steer::Amount::row, steer::Amount::prompt, steer::Amount::constant}) {
            steer::Plan plan;
            plan.layers = {1, 3};
            plan.rows = rows;
            plan.amount = amount;
            plan.values.push_back({"x", "", steer::Rule::at_least, 3, 1});
            plans.emplace_back(plan, pool, model_->info());
        }
    }
    std::vector<const steer::CompiledPlan*> arms{nullptr};
    for (const auto& plan : plans) arms.push_back(&plan);
    auto some = data::pairs_of(pairs_, data::Split::heldout);
    some.resize(4);
    const auto items = steer::pair_items(*model_, some);
    const steer::Scores packed = steer::score(session_, items, arms);
    for (std::size_t a = 0; a < arms.size(); ++a) {
        for (std::size_t i = 0; i < items.size(); ++i) {
            for (std::size_t c = 0; c < 2; ++c) {
                steer::ScoringItem single{items[i].context, {items[i].continuations[c]}};
                const steer::CompiledPlan* const one[] = {arms[a]};
                const steer::ScoringItem* const pointer = &single;
                const steer::Scores alone = steer::score(session_, {pointer, 1}, one);
                EXPECT_NEAR(packed.log_probability[a][i][c], alone.log_probability[0][0][0], 2e-2)
                    << "arm " << a << " item " << i << " side " << c;
            }
        }
    }
}

}  // namespace
}  // namespace axia::answers
