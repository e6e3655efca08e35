// Any bytes as a catalogue: Error or a catalogue whose every field is in form.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/model/catalogue.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    try {
        const model::Catalogue catalogue =
            model::parse_catalogue({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
        for (const model::CatalogueEntry& entry : catalogue.models) {
            if (!model::is_model_name(entry.name) || entry.sha256.size() != 64) std::abort();
            if (catalogue.find(entry.name) != &entry || entry.sources.empty()) std::abort();
            for (const model::ModelSource& source : entry.sources) {
                for (const model::PackageMember& one : source.packages) {
                    if (one.name.starts_with('-') || !model::is_plain_path(one.member))
                        std::abort();
                }
            }
        }
    } catch (const core::Error&) {
    }
    return 0;
}
