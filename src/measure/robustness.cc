// How much of the scores is the way of asking.
#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "axia/math/agreement.h"
#include "axia/math/divergence.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

/// Probabilities by what the options stand for: (value, sign of its weight).
using Stance = std::map<std::vector<std::pair<int, int>>, double>;

/// Empty when unanswered or when an option stands for nothing.
Stance stance_of(const Table& table, std::size_t arm, std::size_t item) {
    const Shape& shape = table.shape(item);
    if (shape.scale() || !table.tables[arm].items[item].answered()) return {};
    const std::vector<double> p = table.numbers(arm, item);
    Stance stance;
    for (std::size_t option = 0; option < shape.tags.size(); ++option) {
        std::vector<std::pair<int, int>> key;
        for (const auto& [value, weight] : shape.tags[option]) {
            key.emplace_back(value, weight > 0 ? 1 : -1);
        }
        if (key.empty()) return {};
        std::sort(key.begin(), key.end());
        stance[key] += p[option];
    }
    return stance;
}

bool same_keys(const Stance& a, const Stance& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](const auto& x, const auto& y) { return x.first == y.first; });
}

/// S041 over the members of one group, each the mean of its items; NaN when fewer than two
/// members, or when items do not stand for the same things.
double group_spread(const Table& table, std::size_t arm,
                    const std::map<std::uint64_t, std::vector<std::uint32_t>>& members) {
    std::vector<std::vector<double>> stances;
    Stance first;
    for (const auto& [member, items] : members) {
        std::vector<double> sum;
        for (const std::uint32_t item : items) {
            const Stance stance = stance_of(table, arm, item);
            if (stance.empty()) continue;
            if (first.empty()) first = stance;
            if (!same_keys(first, stance)) return none;
            sum.resize(stance.size(), 0);
            std::size_t i = 0;
            for (const auto& [key, p] : stance) sum[i++] += p;
        }
        if (!sum.empty()) stances.push_back(std::move(sum));  // js_spread makes them add up to 1
    }
    for (std::vector<double>& stance : stances) {
        double total = 0;
        for (const double x : stance) total += x;
        for (double& x : stance) x /= total;
    }
    return stances.size() < 2 ? none : math::js_spread(stances, table.options.spread);
}

enum class Grouping { paraphrase, topic, language };

std::uint64_t tag_of(const std::deque<std::uint64_t>& hashes, std::size_t item) {
    return item < hashes.size() ? hashes[item] : 0;
}

/// What the items of a group share; 0 = in none.
std::uint64_t group_of(const Table& table, Grouping by, std::size_t item) {
    switch (by) {
        case Grouping::paraphrase:
            return tag_of(table.originals, item);
        case Grouping::topic:
            return table.items[item].stem;
        case Grouping::language:
            return tag_of(table.languages, item) == 0 ? 0 : tag_of(table.translations, item);
    }
    return 0;
}

/// Of paraphrases each item is a member, of a topic each original, else each item.
std::uint64_t member_of(const Table& table, Grouping by, std::size_t item) {
    if (by == Grouping::language) return table.languages[item];
    const std::uint64_t original = tag_of(table.originals, item);
    return by == Grouping::topic && original != 0 ? original : item;
}

/// Adds every group's spread to the worst ones as well.
Figure spread_of_groups(const Table& table, std::size_t arm, Grouping by, const char* name,
                        const std::string& nothing, std::vector<Unsteady>& worst) {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> marked;
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        const std::uint64_t mark = group_of(table, by, item);
        if (mark != 0) marked.emplace_back(mark, static_cast<std::uint32_t>(item));
    }
    std::sort(marked.begin(), marked.end());
    Sample sample;
    for (std::size_t begin = 0, end = 0; begin < marked.size(); begin = end) {
        while (end < marked.size() && marked[end].first == marked[begin].first) ++end;
        if (end - begin < 2) continue;
        std::map<std::uint64_t, std::vector<std::uint32_t>> members;
        for (std::size_t i = begin; i < end; ++i) {
            const std::uint32_t item = marked[i].second;
            members[member_of(table, by, item)].push_back(item);
        }
        const double spread = group_spread(table, arm, members);
        if (std::isnan(spread)) continue;
        const std::uint32_t first = marked[begin].second;
        sample.add(spread, table.stems[first]);
        if (spread > 0 && first < table.rows.size()) {
            const ItemRow& row = table.rows[first];
            worst.push_back({name, row.stem, row.item, spread, members.size()});
        }
    }
    return mean_figure(sample, table.options.level, nothing);
}

/// The ten of the largest spread.
void keep_worst(std::vector<Unsteady>& groups) {
    constexpr std::size_t most_shown = 10;
    std::stable_sort(groups.begin(), groups.end(),
                     [](const Unsteady& a, const Unsteady& b) { return a.spread > b.spread; });
    if (groups.size() > most_shown) groups.resize(most_shown);
}

