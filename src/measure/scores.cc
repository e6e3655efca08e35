// Scores of values, reliability of scales, right answers.
#include <algorithm>
#include <cmath>
#include <map>

#include "axia/math/agreement.h"
#include "axia/math/inference.h"
#include "measure/table.h"

namespace axia::measure {

using data::ItemKind;
using data::Scoring;

namespace {

constexpr std::size_t least_rated = 3;  // S029
constexpr double tie = 1e-9;

/// Feldt's interval: 1 - (1 - alpha) F, F(n - 1, (n - 1)(k - 1)) (Feldt, Woodruff, Salih 1987).
Figure alpha_figure(const Table& table, std::size_t arm, int value) {
    const ArmTable& answers = table.tables[arm];
    if (answers.scale_too_long) return because("more answers than a scale has: over a million");
    struct Mean {
        double sum = 0, count = 0;
    };
    std::map<int, std::map<std::uint32_t, Mean>> rows;  // replicate -> item
    std::map<std::uint32_t, bool> items;
    for (const ScaleAnswer& answer : answers.scale) {
        if (table.shape(answer.item).value != value) continue;
        Mean& mean = rows[answer.replicate][answer.item];
        mean.sum += answer.score;
        mean.count += 1;
        items[answer.item] = true;
    }
    if (items.size() < 2) return because("fewer than two items");
    std::vector<double> matrix;
    for (const auto& [replicate, row] : rows) {
        if (row.size() < items.size()) continue;
        for (const auto& [item, mean] : row) matrix.push_back(mean.sum / mean.count);
    }
    const std::size_t k = items.size(), n = matrix.size() / k;
    if (n < 2) return because("fewer than two respondents or ways of asking with every item");
    return figure_or_reason([&] {
        Figure figure;
        const double alpha = math::cronbach_alpha(matrix, k);
        const double d1 = static_cast<double>(n - 1), d2 = d1 * static_cast<double>(k - 1);
        const double tail = (1 - table.options.level) / 2;
        figure.estimate = {alpha,
                           {1 - (1 - alpha) * math::f_quantile(1 - tail, d1, d2),
                            1 - (1 - alpha) * math::f_quantile(tail, d1, d2)}};
        figure.n = n;
        return figure;
    });
}

bool has_right(const Shape& shape) {
    return shape.right >= 0 && (shape.kind == ItemKind::pair || shape.kind == ItemKind::choice);
}

struct Group {
    double right = 1;   // expected share of being right throughout
    double chance = 1;  // the same for guessing
    bool answered = true;
    int stem = 0;
    int branch = -1;
};

int branch_of(const Table& table, std::size_t item) {
    return table.branches.empty() ? -1 : table.branches[item];
}

std::map<std::uint64_t, Group> groups_of(const Table& table, std::size_t arm) {
    std::map<std::uint64_t, Group> groups;
    for (std::size_t item = 0; item < table.groups.size(); ++item) {
        if (table.groups[item] == 0 || !has_right(table.shape(item))) continue;
        Group& group = groups
                           .try_emplace(table.groups[item], Group{.stem = table.stems[item],
                                                                  .branch = branch_of(table, item)})
                           .first->second;
        const float right = table.tables[arm].items[item].right;
        group.chance /= static_cast<double>(table.shape(item).options);
        if (std::isnan(right)) {
            group.answered = false;
        } else {
            group.right *= right;
        }
    }
    for (auto& [hash, group] : groups) {
        if (group.branch < 0) continue;
        const std::string& name = table.branch_names.list()[static_cast<std::size_t>(group.branch)];
        const auto known = table.card.chances.find(name);
        if (known != table.card.chances.end()) group.chance = known->second;
    }
    return groups;
}

Likelier likelier_by(const Table& table, std::size_t arm, std::size_t by, const char* name) {
    Sample shares, differences;
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        if (table.shape(item).kind != ItemKind::likelihood) continue;
        const double difference = table.numbers(arm, item)[by];
        if (std::isnan(difference)) continue;
        differences.add(difference, table.stems[item]);
        shares.add(difference > tie ? 1 : difference < -tie ? 0 : .5, table.stems[item]);
    }
    const double level = table.options.level;
    return {name, share_figure(shares, level, "no log-probabilities"),
            mean_figure(differences, level, "no log-probabilities")};
}

}  // namespace

