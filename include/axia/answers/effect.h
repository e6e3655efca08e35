// What a plan does, measured without a judge on pairs its vector has never seen.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/data/value_system.h"
#include "axia/math/statistics.h"
#include "axia/steer/score.h"

namespace axia::answers {

struct EffectInputs {
    const steer::CompiledPlan* plan = nullptr;
    /// The plan with the other values held, or without that when it holds them; null = left out.
    const steer::CompiledPlan* plan_hold = nullptr;
    const steer::CompiledPlan* caa = nullptr;    // null = arm left out
    const steer::CompiledPlan* conva = nullptr;  // null = arm left out
    std::string prompt, opposite;                // system messages; empty = arms left out
    std::vector<data::ContrastPair> pairs;       // held out, of the steered value
    std::vector<data::ContrastPair> others;      // held out, of other values
    std::vector<data::NamedText> texts;          // neutral: rise of their nll
    std::vector<std::string> prompts;            // neutral: KL of the first answer token
    std::vector<data::Dilemma> dilemmas;         // of the value: net yes/no shift
    std::vector<data::Control> controls;         // factual: acquiescence
};

struct EffectOptions {
    std::uint64_t seed = 0;
    std::size_t draws = 2000;  // bootstrap
    std::size_t pack_rows = 256;
};

/// All in nats (per token for effect, cross and cost). A number that cannot be had is empty.
struct ArmEffect {
    std::string arm;
    math::Estimate effect;                // mean of pref(arm) - pref(unsteered) over held-out pairs
    double win_rate = 0;                  // share of pairs moved towards the positive side
    std::optional<math::Estimate> cross;  // the same on pairs of other values
    std::optional<math::Estimate> cost;   // rise of neutral texts' nll per token
    std::optional<double> kl;             // mean KL(unsteered || arm) on neutral prompts
    /// Shift of logP(Yes) - logP(No), half the difference between both orientations.
    std::optional<math::Estimate> net_yes;
    std::optional<double> acquiescence;  // the same shift on factual controls: should be 0
};

struct LayerReading {
    int layer = 0;
    double p_before = 0, p_after = 0, d = 0;  // means over held-out prompts' last rows
};

struct EffectResult {
    std::vector<ArmEffect> arms;
    std::vector<LayerReading> trace;  // of the plan, its first steered value
    std::size_t pairs = 0;
    std::uint64_t tokens = 0;
    std::uint64_t infeasible = 0;
};

/// Throws Error{input} without pairs or plan.
EffectResult measure_effect(model::Session& session, const EffectInputs& inputs,
                            const EffectOptions& options = {}, const core::Watch& watch = {});

/// What else stands in an effect file.
struct EffectRecord {
    std::string value, model, plan_name, plan_hash;
    double seconds = 0;
    double bag_of_words = 0;  // NaN = not measured
    int caa_layer = -1;
    double caa_strength = 0;
    std::string no_hold;  // why the arm that holds is left out; empty = it is not
};
std::string to_json(const EffectResult& result, const EffectRecord& record);

}  // namespace axia::answers