/// Mean distance from the middle of + items plus that of - items, with the interval of the sum of
/// two means (linearised): that of the mean of index + (x - mean of its sign) n / n of its sign.
Figure scale_lean(const Table& table, std::size_t arm) {
    struct Side {
        std::vector<std::pair<double, int>> items;  // distance, stem
        double mean = 0;
    } sides[2];
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        const Shape& shape = table.shape(item);
        const float lean = table.tables[arm].items[item].lean;
        if (!shape.scale() || std::isnan(lean)) continue;
        sides[shape.key < 0].items.emplace_back(lean - shape.middle(), table.stems[item]);
    }
    double all = 0, index = 0;
    for (Side& side : sides) {
        if (side.items.empty()) return because("needs ratings both keyed and reversed");
        for (const auto& [x, stem] : side.items) {
            side.mean += x / static_cast<double>(side.items.size());
        }
        index += side.mean;
        all += static_cast<double>(side.items.size());
    }
    Sample sample;
    for (const Side& side : sides) {
        for (const auto& [x, stem] : side.items) {
            sample.add(index + (x - side.mean) * all / static_cast<double>(side.items.size()),
                       stem);
        }
    }
    return mean_figure(sample, table.options.level, "");
}

Figure lean_figure(const Table& table, std::size_t arm) {
    const auto is_scale = [](const Shape& shape) { return shape.scale(); };
    if (std::any_of(table.shapes.begin(), table.shapes.end(), is_scale)) {
        return scale_lean(table, arm);
    }
    const auto over = [&](const ItemScore& score, std::size_t item) {
        const Shape& shape = table.shape(item);
        if (shape.yes < 0 || shape.right < 0) return none;
        return score.lean - (shape.right == shape.yes ? 1. : 0.);
    };
    return mean_figure(sample_of(table, arm, over), table.options.level,
                       "needs ratings, or yes/no questions with a right answer");
}

Figure keying_figure(const Table& table, std::size_t arm) {
    std::vector<double> plus, minus;
    for (const auto& items : table.item_of) {
        double sum[2] = {0, 0}, count[2] = {0, 0};
        for (const std::uint32_t item : items) {
            const Shape& shape = table.shape(item);
            const double score = table.tables[arm].items[item].number;
            if (!shape.scale() || std::isnan(score)) continue;
            sum[shape.key < 0] += score;
            count[shape.key < 0] += 1;
        }
        if (count[0] == 0 || count[1] == 0) continue;
        plus.push_back(sum[0] / count[0]);
        minus.push_back(sum[1] / count[1]);
    }
    if (plus.empty()) return because("no value has ratings both keyed and reversed");
    return figure_or_reason([&] {
        Figure figure;
        figure.estimate = math::retest_correlation(plus, minus, table.options.level);
        figure.n = plus.size();
        return figure;
    });
}

Figure retest_figure(const Table& table, std::size_t arm) {
    std::vector<double> even, odd;
    for (const ItemScore& score : table.tables[arm].items) {
        if (std::isnan(score.half[0]) || std::isnan(score.half[1])) continue;
        even.push_back(score.half[0]);
        odd.push_back(score.half[1]);
    }
    if (even.empty()) return because("nothing was asked twice, in wordings or repeats");
    return figure_or_reason([&] {
        Figure figure;
        figure.estimate = math::retest_correlation(even, odd, table.options.level);
        figure.n = even.size();
        return figure;
    });
}

}  // namespace

Robustness measure_robustness(const Table& table, std::size_t arm) {
    const double level = table.options.level;
    const auto field = [&](auto ItemScore::*member) {
        return sample_of(table, arm, [member](const ItemScore& score, std::size_t) {
            return static_cast<double>(score.*member);
        });
    };
    const auto flag = [&](std::int8_t ItemScore::*member) {
        return sample_of(table, arm, [member](const ItemScore& score, std::size_t) {
            return score.*member < 0 ? none : static_cast<double>(score.*member);
        });
    };
    const std::string one_order = "asked in one order of options alone";
    const std::string one_wording = "asked in one wording alone";
    Robustness result;
    result.order_flip = share_figure(flag(&ItemScore::order_flip), level, one_order);
    result.first_bias = mean_figure(field(&ItemScore::first_bias), level, one_order);
    Sample flips = field(&ItemScore::wording_flip);
    result.wording_flip = mean_figure(flips, level, one_wording);
    for (double& flip : flips.values) flip = flip > 0 ? 1 : 0;
    result.unstable = share_figure(flips, level, one_wording);
    result.wording_spread = mean_figure(field(&ItemScore::spread), level, one_wording);
    result.format_gap = share_figure(flag(&ItemScore::format_gap), level,
                                     "not asked both for letters and for texts");
    result.inconsistency =
        mean_figure(field(&ItemScore::inconsistency), level, "needs probabilities in two wordings");
    result.paraphrase =
        spread_of_groups(table, arm, Grouping::paraphrase, "paraphrase",
                         "no two items with tagged options are paraphrases", result.unsteady);
    result.topic =
        spread_of_groups(table, arm, Grouping::topic, "topic",
                         "no two items with tagged options share a stem", result.unsteady);
    result.language = spread_of_groups(table, arm, Grouping::language, "language",
                                       "no question stands in two languages", result.unsteady);
    keep_worst(result.unsteady);
    result.acquiescence = lean_figure(table, arm);
    result.keying = keying_figure(table, arm);
    result.invalid = mean_figure(field(&ItemScore::invalid), level, "no answer");
    result.retest = retest_figure(table, arm);
    result.asked = table.tables[arm].asked;
    result.unanswered = table.tables[arm].unanswered;
    result.reasons = table.tables[arm].reasons;
    return result;
}

}  // namespace axia::measure
