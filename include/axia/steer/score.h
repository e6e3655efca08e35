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

/// An item under one plan; null = the bare model.
struct ScoringRequest {
    ScoringItem item;
    const CompiledPlan* plan = nullptr;
};

struct RequestScores {
    /// [request][continuation] = sum of ln p over the continuation's tokens.
    std::vector<std::vector<double>> log_probability;
    std::uint64_t rows_decoded = 0;
    std::uint64_t rows_least = 0;  // in the prefix tree of all requests: the least possible
    std::uint64_t infeasible = 0;  // see SequenceState
};

/// Scores requests in the order of their prefix tree, so that a row two requests share is computed
/// once, also across batches: the last sequence of a batch stays in the cache for the next. Clears
/// the session first. Throws Error{input} naming the request (from 0) that is empty or does not fit
/// a batch.
RequestScores score_requests(model::Session& session, std::span<const ScoringRequest> requests,
                             const ScoreOptions& options = {}, const core::Watch& watch = {});

/// log_probability[arm][item][continuation], as above.
struct Scores {
    std::vector<std::vector<std::vector<double>>> log_probability;
    std::uint64_t rows_decoded = 0;
    std::uint64_t infeasible = 0;
};

/// Every item under every arm; a null arm is the bare model.
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
