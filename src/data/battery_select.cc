#include "axia/data/battery_select.h"

#include <algorithm>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::size_t most_named = 10;

std::string list_of_names(const std::set<std::string>& names) {
    std::string list;
    std::size_t named = 0;
    for (const std::string& name : names) {
        if (named++ == most_named) {
            return list + " and " + std::to_string(names.size() - most_named) + " more";
        }
        list += (list.empty() ? "" : ", ") + name;
    }
    return list;
}

}  // namespace

Battery select_items(const Battery& battery, const std::string& tag,
                     const std::vector<std::string>& names) {
    std::vector<Item> kept;
    std::set<std::string> known, tags;
    battery.for_each([&](const Item& item) {
        for (const auto& [name, text] : item.tags) tags.insert(name);
        if (!item.value.empty()) tags.insert("value");
        const auto found = item.tags.find(tag);
        const bool by_value = tag == "value" && found == item.tags.end();
        if (by_value ? item.value.empty() : found == item.tags.end()) return;
        const std::string& text = by_value ? item.value : found->second;
        known.insert(text);
        if (std::find(names.begin(), names.end(), text) != names.end()) kept.push_back(item);
    });
    const std::string where = "battery '" + battery.card().name + "'";
    if (known.empty()) {
        throw Error(ErrorKind::usage, "no item has the tag '" + tag + "'", where,
                    tags.empty() ? "its items have no tags" : "there are " + list_of_names(tags));
    }
    for (const std::string& name : names) {
        if (known.contains(name)) continue;
        const std::string near = core::nearest_names(name, {known.begin(), known.end()});
        throw Error(
            ErrorKind::usage, "no item has the " + tag + " '" + name + "'", where,
            near.empty() ? "there are " + list_of_names(known) : "did you mean " + near + "?");
    }
    return Battery(battery.card(), std::move(kept), where);
}

}  // namespace axia::data
