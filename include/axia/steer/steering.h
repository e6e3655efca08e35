// Plans compiled for one model, and the hook that applies them row by row.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "axia/model/session.h"
#include "axia/steer/plan.h"

namespace axia::steer {

/// What happened to one value at one layer of one row. Readings are log-odds; p = sigmoid(reading).
struct TraceEntry {
    int layer = 0;
    std::string value;
    double p_before = 0;
    double d = 0;  // signed length along the value's unit direction
    double p_after = 0;
    double shift_share = 0;  // |joint shift| / |h|
};

/// A plan with its vectors at hand: immutable, usable by many sequences at once.
class CompiledPlan {
  public:
    /// `pool` must hold a vector for every value of the plan (by hash where the plan names one,
    /// else by value), all of this model and of the plan's context. Throws
    /// Error{not_found|mismatch}.
    CompiledPlan(const Plan& plan, std::span<const vectors::ValueVector* const> pool,
                 const model::ModelInfo& info);
    ~CompiledPlan();
    CompiledPlan(CompiledPlan&&) noexcept;

    const Plan& plan() const noexcept;
    const std::string& hash() const noexcept;
    std::span<const int> layers() const noexcept;

    struct Layer;
    struct State;

  private:
    friend class SteerHook;
    std::unique_ptr<State> state_;
};

/// What a plan keeps for one sequence between decode calls (amounts measured at the prompt), and
/// the trace of its rows that were asked to leave one: row by row, layers ascending within a row.
struct SequenceState {
    std::vector<TraceEntry> trace;
    std::vector<double> kept;        // layers x values, amount `prompt`
    std::uint64_t rows_shifted = 0;  // row-layer visits that moved something
    std::uint64_t rows_seen = 0;
    std::uint64_t infeasible = 0;  // visits whose joint program had no solution: left untouched
};

/// What to do to one row of the next decode call.
struct RowSteer {
    const CompiledPlan* plan = nullptr;  // null = leave it
    SequenceState* state = nullptr;      // never null with a plan
    bool measure = false;                // the last prompt row of its sequence
    bool trace = false;                  // leaves its readings in `state`
    bool watch = false;                  // only reads: the row is not touched
};

/// Applies plans to the rows of a decode call; rows of different sequences may carry different
/// plans, and rows without one are not touched at all.
class SteerHook final : public model::LayerHook {
  public:
    /// One entry per row of the coming decode call.
    void set_rows(std::vector<RowSteer> rows);

    std::span<const int> layers() const override { return layers_; }
    void visit(int layer, const model::LayerRows& rows) override;

    /// Time spent in visit() since the hook was made.
    double seconds() const noexcept { return seconds_; }

  private:
    double seconds_ = 0;
    std::vector<RowSteer> rows_;
    std::vector<int> layers_;
};

/// What steering does to rows [begin, end) of a prompt or answer of `prompt` tokens; positions
/// count from 0. Fills RowSteer entries for a contiguous run of rows of one sequence.
RowSteer row_steer(const CompiledPlan* plan, SequenceState* state, std::size_t position,
                   std::size_t prompt_tokens);

}  // namespace axia::steer
