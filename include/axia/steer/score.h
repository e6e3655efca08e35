// Likelihoods of given continuations under plans: what every steering effect is measured with.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "axia/core/log.h"
#include "axia/steer/steering.h"

namespace axia::steer {

/// A context and the texts that may follow it.
struct ScoringItem {
    std::vector<model::Token> context;                     // at least one token
    std::vector<std::vector<model::Token>> continuations;  // each at least one token
};

struct ScoreOptions {
    std::size_t pack_rows = 256;  // rows per batch
};

/// log_probability[arm][item][continuation] = sum of ln p over the continuation's tokens.
struct Scores {
    std::vector<std::vector<std::vector<double>>> log_probability;
    std::uint64_t rows_decoded = 0;
    std::uint64_t infeasible = 0;  // see SequenceState
};

/// Scores every item under every arm; a null arm is the bare model. What arms share (the context's
/// rows before the last one where plans act `onward`, and any common prefix) is computed once per
/// batch. Clears the session. Throws Error{input} when one item does not fit a batch.
Scores score(model::Session& session, std::span<const ScoringItem> items,
             std::span<const CompiledPlan* const> arms, const ScoreOptions& options = {},
             const core::Watch& watch = {});

/// kl[arm][prompt] = KL(bare || arm) in nats of the next-token distribution after each prompt.
struct Divergences {
    std::vector<std::vector<double>> kl;
    std::uint64_t rows_decoded = 0;
};
Divergences next_token_divergence(model::Session& session,
                                  std::span<const std::vector<model::Token>> prompts,
                                  std::span<const CompiledPlan* const> arms,
                                  const ScoreOptions& options = {}, const core::Watch& watch = {});

}  // namespace axia::steer
