// pairs -> value vector: a probe per layer with held-out accuracy, and the directions.
#pragma once

#include <span>

#include "axia/core/log.h"
#include "axia/data/pairs.h"
#include "axia/model/session.h"
#include "axia/vectors/value_vector.h"

namespace axia::vectors {

struct LearnOptions {
    capture::Context context = capture::Context::chat;
    double C = 1;                // inverse strength of the L2 penalty, > 0
    std::uint64_t seed = 0;      // shuffled-label control
    std::string data_name = {};  // shown on the card
    bool evaluate = true;        // cross-validation and shuffled control as well
    std::size_t pack_rows = 256;
};

/// States of both sides of every pair: row 2i positive, row 2i + 1 negative.
capture::Activations capture_pairs(model::Session& session,
                                   std::span<const data::ContrastPair> pairs,
                                   capture::Context context, std::size_t pack_rows,
                                   const core::Watch& watch);

/// Probes and directions from captured states of `pairs` (rows as capture_pairs gives them),
/// fitted on the rows of split learn. Throws Error{input} with fewer than 10 pairs to learn from.
std::vector<LayerVector> fit_layers(const capture::Activations& states,
                                    std::span<const data::ContrastPair> pairs,
                                    const LearnOptions& options);

/// Capture and fit. All pairs must be of one value.
ValueVector learn_value(model::Session& session, std::span<const data::ContrastPair> pairs,
                        const LearnOptions& options, const core::Watch& watch = {});

/// SHA-256 over value, texts, scene and split of every pair, in order.
std::string pairs_hash(std::span<const data::ContrastPair> pairs);

/// Inner folds of the learn split by scene: fold of each pair, -1 for held-out pairs.
std::vector<int> scene_folds(std::span<const data::ContrastPair> pairs, int folds,
                             std::uint64_t seed);

}  // namespace axia::vectors
