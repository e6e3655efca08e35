#include "axia/data/battery.h"

#include <algorithm>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/resources.h"
#include "axia/data/battery_sets.h"
#include "axia/data/value_system.h"
#include "data/battery_items.h"
#include "data/yaml_map.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_line = 1 << 20;
constexpr std::uint64_t max_yaml = 1 << 22;
constexpr const char* card_file = "battery.yaml";

/// What battery.yaml says; `items` names another source than items.jsonl.
struct CardFile {
    BatteryCard card;
    std::string items;
};

/// JSON lines by themselves, or branches of ETHICS: the files of a public data set, and no
/// battery's items.
bool is_set_folder(const fs::path& path) {
    std::error_code code;
    if (!fs::is_directory(path, code) || fs::exists(path / card_file, code) ||
        fs::exists(path / "items.jsonl", code)) {
        return false;
    }
    if (is_ethics_folder(path)) return true;
    const fs::directory_iterator files(path, code);
    return std::any_of(begin(files), end(files), [](const fs::directory_entry& entry) {
        return entry.path().extension() == ".jsonl";
    });
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known,
                         const std::string& otherwise) {
    const std::string near = core::nearest_names(word, known);
    return near.empty() ? otherwise : "did you mean " + near + "?";
}

void read_scale(const YamlMap& map, BatteryCard& card) {
    for (const YamlMap& one : map.maps("scale", "the option of the scale")) {
        one.only({"text", "score"});
        ItemOption option;
        option.text = one.required("text");
        option.score = one.number("score", static_cast<double>(card.scale.size() + 1));
        if (!card.scale.empty() && !(option.score > card.scale.back().score)) {
            one.fail("field 'score' does not rise", "list the scale from least to most");
        }
        card.scale.push_back(std::move(option));
    }
}

/// The folder of a value system: beside the card, or among the shipped ones.
fs::path system_folder(const fs::path& beside, const std::string& name, const YamlMap& map) {
    std::error_code code;
    if (fs::is_directory(beside / name, code)) return beside / name;
    const fs::path shipped = core::resource_folder() / "values";
    if (fs::is_directory(shipped / name, code)) return shipped / name;
    std::vector<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(shipped, code)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    map.fail("field 'value_system' is " + in_quotes(name) + ", which is no value system",
             did_you_mean(name, names, "name a shipped one, or a folder beside the card"));
}

/// `folder` empty = from memory: nothing else is looked up.
CardFile card_of(const YamlMap& map, const fs::path& folder, std::optional<ValueSystem>& system) {
    map.check_schema("axia.battery");
    map.only({"schema", "version", "name", "title", "description", "licence", "source", "scoring",
              "value_system", "values", "scale", "items"});
    CardFile file;
    BatteryCard& card = file.card;
    card.folder = folder;
    card.name = map.required("name");
    const bool good = card.name.size() <= 64 && card.name.front() != '-' &&
                      std::all_of(card.name.begin(), card.name.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                      });
    if (!good) {
        map.fail("field 'name' is " + in_quotes(card.name),
                 "lower-case letters, digits and hyphens, at most 64");
    }
    card.title = map.required("title");
    card.description = map.optional("description");
    card.licence = map.required("licence");
    card.source = map.optional("source");
    const std::string scoring = map.required("scoring");
    const std::vector<std::string> words = scoring_names();
    const auto found = std::find(words.begin(), words.end(), scoring);
    if (found == words.end()) {
        map.fail("field 'scoring' is " + in_quotes(scoring) + ", which is no scoring",
                 did_you_mean(scoring, words,
                              "preference, mean, accuracy, exact_match, likelihood or judged"));
    }
    card.scoring = static_cast<Scoring>(found - words.begin());
    card.value_system = map.optional("value_system");
    card.values = map.names("values");
    for (std::size_t i = 0; i < card.values.size(); ++i) {
        if (std::find(card.values.begin(), card.values.begin() + static_cast<std::ptrdiff_t>(i),
                      card.values[i]) != card.values.begin() + static_cast<std::ptrdiff_t>(i)) {
            map.fail("field 'values' names " + in_quotes(card.values[i]) + " twice");
        }
    }
    read_scale(map, card);
    file.items = map.optional("items");
    if (!file.items.empty() && file.items != "dilemmas" && file.items != "controls") {
        map.fail("field 'items' is " + in_quotes(file.items),
                 "write dilemmas or controls, or leave it out and add items.jsonl");
    }
    if (!file.items.empty() && card.value_system.empty()) {
        map.fail("field 'items' takes them from a value system, and none is named",
                 "add value_system: schwartz");
    }
    if (folder.empty() || card.value_system.empty()) return file;

    system = read_value_system(system_folder(folder, card.value_system, map));
    for (const std::string& value : card.values) {
        if (!system->has(value)) {
            map.fail("field 'values' names " + in_quotes(value) + ", which is no value of '" +
                         card.value_system + "'",
                     did_you_mean(value, system->ids(), "take it out"));
        }
    }
    if (card.values.empty() && file.items != "controls") card.values = system->ids();
    return file;
}

std::vector<Item> dilemma_items(const ValueSystem& system) {
    std::vector<Item> items;
    for (const std::string& value : system.ids()) {
        for (Dilemma& dilemma : system.dilemmas(value)) {
            Item item;
            item.id = dilemma.id;
            item.kind = ItemKind::pair;
            item.text = std::move(dilemma.situation);
            item.options = {{std::move(dilemma.option_toward), {{dilemma.value, 1}}, 0},
                            {std::move(dilemma.option_away), {{dilemma.other, 1}}, 0}};
            item.tags["split"] = split_name(dilemma.split);
            item.line = dilemma.line;
            items.push_back(std::move(item));
        }
    }
    return items;
}

