// Which value stands above which, and how sure that is.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "axia/core/random.h"
#include "axia/math/rank.h"
#include "measure/table.h"

namespace axia::measure {

using data::Scoring;

namespace {

constexpr double ridge = 1e-2;  // as S031: a value that always wins has a finite strength

constexpr int most_groups = 1000;

struct Battles {
    std::vector<math::Battle> all;
    std::vector<int> stems;

    void add(const math::Battle& battle, int stem) {
        all.push_back(battle);
        stems.push_back(stem);
    }
};

/// S012: every value an option serves against every value another one serves, won in the
/// proportion of the options' probabilities; weights multiply.
Battles battles_of(const Table& table, std::size_t arm) {
    Battles battles;
    battles.all.reserve(table.items.size());
    battles.stems.reserve(table.items.size());
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        const Shape& shape = table.shape(item);
        if (shape.scale() || !table.tables[arm].items[item].answered()) continue;
        const std::vector<double> p = table.numbers(arm, item);
        for (std::size_t i = 0; i < shape.options; ++i) {
            for (std::size_t j = i + 1; j < shape.options; ++j) {
                for (const auto& [a, weight_a] : shape.tags[i]) {
                    for (const auto& [b, weight_b] : shape.tags[j]) {
                        if (a == b || weight_a <= 0 || weight_b <= 0) continue;
                        const double weight = weight_a * weight_b;
                        battles.add({static_cast<std::size_t>(a), static_cast<std::size_t>(b),
                                     weight * p[i], weight * p[j]},
                                    table.stems[item]);
                    }
                }
            }
        }
    }
    return battles;
}

/// Of more stems than `most_groups`, battles of every so many stems added up: resampling blocks of
/// stems is as good when there are many, and its cost does not grow with the battery.
Battles in_blocks(const Battles& battles) {
    std::map<std::array<std::size_t, 3>, std::pair<double, double>> sums;  // block, a, b
    for (std::size_t i = 0; i < battles.all.size(); ++i) {
        const math::Battle& battle = battles.all[i];
        const auto block = static_cast<std::size_t>(battles.stems[i] % most_groups);
        const bool turned = battle.a > battle.b;
        auto& [wins_a, wins_b] =
            sums[{block, turned ? battle.b : battle.a, turned ? battle.a : battle.b}];
        wins_a += turned ? battle.wins_b : battle.wins_a;
        wins_b += turned ? battle.wins_a : battle.wins_b;
    }
    Battles result;
    for (const auto& [key, wins] : sums) {
        result.add({key[1], key[2], wins.first, wins.second}, static_cast<int>(key[0]));
    }
    return result;
}

/// Values that a chain of battles connects, the largest such set: others cannot be compared.
std::vector<std::size_t> connected_values(const Table& table, const Battles& battles) {
    std::vector<std::size_t> largest;
    for (auto& set : math::connected_items(table.values.list().size(), battles.all)) {
        if (set.size() > largest.size()) largest = std::move(set);
    }
    if (largest.size() < 2) largest.clear();
    return largest;
}

std::vector<Rank> rank_by_battles(const Table& table, std::size_t arm) {
    const std::vector<std::string>& values = table.values.list();
    Battles battles = battles_of(table, arm);
    std::vector<std::size_t> ranked = connected_values(table, battles);
    std::vector<int> place(values.size(), -1);
    for (std::size_t i = 0; i < ranked.size(); ++i) place[ranked[i]] = static_cast<int>(i);
    std::size_t kept = 0;
    for (std::size_t i = 0; i < battles.all.size(); ++i) {
        math::Battle battle = battles.all[i];
        if (place[battle.a] < 0) continue;
        battle.a = static_cast<std::size_t>(place[battle.a]);
        battle.b = static_cast<std::size_t>(place[battle.b]);
        battles.stems[kept] = battles.stems[i];
        battles.all[kept++] = battle;
    }
    battles.all.resize(kept);
    battles.stems.resize(kept);
    const std::size_t stems = count_distinct(battles.stems);

    std::vector<Rank> ranking;
    if (stems >= 2) {
        const MeasureOptions& options = table.options;
        math::EloOptions elo_options;
        elo_options.seed = options.seed;
        const std::vector<double> elo = math::elo(ranked.size(), battles.all, elo_options);
        if (stems > most_groups) battles = in_blocks(battles);
        const math::RankBootstrap fit = math::bootstrap_bradley_terry(
            ranked.size(), battles.all, battles.stems, options.seed, options.draws, options.level,
            {.ridge = ridge, .names = {}});
        for (std::size_t i = 0; i < fit.order.size(); ++i) {
            const std::size_t item = fit.order[i];
            Rank rank;
            rank.value = values[ranked[item]];
            rank.strength.estimate = {fit.fit.strengths[item], fit.intervals[item]};
            rank.strength.n = stems;
            rank.elo = elo[item];
            if (i < fit.above_next.size()) rank.above_next = fit.above_next[i];
            ranking.push_back(std::move(rank));
        }
    }
    for (std::size_t value = 0; value < values.size(); ++value) {
        if (stems >= 2 && place[value] >= 0) continue;
        Rank rank;
        rank.value = values[value];
        rank.strength = because(stems < 2 ? "fewer than two dilemmas between values"
                                          : "no chain of dilemmas leads to the other values");
        ranking.push_back(std::move(rank));
    }
    return ranking;
}

/// Sums of the scores of a value's items in one stem.
struct Part {
    std::size_t value = 0;
    double sum = 0, count = 0;
};
using Stem = std::vector<Part>;

/// Means of the values over stems, minus their mean; empty when a value has no item.
std::vector<double> centred_means(std::size_t values, const std::vector<const Stem*>& stems) {
    std::vector<double> sum(values, 0), count(values, 0);
    for (const Stem* stem : stems) {
        for (const Part& part : *stem) {
            sum[part.value] += part.sum;
            count[part.value] += part.count;
        }
    }
    double centre = 0;
    for (std::size_t value = 0; value < values; ++value) {
        if (count[value] == 0) return {};
        sum[value] /= count[value];
        centre += sum[value] / static_cast<double>(values);
    }
    for (double& mean : sum) mean -= centre;
    return sum;
}

/// Bootstrap of stems within the value of their first item, so that small scales keep their size.
std::vector<Rank> rank_by_means(const Table& table, std::size_t arm) {
    const std::vector<std::string>& values = table.values.list();
    const std::vector<ValueScore> scores = score_values(table, arm);
    std::vector<std::size_t> ranked;
    std::vector<Rank> unranked;
    for (std::size_t value = 0; value < values.size(); ++value) {
        if (scores[value].score.estimate) {
            ranked.push_back(value);
        } else {
            unranked.emplace_back();
            unranked.back().value = values[value];
            unranked.back().strength = because(scores[value].score.reason);
        }
    }
    std::map<int, Stem> stems;
    std::map<int, std::size_t> first;  // of a stem: its stratum
    for (std::size_t i = 0; i < ranked.size(); ++i) {
        for (const std::uint32_t item : table.item_of[ranked[i]]) {
            const double x = table.value_score(arm, item, static_cast<int>(ranked[i]));
            if (std::isnan(x)) continue;
            Stem& stem = stems[table.stems[item]];
            first.try_emplace(table.stems[item], i);
            if (stem.empty() || stem.back().value != i) stem.push_back({i});
            stem.back().sum += x;
            stem.back().count += 1;
        }
    }
    std::vector<std::vector<const Stem*>> strata(ranked.size());
    std::vector<const Stem*> all;
    for (const auto& [number, stem] : stems) {
        strata[first[number]].push_back(&stem);
        all.push_back(&stem);
    }
    const std::vector<double> strengths = centred_means(ranked.size(), all);
    std::vector<std::size_t> order(ranked.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return strengths[a] > strengths[b]; });

