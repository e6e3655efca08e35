// The grid the tuner starts from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "axia/steer/tune.h"

namespace axia::steer {

/// About thirty candidates: measured amounts along three directions and constant ones (CAA among
/// them), over contexts, layer sets and targets. `held` values (of context chat) add variants that
/// hold the others' readings.
std::vector<Candidate> tuning_grid(int layers, const std::string& value,
                                   const std::string& model_hash,
                                   std::span<const vectors::ValueVector* const> held = {});

}  // namespace axia::steer
