#include <memory>

#include "axia/model/session.h"

// A session owns its context and cache: it is handed over, never copied.
axia::model::Session again(const std::shared_ptr<const axia::model::Model>& model) {
    axia::model::Session session(model);
#ifdef AXIA_MUST_FAIL
    return axia::model::Session(session);
#else
    return axia::model::Session(session.shared_model());
#endif
}
