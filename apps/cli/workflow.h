// The steps that several commands share: learning with its gate, choosing vectors, tuning, effects.
#pragma once

#include <string>
#include <vector>

#include "app.h"
#include "axia/answers/effect.h"
#include "axia/steer/tune.h"
#include "axia/vectors/gate.h"

namespace axia::cli {

/// Texts about every value of a system and everyday requests, read once for all gates.
struct GateMaterial {
    struct Text {
        std::string value, other;  // both empty = neutral
    };
    vectors::RequestStates states;
    std::vector<Text> about;
    std::size_t neutral_begin = 0;      // neutral requests follow the values' ones
    std::size_t calibration_begin = 0;  // of them, those not fitted on
};

/// Reads the states, or takes them from the cache when the same model has read the same texts.
GateMaterial read_gate_material(App& app, model::Session& session);
vectors::Gate gate_for(const GateMaterial& material, const std::string& value);

/// Learns and, for values of the system, fits the gate. Not written to disk.
vectors::ValueVector learn_vector(App& app, model::Session& session,
                                  const std::vector<data::ContrastPair>& pairs,
                                  capture::Context context, const std::string& data_name,
                                  const GateMaterial* gates);

/// A plan and the vectors it may need, alive together.
struct PlanWithVectors {
    steer::Plan plan;
    std::vector<vectors::ValueVector> pool;

    std::vector<const vectors::ValueVector*> pointers() const;
};

/// Vectors of this model for the plan: the store's, and `extra` files.
PlanWithVectors load_plan(App& app, const steer::Plan& plan, const model::ModelInfo& info,
                          const std::vector<std::string>& extra);

struct TuneRequest {
    std::string value, pairs_file, output, run_folder;
    std::vector<std::string> vector_files;
    steer::TuneOptions options;
};
struct TuneOutcome {
    steer::Plan plan;
    std::string json;  // axia.tune
    std::filesystem::path plan_file;
    steer::TuneResult result;
};
TuneOutcome run_tune(App& app, model::Session& session, TuneRequest request);

/// The system message that asks for a value, or for its contrary: the system's own words, or plain
/// ones for a value that no system has.
std::string value_message(const data::ValueSystem& system, const std::string& value, bool raised);

struct EffectRequest {
    steer::Plan plan;
    std::string pairs_file, other_file;
    std::vector<std::string> vector_files;
    std::size_t pair_limit = 0, cross_pairs = 36, text_limit = 0, prompt_limit = 60;
    std::size_t dilemma_limit = 0;
    std::size_t draws = 2000;
};
struct EffectOutcome {
    answers::EffectResult result;
    std::string json;
};
EffectOutcome run_effect(App& app, model::Session& session, const EffectRequest& request);

/// Arms as a table for the terminal.
std::string effect_table(const answers::EffectResult& result);

/// Sparkline and accuracies of a vector's layers, two lines.
std::string layers_summary(const vectors::ValueVector& vector);

}  // namespace axia::cli
