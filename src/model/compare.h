// How fast a copy is beside its source, and how far from it.
#pragma once

#include "axia/core/log.h"
#include "axia/model/model.h"
#include "axia/model/prepare.h"

namespace axia::model {

/// Fills KL, rates, threads and note of `card`: about `seconds` of interleaved rounds, at least
/// two. On a busy machine threads that wait for one another measure nothing but the others' load,
/// so the rounds then run on one thread and count its processor time.
void compare_models(const std::shared_ptr<const Model>& source,
                    const std::shared_ptr<const Model>& copy, double seconds, int threads,
                    const core::Watch& watch, PreparedCard& card);

}  // namespace axia::model
