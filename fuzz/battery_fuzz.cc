// Batteries from anywhere: card and items (parted by a line ===), items alone under a card of each
// scoring, and lists as Python prints them. Read, or one clear error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery.h"
#include "axia/data/battery_sets.h"

namespace {

using namespace axia;

void check_item(const data::Item& item) {
    if (item.id.empty() || item.stem.empty() || item.text.empty() || item.line == 0) std::abort();
    if (item.key != 1 && item.key != -1) std::abort();
    if (item.correct && *item.correct >= item.options.size()) std::abort();
    const bool two = item.kind == data::ItemKind::pair || item.kind == data::ItemKind::likelihood;
    if (two && item.options.size() != 2) std::abort();
    if ((item.kind == data::ItemKind::free) != item.options.empty()) std::abort();
    for (const data::ItemOption& option : item.options) {
        if (!std::isfinite(option.score)) std::abort();
        for (const data::ValueTag& tag : option.values) {
            if (tag.value.empty() || tag.weight == 0 || !std::isfinite(tag.weight)) std::abort();
        }
        for (const data::ItemOption& other : item.options) {
            if (&other != &option && other.text.starts_with(option.text)) std::abort();
        }
    }
}

void read(std::string_view card, std::string_view items) {
    try {
        const data::Battery battery = data::parse_battery(card, items, "fuzz");
        std::set<std::string> ids;
        battery.for_each([&](const data::Item& item) {
            check_item(item);
            if (!ids.insert(item.id).second) std::abort();
        });
        if (ids.empty()) std::abort();
        if (data::Battery(battery.card(), battery.items()).hash() != battery.hash()) std::abort();
        if (data::check_battery(battery).items != ids.size()) std::abort();
        data::to_json(data::check_battery(battery));
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::internal) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t parting = text.find("\n===\n");
    if (parting != std::string_view::npos) {
        read(text.substr(0, parting + 1), text.substr(parting + 5));
        return 0;
    }
    const std::string head =
        "schema: axia.battery\nversion: 1\nname: fuzz\ntitle: T\nlicence: L\nscoring: ";
    for (const char* scoring :
         {"preference", "mean", "accuracy", "exact_match", "likelihood", "judged"}) {
        read(head + scoring + "\nscale: [{text: low}, {text: high}]\n", text);
    }
    try {
        for (const std::string& one : axia::data::parse_python_list(text, "fuzz")) {
            if (!axia::core::is_utf8(one)) std::abort();
        }
    } catch (const axia::core::Error& error) {
        if (error.kind() == axia::core::ErrorKind::internal) std::abort();
    }
    return 0;
}
