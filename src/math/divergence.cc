#include "axia/math/divergence.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>

#include "axia/core/error.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Values = std::vector<double>;

Values normalised(std::span<const double> p, std::size_t number) {
    double sum = 0;
    for (const double value : p) {
        if (!(value >= 0 && std::isfinite(value))) {
            throw Error(ErrorKind::input, "probability is negative or not finite",
                        "distribution " + std::to_string(number));
        }
        sum += value;
    }
    if (!(sum > 0 && std::isfinite(sum))) {
        throw Error(ErrorKind::input, "probabilities do not have a positive sum",
                    "distribution " + std::to_string(number));
    }
    Values result(p.begin(), p.end());
    for (double& value : result) value /= sum;
    return result;
}

std::vector<Values> normalised(Distributions all) {
    if (all.empty()) throw Error(ErrorKind::input, "no distribution", "distributions");
    std::vector<Values> result;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].size() != all[0].size()) {
            throw Error(ErrorKind::mismatch,
                        std::to_string(all[i].size()) + " probabilities, the first has " +
                            std::to_string(all[0].size()),
                        "distribution " + std::to_string(i));
        }
        result.push_back(normalised(all[i], i));
    }
    return result;
}

double divergence_to(const Values& p, const Values& m) {
    double sum = 0;
    for (std::size_t k = 0; k < p.size(); ++k) {
        if (p[k] > 0) sum += p[k] * std::log(p[k] / m[k]);
    }
    return sum;
}

double distance(const Values& p, const Values& q) {
    Values m(p.size());
    for (std::size_t k = 0; k < p.size(); ++k) m[k] = (p[k] + q[k]) / 2;
    return std::sqrt(std::max(0.0, (divergence_to(p, m) + divergence_to(q, m)) / 2));
}

Values arithmetic_mean(const std::vector<Values>& all) {
    Values result(all[0].size());
    for (const Values& p : all) {
        for (std::size_t k = 0; k < p.size(); ++k) {
            result[k] += p[k] / static_cast<double>(all.size());
        }
    }
    return result;
}

Values centroid(const std::vector<Values>& all) {
    Values c = arithmetic_mean(all);
    double change = 1;
    for (int step = 0; step < 10000 && change > 1e-12; ++step) {
        Values next(c.size());
        for (std::size_t k = 0; k < c.size(); ++k) {
            if (c[k] == 0) continue;  // a category that nobody uses
            double sum = 0;
            for (const Values& p : all) sum += std::log((p[k] + c[k]) / 2);
            next[k] = std::exp(sum / static_cast<double>(all.size()));
        }
        const double total = std::accumulate(next.begin(), next.end(), 0.0);
        change = 0;
        for (std::size_t k = 0; k < c.size(); ++k) {
            change = std::max(change, std::fabs(next[k] / total - c[k]));
            c[k] = next[k] / total;
        }
    }
    return c;
}

double mean_distance(const std::vector<Values>& all, const Values& to) {
    double sum = 0;
    for (const Values& p : all) sum += distance(p, to);
    return sum / static_cast<double>(all.size());
}

bool all_equal(Distributions all) {
    for (const Values& p : all) {
        for (std::size_t k = 0; k < p.size(); ++k) {
            if (std::fabs(p[k] - all[0][k]) > 1e-4) return false;
        }
    }
    return true;
}

}  // namespace

double js_distance(std::span<const double> p, std::span<const double> q) {
    const std::vector<double> both[] = {{p.begin(), p.end()}, {q.begin(), q.end()}};
    const std::vector<Values> all = normalised(both);
    return distance(all[0], all[1]);
}

double js_divergence(Distributions all) {
    const std::vector<Values> given = normalised(all);
    const Values m = arithmetic_mean(given);
    double sum = 0;  // H(mean) - mean of H = mean of KL(p || mean)
    for (const Values& p : given) sum += divergence_to(p, m);
    return std::max(0.0, sum / static_cast<double>(given.size()));
}

std::vector<double> js_centroid(Distributions all) {
    return centroid(normalised(all));
}

double js_spread(Distributions all, Spread spread) {
    const std::vector<Values> given = normalised(all);
    if (given.size() == 1 || all_equal(given)) return 0;
    std::vector<Values> smoothed = given;
    for (Values& p : smoothed) {
        for (double& value : p) value += 1e-10;
    }
    smoothed = normalised(smoothed);
    if (spread == Spread::centroid) return mean_distance(smoothed, centroid(smoothed));
    if (spread == Spread::mean) return mean_distance(smoothed, arithmetic_mean(smoothed));
    double sum = 0;
    for (std::size_t i = 0; i < smoothed.size(); ++i) {
        for (std::size_t j = i + 1; j < smoothed.size(); ++j) {
            sum += distance(smoothed[i], smoothed[j]);
        }
    }
    const auto n = static_cast<double>(smoothed.size());
    return sum / (n * (n - 1) / 2);
}

}  // namespace axia::math
