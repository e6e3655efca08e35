#include "axia/core/random.h"

std::uint64_t draw(axia::core::Rng rng) {
    return rng.next();
}

// A number is not taken for a generator by mistake.
std::uint64_t first() {
#ifdef AXIA_MUST_FAIL
    return draw(7);
#else
    return draw(axia::core::Rng(7));
#endif
}
