// What the benchmarks on a real model share: the model, texts, random value vectors, and fixed
// tokens fed to sequences under plans.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "axia/data/pairs.h"
#include "axia/model/model.h"
#include "axia/model/prepare.h"
#include "axia/model/session.h"
#include "axia/steer/steering.h"
#include "axia/vectors/value_vector.h"
#include "harness.h"

namespace axia::bench {

/// AXIA_TEST_MODEL_FILE, else smollm2 of axia's data folder.
std::filesystem::path model_file();

/// That model in the weights of `--weights`, or in `weights`, for the purpose that `axia` would
/// have here, loaded once. Null after run.skip when there is none.
std::shared_ptr<const model::Model> open_model(Run& run, model::Purpose purpose,
                                               const std::string& weights = {});

/// A size of /proc/self/status, such as VmHWM, in bytes.
double status_bytes(const std::string& key);

/// `options` with the threads of `--threads`.
model::SessionOptions session_options(model::SessionOptions options = {});

/// The first `count` pairs of the security value and, when those do not suffice, of others, all
/// said to be of one value.
std::vector<data::ContrastPair> contrast_pairs(std::size_t count);

/// Both sides of pairs in the chat context: at most `count` texts.
std::vector<std::vector<model::Token>> pair_texts(const model::Model& model, std::size_t count);

/// `count` tokens of running text, from token `offset` on.
std::vector<model::Token> running_text(const model::Model& model, std::size_t count,
                                       std::size_t offset = 0);

/// A plan that moves nearly every row of every layer in [first, first + layers): random probes
/// and targets of p0 = .99, `values` of them at once.
steer::CompiledPlan random_plan(const model::ModelInfo& info, int first, int layers, int values,
                                steer::Rows rows, std::uint64_t seed);

/// The middle: where a window of `layers` begins. Both shrink with the model.
int middle(const model::ModelInfo& info, int& layers);

/// Sequences that are fed fixed tokens, one per call and sequence, from the same prompts each time.
class Decoding {
  public:
    Decoding(model::Session& session, int sequences, std::size_t prompt_tokens);

    /// Seconds of the next `steps` tokens of every sequence; plans[i] is of sequence i, null or
    /// missing = unsteered. Starts behind the prompt.
    double run(int steps, std::span<const steer::CompiledPlan* const> plans,
               std::span<model::LayerHook* const> further = {});
    /// Steps that take about `seconds`.
    int steps_for(double seconds);
    /// Logits of sequence `sequence` after the last step.
    std::vector<float> logits(int sequence) const;
    /// Of all plans since the last call of run.
    const steer::SequenceState& state(int sequence) const { return states_.at(sequence); }
    /// Seconds spent inside the steering hook by the last call of run, of those that it gave.
    double hook_seconds() const { return hook_seconds_; }
    static constexpr int limit = 96;  // steps at most

  private:
    double hook_seconds_ = 0;
    model::Session& session_;
    int sequences_;
    std::size_t prompt_tokens_;
    std::vector<std::vector<model::Token>> tokens_;
    std::vector<steer::SequenceState> states_;
};

/// Decodes one prompt with the hook and checks that every steered row of every layer reads at least
/// its target, for every value, and that most rows had to be moved.
void check_steering(Run& run, model::Session& session, const steer::CompiledPlan& plan,
                    const model::ModelInfo& info, int values, std::uint64_t seed);

/// Seconds of one prompt from an empty cache, logits of its last row only.
double prefill(model::Session& session, std::span<const model::Token> prompt,
               const steer::CompiledPlan* plan, steer::SequenceState& state);

bool same_bits(std::span<const float> a, std::span<const float> b);
bool all_finite(std::span<const float> x);

/// Bytes of the keys and values of every layer in F16 for `context` tokens.
double cache_bytes(const model::Model& model, int context);

}  // namespace axia::bench
