#include "axia/measure/readout.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/logistic.h"
#include "axia/math/statistics.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

using core::Error;
using core::ErrorKind;
using math::Matrix;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t least_groups = 10;

void check_options(const ReadoutOptions& options) {
    if (!(options.C > 0)) throw Error(ErrorKind::usage, "is not above 0", "C");
    if (!(options.choosing > 0 && options.choosing < 1)) {
        throw Error(ErrorKind::usage, "is not between 0 and 1", "choosing");
    }
    if (options.draws == 0) throw Error(ErrorKind::usage, "0 bootstrap draws", "draws");
    if (!(options.level > 0 && options.level < 1)) {
        throw Error(ErrorKind::usage, "is not between 0 and 1", "level");
    }
}

void check_rows(const ReadoutRows& rows, const char* name) {
    if (rows.labels.size() != (rows.ranked ? 0 : rows.rows())) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(rows.labels.size()) + " labels for " +
                        std::to_string(rows.rows()) + (rows.ranked ? " pairs" : " rows"),
                    name);
    }
    for (const int label : rows.labels) {
        if (label != 0 && label != 1) {
            throw Error(ErrorKind::input, "a label that is neither 0 nor 1", name);
        }
    }
}

void check_states(const Matrix& states, const ReadoutRows& rows, const char* name) {
    if (states.rows != rows.rows() * (rows.ranked ? 2 : 1)) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(states.rows) + " states for " + std::to_string(rows.rows()) +
                        (rows.ranked ? " pairs" : " rows"),
                    name);
    }
}

/// What a logistic regression is fitted on. Of ranked each difference stands there both ways round,
/// with either label and half the weight: the intercept is then 0 at the minimum, and the rest the
/// objective without one.
struct Design {
    Matrix x;
    std::vector<int> y;
};

Design design_of(const Matrix& states, const ReadoutRows& rows, std::span<const std::size_t> kept) {
    Design design;
    if (!rows.ranked) {
        design.x = Matrix(kept.size(), states.cols);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            const auto from = states.row(kept[i]);
            std::copy(from.begin(), from.end(), design.x.row(i).begin());
            design.y.push_back(rows.labels[kept[i]]);
        }
        return design;
    }
    design.x = Matrix(2 * kept.size(), states.cols);
    for (std::size_t i = 0; i < kept.size(); ++i) {
        const auto first = states.row(2 * kept[i]), second = states.row(2 * kept[i] + 1);
        for (std::size_t j = 0; j < states.cols; ++j) {
            design.x.row(2 * i)[j] = first[j] - second[j];
            design.x.row(2 * i + 1)[j] = second[j] - first[j];
        }
        design.y.insert(design.y.end(), {1, 0});
    }
    return design;
}

std::vector<math::LogisticFit> fit_heads(std::span<const Matrix> states, const ReadoutRows& rows,
                                         std::span<const std::size_t> kept,
                                         const ReadoutOptions& options) {
    std::vector<Matrix> xs;
    std::vector<int> y;
    for (const Matrix& layer : states) {
        Design design = design_of(layer, rows, kept);
        xs.push_back(std::move(design.x));
        y = std::move(design.y);
    }
    math::LogisticOptions logistic;
    logistic.C = rows.ranked ? options.C / 2 : options.C;
    logistic.threads = options.threads;
    return math::fit_logistic_many(xs, y, logistic);
}