std::vector<Item> control_items(const ValueSystem& system) {
    std::vector<Item> items;
    for (Control& control : system.controls()) {
        Item item;
        item.id = control.id;
        item.stem = control.pair;
        item.kind = ItemKind::pair;
        item.text = std::move(control.question);
        item.question = "Which answer is right?";
        item.options = {{"Yes", {}, 0}, {"No", {}, 0}};
        item.correct = control.answer_yes ? 0 : 1;
        item.tags["pair"] = control.pair;
        item.line = control.line;
        items.push_back(std::move(item));
    }
    return items;
}

fs::path batteries_folder() {
    return core::resource_folder() / "batteries";
}

}  // namespace

Battery::Battery(BatteryCard card, std::vector<Item> items, std::string_view name)
    : card_(std::move(card)), items_(std::move(items)) {
    ItemRules rules(card_, std::string(name.empty() ? card_.name : name));
    for (Item& item : items_) {
        if (item.stem.empty()) item.stem = item.id;
        rules.check(item);
    }
    rules.finish();
}

void Battery::for_each(const Visit& visit) const {
    for (const Item& item : items_) visit(item);
    if (file_.empty()) return;
    ItemRules rules(card_, file_.string());
    read_jsonl(file_, max_line, [&](const JsonRow& row) {
        const Item item = item_of(row, card_);
        rules.check(item);
        visit(item);
    });
    rules.finish();
}

std::vector<Item> Battery::items() const {
    std::vector<Item> all;
    for_each([&](const Item& item) { all.push_back(item); });
    return all;
}

std::string Battery::hash() const {
    nlohmann::ordered_json head;
    head["name"] = card_.name;
    head["value_system"] = card_.value_system;
    head["values"] = card_.values;
    head["scale"] = options_json(card_.scale);
    head["scoring"] = scoring_name(card_.scoring);
    core::Sha256 sha;
    sha.update(head.dump());
    for_each([&](const Item& item) { sha.update("\n" + item_json(item).dump()); });
    return sha.hex();
}

Battery read_battery(const fs::path& folder) {
    std::error_code code;
    if (!fs::exists(folder, code)) {
        throw Error(ErrorKind::not_found, "no such folder", folder.string());
    }
    const fs::path path = folder / card_file;
    if (!fs::is_regular_file(path, code)) {
        throw Error(ErrorKind::not_found, std::string("holds no ") + card_file, folder.string(),
                    "name the folder of a battery");
    }
    CardFile file;
    std::optional<ValueSystem> system;
    parse_yaml(core::read_file(path, max_yaml), path.string(), "the battery",
               [&](const YamlMap& map) { file = card_of(map, folder, system); });
    if (!file.items.empty()) {
        const bool dilemmas = file.items == "dilemmas";
        return Battery(std::move(file.card),
                       dilemmas ? dilemma_items(*system) : control_items(*system),
                       (system->folder / file.items).string());
    }
    Battery battery;
    battery.card_ = std::move(file.card);
    battery.file_ = folder / "items.jsonl";
    if (!fs::exists(battery.file_, code)) {
        throw Error(ErrorKind::not_found, "no such file", battery.file_.string(),
                    "a battery holds its items there");
    }
    return battery;
}

Battery parse_battery(std::string_view card, std::string_view items, std::string_view name) {
    const std::string folder(name);
    CardFile file;
    std::optional<ValueSystem> system;
    parse_yaml(card, folder + "/" + card_file, "the battery", [&](const YamlMap& map) {
        file = card_of(map, {}, system);
        if (!file.items.empty())
            map.fail("field 'items' takes them from a value system, which only a folder can name");
    });
    std::vector<Item> list;
    const std::string items_file = folder + "/items.jsonl";
    parse_jsonl(items, items_file, max_line,
                [&](const JsonRow& row) { list.push_back(item_of(row, file.card)); });
    return Battery(std::move(file.card), std::move(list), items_file);
}

Battery open_battery(std::string_view name_or_path, std::string_view format) {
    const fs::path path(name_or_path);
    std::error_code code;
    const bool ethics = format.starts_with("ethics") && fs::is_directory(path, code);
    if (fs::is_regular_file(path, code) || is_set_folder(path) || ethics) {
        return read_set(path, format);
    }
    if (format != "auto") {
        throw Error(ErrorKind::usage, "a format is named, and this is no file", path.string(),
                    "leave the format out");
    }
    if (fs::is_regular_file(path / card_file, code)) return read_battery(path);
    const std::string name(name_or_path);
    const bool is_path = name.empty() || name.find('/') != std::string::npos;
    const std::vector<std::string> shipped =
        is_path ? std::vector<std::string>{} : shipped_batteries();
    if (std::find(shipped.begin(), shipped.end(), name) != shipped.end()) {
        return read_battery(batteries_folder() / name);
    }
    if (fs::is_directory(path, code)) return read_battery(path);  // says what is missing
    throw Error(ErrorKind::not_found, "no such battery, folder or file", in_quotes(name),
                did_you_mean(name, shipped, "axia batteries list names those that ship"));
}

std::vector<std::string> shipped_batteries() {
    std::vector<std::string> names;
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(batteries_folder(), code)) {
        if (fs::is_regular_file(entry.path() / card_file, code)) {
            names.push_back(entry.path().filename().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace axia::data
