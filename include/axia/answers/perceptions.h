// A subject asked what single sentences say of values (S024).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/run.h"

namespace axia::answers {

/// A value to look for in a text.
struct SoughtValue {
    std::string id, name, definition;
};

/// What the subject says of one sentence and one value: probabilities, renormalised over the
/// answers asked for, means over two forms of asking; negative when `reason` says why there are
/// none.
struct Perception {
    std::size_t sentence = 0, value = 0;
    double relevant = -1;                             // against not
    double supports = -1, opposes = -1, either = -1;  // sum 1; asked only where relevant > .5
    std::array<double, 2> relevant_forms{-1, -1};     // of each form alone
    std::array<double, 2> valence_forms{0, 0};        // supports - opposes of each form alone
    std::string reason;
};

struct Perceived {
    std::vector<Perception> perceptions;  // sentence by sentence, value by value
    RunCounts counts;
};

/// Asks the subject's first arm of each sentence and value whether the sentence has to do with the
/// value, and where it has, whether the speaker is for the value, against it, or may be either.
/// Answers are continuations of plain text, in two forms. Small models find one side likelier
/// whatever was said: odds of "for" against "against" are divided by those after sentences that say
/// nothing ("...", "Something.", "I see."), geometric mean. Throws as ask_page.
Perceived perceive(std::span<const std::string> sentences, std::span<const SoughtValue> values,
                   Subject& subject, Journal& journal, const core::Watch& watch = {});

}  // namespace axia::answers
