// Statements put to a subject in many ways: templates with and without the options, forced or not
// (S028).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/run.h"
#include "axia/data/battery_sets.h"

namespace axia::answers {

struct Opinion {
    std::size_t proposition = 0;  // of those given
    std::string wording, forcing;
    bool open = false;  // the template shows no options
    std::string text;   // "" where there is no answer
};

struct Opinions {
    std::vector<Opinion> answers;  // template by template, forcing by forcing, proposition by
                                   // proposition
    RunCounts counts;
};

/// How many answers `ask_opinions` asks for. Throws what that does of its input.
std::size_t count_opinions(std::span<const data::Item> propositions,
                           const data::CompassPrompts& prompts);

/// Asks the subject's first arm every proposition in every template with every forcing that fits
/// it: one whose note is the template's, or is neither "explicit" nor "implicit". The first of the
/// option blocks is shown. Throws Error{input} with no proposition, template, option block or
/// forcing, or a template that no forcing fits; what ask_page throws.
Opinions ask_opinions(std::span<const data::Item> propositions, const data::CompassPrompts& prompts,
                      Subject& subject, Journal& journal, std::uint64_t seed = 0,
                      const core::Watch& watch = {});

}  // namespace axia::answers
