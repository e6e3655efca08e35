#include "axia/math/inference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>

#include "axia/core/error.h"
#include "axia/math/agreement.h"
#include "math/checks.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

void need_positive(double value, const char* what) {
    if (!(value > 0 && std::isfinite(value))) {
        throw Error(ErrorKind::usage, std::string(what) + " " + std::to_string(value), what,
                    "give a number above 0");
    }
}

void need_same_size(std::size_t a, std::size_t b, const char* what) {
    if (a != b) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(a) + " values with " + std::to_string(b) + " " + what, what);
    }
}

/// Numbers of the clusters, from 0 in order of their ids.
std::vector<std::uint32_t> number_clusters(std::span<const int> cluster, std::size_t& count) {
    std::vector<int> ids(cluster.begin(), cluster.end());
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    count = ids.size();
    if (count < 2) throw Error(ErrorKind::input, "fewer than two clusters", "cluster");
    std::vector<std::uint32_t> numbers(cluster.size());
    for (std::size_t i = 0; i < cluster.size(); ++i) {
        numbers[i] = static_cast<std::uint32_t>(
            std::lower_bound(ids.begin(), ids.end(), cluster[i]) - ids.begin());
    }
    return numbers;
}

Tested tested(double value, double variance, double df, double level) {
    Tested result;
    result.standard_error = std::sqrt(variance);
    result.df = df;
    const double half = t_quantile((1 + level) / 2, df) * result.standard_error;
    result.estimate = {value, {value - half, value + half}};
    if (result.standard_error > 0) {
        result.p = t_test_p(value / result.standard_error, df);
    } else {
        result.p = value == 0 ? 1 : 0;
    }
    return result;
}

/// Continued fraction of the incomplete beta function by Lentz's method (DLMF 8.17.22).
double beta_fraction(double a, double b, double x) {
    constexpr double tiny = 1e-300;
    const auto safe = [](double value) { return std::fabs(value) < tiny ? tiny : value; };
    double c = 1;
    double d = 1 / safe(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m < 100000; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / safe(1 + even * d);
        c = safe(1 + even / c);
        value *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / safe(1 + odd * d);
        c = safe(1 + odd / c);
        value *= d * c;
        if (std::fabs(d * c - 1) < 1e-16) break;
    }
    return value;
}

/// x with increasing f(x) = 0 on [lo, hi]: bisection, to the last digits.
template <typename F>
double root_of(double lo, double hi, F&& f) {
    for (int step = 0; step < 2000; ++step) {
        const double middle = lo + (hi - lo) / 2;
        if (middle <= lo || middle >= hi) break;
        (f(middle) < 0 ? lo : hi) = middle;
    }
    return lo + (hi - lo) / 2;
}

double log_choose(double n, double k) {
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
}

}  // namespace

double normal_cdf(double z) {
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

double incomplete_beta(double a, double b, double x) {
    need_positive(a, "a");
    need_positive(b, "b");
    if (!(x >= 0 && x <= 1)) {
        throw Error(ErrorKind::usage, "incomplete beta at " + std::to_string(x), "x",
                    "give a number from 0 to 1");
    }
    if (x == 0 || x == 1) return x;
    // the fraction converges quickly below the mean; above it take the complement
    if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
    const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                  a * std::log(x) + b * std::log1p(-x));
    return front / a * beta_fraction(a, b, x);
}

double t_test_p(double t, double df) {
    need_positive(df, "df");
    if (std::isinf(t)) return 0;
    // P(|T| > t) = I_{df / (df + t^2)}(df / 2, 1 / 2); near 0 by the complement, which keeps digits
    const double square = t * t;
    if (square < 1) return 1 - incomplete_beta(.5, df / 2, square / (df + square));
    return incomplete_beta(df / 2, .5, df / (df + square));
}

double t_quantile(double p, double df) {
    need_positive(df, "df");
    if (!(p > 0 && p < 1)) {
        throw Error(ErrorKind::usage, "t quantile at " + std::to_string(p), "p",
                    "give a number between 0 and 1, both excluded");
    }
    if (p == .5) return 0;
    if (p < .5) return -t_quantile(1 - p, df);
    double hi = 1;
    const double tail = 2 * (1 - p);
    while (t_test_p(hi, df) > tail) hi *= 2;
    return root_of(0, hi, [&](double t) { return tail - t_test_p(t, df); });
}

double f_quantile(double p, double d1, double d2) {
    need_positive(d1, "d1");
    need_positive(d2, "d2");
    if (!(p > 0 && p < 1)) {
        throw Error(ErrorKind::usage, "F quantile at " + std::to_string(p), "p",
                    "give a number between 0 and 1, both excluded");
    }
    // P(F < f) = I_{d1 f / (d1 f + d2)}(d1 / 2, d2 / 2)
    const auto below = [&](double f) {
        return incomplete_beta(d1 / 2, d2 / 2, d1 * f / (d1 * f + d2)) - p;
    };
    double hi = 1;
    while (below(hi) < 0) hi *= 2;
    return root_of(0, hi, below);
}

Tested clustered_mean(std::span<const double> values, std::span<const int> cluster, double level) {
    need_level(level);
    need_same_size(values.size(), cluster.size(), "cluster ids");
    need_finite(values, "value");
    std::size_t count = 0;
    const std::vector<std::uint32_t> number = number_clusters(cluster, count);
    const double centre = mean(values);
    std::vector<double> sums(count);
    for (std::size_t i = 0; i < values.size(); ++i) sums[number[i]] += values[i] - centre;
    double square = 0;
    for (const double sum : sums) square += sum * sum;
    const double n = static_cast<double>(values.size()), groups = static_cast<double>(count);
    return tested(centre, groups / (groups - 1) * square / (n * n), groups - 1, level);
}

