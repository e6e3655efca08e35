#include "server/openapi.h"

#include <cstddef>

__asm__(
    ".section .rodata\n"
    ".globl axia_openapi_begin\n"
    ".globl axia_openapi_end\n"
    "axia_openapi_begin:\n"
    ".incbin \"" AXIA_OPENAPI
    "\"\n"
    "axia_openapi_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char axia_openapi_begin[];
extern const char axia_openapi_end[];
}

namespace axia::server {

std::string_view openapi_json() noexcept {
    return {axia_openapi_begin, static_cast<std::size_t>(axia_openapi_end - axia_openapi_begin)};
}

}  // namespace axia::server
