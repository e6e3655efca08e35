// The promises of steering on a real (tiny, F32) model: S001's closed form, all layers at once in
// one pass, neighbours untouched, the empty plan bit-identical.
#include "axia/steer/steering.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/math/scalar.h"
#include "support/random_vector.h"
#include "support/tiny_model.h"

namespace axia::steer {
namespace {

using model::Row;
using model::Session;
using test::random_vector;

constexpr int width = 32;

Plan plan_for(const model::ModelInfo& info, std::vector<int> layers, double log_odds) {
    Plan plan;
    plan.model_hash = info.source_hash;
    plan.layers = std::move(layers);
    plan.rows = Rows::all;
    plan.values.push_back({"a", "", Rule::at_least, log_odds, 1});
    return plan;
}

/// Reads w.h + b of every row at every layer, after whatever acted before it.
struct Reader final : model::LayerHook {
    const vectors::ValueVector& vector;
    std::vector<int> all;
    std::vector<std::vector<double>> readings;  // [layer][row]

    explicit Reader(const vectors::ValueVector& v) : vector(v) {
        for (const auto& layer : v.layers) all.push_back(layer.layer);
        readings.resize(all.size());
    }
    std::span<const int> layers() const override { return all; }
    void visit(int layer, const model::LayerRows& rows) override {
        const vectors::LayerVector& own = vector.layer(layer);
        auto& out = readings[static_cast<std::size_t>(layer)];
        for (std::size_t i = 0; i < rows.count; ++i) {
            double sum = own.intercept;
            for (std::size_t j = 0; j < rows.width; ++j) {
                sum += static_cast<double>(own.probe[j]) * static_cast<double>(rows.row(i)[j]);
            }
            out.push_back(sum);
        }
    }
};

class Steering : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    const model::ModelInfo& info_ = model_->info();
    vectors::ValueVector a_ = random_vector(info_, "a", 3), b_ = random_vector(info_, "b", 4);
    std::vector<const vectors::ValueVector*> pool_{&a_, &b_};
    Session session_{model_, {.context = 256, .sequences = 8, .batch = 128, .threads = 1}};

    std::vector<Row> prompt(std::string_view text, int sequence = 0) const {
        std::vector<Row> rows;
        for (const model::Token token : model_->tokenize(text, true)) {
            rows.push_back({token, static_cast<std::int32_t>(rows.size()), sequence, 0, true});
        }
        return rows;
    }

    std::vector<std::vector<float>> logits_of(const std::vector<Row>& rows,
                                              std::span<model::LayerHook* const> hooks) {
        session_.clear();
        session_.decode(rows, hooks);
        std::vector<std::vector<float>> all;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto row = session_.logits(i);
            all.emplace_back(row.begin(), row.end());
        }
        return all;
    }

    std::vector<RowSteer> steer_all(const CompiledPlan& plan, SequenceState& state,
                                    std::size_t rows, std::size_t prompt_rows) const {
        std::vector<RowSteer> steering;
        for (std::size_t p = 0; p < rows; ++p) {
            steering.push_back(row_steer(&plan, &state, p, prompt_rows));
        }
        return steering;
    }
};

TEST_F(Steering, EveryRowReadsTheLargerOfItselfAndTheTargetOnAllLayersAtOnce) {
    const auto rows = prompt("Should I stay or go?");
    for (const vectors::Direction direction :
         {vectors::Direction::probe, vectors::Direction::mean}) {
        Plan plan = plan_for(info_, {1, 2, 4}, .8);
        plan.direction = direction;
        const CompiledPlan compiled(plan, pool_, info_);
        SequenceState state;
        SteerHook hook;
        hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
        // one reader before the steering and one after it, in the same pass
        Reader before(a_), after(a_);
        model::LayerHook* const hooks[] = {&before, &hook, &after};
        logits_of(rows, hooks);
        int moved = 0, kept = 0;
        for (const int l : plan.layers) {
            for (std::size_t i = 0; i < rows.size(); ++i) {
                const double from = before.readings[static_cast<std::size_t>(l)][i];
                const double to = after.readings[static_cast<std::size_t>(l)][i];
                EXPECT_NEAR(to, std::max(from, .8), 1e-4);
                if (from >= .8) {
                    EXPECT_EQ(from, to);
                    ++kept;
                } else {
                    ++moved;
                }
            }
        }
        EXPECT_GT(moved, 0);
        EXPECT_GT(kept, 0);
        // layers without steering are left alone by the hook itself
        EXPECT_EQ(before.readings[3], after.readings[3]);
    }
}

TEST_F(Steering, AtMostMirrorsAtLeast) {
    const auto rows = prompt("A quiet evening");
    Plan plan = plan_for(info_, {2}, -.5);
    plan.values[0].rule = Rule::at_most;
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
    Reader before(a_), after(a_);
    model::LayerHook* const hooks[] = {&before, &hook, &after};
    logits_of(rows, hooks);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        EXPECT_NEAR(after.readings[2][i], std::min(before.readings[2][i], -.5), 1e-4);
    }
}

