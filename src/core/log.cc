#include "axia/core/log.h"

#include "axia/core/error.h"

namespace axia::core {

void Watch::check() const {
    if (cancelled && cancelled()) {
        throw Error(ErrorKind::cancelled, "stopped on request", "",
                    "run the same command again to continue");
    }
}

}  // namespace axia::core
