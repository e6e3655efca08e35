// A local model as a subject: options scored by their log-probabilities, many questions and plans
// in one prefix tree; open answers generated with a seed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "axia/answers/subject.h"
#include "axia/steer/steering.h"
#include "axia/vectors/gate.h"

namespace axia::answers {

/// An arm and what it does to the model.
struct LocalArm {
    AskArm arm;
    const steer::CompiledPlan* plan = nullptr;  // null = the bare model
    /// Opened by the request; the plan acts when any of them opens. Empty = always.
    std::vector<const vectors::Gate*> gates;
};

struct LocalOptions {
    ScoreBy score = ScoreBy::sum;
    std::size_t pack_rows = 256;
    int max_tokens = 120;     // of an open answer
    float temperature = .7F;  // of an open answer
};

class LocalSubject final : public Subject {
  public:
    /// Session, plans and gates outlive the subject.
    LocalSubject(model::Session& session, std::vector<LocalArm> arms, LocalOptions options = {});
    ~LocalSubject() override;

    std::string identity() const override;
    const std::vector<AskArm>& arms() const override;
    std::vector<Record> ask(std::span<const Request> page, const core::Watch& watch) override;

    /// Rows decoded so far, and the least that the prefix trees of the pages allow.
    std::uint64_t rows_decoded() const;
    std::uint64_t rows_least() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::answers