double dot(std::span<const float> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

std::vector<double> readings_of(const math::LogisticFit& head, const Matrix& states,
                                const ReadoutRows& rows, std::span<const std::size_t> kept) {
    std::vector<double> readings;
    for (const std::size_t row : kept) {
        readings.push_back(rows.ranked ? dot(states.row(2 * row), head.weights) -
                                             dot(states.row(2 * row + 1), head.weights)
                                       : dot(states.row(row), head.weights) + head.intercept);
    }
    return readings;
}

ReadoutRows part_of(const ReadoutRows& rows, std::span<const std::size_t> kept) {
    ReadoutRows part;
    part.ranked = rows.ranked;
    for (const std::size_t row : kept) {
        if (!rows.ranked) part.labels.push_back(rows.labels[row]);
        part.groups.push_back(rows.groups[row]);
    }
    return part;
}

bool one_label(const ReadoutRows& rows) {
    return !rows.ranked && std::adjacent_find(rows.labels.begin(), rows.labels.end(),
                                              std::not_equal_to<>()) == rows.labels.end();
}

std::vector<std::size_t> all_rows(const ReadoutRows& rows) {
    std::vector<std::size_t> all(rows.rows());
    for (std::size_t row = 0; row < all.size(); ++row) all[row] = row;
    return all;
}

/// Rows to fit on and rows to choose by, whole groups of each.
struct Parts {
    std::vector<std::size_t> fitted, choosing;
    std::size_t choosing_groups = 0;
};

Parts parts_of(const ReadoutRows& rows, const ReadoutOptions& options) {
    std::vector<int> groups;
    std::set<int> seen;
    for (const int group : rows.groups) {
        if (seen.insert(group).second) groups.push_back(group);
    }
    core::Rng rng(options.seed);
    rng.shuffle(groups);
    Parts parts;
    const auto wanted =
        static_cast<std::size_t>(options.choosing * static_cast<double>(groups.size()));
    parts.choosing_groups = std::clamp<std::size_t>(wanted, 1, groups.size() - 1);
    const auto end = groups.begin() + static_cast<std::ptrdiff_t>(parts.choosing_groups);
    const std::set<int> aside(groups.begin(), end);
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        (aside.contains(rows.groups[row]) ? parts.choosing : parts.fitted).push_back(row);
    }
    return parts;
}

Figure share_of(std::size_t right, std::size_t n, double level) {
    if (n == 0) return because("nothing to score");
    Figure figure;
    figure.estimate = {static_cast<double>(right) / static_cast<double>(n),
                       math::wilson(right, n, level)};
    figure.n = n;
    return figure;
}

std::optional<double> majority_of(const ReadoutRows& train, const ReadoutRows& test) {
    if (train.ranked || test.rows() == 0) return std::nullopt;
    const auto ones = [](const ReadoutRows& rows) {
        return static_cast<double>(std::count(rows.labels.begin(), rows.labels.end(), 1)) /
               static_cast<double>(rows.rows());
    };
    return ones(train) >= .5 ? ones(test) : 1 - ones(test);
}

ordered_json json_of(const ReadoutScore& score) {
    return {{"score", json_of(score.score)},
            {"accuracy", json_of(score.accuracy)},
            {"confusion", {score.confusion[0], score.confusion[1]}}};
}

}  // namespace

ReadoutScore score_readings(std::span<const double> readings, const ReadoutRows& rows,
                            const ReadoutOptions& options) {
    check_options(options);
    check_rows(rows, "rows");
    if (readings.size() != rows.rows()) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(readings.size()) + " readings for " +
                        std::to_string(rows.rows()) + " rows",
                    "readings");
    }
    ReadoutScore result;
    std::map<int, bool> groups;  // right throughout
    std::vector<double> right;
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const int label = rows.ranked ? 1 : rows.labels[row];
        const int read = readings[row] > 0 ? 1 : 0;
        ++result.confusion[label][read];
        right.push_back(label == read ? 1 : 0);
        groups.try_emplace(rows.groups[row], true).first->second &= label == read;
    }
    std::size_t whole = 0;
    for (const auto& [group, all] : groups) whole += all ? 1 : 0;
    result.score = share_of(whole, groups.size(), options.level);
    if (groups.size() == right.size()) {
        result.accuracy = result.score;
        return result;
    }
    result.accuracy.estimate = math::bootstrap_mean_clustered(right, rows.groups, options.seed,
                                                              options.draws, options.level);
    result.accuracy.n = groups.size();
    return result;
}

