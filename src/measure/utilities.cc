#include "axia/measure/utilities.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/coherence.h"
#include "axia/math/thurstone.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

using core::Error;
using core::ErrorKind;
using math::Battle;
using nlohmann::ordered_json;

namespace {

/// Both orders of each pair as one battle of probabilities.
std::vector<Battle> merged(std::span<const Battle> battles, std::size_t options) {
    std::map<std::pair<std::size_t, std::size_t>, std::pair<double, int>> sums;
    for (const Battle& battle : battles) {
        if (battle.a >= options || battle.b >= options) {
            throw Error(ErrorKind::mismatch, "a comparison is of other options", "comparisons");
        }
        const double total = battle.wins_a + battle.wins_b;
        if (!(total > 0)) continue;
        const bool turned = battle.a > battle.b;
        auto& [sum, count] = sums[std::minmax(battle.a, battle.b)];
        sum += (turned ? battle.wins_b : battle.wins_a) / total;
        ++count;
    }
    std::vector<Battle> pairs;
    for (const auto& [pair, sum] : sums) {
        const double p = sum.first / sum.second;
        pairs.push_back({pair.first, pair.second, p, 1 - p});
    }
    return pairs;
}

struct Line {
    double slope = std::numeric_limits<double>::quiet_NaN(), intercept = 0;
};

/// Least squares of utility on ln amount over the options of one good.
Line line_of(std::span<const std::size_t> members, std::span<const UtilityOption> options,
             std::span<const double> utility) {
    double x_mean = 0, y_mean = 0, xy = 0, xx = 0;
    const double n = static_cast<double>(members.size());
    for (const std::size_t i : members) {
        x_mean += std::log(options[i].amount) / n;
        y_mean += utility[i] / n;
    }
    for (const std::size_t i : members) {
        const double x = std::log(options[i].amount) - x_mean;
        xy += x * (utility[i] - y_mean);
        xx += x * x;
    }
    Line line;
    if (!(xx > 0)) return line;
    line.slope = xy / xx;
    line.intercept = y_mean - line.slope * x_mean;
    return line;
}

/// One of the first in units of the second; NaN where that has no size worth the name.
double exchange(const Line& good, const Line& other) {
    constexpr double largest = 1e12;
    const double amount = std::exp((good.intercept - other.intercept) / other.slope);
    return amount > 1 / largest && amount < largest ? amount
                                                    : std::numeric_limits<double>::quiet_NaN();
}

/// A value with the percentiles of its draws; draws that are NaN are left out.
Figure figure_of(double value, std::vector<double> draws, double level, std::size_t n,
                 const char* nothing) {
    std::erase_if(draws, [](double x) { return !std::isfinite(x); });
    if (!std::isfinite(value) || draws.empty()) return because(nothing);
    Figure figure;
    figure.estimate = {
        value, {math::quantile(draws, (1 - level) / 2), math::quantile(draws, (1 + level) / 2)}};
    figure.n = n;
    return figure;
}

void check(const UtilitiesOptions& settings) {
    const auto wrong = [](const char* field, const char* hint) {
        throw Error(ErrorKind::usage, std::string(field) + " is out of range", field, hint);
    };
    if (!(settings.held_out >= 0 && settings.held_out < 1)) wrong("held_out", "0 or more, below 1");
    if (settings.draws == 0) wrong("draws", "1 or more");
    if (!(settings.level > 0 && settings.level < 1)) wrong("level", "between 0 and 1");
}

void add_coherence(Utilities& result, std::size_t n, std::span<const Battle> pairs,
                   const answers::Comparisons& comparisons, const UtilitiesOptions& settings) {
    const auto kept = static_cast<std::size_t>(pairs.size());
    result.cycles = figure_or_reason([&] {
        const math::Cycles cycles = math::preference_cycles(n, pairs);
        result.cycles_expected = cycles.expected;
        // triads share pairs: of all of them at most a third of the pairs' number are independent
        const std::size_t units = std::max<std::size_t>(1, std::min(cycles.triads, kept / 3));
        const auto cyclic =
            static_cast<std::size_t>(std::lround(cycles.rate * static_cast<double>(units)));
        Figure figure;
        figure.estimate = {cycles.rate, math::wilson(cyclic, units, settings.level)};
        figure.n = units;
        return figure;
    });
    std::vector<double> decided;
    for (const Battle& pair : pairs) decided.push_back(std::max(pair.wins_a, pair.wins_b));
    result.completeness = figure_or_reason([&] {
        Figure figure;
        figure.estimate = math::bootstrap_mean(decided, settings.seed, 1000, settings.level);
        figure.n = kept;
        return figure;
    });
    result.first_bias = figure_or_reason([&] {
        Figure figure;
        figure.estimate = math::first_place_bias(n, comparisons.battles, settings.level);
        figure.n = kept;
        return figure;
    });
    result.invalid = figure_or_reason([&] {
        Figure figure;
        figure.estimate =
            math::bootstrap_mean(comparisons.invalid, settings.seed, 1000, settings.level);
        figure.n = comparisons.invalid.size();
        return figure;
    });
}

}  // namespace

