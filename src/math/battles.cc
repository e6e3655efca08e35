#include "math/battles.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "axia/core/error.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Groups = std::vector<std::vector<std::size_t>>;

/// The arcs of a directed graph, by where they start.
struct Arcs {
    std::vector<std::uint32_t> first, to;
};

/// From winner to loser, or with `reversed` from loser to winner.
Arcs arcs_of(std::size_t items, const MergedBattles& battles, std::span<const double> wins,
             std::span<const double> total, bool reversed) {
    Arcs arcs;
    arcs.first.assign(items + 1, 0);
    const auto each = [&](auto&& visit) {
        for (std::size_t k = 0; k < battles.size(); ++k) {
            const bool a_wins = wins[k] > 0, b_wins = total[k] - wins[k] > 0;
            if (reversed ? b_wins : a_wins) visit(battles.a[k], battles.b[k]);
            if (reversed ? a_wins : b_wins) visit(battles.b[k], battles.a[k]);
        }
    };
    each([&](std::uint32_t from, std::uint32_t) { ++arcs.first[from + 1]; });
    std::partial_sum(arcs.first.begin(), arcs.first.end(), arcs.first.begin());
    arcs.to.resize(arcs.first.back());
    std::vector<std::uint32_t> next(arcs.first.begin(), arcs.first.end() - 1);
    each([&](std::uint32_t from, std::uint32_t to) { arcs.to[next[from]++] = to; });
    return arcs;
}

/// Marks what can be reached from `start`; gives their number.
std::size_t reach(const Arcs& arcs, std::size_t start, std::vector<char>& seen) {
    std::vector<std::uint32_t> open{static_cast<std::uint32_t>(start)};
    seen[start] = 1;
    std::size_t count = 0;
    while (!open.empty()) {
        const std::uint32_t at = open.back();
        open.pop_back();
        ++count;
        for (std::uint32_t k = arcs.first[at]; k < arcs.first[at + 1]; ++k) {
            if (!seen[arcs.to[k]]) {
                seen[arcs.to[k]] = 1;
                open.push_back(arcs.to[k]);
            }
        }
    }
    return count;
}

std::string list(std::span<const std::size_t> group, std::span<const std::string> names) {
    constexpr std::size_t shown = 6;
    std::string text = "{";
    for (std::size_t i = 0; i < std::min(group.size(), shown); ++i) {
        text += (i > 0 ? ", " : "") + (names.empty() ? std::to_string(group[i]) : names[group[i]]);
    }
    if (group.size() > shown) text += " and " + std::to_string(group.size() - shown) + " more";
    return text + "}";
}

/// Sets of items that are joined one by one.
class Sets {
  public:
    explicit Sets(std::size_t items) : parent_(items), count_(items) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }
    std::size_t count() const { return count_; }
    /// The least item of the set.
    std::size_t least(std::size_t item) {
        while (parent_[item] != item) item = parent_[item] = parent_[parent_[item]];
        return item;
    }
    void join(std::size_t a, std::size_t b) {
        a = least(a);
        b = least(b);
        count_ -= a != b;
        parent_[std::max(a, b)] = std::min(a, b);
    }

  private:
    std::vector<std::size_t> parent_;
    std::size_t count_;
};

Sets connect(std::size_t items, const MergedBattles& battles, std::span<const double> total) {
    Sets sets(items);
    for (std::size_t k = 0; k < battles.size() && sets.count() > 1; ++k) {
        if (total[k] > 0) sets.join(battles.a[k], battles.b[k]);
    }
    return sets;
}

Groups components(std::size_t items, Sets& sets) {
    Groups groups;
    std::vector<std::size_t> number(items);
    for (std::size_t i = 0; i < items; ++i) {
        const std::size_t first = sets.least(i);
        if (first == i) {
            number[i] = groups.size();
            groups.emplace_back();
        }
        groups[number[first]].push_back(i);
    }
    return groups;
}

}  // namespace

void check_battles(std::size_t items, std::size_t least_items, std::span<const Battle> battles) {
    if (items < least_items) {
        throw Error(ErrorKind::input,
                    std::to_string(items) + " items where " + std::to_string(least_items) +
                        " are the least",
                    "items");
    }
    for (std::size_t i = 0; i < battles.size(); ++i) {
        const Battle& battle = battles[i];
        if (battle.a >= items || battle.b >= items) {
            throw Error(ErrorKind::input,
                        "item " + std::to_string(std::max(battle.a, battle.b)) + " of " +
                            std::to_string(items),
                        "battle " + std::to_string(i), "items are numbered from 0");
        }
        for (const double wins : {battle.wins_a, battle.wins_b}) {
            if (!(wins >= 0 && std::isfinite(wins))) {
                throw Error(ErrorKind::input, "wins of " + std::to_string(wins),
                            "battle " + std::to_string(i),
                            "give counts, or p and 1 - p with p from 0 to 1");
            }
        }
    }
}

