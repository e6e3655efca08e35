// Finds the plan with the largest effect within a cost budget, on the learn split only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/data/pairs.h"
#include "axia/data/texts.h"
#include "axia/steer/score.h"

namespace axia::steer {

/// The paired preference in nats per token:
///   logP(positive | context)/tokens - logP(negative | context)/tokens.
/// Items of pairs: the chat context of the scene, then both sides as continuations.
std::vector<ScoringItem> pair_items(const model::Model& model,
                                    std::span<const data::ContrastPair> pairs,
                                    std::string_view system = {});
double preference(const ScoringItem& item, std::span<const double> log_probability);

/// Neutral texts as the assistant's answers to their prompts; cost is the rise of their nll.
std::vector<ScoringItem> text_items(const model::Model& model,
                                    std::span<const data::NamedText> texts,
                                    std::string_view system = {});

/// Rise of the negative log-likelihood per token of `arm` over `bare`, over all items.
double cost_of(std::span<const ScoringItem> items, const std::vector<std::vector<double>>& bare,
               const std::vector<std::vector<double>>& arm);

struct Candidate;

struct TuneOptions {
    double budget = .05;           // nats per token that neutral text may rise by
    std::uint64_t tokens = 60000;  // decoded at most, capture included
    std::uint64_t seed = 0;
    double C = 1;
    std::size_t pack_rows = 256;
    std::filesystem::path journal;  // finished scores, reused by the next run; empty = none
    std::function<void(const Candidate&)> measured;  // told of each after every round; may be empty
};

/// One point of the grid and what is known of it.
struct Candidate {
    std::string id;  // "chat probe row 10-19 s4.6"
    Plan plan;       // vector hashes empty
    int round = 0;   // last round it was in
    std::size_t pairs = 0;
    double effect = 0, effect_se = 0;  // nats per token, cross-fitted over the learn split
    double cost = 0;                   // nats per token
    bool on_frontier = false, chosen = false;
};

struct TuneResult {
    Plan plan;  // chosen; empty vector hashes are for the caller to fill
    std::vector<Candidate> candidates;
    int caa_layer = 0;  // best single layer of the constant mean arm
    std::uint64_t tokens = 0;
    std::size_t budget_met = 0;  // candidates of the last round within the budget
    std::string warning;         // empty, or why the choice is weak
};

/// `pairs` of one value; only the learn split is used: probes are cross-fitted over three folds of
/// scenes, so no candidate is scored on a pair its vector was fitted to. Successive halving over
/// directions, contexts, layers, amounts and targets. Deterministic for a seed.
/// `held`: vectors (one per context at most used) of other values for the `hold others` variant;
/// may be empty.
TuneResult tune(model::Session& session, std::span<const data::ContrastPair> pairs,
                std::span<const data::NamedText> neutral,
                std::span<const vectors::ValueVector* const> held, const TuneOptions& options,
                const core::Watch& watch = {});

/// Constant strength at which a one-layer mean plan costs what `target_cost` says on `neutral`
/// (two sweeps of strengths, then a straight line between the nearest two). At least .05, at
/// most 8.
double strength_at_cost(model::Session& session, const vectors::ValueVector& vector, int layer,
                        Rows rows, std::span<const ScoringItem> neutral, double target_cost,
                        const core::Watch& watch = {});

std::string to_json(const TuneResult& result, const std::string& value, const TuneOptions& options,
                    double seconds);

}  // namespace axia::steer
