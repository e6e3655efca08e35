// People's answers from any bytes: records whose probabilities are one-hot, or axia's own error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/answers/people.h"
#include "axia/core/error.h"

namespace {

axia::data::Battery make_battery() {
    using axia::data::Item;
    axia::data::BatteryCard card;
    card.name = "fuzz";
    Item pair, choice;
    pair.id = "walk";
    pair.text = "How to get there?";
    pair.options = {{"Walk", {}, 0}, {"Do not walk", {}, 0}};
    choice.id = "three";
    choice.kind = axia::data::ItemKind::choice;
    choice.text = "Which colour?";
    choice.options = {{"Red", {}, 0}, {"Dark red", {}, 0}, {"-1.5", {}, 0}};
    return {card, {pair, choice}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const axia::data::Battery battery = make_battery();
    try {
        const axia::answers::People people = axia::answers::parse_people(
            {reinterpret_cast<const char*>(data), size}, "fuzz", battery);
        for (const auto& [item, records] : people.by_item) {
            for (const axia::answers::Record& record : records) {
                const auto ones = std::count(record.p.begin(), record.p.end(), 1.);
                if (ones != (record.reason.empty() ? 1 : 0)) std::abort();
            }
        }
    } catch (const axia::core::Error& error) {
        if (error.kind() == axia::core::ErrorKind::internal) std::abort();
    }
    return 0;
}