MergedBattles merge_battles(std::size_t items, std::span<const Battle> battles) {
    // battles by their smaller item, then one entry a partner
    std::vector<std::uint32_t> first(items + 1);
    for (const Battle& battle : battles) ++first[std::min(battle.a, battle.b) + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    std::vector<std::uint32_t> by_item(battles.size());
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::size_t i = 0; i < battles.size(); ++i) {
        by_item[next[std::min(battles[i].a, battles[i].b)]++] = static_cast<std::uint32_t>(i);
    }
    MergedBattles merged;
    merged.of.assign(battles.size(), MergedBattles::none);
    std::vector<std::uint32_t> entry(items, MergedBattles::none);  // of the partner
    for (std::size_t item = 0; item < items; ++item) {
        const auto begin = static_cast<std::uint32_t>(merged.size());
        merged.first.push_back(begin);
        for (std::uint32_t k = first[item]; k < first[item + 1]; ++k) {
            const Battle& battle = battles[by_item[k]];
            if (battle.a == battle.b) continue;
            const bool in_order = battle.a < battle.b;
            const std::size_t partner = in_order ? battle.b : battle.a;
            if (entry[partner] == MergedBattles::none || entry[partner] < begin) {
                entry[partner] = static_cast<std::uint32_t>(merged.size());
                merged.a.push_back(static_cast<std::uint32_t>(item));
                merged.b.push_back(static_cast<std::uint32_t>(partner));
                merged.wins.push_back(0);
                merged.total.push_back(0);
            }
            merged.wins[entry[partner]] += in_order ? battle.wins_a : battle.wins_b;
            merged.total[entry[partner]] += battle.wins_a + battle.wins_b;
            merged.of[by_item[k]] = entry[partner];
        }
    }
    merged.first.push_back(static_cast<std::uint32_t>(merged.size()));
    return merged;
}

bool is_connected(std::size_t items, const MergedBattles& battles, std::span<const double> total) {
    return connect(items, battles, total).count() <= 1;
}

bool has_optimum(std::size_t items, const MergedBattles& battles, std::span<const double> wins,
                 std::span<const double> total) {
    // strongly connected: everything is reached from item 0, and it from everything
    for (const bool reversed : {false, true}) {
        std::vector<char> seen(items);
        if (reach(arcs_of(items, battles, wins, total, reversed), 0, seen) < items) return false;
    }
    return true;
}

void need_connected(std::size_t items, const MergedBattles& battles,
                    std::span<const std::string> names) {
    Sets sets = connect(items, battles, battles.total);
    if (sets.count() == 1) return;
    const Groups groups = components(items, sets);
    constexpr std::size_t shown = 4;
    std::string text;
    for (std::size_t i = 0; i < std::min(groups.size(), shown); ++i) {
        text += (i > 0 ? ", " : "") + list(groups[i], names);
    }
    if (groups.size() > shown) text += " and " + std::to_string(groups.size() - shown) + " more";
    throw Error(ErrorKind::input, "no battle connects " + text, "battles",
                "compare items of different groups, or rank each group alone");
}

void need_optimum(std::size_t items, const MergedBattles& battles,
                  std::span<const std::string> names) {
    for (const bool reversed : {false, true}) {
        const Arcs arcs = arcs_of(items, battles, battles.wins, battles.total, reversed);
        std::vector<char> seen(items);
        if (reach(arcs, 0, seen) == items) continue;
        // what is not reached never lost to what is
        Groups sides(2);
        for (std::size_t i = 0; i < items; ++i) sides[seen[i] ? 0 : 1].push_back(i);
        if (reversed) std::swap(sides[0], sides[1]);
        throw Error(ErrorKind::input,
                    "no finite strengths: " + list(sides[1], names) + " never lose to " +
                        list(sides[0], names),
                    "battles", "give a ridge above 0");
    }
}

std::vector<std::vector<std::size_t>> connected_items(std::size_t items,
                                                      std::span<const Battle> battles) {
    check_battles(items, 0, battles);
    const MergedBattles merged = merge_battles(items, battles);
    Sets sets = connect(items, merged, merged.total);
    return components(items, sets);
}

}  // namespace axia::math
