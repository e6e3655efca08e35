// From a name to a model in memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "axia/core/log.h"
#include "axia/model/model.h"
#include "axia/model/prepare.h"
#include "axia/model/pull.h"

namespace axia::model {

struct OpenOptions {
    /// "auto" = the prepared copy that is fastest here, "file" = the model's own file, or the name
    /// of a format ("q8_0").
    std::string weights = "auto";
    Purpose purpose = Purpose::automatic;
    bool allow_download = true;  // of a catalogue or hf: model that is not here
    PullOptions pull;
    PrepareOptions prepare;  // its purpose is the one above
};

/// `what` is what pull_model takes. With "auto", a copy that cannot be made (full disk, read-only
/// cache) is a warning and the file itself is used. info().source_hash is always that of the source
/// file. Throws what pull_model, prepare_model and Model::load throw; Error{usage} for unknown
/// weights.
std::shared_ptr<const Model> open_model(std::string_view what, const OpenOptions& options = {},
                                        const core::Watch& watch = {});

}  // namespace axia::model