std::vector<ValueScore> score_values(const Table& table, std::size_t arm) {
    const bool on_scales =
        table.card.scoring == Scoring::mean || table.card.scoring == Scoring::judged;
    std::vector<ValueScore> scores;
    for (std::size_t value = 0; value < table.values.list().size(); ++value) {
        ValueScore score;
        score.value = table.values.list()[value];
        const int number = static_cast<int>(value);
        Sample sample;
        for (const std::uint32_t item : table.item_of[value]) {
            const double x = table.value_score(arm, item, number);
            if (!std::isnan(x)) sample.add(x, table.stems[item]);
        }
        score.items = sample.values.size();
        if (table.card.scoring == Scoring::judged && score.items < least_rated) {
            score.score = because(std::to_string(score.items) + " rated items, fewer than " +
                                  std::to_string(least_rated));
        } else {
            score.score =
                mean_figure(sample, table.options.level,
                            table.item_of[value].empty() ? "no item speaks of it" : "no answer");
        }
        score.alpha = on_scales ? alpha_figure(table, arm, number) : because("not a scale");
        scores.push_back(std::move(score));
    }
    return scores;
}

void score_answers(const Table& table, std::size_t arm, ArmMeasures& measures) {
    const double level = table.options.level;
    const bool any = std::any_of(table.shapes.begin(), table.shapes.end(), has_right);
    const std::string nothing = any ? "no answer" : "no item has a right answer";
    measures.accuracy = share_figure(
        sample_of(table, arm, [](const ItemScore& score, std::size_t) { return score.right; }),
        level, nothing);
    measures.right =
        mean_figure(sample_of(table, arm,
                              [&](const ItemScore& score, std::size_t item) {
                                  return has_right(table.shape(item)) ? score.number : none;
                              }),
                    level, nothing);
    Sample exact;
    for (const auto& [hash, group] : groups_of(table, arm)) {
        if (group.answered) exact.add(group.right, group.stem);
    }
    measures.exact_match = share_figure(
        exact, level,
        table.groups.empty() ? "no item belongs to a group" : "no whole group answered");
    if (table.card.scoring != Scoring::likelihood) return;
    measures.likelier = {likelier_by(table, arm, 0, "sum"), likelier_by(table, arm, 1, "token"),
                         likelier_by(table, arm, 2, "byte")};
}

std::vector<BranchScore> score_branches(const Table& table, std::size_t arm) {
    struct Samples {
        Sample exact, all, first, others;
        std::vector<double> chances, group_chances;
    };
    std::vector<Samples> samples(table.branch_names.list().size());
    if (samples.empty()) return {};
    for (std::size_t item = 0; item < table.branches.size(); ++item) {
        const Shape& shape = table.shape(item);
        if (table.branches[item] < 0 || !has_right(shape)) continue;
        Samples& branch = samples[static_cast<std::size_t>(table.branches[item])];
        branch.chances.push_back(1. / static_cast<double>(shape.options));
        const double right = table.tables[arm].items[item].right;
        if (std::isnan(right)) continue;
        branch.all.add(right, table.stems[item]);
        (shape.right == 0 ? branch.first : branch.others).add(right, table.stems[item]);
    }
    for (const auto& [hash, group] : groups_of(table, arm)) {
        if (group.branch < 0) continue;
        Samples& branch = samples[static_cast<std::size_t>(group.branch)];
        branch.group_chances.push_back(group.chance);
        if (group.answered) branch.exact.add(group.right, group.stem);
    }
    const double level = table.options.level;
    std::vector<BranchScore> scores;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Samples& branch = samples[i];
        BranchScore score;
        score.branch = table.branch_names.list()[i];
        score.groups = !branch.group_chances.empty();
        score.accuracy = share_figure(branch.all, level, "no answer");
        score.score = score.groups ? share_figure(branch.exact, level, "no whole group answered")
                                   : score.accuracy;
        score.first = share_figure(branch.first, level, "no answer whose first option is right");
        score.others = share_figure(branch.others, level, "no answer whose first option is wrong");
        const std::vector<double>& chances = score.groups ? branch.group_chances : branch.chances;
        if (!chances.empty()) score.chance = math::mean(chances);
        scores.push_back(std::move(score));
    }
    return scores;
}

std::optional<double> chance_level(const Table& table) {
    std::vector<double> chances;
    if (table.card.scoring == Scoring::exact_match) {
        for (const auto& [hash, group] : groups_of(table, 0)) chances.push_back(group.chance);
    } else if (table.card.scoring == Scoring::accuracy) {
        for (std::size_t item = 0; item < table.items.size(); ++item) {
            const Shape& shape = table.shape(item);
            if (has_right(shape)) chances.push_back(1. / static_cast<double>(shape.options));
        }
    }
    if (chances.empty()) return std::nullopt;
    return math::mean(chances);
}

}  // namespace axia::measure
