#include "axia/math/agreement.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "axia/core/error.h"
#include "axia/math/inference.h"
#include "math/checks.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

void need_pairs(std::size_t a, std::size_t b, std::size_t least) {
    if (a != b) {
        throw Error(ErrorKind::mismatch, std::to_string(a) + " values against " + std::to_string(b),
                    "values");
    }
    if (a < least) {
        throw Error(ErrorKind::input, "fewer than " + std::to_string(least) + " values", "values");
    }
}

void need_table(std::span<const double> values, std::size_t columns, const char* what) {
    if (columns == 0 || values.size() % columns != 0) {
        throw Error(ErrorKind::usage,
                    std::to_string(values.size()) + " values in rows of " + std::to_string(columns),
                    what);
    }
    need_finite(values);
    if (columns < 2) throw Error(ErrorKind::input, "fewer than two columns", what);
    if (values.size() / columns < 2) throw Error(ErrorKind::input, "fewer than two rows", what);
}

double sum_of_squares(std::span<const double> values) {
    const double centre = mean(values);
    double sum = 0;
    for (const double value : values) sum += (value - centre) * (value - centre);
    return sum;
}

std::size_t pairs_of(std::size_t n) {
    return n * (n - 1) / 2;
}

/// Inversions of `values`, which are sorted on return.
std::size_t count_inversions(std::span<double> values, std::span<double> spare) {
    if (values.size() < 2) return 0;
    const std::size_t half = values.size() / 2;
    std::size_t count = count_inversions(values.first(half), spare.first(half)) +
                        count_inversions(values.subspan(half), spare.subspan(half));
    std::size_t left = 0, right = half;
    for (double& next : spare) {
        if (right == values.size() || (left < half && values[left] <= values[right])) {
            next = values[left++];
        } else {
            next = values[right++];
            count += half - left;
        }
    }
    std::copy(spare.begin(), spare.end(), values.begin());
    return count;
}

/// Pairs that are equal, of n things in an order in which equal ones are neighbours.
template <typename Equal>
std::size_t tied_pairs(std::size_t n, Equal&& equal) {
    std::size_t ties = 0;
    for (std::size_t i = 0; i < n;) {
        std::size_t end = i + 1;
        while (end < n && equal(i, end)) ++end;
        ties += pairs_of(end - i);
        i = end;
    }
    return ties;
}

}  // namespace

double cohen_kappa(std::span<const int> a, std::span<const int> b) {
    need_pairs(a.size(), b.size(), 1);
    std::map<int, std::pair<double, double>> counts;
    double agreed = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        counts[a[i]].first += 1;
        counts[b[i]].second += 1;
        agreed += a[i] == b[i];
    }
    if (counts.size() < 2) {
        throw Error(ErrorKind::input, "both raters use one category only", "kappa");
    }
    const double n = static_cast<double>(a.size());
    double chance = 0;
    for (const auto& [category, count] : counts) chance += count.first * count.second;
    return (agreed * n - chance) / (n * n - chance);
}

double krippendorff_alpha(std::span<const double> values, std::size_t raters, Level level) {
    if (raters < 2 || values.size() % raters != 0) {
        throw Error(
            ErrorKind::usage,
            std::to_string(values.size()) + " ratings of " + std::to_string(raters) + " raters",
            "raters");
    }
    const std::size_t units = values.size() / raters;
    std::map<double, double> totals;  // of ratings in units with two or more
    std::vector<std::map<double, double>> counts;
    for (std::size_t u = 0; u < units; ++u) {
        std::map<double, double> unit;
        std::size_t rated = 0;
        for (std::size_t r = 0; r < raters; ++r) {
            const double value = values[r * units + u];
            if (std::isnan(value)) continue;
            if (std::isinf(value)) {
                throw Error(ErrorKind::input, "rating is not finite",
                            "rater " + std::to_string(r) + ", unit " + std::to_string(u));
            }
            unit[value] += 1;
            ++rated;
        }
        if (rated < 2) continue;
        for (const auto& [value, count] : unit) totals[value] += count;
        counts.push_back(std::move(unit));
    }
    if (counts.empty()) throw Error(ErrorKind::input, "no unit has two ratings", "ratings");
    if (totals.size() < 2) throw Error(ErrorKind::input, "all ratings are equal", "ratings");
    std::map<double, double> place;  // ordinal: ratings below, and half of those here
    double n = 0;
    for (const auto& [value, total] : totals) {
        place[value] = level == Level::ordinal ? n + total / 2 : value;
        n += total;
    }
    const auto distance = [&](double a, double b) {
        if (a == b) return 0.0;
        if (level == Level::nominal) return 1.0;
        const double gap = place.at(a) - place.at(b);
        return gap * gap;
    };
    const auto disagreement = [&](const std::map<double, double>& unit) {
        double sum = 0;
        for (auto one = unit.begin(); one != unit.end(); ++one) {
            for (auto two = std::next(one); two != unit.end(); ++two) {
                sum += one->second * two->second * distance(one->first, two->first);
            }
        }
        return sum;
    };
    double observed = 0;
    for (const auto& unit : counts) {
        double rated = 0;
        for (const auto& [value, count] : unit) rated += count;
        observed += disagreement(unit) / (rated - 1);
    }
    return 1 - (n - 1) * observed / disagreement(totals);
}

