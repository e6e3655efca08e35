// starting_pairs and next_pairs: which comparisons to ask for (S022).
#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <string>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/thurstone.h"
#include "math/checks.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

/// The share-quantile of values as a bound: at least one value is at or below it.
double lowest(std::vector<double> values, double share) {
    const auto place =
        std::min(values.size() - 1,
                 static_cast<std::size_t>(share * static_cast<double>(values.size() - 1)));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(place),
                     values.end());
    return values[place];
}

}  // namespace

std::vector<Pair> starting_pairs(std::size_t items, std::uint64_t seed) {
    if (items < 3) throw Error(ErrorKind::input, "fewer than three items", "items");
    std::vector<std::size_t> circle(items);
    std::iota(circle.begin(), circle.end(), std::size_t{0});
    core::Rng(seed).shuffle(circle);
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < items; ++i) {
        pairs.push_back(std::minmax({circle[i], circle[(i + 1) % items]}));
    }
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

std::vector<Pair> next_pairs(std::span<const double> means, std::span<const Pair> asked,
                             std::size_t count, std::uint64_t seed, double near, double rare) {
    for (const double share : {near, rare}) {
        if (!(share > 0 && share <= 1)) {
            throw Error(ErrorKind::usage, "share of pairs " + std::to_string(share), "near, rare",
                        "give a number above 0, at most 1");
        }
    }
    need_finite(means, "mean");
    std::set<Pair> known;
    std::vector<double> degree(means.size());
    for (const auto& [a, b] : asked) {
        if (a >= means.size() || b >= means.size()) {
            throw Error(
                ErrorKind::input,
                "item " + std::to_string(std::max(a, b)) + " of " + std::to_string(means.size()),
                "asked");
        }
        if (a == b || !known.insert(std::minmax({a, b})).second) continue;
        degree[a] += 1;
        degree[b] += 1;
    }
    std::vector<Pair> open;
    std::vector<double> gap, busy;
    for (std::size_t a = 0; a < means.size(); ++a) {
        for (std::size_t b = a + 1; b < means.size(); ++b) {
            if (known.contains({a, b})) continue;
            open.emplace_back(a, b);
            gap.push_back(std::fabs(means[a] - means[b]));
            busy.push_back(degree[a] + degree[b]);
        }
    }
    count = std::min(count, open.size());
    std::vector<std::size_t> chosen, rest;
    for (int widening = 0; count > 0 && widening <= 5; ++widening) {
        const double wide = std::pow(1.5, widening);
        const double gap_bound = lowest(gap, std::min(1.0, near * wide));
        const double busy_bound = lowest(busy, std::min(1.0, rare * wide));
        chosen.clear();
        rest.clear();
        for (std::size_t k = 0; k < open.size(); ++k) {
            (gap[k] <= gap_bound && busy[k] <= busy_bound ? chosen : rest).push_back(k);
        }
        if (chosen.size() >= count) break;
    }
    core::Rng rng(seed);
    rng.shuffle(chosen);
    rng.shuffle(rest);
    chosen.insert(chosen.end(), rest.begin(), rest.end());
    std::vector<Pair> pairs;
    for (std::size_t k = 0; k < count; ++k) pairs.push_back(open[chosen[k]]);
    std::sort(pairs.begin(), pairs.end());
    return pairs;
}

}  // namespace axia::math
