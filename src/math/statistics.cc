#include "axia/math/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <numeric>
#include <string>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "math/checks.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

void need_some(std::size_t count, const char* what) {
    if (count == 0) throw Error(ErrorKind::input, std::string("no values"), what);
}

// values sorted and not empty
double sorted_quantile(std::span<const double> values, double q) {
    const double place = q * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    if (below + 1 >= values.size()) return values.back();
    const double part = place - static_cast<double>(below);
    // part 0 must not touch an infinite neighbour
    return part == 0 ? values[below] : values[below] + part * (values[below + 1] - values[below]);
}

Interval percentiles(std::vector<double>& draws, double level) {
    std::sort(draws.begin(), draws.end());
    return {sorted_quantile(draws, (1 - level) / 2), sorted_quantile(draws, (1 + level) / 2)};
}

}  // namespace

Interval wilson(std::size_t successes, std::size_t n, double level) {
    need_level(level);
    if (successes > n) {
        throw Error(ErrorKind::usage,
                    std::to_string(successes) + " successes of " + std::to_string(n), "successes");
    }
    if (n == 0) return {0, 1};
    // (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n)
    const double z = normal_quantile((1 + level) / 2);
    const double count = static_cast<double>(n);
    const double p = static_cast<double>(successes) / count;
    const double z2n = z * z / count;
    const double centre = p + z2n / 2;
    const double half = z * std::sqrt(p * (1 - p) / count + z2n / (4 * count));
    return {successes == 0 ? 0 : (centre - half) / (1 + z2n),
            successes == n ? 1 : (centre + half) / (1 + z2n)};
}

Estimate bootstrap_mean(std::span<const double> values, std::uint64_t seed, std::size_t draws,
                        double level) {
    need_level(level);
    need_draws(draws);
    need_finite(values);
    Estimate result;
    result.value = mean(values);
    core::Rng rng(seed);
    std::vector<double> means(draws);
    for (double& draw : means) {
        double sum = 0;
        for (std::size_t i = 0; i < values.size(); ++i) sum += values[rng.below(values.size())];
        draw = sum / static_cast<double>(values.size());
    }
    result.ci = percentiles(means, level);
    return result;
}

Estimate bootstrap_mean_clustered(std::span<const double> values, std::span<const int> cluster,
                                  std::uint64_t seed, std::size_t draws, double level) {
    need_level(level);
    need_draws(draws);
    if (cluster.size() != values.size()) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(values.size()) + " values with " +
                        std::to_string(cluster.size()) + " cluster ids",
                    "cluster");
    }
    need_finite(values);
    Estimate result;
    result.value = mean(values);

    struct Sum {
        double total = 0;
        double count = 0;
    };
    std::map<int, std::size_t> index;  // in order of first appearance: ids themselves do not matter
    std::vector<Sum> sums;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto [at, fresh] = index.try_emplace(cluster[i], sums.size());
        if (fresh) sums.emplace_back();
        sums[at->second].total += values[i];
        sums[at->second].count += 1;
    }
    core::Rng rng(seed);
    std::vector<double> means(draws);
    for (double& draw : means) {
        Sum sum;
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const Sum& pick = sums[rng.below(sums.size())];
            sum.total += pick.total;
            sum.count += pick.count;
        }
        draw = sum.total / sum.count;
    }
    result.ci = percentiles(means, level);
    return result;
}

Estimate bootstrap_statistic(std::size_t units, std::uint64_t seed, std::size_t draws,
                             const std::function<double(std::span<const std::size_t>)>& statistic,
                             double level) {
    need_level(level);
    need_draws(draws);
    if (units == 0) throw Error(ErrorKind::usage, "no units to resample", "units");
    std::vector<std::size_t> sample(units);
    std::iota(sample.begin(), sample.end(), std::size_t{0});
    Estimate result;
    result.value = statistic(sample);
    core::Rng rng(seed);
    std::vector<double> kept;
    kept.reserve(draws);
    for (std::size_t draw = 0; draw < draws; ++draw) {
        for (std::size_t& unit : sample) unit = rng.below(units);
        const double value = statistic(sample);
        if (!std::isnan(value)) kept.push_back(value);
    }
    if (kept.empty()) {
        throw Error(ErrorKind::input, "the statistic is not a number on any bootstrap draw",
                    "statistic");
    }
    result.ci = percentiles(kept, level);
    return result;
}

double mean(std::span<const double> values) {
    need_some(values.size(), "mean");
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_error(std::span<const double> values) {
    if (values.size() < 2) {
        throw Error(ErrorKind::input, "fewer than two values", "standard error");
    }
    const double centre = mean(values);
    double squares = 0;
    for (const double value : values) squares += (value - centre) * (value - centre);
    const double n = static_cast<double>(values.size());
    return std::sqrt(squares / (n - 1) / n);
}

double median(std::vector<double> values) {
    return quantile(std::move(values), .5);
}

double quantile(std::vector<double> values, double q) {
    need_some(values.size(), "quantile");
    if (!(q >= 0 && q <= 1)) {
        throw Error(ErrorKind::usage, "quantile at " + std::to_string(q), "q",
                    "give a number from 0 to 1");
    }
    need_numbers(values, "value");
    std::sort(values.begin(), values.end());
    return sorted_quantile(values, q);
}

double area_under_curve(std::span<const double> positive, std::span<const double> negative) {
    need_some(positive.size(), "positive scores");
    need_some(negative.size(), "negative scores");
    need_numbers(positive, "positive score");
    need_numbers(negative, "negative score");
    std::vector<double> low(negative.begin(), negative.end());
    std::vector<double> high(positive.begin(), positive.end());
    std::sort(low.begin(), low.end());
    std::sort(high.begin(), high.end());
    // twice the wins: for every positive, negatives below count 2 and equal ones 1
    double wins = 0;
    std::size_t below = 0, upto = 0;
    for (const double score : high) {
        while (below < low.size() && low[below] < score) ++below;
        while (upto < low.size() && low[upto] <= score) ++upto;
        wins += static_cast<double>(below + upto);
    }
    return wins / 2 / static_cast<double>(low.size()) / static_cast<double>(high.size());
}

double normal_quantile(double p) {
    if (!(p > 0 && p < 1)) {
        throw Error(ErrorKind::usage, "normal quantile at " + std::to_string(p), "p",
                    "give a number between 0 and 1, both excluded");
    }
    if (p > .5) return -normal_quantile(1 - p);
    // start: Abramowitz and Stegun 26.2.23, |error| < 4.5e-4 ...
    const double t = std::sqrt(-2 * std::log(p));
    double z = -(t - (2.515517 + t * (0.802853 + t * 0.010328)) /
                         (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))));
    // ... then Halley on Phi(z) - p, in the lower tail where erfc keeps its digits
    for (int step = 0; step < 3; ++step) {
        const double density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
        if (density == 0) break;
        const double newton = (std::erfc(-z / std::numbers::sqrt2) / 2 - p) / density;
        z -= newton / (1 + z * newton / 2);
    }
    return z;
}

}  // namespace axia::math
