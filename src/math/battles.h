// Battles checked, merged by pair, and the graph they make.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "axia/math/rank.h"

namespace axia::math {

/// Battles of one pair a < b are one entry, in the order of a, then of first appearance.
struct MergedBattles {
    std::vector<std::uint32_t> first;  // of the entries of each a, and the end
    std::vector<std::uint32_t> a, b;
    std::vector<double> wins;       // of a
    std::vector<double> total;      // wins of a and b
    std::vector<std::uint32_t> of;  // battle -> entry; `none` where a == b
    static constexpr std::uint32_t none = UINT32_MAX;

    std::size_t size() const { return a.size(); }

    /// Calls visit(a, begin, end) with the entries of each a.
    template <typename Visit>
    void each_row(Visit&& visit) const {
        for (std::uint32_t item = 0; item + 1 < first.size(); ++item) {
            visit(item, first[item], first[item + 1]);
        }
    }
};

/// Throws as fit_bradley_terry on battles that cannot be.
void check_battles(std::size_t items, std::size_t least_items, std::span<const Battle> battles);

/// Of checked battles.
MergedBattles merge_battles(std::size_t items, std::span<const Battle> battles);

/// Whether battles connect all items, counted by `total`.
bool is_connected(std::size_t items, const MergedBattles& battles, std::span<const double> total);

/// Whether no group of items wins, or loses, every battle against the rest.
bool has_optimum(std::size_t items, const MergedBattles& battles, std::span<const double> wins,
                 std::span<const double> total);

/// Throws Error{input} naming the groups between which there is no battle.
void need_connected(std::size_t items, const MergedBattles& battles,
                    std::span<const std::string> names);

/// Of connected battles: throws Error{input} naming the groups between which there are only wins.
void need_optimum(std::size_t items, const MergedBattles& battles,
                  std::span<const std::string> names);

}  // namespace axia::math
