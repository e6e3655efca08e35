// Items of a battery: from a row of JSON, and the rules that every item keeps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/battery.h"
#include "data/jsonl.h"

namespace axia::data {

/// A set of names kept as 64-bit hashes, 11 to 21 bytes a name: two of a million names are taken
/// for one with probability 3e-8.
class IdSet {
  public:
    /// False when it was there.
    bool insert(std::string_view name);
    std::size_t size() const { return used_; }

  private:
    bool place(std::uint64_t hash);
    std::vector<std::uint64_t> slots_;  // 0 = free; a power of two
    std::size_t used_ = 0;
};

/// The rules of battery.h's for_each, applied to one item after the other.
class ItemRules {
  public:
    ItemRules(const BatteryCard& card, std::string name);

    /// Throws Error{input} at name:line.
    void check(const Item& item);
    /// Throws Error{input} when nothing was checked.
    void finish() const;

  private:
    [[noreturn]] void fail(const Item& item, const std::string& what,
                           const std::string& hint = {}) const;
    void check_text(const Item& item, const std::string& field, std::string_view text) const;
    void check_kind(const Item& item) const;
    void check_options(const Item& item) const;
    void check_value(const Item& item, const std::string& field, const std::string& value) const;
    void check_answer(const Item& item) const;

    const BatteryCard& card_;
    std::string name_;
    std::set<std::string> values_;
    IdSet ids_;
};

/// One line of items.jsonl.
Item item_of(const JsonRow& row, const BatteryCard& card);

/// Everything of an item but its line, for hashes.
nlohmann::ordered_json item_json(const Item& item);
nlohmann::ordered_json options_json(const std::vector<ItemOption>& options);

/// Throws through `row` for an unknown word, with the nearest ones.
ItemKind kind_of(const JsonRow& row);

std::vector<std::string> scoring_names();

}  // namespace axia::data
