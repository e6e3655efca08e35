// The controlled form of S018: how long people do an invented activity, with grades that make much
// of it ideal, little of it, or nothing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/run.h"

namespace axia::answers {

/// What the grades beside the amounts say.
enum class Grades { none, rising, falling };

struct NovelOptions {
    std::size_t lists = 20;            // lists of amounts, each asked under all three Grades
    std::size_t shown = 20;            // amounts in a list
    double mean = 45, deviation = 15;  // of the amounts, minutes; normal, whole, at least 1
    std::uint64_t seed = 0;
};

struct NovelTexts {
    double shown_mean = 0;             // of the amounts in the list
    std::array<std::string, 3> texts;  // by Grades; "" where there was no answer
};

struct Novel {
    std::vector<NovelTexts> lists;
    RunCounts counts;
};

/// Asks the subject's first arm to name a value after each list. The lists follow from the seed;
/// the three askings of a list share its amounts. Grades A to D: A = more than one deviation above
/// the mean (rising) or below it (falling), B and C = the half above and below. An answer that
/// `accept` refuses is asked for once more. Throws Error{usage} on options; what ask_page throws.
Novel ask_novel(const NovelOptions& options, const std::function<bool(std::string_view)>& accept,
                Subject& subject, Journal& journal, const core::Watch& watch = {});

}  // namespace axia::answers
