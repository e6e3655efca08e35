// What grades do to a subject's samples of an invented activity (S018, controlled form).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "axia/answers/novel.h"
#include "axia/measure/measure.h"

namespace axia::measure {

/// Differences in minutes, paired over lists, with t intervals; positive = toward what the grades
/// make ideal.
struct NovelPull {
    Figure effect;            // rising minus falling grades
    std::optional<double> p;  // t, that effect is 0
    Figure up, down;          // rising minus no grades; no grades minus falling
    Figure plain;             // no grades minus the mean of the amounts shown
    std::size_t lists = 0;
    std::size_t numbers[3] = {};  // of the answers, by answers::Grades
};

/// Reads the first number of each answer (parse_number). Throws Error{usage} unless 0 < level < 1.
NovelPull measure_novel(std::span<const answers::NovelTexts> lists, double level = .95);

/// JSON with schema axia.novel, version 1.
std::string to_json(const NovelPull& pull);

}  // namespace axia::measure
