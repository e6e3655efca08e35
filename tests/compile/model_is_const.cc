#include <memory>

#include "axia/model/model.h"

// A loaded model is shared between sessions and nobody may change it.
#ifdef AXIA_MUST_FAIL
std::shared_ptr<axia::model::Model> load() {
    return axia::model::Model::load("m.gguf");
}
#else
std::shared_ptr<const axia::model::Model> load() {
    return axia::model::Model::load("m.gguf");
}
#endif
