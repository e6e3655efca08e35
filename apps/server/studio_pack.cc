#include "server/studio_pack.h"

__asm__(
    ".section .rodata\n"
    ".balign 16\n"
    ".globl axia_studio_pack_begin\n"
    ".globl axia_studio_pack_end\n"
    "axia_studio_pack_begin:\n"
    ".incbin \"" AXIA_STUDIO_PACK
    "\"\n"
    "axia_studio_pack_end:\n"
    ".byte 0\n"
    ".previous\n");

extern "C" {
extern const char axia_studio_pack_begin[];
extern const char axia_studio_pack_end[];
}

namespace axia::server {

std::string_view studio_pack() noexcept {
    return {axia_studio_pack_begin,
            static_cast<std::size_t>(axia_studio_pack_end - axia_studio_pack_begin)};
}

}  // namespace axia::server
