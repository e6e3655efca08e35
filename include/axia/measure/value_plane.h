// Whether a reader finds together what lies together on the circle of values (S024): values in a
// plane, by the sentences in which it finds them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/perceptions.h"
#include "axia/measure/measure.h"

namespace axia::measure {

struct ValuePlace {
    std::string value;
    double x = 0, y = 0;
};

struct ValuePlane {
    /// Distance of two values: sqrt(2 - 2 r), r the correlation of their relevance over distinct
    /// sentences. Empty with a reason; values whose relevance does not vary are left out.
    std::vector<ValuePlace> places;
    double stress = 0;          // normalised, in [0, 1]: what a plane cannot show of the distances
    std::size_t sentences = 0;  // distinct, with an answer for every value
    /// Correlation over pairs of values of that distance and the one on the circle,
    /// 2 sin(angle / 2); bootstrap over sentences.
    Figure circle;
    std::string reason;
};

/// `angle`: degrees on the circle by value; may lack some. Needs ten sentences and three values.
/// Throws Error{usage} when draws is 0.
ValuePlane measure_plane(std::span<const std::string> sentences,
                         std::span<const answers::SoughtValue> values,
                         const answers::Perceived& perceived,
                         const std::map<std::string, double>& angle, std::uint64_t seed = 0,
                         std::size_t draws = 1000);

/// JSON object: places, stress, sentences, circle, or reason.
std::string to_json(const ValuePlane& plane);

}  // namespace axia::measure
