// A part of a battery, by what its items say of themselves.
#pragma once

#include <string>
#include <vector>

#include "axia/data/battery.h"

namespace axia::data {

/// The items that carry one of `names` under `tag` ("questionnaire", "topic", ...; "value" stands
/// for what an item measures), in memory, under the same card. Throws Error{usage} for a tag that
/// no item has or a name that stands in none, with those there are (the nearest, or the first ten).
Battery select_items(const Battery& battery, const std::string& tag,
                     const std::vector<std::string>& names);

}  // namespace axia::data
