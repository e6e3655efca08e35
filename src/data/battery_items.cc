#include "data/battery_items.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;
using nlohmann::json;

namespace {

constexpr std::size_t max_options = 26;  // letters A to Z

constexpr std::array kind_names{"choice", "pair", "rating", "likelihood", "free"};
constexpr std::array scoring_words{"preference",  "mean",       "accuracy",
                                   "exact_match", "likelihood", "judged"};

bool fits(ItemKind kind, Scoring scoring) {
    switch (kind) {
        case ItemKind::choice:
        case ItemKind::pair:
            return scoring == Scoring::preference || scoring == Scoring::accuracy ||
                   scoring == Scoring::exact_match;
        case ItemKind::rating:
            return scoring == Scoring::mean;
        case ItemKind::likelihood:
            return scoring == Scoring::likelihood;
        case ItemKind::free:
            return scoring == Scoring::judged;
    }
    return false;
}

/// FNV-1a, then mixed so that the low bits are good enough for a table.
std::uint64_t hash_of(std::string_view text) {
    std::uint64_t h = 0xcbf29ce484222325;
    for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9;
    h = (h ^ (h >> 27)) * 0x94d049bb133111eb;
    h ^= h >> 31;
    return h == 0 ? 1 : h;
}

std::vector<ItemOption> options_of(const JsonRow& row, ItemKind kind) {
    std::vector<ItemOption> options;
    const json* list = row.find("options");
    if (list == nullptr) return options;
    if (!list->is_array()) {
        row.fail(std::string("field 'options' is a JSON ") + list->type_name() + ", not a list");
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const json& one = (*list)[i];
        const std::string place = "options[" + std::to_string(i) + "]";
        ItemOption option;
        option.score = static_cast<double>(i + 1);
        if (one.is_string()) {
            option.text = one.get<std::string>();
        } else if (one.is_object()) {
            const JsonRow inner = row.inner(one, place + ".");
            option.text = inner.required("text");
            if (kind == ItemKind::rating) {
                inner.only({"text", "score"});
                option.score = inner.number("score", option.score);
            } else {
                inner.only({"text", "values"});
            }
            if (inner.find("values") != nullptr) {
                const json& values = *inner.find("values");
                const JsonRow weights = inner.object("values");
                for (const auto& [value, weight] : values.items()) {
                    option.values.push_back({value, weights.number(value.c_str(), 0)});
                }
            }
        } else {
            row.fail("field '" + place + "' is a JSON " + one.type_name(),
                     "an option is its text, or an object of text and values");
        }
        if (kind != ItemKind::rating) option.score = 0;
        options.push_back(std::move(option));
    }
    return options;
}

void read_tags(const JsonRow& row, Item& item) {
    if (row.find("tags") == nullptr) return;
    const JsonRow tags = row.object("tags");
    for (const auto& [tag, value] : row.find("tags")->items()) {
        item.tags[tag] = tags.required(tag.c_str());
    }
}

}  // namespace

std::string_view kind_name(ItemKind kind) {
    return kind_names.at(static_cast<std::size_t>(kind));
}

std::string_view scoring_name(Scoring scoring) {
    return scoring_words.at(static_cast<std::size_t>(scoring));
}

std::vector<bool> risky_options(const Item& item) {
    const auto tag = item.tags.find("risky");
    if (tag == item.tags.end()) return {};
    std::vector<bool> risky(item.options.size(), false);
    if (tag->second == "none") return risky;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != std::string::npos; begin = end + 2) {
        end = tag->second.find("; ", begin);
        const std::string number = tag->second.substr(begin, end - begin);
        std::size_t option = 0;
        while (option < risky.size() && number != std::to_string(option + 1)) ++option;
        if (option == risky.size() || risky[option]) {
            throw Error(
                ErrorKind::input,
                "field 'tags.risky' is " + in_quotes(tag->second) + ", which names no options",
                "item " + in_quotes(item.id), "none, or options' numbers such as 1 or 1; 2");
        }
        risky[option] = true;
    }
    return risky;
}

std::vector<std::string> scoring_names() {
    return {scoring_words.begin(), scoring_words.end()};
}