Tested paired_difference(std::span<const double> first, std::span<const double> second,
                         std::span<const int> cluster, double level) {
    need_same_size(first.size(), second.size(), "second values");
    std::vector<double> difference(first.size());
    std::transform(first.begin(), first.end(), second.begin(), difference.begin(),
                   [](double a, double b) { return a - b; });
    return clustered_mean(difference, cluster, level);
}

Tested clustered_slope(std::span<const double> x, std::span<const double> y,
                       std::span<const int> cluster, double level) {
    need_level(level);
    need_same_size(x.size(), y.size(), "values of y");
    need_same_size(x.size(), cluster.size(), "cluster ids");
    need_finite(x, "x");
    need_finite(y, "y");
    if (x.size() < 3) throw Error(ErrorKind::input, "fewer than three values", "slope");
    std::size_t count = 0;
    const std::vector<std::uint32_t> number = number_clusters(cluster, count);
    const double x_mean = mean(x), y_mean = mean(y);
    double xx = 0, xy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - x_mean) * (x[i] - x_mean);
        xy += (x[i] - x_mean) * (y[i] - y_mean);
    }
    if (!(xx > 0)) throw Error(ErrorKind::input, "all values of x are equal", "slope");
    const double slope = xy / xx;
    // centred x is orthogonal to the intercept: the sandwich of the slope is a scalar
    std::vector<double> scores(count);
    for (std::size_t i = 0; i < x.size(); ++i) {
        scores[number[i]] += (x[i] - x_mean) * (y[i] - y_mean - slope * (x[i] - x_mean));
    }
    double square = 0;
    for (const double score : scores) square += score * score;
    const double n = static_cast<double>(x.size()), groups = static_cast<double>(count);
    const double factor = groups / (groups - 1) * (n - 1) / (n - 2);
    return tested(slope, factor * square / (xx * xx), groups - 1, level);
}

std::vector<double> holm(std::span<const double> p) {
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (!(p[i] >= 0 && p[i] <= 1)) {
            throw Error(ErrorKind::input, "not a probability", "p " + std::to_string(i));
        }
    }
    std::vector<std::size_t> order(p.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    std::vector<double> adjusted(p.size());
    double largest = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        largest = std::max(largest, static_cast<double>(order.size() - i) * p[order[i]]);
        adjusted[order[i]] = std::min(1.0, largest);
    }
    return adjusted;
}

double binomial_test(std::size_t k, std::size_t n, double p) {
    if (k > n) {
        throw Error(ErrorKind::usage, std::to_string(k) + " successes of " + std::to_string(n),
                    "k");
    }
    if (!(p >= 0 && p <= 1)) {
        throw Error(ErrorKind::usage, "probability " + std::to_string(p), "p",
                    "give a number from 0 to 1");
    }
    if (p == 0 || p == 1) return k == (p == 0 ? 0 : n) ? 1 : 0;
    const double trials = static_cast<double>(n);
    const auto density = [&](std::size_t i) {
        const double successes = static_cast<double>(i);
        return std::exp(log_choose(trials, successes) + successes * std::log(p) +
                        (trials - successes) * std::log1p(-p));
    };
    const double limit = density(k) * (1 + 1e-7);  // ties up to rounding, as scipy and R
    double sum = 0;
    for (std::size_t i = 0; i <= n; ++i) {
        const double here = density(i);
        if (here <= limit) sum += here;
    }
    return std::min(1.0, sum);
}

double sign_test(std::span<const double> values) {
    need_numbers(values);
    std::size_t positive = 0, n = 0;
    for (const double value : values) {
        positive += value > 0;
        n += value != 0;
    }
    return binomial_test(positive, n);
}

SignedRank wilcoxon_signed_rank(std::span<const double> values) {
    need_finite(values, "value");
    std::vector<double> sizes;
    std::vector<bool> positive;
    for (const double value : values) {
        if (value == 0) continue;
        sizes.push_back(std::fabs(value));
        positive.push_back(value > 0);
    }
    if (sizes.empty()) throw Error(ErrorKind::input, "no value differs from 0", "signed rank");
    const std::vector<double> rank = ranks(sizes);
    const double n = static_cast<double>(sizes.size());
    double plus = 0;
    for (std::size_t i = 0; i < rank.size(); ++i) {
        if (positive[i]) plus += rank[i];
    }
    std::sort(sizes.begin(), sizes.end());
    double ties = 0;  // sum of t^3 - t over runs of equal sizes
    for (std::size_t i = 0; i < sizes.size();) {
        std::size_t end = i;
        while (end < sizes.size() && sizes[end] == sizes[i]) ++end;
        const double run = static_cast<double>(end - i);
        ties += run * run * run - run;
        i = end;
    }
    const double variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48;
    SignedRank result;
    result.n = rank.size();
    result.statistic = std::min(plus, n * (n + 1) / 2 - plus);
    result.z = (plus - n * (n + 1) / 4) / std::sqrt(variance);
    result.p = 2 * normal_cdf(-std::fabs(result.z));
    return result;
}

}  // namespace axia::math