TEST_F(Steering, EmptyPlanAndStrengthZeroAreBitIdentical) {
    const auto rows = prompt("Nothing should change here.");
    const auto bare = logits_of(rows, {});
    Plan zero = plan_for(info_, {1, 3}, 0);
    zero.amount = Amount::constant;
    zero.values[0].strength = 0;
    for (const Plan& plan : {Plan{}, zero}) {
        const CompiledPlan compiled(plan, pool_, info_);
        SequenceState state;
        SteerHook hook;
        hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
        model::LayerHook* const hooks[] = {&hook};
        EXPECT_EQ(logits_of(rows, hooks), bare);
    }
}

TEST_F(Steering, AHookThatOnlyReadsChangesNoBit) {
    const auto rows = prompt("Only looking.");
    const auto bare = logits_of(rows, {});
    Reader reader(a_);
    model::LayerHook* const hooks[] = {&reader};
    EXPECT_EQ(logits_of(rows, hooks), bare);
}

TEST_F(Steering, NeighboursInTheBatchStayBitIdentical) {
    std::vector<Row> rows = prompt("first sequence here", 0);
    const std::size_t split = rows.size();
    const std::vector<Row> second = prompt("the second, left alone", 1);
    rows.insert(rows.end(), second.begin(), second.end());
    const auto bare = logits_of(rows, {});

    const CompiledPlan compiled(plan_for(info_, {1, 2, 3, 4}, 5), pool_, info_);
    SequenceState state;
    std::vector<RowSteer> steering = steer_all(compiled, state, split, split);
    steering.resize(rows.size());
    SteerHook hook;
    hook.set_rows(std::move(steering));
    model::LayerHook* const hooks[] = {&hook};
    const auto steered = logits_of(rows, hooks);
    EXPECT_NE(steered[split - 1], bare[split - 1]);
    for (std::size_t i = split; i < rows.size(); ++i) EXPECT_EQ(steered[i], bare[i]) << i;
}

TEST_F(Steering, TwoPlansSideBySideEqualEachAlone) {
    const CompiledPlan one(plan_for(info_, {1, 3}, 2), pool_, info_);
    Plan other_plan = plan_for(info_, {2, 3, 5}, -1);
    other_plan.values[0] = {"b", "", Rule::at_most, -1, 1};
    const CompiledPlan other(other_plan, pool_, info_);
    const std::vector<Row> first = prompt("same length text A", 0);
    const std::vector<Row> second = prompt("same length text B", 1);
    ASSERT_EQ(first.size(), second.size());
    std::vector<Row> both = first;
    both.insert(both.end(), second.begin(), second.end());
    const std::size_t n = first.size();
    const auto run = [&](const CompiledPlan* left, const CompiledPlan* right) {
        SequenceState a, b;
        std::vector<RowSteer> steering;
        for (std::size_t p = 0; p < n; ++p) steering.push_back(row_steer(left, &a, p, n));
        for (std::size_t p = 0; p < n; ++p) steering.push_back(row_steer(right, &b, p, n));
        SteerHook hook;
        hook.set_rows(std::move(steering));
        model::LayerHook* const hooks[] = {&hook};
        return logits_of(both, hooks);
    };
    const auto mixed = run(&one, &other);
    const auto left_only = run(&one, nullptr), right_only = run(nullptr, &other);
    for (std::size_t i = 0; i < n; ++i) {
        EXPECT_EQ(mixed[i], left_only[i]);
        EXPECT_EQ(mixed[n + i], right_only[n + i]);
    }
}

// S001's reference reruns the prompt once per steered layer; one pass must give the same amounts.
TEST_F(Steering, OnePassEqualsOneRerunPerLayer) {
    const auto rows = prompt("Is it right to keep the old house?");
    const std::vector<int> layers{1, 2, 4};
    Plan plan = plan_for(info_, layers, 3);
    plan.amount = Amount::prompt;
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    std::vector<RowSteer> steering = steer_all(compiled, state, rows.size(), rows.size());
    steering.back().trace = true;
    hook.set_rows(std::move(steering));
    model::LayerHook* const hooks[] = {&hook};
    logits_of(rows, hooks);
    ASSERT_EQ(state.trace.size(), layers.size());

    /// Adds known amounts at the layers already done, to every row; reads the last row at one more.
    struct Rerun final : model::LayerHook {
        const vectors::ValueVector& vector;
        std::vector<int> at;
        std::vector<double> amounts;
        double reading = 0;
        explicit Rerun(const vectors::ValueVector& v) : vector(v) {}
        std::span<const int> layers() const override { return at; }
        void visit(int layer, const model::LayerRows& block) override {
            const auto& own = vector.layer(layer);
            const auto unit = own.unit(vectors::Direction::probe);
            for (std::size_t k = 0; k < amounts.size(); ++k) {
                if (at[k] != layer) continue;
                for (std::size_t i = 0; i < block.count; ++i) {
                    for (std::size_t j = 0; j < block.width; ++j) {
                        block.row(i)[j] += static_cast<float>(amounts[k]) * unit[j];
                    }
                }
                return;
            }
            reading = own.intercept;
            for (std::size_t j = 0; j < block.width; ++j) {
                reading += static_cast<double>(own.probe[j]) * block.row(block.count - 1)[j];
            }
        }
    } rerun(a_);
    for (std::size_t k = 0; k < layers.size(); ++k) {
        rerun.at.push_back(layers[k]);
        model::LayerHook* const one[] = {&rerun};
        logits_of(rows, one);
        double norm = 0;
        for (const float x : a_.layer(layers[k]).probe) norm += static_cast<double>(x) * x;
        const double d = std::max(0.0, (3 - rerun.reading) / std::sqrt(norm));
        EXPECT_NEAR(state.trace[k].d, d, 1e-3 * std::max(1.0, d));
        rerun.amounts.push_back(d);
    }
}

