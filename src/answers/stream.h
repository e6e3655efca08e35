// One answer in the making: what generating offline and serving have in common.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/generate.h"

namespace axia::answers {

/// The text of an answer as its bytes come: what is certain goes out, in whole characters.
class AnswerText {
  public:
    void add(std::string_view bytes) { pending_ += bytes; }
    /// Moves what is certain into `piece`: nothing that may be the start of a stop text, and with
    /// `last` everything before one. Returns true when a stop text was met.
    bool settle(const std::vector<std::string>& stops, bool last, std::string& piece);
    const std::string& text() const { return text_; }
    /// Bytes of the model's that went out.
    std::size_t settled() const { return settled_; }
    /// Bytes of the model's so far.
    std::size_t bytes() const { return settled_ + pending_.size(); }

  private:
    std::string pending_, text_;
    std::size_t settled_ = 0;
};

/// A sequence that is being answered. `prompt`, `plan` and `options` outlive it.
struct Stream {
    std::span<const model::Token> prompt;
    const steer::CompiledPlan* plan;
    const steer::CompiledPlan* watched = nullptr;  // without a plan: read where one would act
    const GenerateOptions* options;
    model::Sampler sampler;
    steer::SequenceState state;
    AnswerText text;
    model::Token next = 0;  // drawn last, not decoded yet
    int position = 0;       // of the row decoded last
    int tokens = 0;         // drawn, without the one that ends the answer
    bool running = true;
    bool stopped = false;  // at a stop text
    std::string finish;

    Stream(const model::Model& model, std::span<const model::Token> p,
           const steer::CompiledPlan* with, const GenerateOptions& o)
        : prompt(p), plan(with), options(&o), sampler(model, o.sampler) {}

    steer::RowSteer steering(std::size_t at);
    /// Draws the next token of the answer and settles its text. Without room it is the last.
    model::Token advance(const model::Model& model, std::span<const float> logits, bool room,
                         std::string& piece);
    Generated result();
};

/// Decodes the rows under their plans; without any plan no hook is set. `steering` is by row.
void decode_steered(model::Session& session, steer::SteerHook& hook,
                    std::span<const model::Row> rows, std::vector<steer::RowSteer> steering);

}  // namespace axia::answers
