// A subject asked for averages, ideals and values of its own (S018).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/run.h"
#include "axia/data/concepts.h"

namespace axia::answers {

/// Answers to the three questions about one concept; "" where there was none.
struct IdealTexts {
    std::vector<std::string> average, ideal, sample;
};

struct Ideals {
    std::vector<IdealTexts> concepts;  // in the order given
    RunCounts counts;
};

/// Questions about one concept, each asked `samples` times.
inline constexpr std::size_t ideal_questions = 3;

/// Asks the subject's first arm `samples` times what the average and the ideal of each concept is,
/// and to name a value, each time with its own seed. An answer that `accept` refuses is asked for
/// once more. Throws Error{usage} when samples is 0; what ask_page throws.
Ideals ask_ideals(std::span<const data::Concept> concepts, std::size_t samples,
                  const std::function<bool(std::string_view)>& accept, Subject& subject,
                  Journal& journal, std::uint64_t seed = 0, const core::Watch& watch = {});

}  // namespace axia::answers