double cronbach_alpha(std::span<const double> values, std::size_t k) {
    need_table(values, k, "alpha");
    const std::size_t n = values.size() / k;
    std::vector<double> column(n), sums(n);
    double parts = 0;
    for (std::size_t j = 0; j < k; ++j) {
        for (std::size_t i = 0; i < n; ++i) {
            column[i] = values[i * k + j];
            sums[i] += column[i];
        }
        parts += sum_of_squares(column);
    }
    const double whole = sum_of_squares(sums);
    if (!(whole > 0)) throw Error(ErrorKind::input, "the sums of the items do not vary", "alpha");
    const double items = static_cast<double>(k);
    return items / (items - 1) * (1 - parts / whole);
}

double pearson(std::span<const double> x, std::span<const double> y) {
    need_pairs(x.size(), y.size(), 2);
    need_finite(x);
    need_finite(y);
    const double x_mean = mean(x), y_mean = mean(y);
    double product = 0;
    for (std::size_t i = 0; i < x.size(); ++i) product += (x[i] - x_mean) * (y[i] - y_mean);
    const double scale = std::sqrt(sum_of_squares(x) * sum_of_squares(y));
    if (!(scale > 0)) throw Error(ErrorKind::input, "values that do not vary", "correlation");
    return std::clamp(product / scale, -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y) {
    need_finite(x);
    need_finite(y);
    return pearson(ranks(x), ranks(y));
}

double kendall_tau_b(std::span<const double> x, std::span<const double> y) {
    need_pairs(x.size(), y.size(), 2);
    need_finite(x);
    need_finite(y);
    // Knight (1966): in the order of x, then y, discordant pairs are the inversions of y
    std::vector<std::size_t> order(x.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return x[a] != x[b] ? x[a] < x[b] : y[a] < y[b];
    });
    std::vector<double> sorted(x.size()), spare(x.size());
    for (std::size_t i = 0; i < order.size(); ++i) sorted[i] = y[order[i]];
    const std::size_t both = tied_pairs(x.size(), [&](std::size_t i, std::size_t j) {
        return x[order[i]] == x[order[j]] && y[order[i]] == y[order[j]];
    });
    const std::size_t x_ties = tied_pairs(
        x.size(), [&](std::size_t i, std::size_t j) { return x[order[i]] == x[order[j]]; });
    const auto discordant = static_cast<double>(count_inversions(sorted, spare));
    const std::size_t y_ties =
        tied_pairs(x.size(), [&](std::size_t i, std::size_t j) { return sorted[i] == sorted[j]; });
    const auto all = static_cast<double>(pairs_of(x.size()));
    const auto xt = static_cast<double>(x_ties), yt = static_cast<double>(y_ties);
    const double scale = std::sqrt(all - xt) * std::sqrt(all - yt);
    if (!(scale > 0)) throw Error(ErrorKind::input, "values that do not vary", "correlation");
    // concordant - discordant = all - ties in x or y - 2 discordant
    return std::clamp((all - xt - yt + static_cast<double>(both) - 2 * discordant) / scale, -1.0,
                      1.0);
}

std::vector<double> ranks(std::span<const double> values) {
    need_numbers(values);
    std::vector<std::size_t> order(values.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
    std::vector<double> result(values.size());
    for (std::size_t i = 0; i < order.size();) {
        std::size_t end = i;
        while (end < order.size() && values[order[end]] == values[order[i]]) ++end;
        const double rank = static_cast<double>(i + 1 + end) / 2;
        for (; i < end; ++i) result[order[i]] = rank;
    }
    return result;
}

Estimate retest_correlation(std::span<const double> first, std::span<const double> second,
                            double level) {
    need_level(level);
    need_pairs(first.size(), second.size(), 4);
    const double quantile = normal_quantile((1 + level) / 2);
    const double r = pearson(first, second);
    const double half = quantile / std::sqrt(static_cast<double>(first.size()) - 3);
    const double z = std::atanh(r);
    return {r, {std::tanh(z - half), std::tanh(z + half)}};
}

Estimate intraclass_correlation(std::span<const double> values, std::size_t k, double level) {
    need_table(values, k, "intraclass correlation");
    need_level(level);
    const std::size_t rows = values.size() / k;
    std::vector<double> means(rows);
    double within = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        means[i] = mean(values.subspan(i * k, k));
        within += sum_of_squares(values.subspan(i * k, k));
    }
    const double repeats = static_cast<double>(k), n = static_cast<double>(rows);
    const double between = repeats * sum_of_squares(means) / (n - 1);
    within /= n * (repeats - 1);
    if (!(between + within > 0)) {
        throw Error(ErrorKind::input, "values that do not vary", "intraclass correlation");
    }
    if (within == 0) return {1, {1, 1}};
    const double f = between / within;
    const double d1 = n - 1, d2 = n * (repeats - 1);
    const auto correlation = [&](double ratio) { return (ratio - 1) / (ratio + repeats - 1); };
    return {correlation(f),
            {correlation(f / f_quantile((1 + level) / 2, d1, d2)),
             correlation(f * f_quantile((1 + level) / 2, d2, d1))}};
}

}  // namespace axia::math
