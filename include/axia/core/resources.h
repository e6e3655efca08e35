// Where the files that ship with axia lie: the catalogue of models, value systems, batteries.
#pragma once

#include <filesystem>

namespace axia::core {

/// AXIA_SHARE when set; else <folder of the executable>/../share/axia; else the nearest folder
/// above the executable that holds both `values/` and `models.yaml` (a build inside the source
/// tree). Throws Error{not_found} when there is none, or when AXIA_SHARE is no folder.
std::filesystem::path resource_folder();

/// The same as seen from another executable; AXIA_SHARE still comes first.
std::filesystem::path resource_folder(const std::filesystem::path& executable);

}  // namespace axia::core
