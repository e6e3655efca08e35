// Figures as JSON, the same in every file of this room.
#pragma once

#include <nlohmann/json.hpp>

#include "axia/measure/measure.h"

namespace axia::measure {

/// To six significant digits: what lies below is rounding of the sums.
double rounded(double x);

/// {"value","lo","hi","n"} or {"reason"}.
nlohmann::ordered_json json_of(const Figure& figure);
nlohmann::ordered_json json_of(const std::optional<double>& x);

}  // namespace axia::measure
