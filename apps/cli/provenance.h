// Where a run came from: what run.json says beside the results.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

#include "app.h"

namespace axia::cli {

/// Command line, seed, versions, time and machine, as the first fields of a run.json of `kind`.
nlohmann::ordered_json provenance(const App& app, const std::string& kind);
/// Identity and weights of a local model.
nlohmann::ordered_json model_provenance(const model::ModelInfo& info);
nlohmann::ordered_json weights_provenance(const model::ModelInfo& info);

/// Adds the hash of every file of the folder and writes run.json, last of all: a run without it is
/// not finished.
void finish_run(nlohmann::ordered_json json, const std::filesystem::path& folder);

}  // namespace axia::cli
