#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "axia/data/battery.h"
#include "data/battery_items.h"
#include "data/surface.h"

namespace axia::data {

namespace {

constexpr std::size_t min_items = 3;       // per value: S029's default
constexpr std::size_t min_for_share = 10;  // items before a share is worth a word
constexpr double lean = 0.85;              // share of one key, or of one right answer
constexpr double near_duplicate = 0.5;     // Jaccard of word 3-grams
constexpr std::size_t compared = 50'000;   // items looked at for near-duplicates
constexpr std::size_t common_gram = 200;   // a 3-gram of more items tells nothing
constexpr double item_ratio = 2.5;         // of an item's option lengths
constexpr double value_ratio = 1.15;       // mean over the items of a value
constexpr std::size_t listed = 5;          // names in a problem's line

std::string percent(double share) {
    return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

/// How many, and the first few of them: "a, b, c and 4 more".
class Names {
  public:
    void add(std::string name) {
        if (first_.size() < listed) first_.push_back(std::move(name));
        ++count_;
    }
    bool any() const { return count_ > 0; }
    /// " (7): a, b, c, d, e, ..."
    std::string text() const {
        std::string text = " (" + std::to_string(count_) + "): ";
        for (std::size_t i = 0; i < first_.size(); ++i) text += (i > 0 ? ", " : "") + first_[i];
        return count_ > first_.size() ? text + ", ..." : text;
    }

  private:
    std::vector<std::string> first_;
    std::size_t count_ = 0;
};

class Checker {
  public:
    explicit Checker(const BatteryCard& card) : card_(card) {
        for (const std::string& value : card.values) check_.values[value] = 0;
    }

    void add(const Item& item) {
        ++check_.items;
        ++check_.kinds[std::string(kind_name(item.kind))];
        stems_.insert(item.stem);
        add_values(item);
        if (item.correct) ++right_[*item.correct];
        add_lengths(item);
        if (check_.items <= compared) compare(item);
    }

    BatteryCheck finish() {
        check_.stems = stems_.size();
        few_items();
        keys();
        right_answers();
        lengths();
        if (untagged_ > 0) {
            problem("items that say nothing of any value (" + std::to_string(untagged_) + ")");
        }
        if (alike_.any()) {
            problem("items that nearly repeat another" + alike_.text());
        }
        return std::move(check_);
    }

  private:
    void problem(std::string text) { check_.problems.push_back(std::move(text)); }

    void add_values(const Item& item) {
        std::set<std::string> named;
        if (!item.value.empty()) {
            named.insert(item.value);
            auto& [plus, minus] = keys_[item.value];
            ++(item.key > 0 ? plus : minus);
        }
        for (const ItemOption& option : item.options) {
            for (const ValueTag& tag : option.values) named.insert(tag.value);
        }
        for (const std::string& value : named) ++check_.values[value];
        if (named.empty() && card_.scoring == Scoring::preference) ++untagged_;
    }

    void add_lengths(const Item& item) {
        if (item.kind != ItemKind::pair && item.kind != ItemKind::likelihood) return;
        const auto a = static_cast<double>(characters_of(item.options[0].text));
        const auto b = static_cast<double>(characters_of(item.options[1].text));
        const double ratio = std::log(a / b);
        if (!item.correct && std::abs(ratio) > std::log(item_ratio)) uneven_.add(item.id);
        if (item.kind == ItemKind::likelihood) add_ratio("the first option", ratio);
        for (std::size_t side = 0; side < 2; ++side) {
            for (const ValueTag& tag : item.options[side].values) {
                if (tag.weight > 0) {
                    add_ratio("the option for " + tag.value, side == 0 ? ratio : -ratio);
                }
            }
        }
    }

    void add_ratio(const std::string& side, double ratio) {
        auto& [sum, count] = ratios_[side];
        sum += ratio;
        ++count;
    }

    /// Jaccard of the sets of word 3-grams of the texts, through an index of who has which; items
    /// of one stem are meant to be alike.
    void compare(const Item& item) {
        const std::vector<std::string> words = words_of(item.text);
        std::vector<std::size_t> grams;
        for (std::size_t k = 0; k + 2 < words.size(); ++k) {
            grams.push_back(
                std::hash<std::string>{}(words[k] + " " + words[k + 1] + " " + words[k + 2]));
        }
        std::sort(grams.begin(), grams.end());
        grams.erase(std::unique(grams.begin(), grams.end()), grams.end());
        std::unordered_map<std::size_t, std::size_t> shared;
        const std::size_t self = seen_.size();
        for (const std::size_t gram : grams) {
            std::vector<std::size_t>& holders = holders_[gram];
            for (const std::size_t other : holders) ++shared[other];
            if (holders.size() < common_gram) holders.push_back(self);
        }
        double nearest = near_duplicate;
        std::size_t like = self;
        for (const auto& [other, both] : shared) {
            const std::size_t either = grams.size() + seen_[other].grams - both;
            const double jaccard = static_cast<double>(both) / static_cast<double>(either);
            const bool better = jaccard > nearest || (jaccard == nearest && other < like);
            if (better && jaccard > near_duplicate && seen_[other].stem != item.stem) {
                nearest = jaccard;
                like = other;
            }
        }
        if (like != self) {
            alike_.add(item.id + " and " + seen_[like].id + " (" + percent(nearest) +
                       " of their 3-grams)");
        }
        seen_.push_back({item.id, item.stem, grams.size()});
    }

    void few_items() {
        Names few;
        for (const auto& [value, count] : check_.values) {
            if (count < min_items) few.add(value);
        }
        if (few.any()) {
            problem("values with fewer than " + std::to_string(min_items) + " items" + few.text());
        }
    }

    void keys() {
        Names one_sided;
        for (const auto& [value, count] : keys_) {
            const auto& [plus, minus] = count;
            const auto all = static_cast<double>(plus + minus);
            if (plus + minus >= min_items &&
                static_cast<double>(std::max(plus, minus)) > lean * all) {
                one_sided.add(value + " " + std::to_string(plus) + ":" + std::to_string(minus));
            }
        }
        if (one_sided.any()) {
            problem("values keyed one way, so that agreeing with everything scores, plus:minus" +
                    one_sided.text());
        }
    }

    void right_answers() {
        std::size_t all = 0;
        for (const auto& [place, count] : right_) all += count;
        for (const auto& [place, count] : right_) {
            const double share = static_cast<double>(count) / static_cast<double>(all);
            if (all >= min_for_share && share > lean) {
                problem("option " + std::to_string(place + 1) + " is the right one in " +
                        percent(share) + " of the items");
            }
        }
    }

    void lengths() {
        if (uneven_.any()) {
            problem("items with options of very uneven length" + uneven_.text());
        }
        Names sides;
        for (const auto& [side, total] : ratios_) {
            const auto& [sum, count] = total;
            const double mean = sum / static_cast<double>(count);
            if (count >= min_for_share && std::abs(mean) > std::log(value_ratio)) {
                sides.add(side + " has " + percent(std::exp(mean)) + " of the other's length");
            }
        }
        if (sides.any()) problem("length gives options away" + sides.text());
    }

    struct Seen {
        std::string id, stem;
        std::size_t grams;
    };

    const BatteryCard& card_;
    BatteryCheck check_;
    IdSet stems_;
    std::map<std::string, std::pair<std::size_t, std::size_t>> keys_;  // value -> plus, minus
    std::map<std::size_t, std::size_t> right_;  // place of the right option -> items
    std::map<std::string, std::pair<double, std::size_t>> ratios_;  // sum of log ratios, items
    std::size_t untagged_ = 0;
    Names uneven_, alike_;
    std::vector<Seen> seen_;
    std::unordered_map<std::size_t, std::vector<std::size_t>> holders_;  // 3-gram -> items
};

}  // namespace

BatteryCheck check_battery(const Battery& battery) {
    Checker checker(battery.card());
    battery.for_each([&](const Item& item) { checker.add(item); });
    return checker.finish();
}

std::string to_json(const BatteryCheck& check) {
    nlohmann::ordered_json out;
    out["schema"] = "axia.battery-check";
    out["version"] = 1;
    out["items"] = check.items;
    out["stems"] = check.stems;
    out["kinds"] = check.kinds;
    out["values"] = check.values;
    out["problems"] = check.problems;
    return out.dump(2) + "\n";
}

}  // namespace axia::data