bool IdSet::insert(std::string_view name) {
    if (4 * (used_ + 1) > 3 * slots_.size()) {
        const std::vector<std::uint64_t> old = std::exchange(
            slots_, std::vector<std::uint64_t>(std::max<std::size_t>(64, 2 * slots_.size())));
        for (const std::uint64_t hash : old) {
            if (hash != 0) place(hash);
        }
    }
    const bool fresh = place(hash_of(name));
    used_ += fresh ? 1 : 0;
    return fresh;
}

bool IdSet::place(std::uint64_t hash) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        if (slots_[at] == hash) return false;
        if (slots_[at] != 0) continue;
        slots_[at] = hash;
        return true;
    }
}

ItemKind kind_of(const JsonRow& row) {
    const std::string word = row.required("kind");
    const auto found = std::find(kind_names.begin(), kind_names.end(), word);
    if (found == kind_names.end()) {
        const std::string near = core::nearest_names(word, {kind_names.begin(), kind_names.end()});
        row.fail("field 'kind' is " + in_quotes(word) + ", which is no kind of item",
                 near.empty() ? "choice, pair, rating, likelihood or free"
                              : "did you mean " + near + "?");
    }
    return static_cast<ItemKind>(found - kind_names.begin());
}

Item item_of(const JsonRow& row, const BatteryCard& card) {
    Item item;
    item.line = row.line();
    item.kind = kind_of(row);
    item.id = row.required("id");
    item.stem = row.optional("stem");
    if (item.stem.empty()) item.stem = item.id;
    item.text = row.required("text");
    item.options = options_of(row, item.kind);
    switch (item.kind) {
        case ItemKind::choice:
        case ItemKind::pair:
            row.only({"id", "kind", "stem", "text", "question", "options", "correct", "tags"});
            break;
        case ItemKind::likelihood:
            row.only({"id", "kind", "stem", "text", "options", "tags"});
            break;
        case ItemKind::rating:
            row.only({"id", "kind", "stem", "text", "question", "options", "value", "key", "tags"});
            if (item.options.empty()) item.options = card.scale;
            break;
        case ItemKind::free:
            row.only({"id", "kind", "stem", "text", "question", "value", "key", "tags"});
            break;
    }
    item.question = row.optional("question");
    item.value = row.optional("value");
    item.key = row.number("key", 1);
    const std::string correct = row.optional("correct");
    if (!correct.empty()) {
        const auto right = std::find_if(item.options.begin(), item.options.end(),
                                        [&](const ItemOption& o) { return o.text == correct; });
        if (right == item.options.end()) {
            row.fail("field 'correct' is " + in_quotes(correct) + ", which is no option",
                     "write an option's text");
        }
        item.correct = static_cast<std::size_t>(right - item.options.begin());
    }
    read_tags(row, item);
    return item;
}

nlohmann::ordered_json options_json(const std::vector<ItemOption>& options) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const ItemOption& option : options) {
        nlohmann::ordered_json values = nlohmann::ordered_json::object();
        for (const ValueTag& tag : option.values) values[tag.value] = tag.weight;
        list.push_back({{"text", option.text}, {"values", values}, {"score", option.score}});
    }
    return list;
}

nlohmann::ordered_json item_json(const Item& item) {
    nlohmann::ordered_json out;
    out["id"] = item.id;
    out["kind"] = kind_name(item.kind);
    out["stem"] = item.stem;
    out["text"] = item.text;
    out["question"] = item.question;
    out["options"] = options_json(item.options);
    out["value"] = item.value;
    out["key"] = item.key;
    if (item.correct) out["correct"] = *item.correct;
    out["tags"] = item.tags;
    return out;
}

ItemRules::ItemRules(const BatteryCard& card, std::string name)
    : card_(card), name_(std::move(name)), values_(card.values.begin(), card.values.end()) {}

void ItemRules::fail(const Item& item, const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::input, what, file_line(name_, item.line), hint);
}

void ItemRules::check(const Item& item) {
    check_text(item, "id", item.id);
    if (!ids_.insert(item.id)) {
        fail(item, "field 'id' " + in_quotes(item.id) + " was used on an earlier line",
             "give every item its own id");
    }
    check_text(item, "text", item.text);
    check_kind(item);
    check_options(item);
    check_answer(item);
    try {
        risky_options(item);
    } catch (const Error& error) {
        fail(item, error.message(), error.hint());
    }
}

