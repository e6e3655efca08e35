// A model behind an OpenAI-compatible endpoint as a subject.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "axia/answers/subject.h"
#include "axia/model/endpoint.h"

namespace axia::answers {

struct EndpointSubjectOptions {
    int samples = 8;                 // answers drawn where there are no log-probabilities, 1 to 128
    double temperature = 1;          // of drawn and open answers
    int max_tokens = 120;            // of an open answer
    ScoreBy score = ScoreBy::token;  // of likelihood items
};

struct EndpointAnswers {
    std::uint64_t by_logprob = 0, by_samples = 0;
    std::uint64_t implausible = 0;  // log-probabilities that were none, so that samples were drawn
};

/// How a question is asked:
///  letters: the top log-probabilities of the first token, where the endpoint gives them; " B" and
///    "B." count as "B", a letter outside the top as 0, and what no letter has is `invalid`. Else,
///    and where no letter is in the top, as words.
///  words: `samples` answers, read by parse_option; p = shares among those that name an option,
///    `invalid` = share of the others.
///  likelihood: log-probabilities of the context and each option, echoed by /completions; a reason
///    where the endpoint has none.
///  free: one drawn text.
/// A chat endpoint cannot be made to begin its answer with given words, so Question::lead is left
/// out. What the endpoint can do is found out with the first question of its kind.
class EndpointSubject final : public Subject {
  public:
    /// `endpoint` outlives the subject. Arms are system messages; throws Error{usage} for one with
    /// a plan, and for an option out of range.
    EndpointSubject(model::Endpoint& endpoint, std::vector<AskArm> arms,
                    EndpointSubjectOptions options = {});
    ~EndpointSubject() override;

    /// The endpoint's host and path, model and sampling; never the key.
    std::string identity() const override;
    const std::vector<AskArm>& arms() const override;
    std::vector<Record> ask(std::span<const Request> page, const core::Watch& watch) override;

    /// Since the subject was made.
    EndpointAnswers answers() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::answers