Readout read_out(std::span<const int> layers, std::span<const Matrix> train,
                 const ReadoutRows& train_rows, std::span<const Matrix> test,
                 const ReadoutRows& test_rows, const ReadoutOptions& options,
                 const core::Watch& watch) {
    check_options(options);
    check_rows(train_rows, "training");
    check_rows(test_rows, "test");
    if (layers.empty() || train.size() != layers.size() || test.size() != layers.size()) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(layers.size()) + " layers with states of " +
                        std::to_string(train.size()) + " and " + std::to_string(test.size()),
                    "layers");
    }
    for (std::size_t k = 0; k < layers.size(); ++k) {
        check_states(train[k], train_rows, "training");
        check_states(test[k], test_rows, "test");
    }
    if (train_rows.ranked != test_rows.ranked) {
        throw Error(ErrorKind::mismatch, "pairs and single texts", "training and test");
    }
    Readout result;
    result.ranked = train_rows.ranked;
    result.train_rows = train_rows.rows();
    result.train_groups = count_distinct(train_rows.groups);
    result.test_rows = test_rows.rows();
    result.test_groups = count_distinct(test_rows.groups);
    result.grouped =
        result.train_groups < result.train_rows || result.test_groups < result.test_rows;
    if (result.train_groups < least_groups) {
        throw Error(ErrorKind::input,
                    "only " + std::to_string(result.train_groups) +
                        " groups of rows to learn "
                        "from, " +
                        std::to_string(least_groups) + " are needed",
                    "training");
    }
    if (one_label(train_rows)) {
        throw Error(
            ErrorKind::input,
            "every label is " + std::to_string(train_rows.labels[0]) + ": nothing can be learnt",
            "training");
    }
    result.majority = majority_of(train_rows, test_rows);

    std::vector<ReadoutScore> chosen_by(layers.size());
    const std::uint64_t steps = layers.size() > 1 ? 2 : 1;
    if (layers.size() > 1) {
        watch.step("fitting heads", 0, steps, "passes");
        const Parts parts = parts_of(train_rows, options);
        result.choosing_groups = parts.choosing_groups;
        const ReadoutRows aside = part_of(train_rows, parts.choosing);
        if (one_label(part_of(train_rows, parts.fitted))) {
            throw Error(ErrorKind::input, "the labels are too uneven to choose a layer by",
                        "training", "name one layer");
        }
        const auto heads = fit_heads(train, train_rows, parts.fitted, options);
        const auto better = [](const ReadoutScore& a, const ReadoutScore& b) {
            const std::pair first{a.score.estimate->value, a.accuracy.estimate->value};
            return first > std::pair{b.score.estimate->value, b.accuracy.estimate->value};
        };
        for (std::size_t k = 0; k < layers.size(); ++k) {
            chosen_by[k] = score_readings(
                readings_of(heads[k], train[k], train_rows, parts.choosing), aside, options);
            if (better(chosen_by[k], chosen_by[result.chosen])) result.chosen = k;
        }
        watch.check();
    } else {
        chosen_by[0].score = chosen_by[0].accuracy = because("one layer leaves no choice");
    }
    watch.step("fitting heads", steps - 1, steps, "passes");
    const std::vector<std::size_t> learnt = all_rows(train_rows), asked = all_rows(test_rows);
    const auto heads = fit_heads(train, train_rows, learnt, options);
    for (std::size_t k = 0; k < layers.size(); ++k) {
        ReadoutLayer layer;
        layer.layer = layers[k];
        layer.converged = heads[k].converged;
        layer.chosen_by = chosen_by[k];
        layer.training = score_readings(readings_of(heads[k], train[k], train_rows, learnt),
                                        train_rows, options);
        layer.readings = readings_of(heads[k], test[k], test_rows, asked);
        layer.test = score_readings(layer.readings, test_rows, options);
        result.layers.push_back(std::move(layer));
    }
    watch.step("fitting heads", steps, steps, "passes");
    return result;
}

std::string to_json(const Readout& readout, double chance) {
    ordered_json json{{"ranked", readout.ranked},
                      {"by", readout.grouped ? "group" : "row"},
                      {"training",
                       {{"rows", readout.train_rows},
                        {"groups", readout.train_groups},
                        {"choosing_groups", readout.choosing_groups}}},
                      {"test", {{"rows", readout.test_rows}, {"groups", readout.test_groups}}},
                      {"chance", rounded(chance)},
                      {"majority", json_of(readout.majority)},
                      {"chosen", readout.layers.at(readout.chosen).layer},
                      {"layers", ordered_json::array()}};
    for (const ReadoutLayer& layer : readout.layers) {
        json["layers"].push_back({{"layer", layer.layer},
                                  {"converged", layer.converged},
                                  {"chosen_by", json_of(layer.chosen_by)},
                                  {"training", json_of(layer.training)},
                                  {"test", json_of(layer.test)}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