void ItemRules::finish() const {
    if (ids_.size() == 0) {
        throw Error(ErrorKind::input, "holds no item", name_, "one JSON object a line is wanted");
    }
}

void ItemRules::check_text(const Item& item, const std::string& field,
                           std::string_view text) const {
    if (is_blank(text)) fail(item, "field '" + field + "' is empty", "fill it in");
    if (text.find('\0') != std::string_view::npos) {
        fail(item, "field '" + field + "' holds a NUL character", "take it out");
    }
    if (!core::is_utf8(text)) fail(item, "field '" + field + "' is not valid UTF-8");
}

void ItemRules::check_kind(const Item& item) const {
    const std::string kind(kind_name(item.kind));
    if (!fits(item.kind, card_.scoring)) {
        fail(item,
             "is a " + kind + " item, which the scoring '" +
                 std::string(scoring_name(card_.scoring)) + "' of the card cannot score",
             "put it into a battery of its own");
    }
    const std::size_t count = item.options.size();
    const bool two = item.kind == ItemKind::pair || item.kind == ItemKind::likelihood;
    if (item.kind == ItemKind::free) {
        if (count != 0) fail(item, "is a free item with options", "take them out");
    } else if (two ? count != 2 : count < 2 || count > max_options) {
        fail(item, "is a " + kind + " item with " + std::to_string(count) + " options",
             two ? "it has 2" : "it has 2 to " + std::to_string(max_options));
    }
}

void ItemRules::check_options(const Item& item) const {
    for (std::size_t i = 0; i < item.options.size(); ++i) {
        const ItemOption& option = item.options[i];
        const std::string place = "options[" + std::to_string(i) + "].";
        check_text(item, place + "text", option.text);
        std::set<std::string_view> seen;
        for (const ValueTag& tag : option.values) {
            check_value(item, place + "values", tag.value);
            if (!std::isfinite(tag.weight) || tag.weight == 0) {
                fail(item, "field '" + place + "values." + tag.value + "' is not a weight",
                     "above 0 serves the value, below 0 goes against it");
            }
            if (!seen.insert(tag.value).second) {
                fail(item, "field '" + place + "values' names " + in_quotes(tag.value) + " twice");
            }
        }
        if (item.kind == ItemKind::rating && i > 0 && !(option.score > item.options[i - 1].score)) {
            fail(item, "field '" + place + "score' does not rise",
                 "list the scale from least to most");
        }
        for (std::size_t j = 0; j < item.options.size(); ++j) {
            if (j != i && item.options[j].text.starts_with(option.text)) {
                fail(item,
                     "option " + in_quotes(option.text) + " is the beginning of option " +
                         in_quotes(item.options[j].text),
                     "their probabilities could not be told apart; reword one");
            }
        }
    }
}

void ItemRules::check_value(const Item& item, const std::string& field,
                            const std::string& value) const {
    check_text(item, field, value);
    if (values_.empty() || values_.contains(value)) return;
    const std::string near = core::nearest_names(value, card_.values);
    fail(item,
         "field '" + field + "' names " + in_quotes(value) + ", which is no value of this battery",
         near.empty() ? "the card lists them" : "did you mean " + near + "?");
}

void ItemRules::check_answer(const Item& item) const {
    if (!item.value.empty()) check_value(item, "value", item.value);
    if (item.key != 1 && item.key != -1) {
        fail(item, "field 'key' is neither 1 nor -1", "-1 when agreeing speaks against the value");
    }
    if (item.correct && *item.correct >= item.options.size()) {
        fail(item, "field 'correct' names no option");
    }
    const bool right = card_.scoring == Scoring::accuracy || card_.scoring == Scoring::exact_match;
    if (right && !item.correct) {
        fail(item, "has no field 'correct'", "the card's scoring counts right answers");
    }
    if (card_.scoring == Scoring::exact_match && !item.tags.contains("group")) {
        fail(item, "has no field 'tags.group'", "the card's scoring counts whole groups");
    }
}

}  // namespace axia::data
