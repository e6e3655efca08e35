// What apps/studio/dist/studio.pack held when the program was built.
#pragma once

#include <string_view>

namespace axia::server {

/// Empty when the studio was not built then.
std::string_view studio_pack() noexcept;

}  // namespace axia::server
