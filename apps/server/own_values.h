// What people say of the values that they brought: in words, and where they stand on the circle.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "axia/data/value_system.h"

namespace axia::server {

/// Empty texts are not said.
struct OwnValue {
    std::string title;         // one line, to 100 bytes
    std::string definition;    // to 2,000 bytes
    std::string group;         // the id of one of the system's higher-order values
    std::optional<int> order;  // it follows the system's value of this place on the circle, from 0
};

/// {"title","definition","group","order"}, each of which may be missing or null. Throws
/// Error{input|not_found} naming the field, after `where` and a dot unless that is empty.
OwnValue parse_own_value(const nlohmann::ordered_json& json, const data::ValueSystem& system,
                         const std::string& where);

/// Of FOLDER/NAME.json; nothing is said when there is none or it cannot be read.
OwnValue read_own_value(const std::filesystem::path& folder, const std::string& name,
                        const data::ValueSystem& system);
/// Throws Error{io}.
void write_own_value(const std::filesystem::path& folder, const std::string& name,
                     const OwnValue& value);

}  // namespace axia::server