TEST_F(Steering, PromptAmountsAreKeptWhileAnswering) {
    const auto rows = prompt("keep");
    Plan plan = plan_for(info_, {2}, 4);
    plan.amount = Amount::prompt;
    plan.rows = Rows::onward;
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
    model::LayerHook* const hooks[] = {&hook};
    session_.clear();
    session_.decode(rows, hooks);
    ASSERT_EQ(state.kept.size(), 1u);
    const double d = state.kept[0];
    EXPECT_GT(d, 0);
    const std::vector<Row> next{{65, static_cast<std::int32_t>(rows.size()), 0, 0, true}};
    hook.set_rows({row_steer(&compiled, &state, rows.size(), rows.size())});
    Reader before(a_), after(a_);
    model::LayerHook* const around[] = {&before, &hook, &after};
    session_.decode(next, around);
    double norm = 0;
    for (const float x : a_.layer(2).probe) norm += static_cast<double>(x) * x;
    EXPECT_NEAR(after.readings[2][0] - before.readings[2][0], d * std::sqrt(norm), 1e-3);
    EXPECT_EQ(state.kept[0], d);
}

TEST_F(Steering, OnwardLeavesThePromptsPrefixAlone) {
    const auto rows = prompt("prefix rows are shared");
    const auto bare = logits_of(rows, {});
    Plan plan = plan_for(info_, {1, 2}, 6);
    plan.rows = Rows::onward;
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
    model::LayerHook* const hooks[] = {&hook};
    const auto steered = logits_of(rows, hooks);
    for (std::size_t i = 0; i + 1 < rows.size(); ++i) EXPECT_EQ(steered[i], bare[i]);
    EXPECT_NE(steered.back(), bare.back());
}

TEST_F(Steering, ConstantBelowMovesOnlyRowsUnderTheTarget) {
    const auto rows = prompt("some rows read above, others below");
    Plan plan = plan_for(info_, {3}, 0);
    plan.amount = Amount::constant;
    plan.direction = vectors::Direction::mean;
    plan.below = true;
    plan.values[0].strength = 2;
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
    Reader before(a_), after(a_);
    model::LayerHook* const hooks[] = {&before, &hook, &after};
    logits_of(rows, hooks);
    double gain = 0;
    for (int j = 0; j < width; ++j) {
        const auto at = static_cast<std::size_t>(j);
        gain += static_cast<double>(a_.layer(3).probe[at]) * a_.layer(3).mean[at];
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const double from = before.readings[3][i];
        EXPECT_NEAR(after.readings[3][i] - from, from >= 0 ? 0 : 2 * 1.5 * gain, 1e-3);
    }
}

TEST_F(Steering, HeldValuesKeepTheirReadings) {
    const auto rows = prompt("raise a, hold b");
    Plan plan = plan_for(info_, {2, 4}, 3);
    plan.values.push_back({"b", "", Rule::hold, 0, 1});
    const CompiledPlan compiled(plan, pool_, info_);
    SequenceState state;
    SteerHook hook;
    hook.set_rows(steer_all(compiled, state, rows.size(), rows.size()));
    Reader a_after(a_), b_before(b_), b_after(b_);
    model::LayerHook* const hooks[] = {&b_before, &hook, &a_after, &b_after};
    logits_of(rows, hooks);
    for (const std::size_t l : {2U, 4U}) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            EXPECT_GE(a_after.readings[l][i], 3 - 1e-3);
            EXPECT_NEAR(b_after.readings[l][i], b_before.readings[l][i], 1e-3);
        }
    }
    EXPECT_EQ(state.infeasible, 0u);
}

TEST_F(Steering, RefusesVectorsAndPlansOfAnotherModel) {
    Plan plan = plan_for(info_, {1}, 1);
    plan.model_hash = "another";
    EXPECT_THROW(CompiledPlan(plan, pool_, info_), core::Error);
    plan.model_hash = info_.source_hash;
    vectors::ValueVector foreign = a_;
    foreign.card.model_hash = "another";
    const std::vector<const vectors::ValueVector*> pool{&foreign};
    EXPECT_THROW(CompiledPlan(plan, pool, info_), core::Error);
    plan.values[0].value = "nobody";
    EXPECT_THROW(CompiledPlan(plan, pool_, info_), core::Error);
    plan.values[0] = {"a", "not-this-file", Rule::at_least, 1, 1};
    EXPECT_THROW(CompiledPlan(plan, pool_, info_), core::Error);
}

}  // namespace
}  // namespace axia::steer