Utilities measure_utilities(std::span<const UtilityOption> options,
                            const answers::Comparisons& comparisons,
                            const UtilitiesOptions& settings) {
    check(settings);
    const std::size_t n = options.size();
    const std::vector<Battle> pairs = merged(comparisons.battles, n);
    Utilities result;
    result.pairs = pairs.size();
    result.unanswered = comparisons.unanswered;
    math::ThurstoneOptions fitting;
    fitting.certain = settings.certain;
    for (const UtilityOption& option : options) fitting.names.push_back(option.id);
    const math::ThurstoneFit fit = math::fit_thurstone(n, pairs, fitting);
    result.log_loss = fit.log_loss;
    result.certain = fit.certain;
    result.accuracy = figure_or_reason([&] {
        math::ThurstoneOptions testing = fitting;
        testing.held_out = settings.held_out;
        testing.seed = settings.seed;
        const math::ThurstoneFit tested = math::fit_thurstone(n, pairs, testing);
        if (!tested.held_out_accuracy) return because("no pair is held out");
        Figure figure;
        const auto right = static_cast<std::size_t>(
            std::lround(*tested.held_out_accuracy * static_cast<double>(tested.held_out)));
        figure.estimate = {*tested.held_out_accuracy,
                           math::wilson(right, tested.held_out, settings.level)};
        figure.n = tested.held_out;
        return figure;
    });
    add_coherence(result, n, pairs, comparisons, settings);

    std::map<std::string, std::vector<std::size_t>> goods;
    for (std::size_t i = 0; i < n; ++i) {
        if (!options[i].good.empty()) goods[options[i].good].push_back(i);
    }
    std::vector<std::vector<double>> utility(n);
    std::map<std::string, std::vector<Line>> lines;
    core::Rng rng(settings.seed);
    for (std::size_t draw = 0; draw < settings.draws; ++draw) {
        std::vector<Battle> drawn;
        for (std::size_t i = 0; i < pairs.size(); ++i)
            drawn.push_back(pairs[rng.below(pairs.size())]);
        math::ThurstoneFit again;
        try {
            again = math::fit_thurstone(n, drawn, fitting);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::input) throw;
            continue;  // the draw leaves some option out
        }
        for (std::size_t i = 0; i < n; ++i) utility[i].push_back(again.means[i]);
        for (const auto& [name, members] : goods) {
            lines[name].push_back(line_of(members, options, again.means));
        }
    }
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return fit.means[a] > fit.means[b]; });
    for (const std::size_t i : order) {
        UtilityRow row{options[i].id, options[i].category, options[i].text, {}, fit.variances[i]};
        row.utility = figure_of(fit.means[i], utility[i], settings.level, pairs.size(),
                                "no draw of the pairs connects all options");
        result.rows.push_back(std::move(row));
    }

    std::map<std::string, Line> now;
    for (const auto& [name, members] : goods) {
        now[name] = line_of(members, options, fit.means);
        std::vector<double> slopes;
        for (const Line& line : lines[name]) slopes.push_back(line.slope);
        Good good;
        good.name = name;
        good.options = members.size();
        good.slope = figure_of(now[name].slope, slopes, settings.level, members.size(),
                               "fewer than two amounts");
        if (good.slope.estimate) good.intercept = now[name].intercept;
        result.goods.push_back(std::move(good));
    }
    for (const auto& [good, line] : now) {
        for (const auto& [other, other_line] : now) {
            if (good == other) continue;
            std::vector<double> draws;
            for (std::size_t k = 0; k < lines[good].size(); ++k) {
                draws.push_back(exchange(lines[good][k], lines[other][k]));
            }
            result.exchange.push_back({good, other,
                                       figure_of(exchange(line, other_line), draws, settings.level,
                                                 goods[good].size() + goods[other].size(),
                                                 "the utility hardly changes with the amount")});
        }
    }
    return result;
}

std::string to_json(const Utilities& utilities) {
    ordered_json json{{"schema", "axia.utilities"},
                      {"version", 1},
                      {"pairs", utilities.pairs},
                      {"unanswered", utilities.unanswered},
                      {"certain", utilities.certain},
                      {"log_loss", rounded(utilities.log_loss)},
                      {"held_out_accuracy", json_of(utilities.accuracy)},
                      {"cycles", json_of(utilities.cycles)},
                      {"cycles_expected", json_of(utilities.cycles_expected)},
                      {"completeness", json_of(utilities.completeness)},
                      {"first_bias", json_of(utilities.first_bias)},
                      {"invalid", json_of(utilities.invalid)},
                      {"options", ordered_json::array()},
                      {"goods", ordered_json::array()},
                      {"exchange", ordered_json::array()}};
    for (const UtilityRow& row : utilities.rows) {
        json["options"].push_back({{"id", row.id},
                                   {"category", row.category},
                                   {"text", row.text},
                                   {"utility", json_of(row.utility)},
                                   {"variance", rounded(row.variance)}});
    }
    for (const Good& good : utilities.goods) {
        json["goods"].push_back({{"good", good.name},
                                 {"options", good.options},
                                 {"slope", json_of(good.slope)},
                                 {"intercept", json_of(good.intercept)}});
    }
    for (const Exchange& each : utilities.exchange) {
        json["exchange"].push_back(
            {{"one", each.good}, {"is_worth", each.other}, {"amount", json_of(each.amount)}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
