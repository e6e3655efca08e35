// A battery: a bank of questions about values, as a card (YAML) and items (JSON lines).
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

enum class ItemKind {
    choice,      // k >= 2 options, one is chosen
    pair,        // two options, A or B
    rating,      // an ordered scale
    likelihood,  // which of two continuations of a text the model finds likelier
    free,        // an open answer, judged
};

/// What choosing an option says of a value: weight > 0 serves it, < 0 goes against it.
struct ValueTag {
    std::string value;
    double weight = 1;
};

struct ItemOption {
    std::string text;
    std::vector<ValueTag> values;
    double score = 0;  // rating: the option's place on the scale
};

struct Item {
    std::string id;  // unique in the battery
    std::string
        stem;  // what is not independent shares it: the cluster of intervals; the id if none
    ItemKind kind = ItemKind::pair;
    std::string text;                 // situation, statement or context
    std::string question;             // asked after it; empty = the wording's own
    std::vector<ItemOption> options;  // rating: the scale's; free: empty
    std::string value;                // rating, free: what it measures; may be empty for controls
    double key = 1;  // rating, free: 1, or -1 when agreeing speaks against the value
    std::optional<std::size_t> correct;       // the option that is right (factual controls, ETHICS)
    std::map<std::string, std::string> tags;  // "topic", "original", "language", "group", ...
    std::size_t line = 0;                     // 1-based in its file
};

/// How the answers become numbers (see measure).
enum class Scoring {
    preference,   // pair, choice: how far the chosen options serve each value
    mean,         // rating: mean place on the scale, reversed items turned round
    accuracy,     // share of right answers
    exact_match,  // share of groups (tag "group") answered right throughout
    likelihood,   // share of items whose first option is likelier, and by how much
    judged,       // free: a judge's rating 0 to 10 of the answer's lean
};

struct BatteryCard {
    std::string name, title, description, licence, source;
    int version = 1;
    std::string value_system;         // "schwartz", or empty
    std::vector<std::string> values;  // ids in the order of reports; empty = as they come
    std::vector<ItemOption> scale;    // rating: from least to most, with scores; else empty
    Scoring scoring = Scoring::preference;
    /// What guessing scores in a branch (tag "branch"), where a loader knows; not part of the hash.
    std::map<std::string, double> chances;
    std::filesystem::path folder;       // where it was read (of a public set: the file); else empty
    std::vector<std::string> warnings;  // what a loader left out, each "file:line: ..."
};

std::string_view kind_name(ItemKind kind);

/// For each option whether the tag "risky" names it: "none", or the options' numbers from 1 with
/// "; " between them. Empty without the tag: nobody said which options are risky. Throws
/// Error{input} for other text.
std::vector<bool> risky_options(const Item& item);
std::string_view scoring_name(Scoring scoring);

/// A battery whose items are read one at a time, so that its size does not matter.
class Battery {
  public:
    using Visit = std::function<void(const Item& item)>;

    Battery() = default;
    /// From memory; items without a stem get their id. Throws as for_each does; `name` stands for
    /// the file, the card's name when empty.
    Battery(BatteryCard card, std::vector<Item> items, std::string_view name = {});

    const BatteryCard& card() const noexcept { return card_; }

    /// Calls `visit` for each item in file order. Throws Error{input} naming file, line and field:
    /// missing, unknown or ill-typed fields, a duplicate id (by a 64-bit hash: two of a million ids
    /// are taken for one with probability 3e-8), an unknown kind, value or right option, a kind the
    /// card's scoring cannot score, an option that is a prefix of another, a wrong number of
    /// options, invalid UTF-8, a line over 1 MiB, no item at all.
    void for_each(const Visit& visit) const;

    /// All items, for batteries that fit in memory.
    std::vector<Item> items() const;

    /// SHA-256 over what decides the answers and their scores: the card's name, values, scale and
    /// scoring, and every item. Part of a run's identity; the same for a file written differently.
    std::string hash() const;

  private:
    friend Battery read_battery(const std::filesystem::path& folder);
    BatteryCard card_;
    std::vector<Item> items_;
    std::filesystem::path file_;  // JSON lines when not in memory
};

/// `folder` holds battery.yaml (`schema: axia.battery`, `version: 1`) and items.jsonl, or names
/// another source (`items: dilemmas`, see docs/files.md). Reads the card, and items of another
/// source; those of items.jsonl are read by for_each. Throws Error{not_found|input|unsupported|io}
/// naming file, line and field.
Battery read_battery(const std::filesystem::path& folder);

/// From memory; `name` stands for the folder in errors. The card may name no value system's items.
Battery parse_battery(std::string_view card, std::string_view items, std::string_view name);

/// A battery by the path of its folder, the path of a public data set (see battery_sets.h for the
/// formats), or the name of a shipped one (under the resource folder's batteries/). Throws
/// Error{not_found} with the nearest names; Error{usage} for an unknown format.
Battery open_battery(std::string_view name_or_path, std::string_view format = "auto");

/// Names of the shipped batteries.
std::vector<std::string> shipped_batteries();

/// What `axia batteries check` says of a battery.
struct BatteryCheck {
    std::size_t items = 0, stems = 0;
    std::map<std::string, std::size_t> kinds, values;  // items of each
    /// Each one line: near-duplicates (among the first 50,000 items), keys and right answers that
    /// lean to one side, values with too few items, options of uneven length.
    std::vector<std::string> problems;
};
BatteryCheck check_battery(const Battery& battery);
/// JSON with schema axia.battery-check, version 1.
std::string to_json(const BatteryCheck& check);

}  // namespace axia::data
