// The description of the API that clients are served: apps/server/openapi.json.
#pragma once

#include <string_view>

namespace axia::server {

/// OpenAPI 3.1, as JSON.
std::string_view openapi_json() noexcept;

}  // namespace axia::server