    core::Rng rng(table.options.seed);
    std::vector<std::vector<double>> draws(ranked.size());
    std::vector<double> above(ranked.size(), 0);
    std::size_t kept = 0;
    for (std::size_t draw = 0; draw < table.options.draws; ++draw) {
        std::vector<const Stem*> sample;
        for (const auto& stratum : strata) {
            for (std::size_t i = 0; i < stratum.size(); ++i) {
                sample.push_back(stratum[rng.below(stratum.size())]);
            }
        }
        const std::vector<double> means = centred_means(ranked.size(), sample);
        if (means.empty()) continue;
        ++kept;
        for (std::size_t i = 0; i < means.size(); ++i) draws[i].push_back(means[i]);
        for (std::size_t i = 0; i + 1 < order.size(); ++i) {
            const double gap = means[order[i]] - means[order[i + 1]];
            above[i] += gap > 0 ? 1 : gap == 0 ? .5 : 0;
        }
    }

    std::vector<Rank> ranking;
    const double tail = (1 - table.options.level) / 2;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t value = order[i];
        Rank rank;
        rank.value = values[ranked[value]];
        if (kept == 0) {
            rank.strength = because("no draw of the bootstrap holds every value");
        } else {
            rank.strength.estimate = {
                strengths[value],
                {math::quantile(draws[value], tail), math::quantile(draws[value], 1 - tail)}};
            rank.strength.n = scores[ranked[value]].score.n;
            if (i + 1 < order.size()) rank.above_next = above[i] / static_cast<double>(kept);
        }
        ranking.push_back(std::move(rank));
    }
    ranking.insert(ranking.end(), unranked.begin(), unranked.end());
    return ranking;
}

}  // namespace

std::vector<Duel> duels_of(const Table& table, std::size_t arm, std::span<const Rank> ranking) {
    constexpr std::size_t most_values = 30;
    std::vector<Duel> duels;
    if (table.card.scoring != Scoring::preference || ranking.size() > most_values ||
        ranking.size() != table.values.list().size()) {
        return duels;
    }
    std::vector<std::size_t> place(ranking.size());
    for (std::size_t i = 0; i < ranking.size(); ++i) {
        place[static_cast<std::size_t>(table.values.find(ranking[i].value))] = i;
    }
    const Battles battles = battles_of(table, arm);
    std::map<std::pair<std::size_t, std::size_t>, Sample> meetings;  // by place
    for (std::size_t i = 0; i < battles.all.size(); ++i) {
        const math::Battle& battle = battles.all[i];
        const double all = battle.wins_a + battle.wins_b;
        if (!(all > 0)) continue;
        const std::size_t a = place[battle.a], b = place[battle.b];
        meetings[std::minmax(a, b)].add((a < b ? battle.wins_a : battle.wins_b) / all,
                                        battles.stems[i]);
    }
    for (const auto& [pair, sample] : meetings) {
        duels.push_back({ranking[pair.first].value, ranking[pair.second].value,
                         share_figure(sample, table.options.level, "they never meet"),
                         sample.values.size()});
    }
    return duels;
}

std::vector<Rank> rank_values(const Table& table, std::size_t arm) {
    if (table.values.list().size() < 2) return {};
    switch (table.card.scoring) {
        case Scoring::preference:
            return rank_by_battles(table, arm);
        case Scoring::mean:
        case Scoring::judged:
            return rank_by_means(table, arm);
        default:
            return {};
    }
}

}  // namespace axia::measure
