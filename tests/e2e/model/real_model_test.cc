// The promises on real, quantised models: steering's closed form, gates, controls.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "axia/core/error.h"
#include "axia/data/value_system.h"
#include "axia/math/statistics.h"
#include "axia/steer/score.h"
#include "axia/vectors/gate.h"
#include "axia/vectors/learn.h"
#include "source_dir.h"

namespace axia {
namespace {

const data::ValueSystem& schwartz() {
    static const data::ValueSystem system =
        data::read_value_system(std::string(AXIA_SOURCE_DIR) + "/values/schwartz");
    return system;
}

std::shared_ptr<const model::Model> model_from(const char* variable) {
    const char* file = std::getenv(variable);
    if (file == nullptr || *file == '\0') return nullptr;
    static std::map<std::string, std::shared_ptr<const model::Model>> loaded;
    auto& model = loaded[file];
    if (!model) model = model::Model::load(file);
    return model;
}

model::SessionOptions measuring() {
    model::SessionOptions options;
    options.context = 1024;
    options.batch = 512;
    options.threads = 1;  // threads spin at barriers: on a busy machine two are slower than one
    return options;
}

/// Probability at every steered layer's last prompt row, after everything, for many prompts.
void expect_targets_reached(model::Session& session, const vectors::ValueVector& vector,
                            const std::vector<int>& layers, double tolerance) {
    const std::vector<const vectors::ValueVector*> pool{&vector};
    steer::Plan plan;
    plan.layers = layers;
    plan.context = vector.card.context;
    plan.rows = steer::Rows::all;
    const double p0 = .97;
    plan.values.push_back(
        {vector.card.value, "", steer::Rule::at_least, std::log(p0 / (1 - p0)), 1});
    const steer::CompiledPlan compiled(plan, pool, session.model().info());
    int raised = 0;
    for (const char* question : {"Should I take the train?", "What is the capital of France?",
                                 "My neighbour wants to sell the boat. What do you think?"}) {
        const auto tokens =
            capture::context_tokens(session.model(), capture::Context::chat, question);
        steer::SequenceState state;
        std::vector<model::Row> rows;
        std::vector<steer::RowSteer> steering;
        for (std::size_t p = 0; p < tokens.size(); ++p) {
            rows.push_back({tokens[p], static_cast<std::int32_t>(p), 0, 1, p + 1 == tokens.size()});
            steering.push_back(steer::row_steer(&compiled, &state, p, tokens.size()));
            steering.back().trace = steering.back().measure;
        }
        steer::SteerHook hook;
        hook.set_rows(std::move(steering));
        model::LayerHook* const hooks[] = {&hook};
        session.clear();
        session.decode(rows, hooks);
        ASSERT_EQ(state.trace.size(), layers.size());
        for (const steer::TraceEntry& entry : state.trace) {
            EXPECT_NEAR(entry.p_after, std::max(entry.p_before, p0), tolerance) << entry.layer;
            raised += entry.p_before < p0;
        }
    }
    EXPECT_GT(raised, 0);
}

class RealModel : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = model_from("AXIA_TEST_MODEL_FILE");
    void SetUp() override {
        if (!model_) GTEST_SKIP() << "AXIA_TEST_MODEL_FILE is not set";
    }
};

TEST_F(RealModel, LearnsSecurityAndReachesTheTargetOnAllLayersAtOnce) {
    model::Session session(model_, measuring());
    const auto pairs = schwartz().pairs("security");
    const vectors::ValueVector vector = vectors::learn_value(session, pairs, {});
    double best = 0, shuffled = 0;
    int clearly_above = 0;
    for (const vectors::LayerVector& layer : vector.layers) {
        best = std::max(best, layer.paired_accuracy);
        shuffled += layer.shuffled_accuracy / static_cast<double>(vector.layers.size());
        clearly_above += layer.paired_accuracy >= layer.shuffled_accuracy + .2;
    }
    EXPECT_GE(best, .8);
    EXPECT_NEAR(shuffled, .5, .12);
    EXPECT_GT(clearly_above, 0);
    std::vector<int> layers = vector.chosen;
    layers.push_back(model_->info().layers - 1);  // the last block holds only output rows
    expect_targets_reached(session, vector, layers, 1e-3);
}

TEST_F(RealModel, GatesTellTheirValueFromTheOthersAndKeepNeutralPromptsOut) {
    model::Session session(model_, measuring());
    std::vector<std::string> requests, about, other;
    const auto add = [&](const data::Dilemma& dilemma, bool away) {
        requests.push_back(dilemma.situation + " " + (away ? dilemma.away : dilemma.toward));
        about.push_back(dilemma.value);
        other.push_back(dilemma.other);
    };
    for (const data::Value& value : schwartz().values) {
        bool away = false;
        for (const data::Dilemma& dilemma : schwartz().dilemmas(value.id)) {
            if (dilemma.split == data::Split::learn) add(dilemma, away), away = !away;
        }
        std::size_t taken = 0;
        for (const data::ContrastPair& pair : schwartz().pairs(value.id)) {
            if (pair.split != data::Split::learn || ++taken > 30) continue;
            requests.push_back(pair.positive);
            about.push_back(value.id);
            other.emplace_back();
        }
    }
    const std::size_t held_begin = requests.size();
    for (const data::Value& value : schwartz().values) {
        bool away = false;
        for (const data::Dilemma& dilemma : schwartz().dilemmas(value.id)) {
            if (dilemma.split == data::Split::heldout) add(dilemma, away), away = !away;
        }
    }
    const std::size_t neutral_begin = requests.size();
    std::size_t learn_neutral = 0;
    for (const data::Split split : {data::Split::learn, data::Split::heldout}) {
        for (const data::NamedText& prompt : schwartz().neutral_prompts()) {
            if (prompt.split != split) continue;
            requests.push_back(prompt.text);
            learn_neutral += split == data::Split::learn;
        }
    }
    const auto states =
        vectors::read_requests(session, requests, vectors::gate_layer(model_->info()));
    const std::size_t calibration = neutral_begin + learn_neutral / 3;
    const std::size_t neutral_held = neutral_begin + learn_neutral;
    int good = 0, clean_good = 0;
    std::size_t opened = 0, neutral_total = 0;
    for (const data::Value& value : schwartz().values) {
        vectors::GateRows rows;
        for (std::size_t i = 0; i < held_begin; ++i) {
            const bool own = about[i] == value.id || other[i] == value.id;
            (own ? rows.about : rows.others).push_back(i);
        }
        for (std::size_t i = neutral_begin; i < neutral_held; ++i) {
            (i < calibration ? rows.neutral : rows.neutral_calibration).push_back(i);
        }
        const vectors::Gate gate = vectors::fit_gate(states, rows);
        // strict: own dilemmas against all others'; clean: without those that set the value against
        // another one, which are about it too
        std::vector<double> own, others, clean;
        for (std::size_t i = held_begin; i < neutral_begin; ++i) {
            const double score = vectors::gate_score(gate, states.states.row(i));
            (about[i] == value.id ? own : others).push_back(score);
            if (about[i] != value.id && other[i] != value.id) clean.push_back(score);
        }
        const double auc = math::area_under_curve(own, others);
        const double clean_auc = math::area_under_curve(own, clean);
        const double threshold = gate.threshold(.05);
        for (std::size_t i = neutral_held; i < requests.size(); ++i) {
            opened += vectors::gate_score(gate, states.states.row(i)) > threshold;
            ++neutral_total;
        }
        double open = 0;
        for (const double score : own) open += score > threshold;
        std::printf("gate %-15s auc %.3f, clean %.3f  open on its own %.2f\n", value.id.c_str(),
                    auc, clean_auc, open / static_cast<double>(own.size()));
        good += auc >= .85;
        clean_good += clean_auc >= .85;
    }
    EXPECT_GE(good, 8);
    EXPECT_GE(clean_good, 8);
    // the guarantee holds per gate in expectation; over ten gates and 60 prompts allow twice alpha
    EXPECT_LE(static_cast<double>(opened) / static_cast<double>(neutral_total), .10);
}

TEST_F(RealModel, EmptyPlanIsBitIdenticalOnQuantisedWeightsToo) {
    model::Session session(model_, measuring());
    const auto tokens =
        capture::context_tokens(*model_, capture::Context::chat, "Is the gate closed?");
    std::vector<model::Row> rows;
    for (std::size_t p = 0; p < tokens.size(); ++p) {
        rows.push_back({tokens[p], static_cast<std::int32_t>(p), 0, 1, p + 1 == tokens.size()});
    }
    session.decode(rows);
    const auto bare = session.logits(rows.size() - 1);
    const std::vector<float> copy(bare.begin(), bare.end());
    steer::SteerHook hook;
    hook.set_rows(std::vector<steer::RowSteer>(rows.size()));
    model::LayerHook* const hooks[] = {&hook};
    session.clear();
    session.decode(rows, hooks);
    const auto again = session.logits(rows.size() - 1);
    EXPECT_TRUE(std::equal(copy.begin(), copy.end(), again.begin()));
}

class SecondModel : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = model_from("AXIA_TEST_MODEL2_FILE");
    void SetUp() override {
        if (!model_) GTEST_SKIP() << "AXIA_TEST_MODEL2_FILE is not set";
    }
};

TEST_F(SecondModel, AnotherArchitectureIsLearntAndSteeredTheSameWay) {
    EXPECT_EQ(model_->info().architecture, "gemma3");
    EXPECT_EQ(model_->info().layers, 18);
    EXPECT_EQ(model_->info().width, 640);
    model::Session session(model_, measuring());
    const auto pairs = schwartz().pairs("security");
    const vectors::ValueVector vector = vectors::learn_value(session, pairs, {});
    double best = 0;
    for (const vectors::LayerVector& layer : vector.layers) {
        best = std::max(best, layer.paired_accuracy);
    }
    EXPECT_GE(best, .75);
    expect_targets_reached(session, vector, vector.chosen, 1e-3);
}

}  // namespace
}  // namespace axia
