#include "axia/math/coherence.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "axia/core/error.h"
#include "axia/math/inference.h"
#include "math/battles.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

}  // namespace

Cycles preference_cycles(std::size_t items, std::span<const Battle> battles) {
    check_battles(items, 0, battles);
    const MergedBattles merged = merge_battles(items, battles);
    // p[a][b] = share of a against b, below 0 = never compared
    std::vector<double> p(items * items, -1);
    for (std::size_t k = 0; k < merged.size(); ++k) {
        if (!(merged.total[k] > 0)) continue;
        const double share = merged.wins[k] / merged.total[k];
        p[merged.a[k] * items + merged.b[k]] = share;
        p[merged.b[k] * items + merged.a[k]] = 1 - share;
    }
    Cycles result;
    std::size_t compared = 0;
    for (std::size_t a = 0; a < items; ++a) {
        for (std::size_t b = a + 1; b < items; ++b) {
            const double ab = p[a * items + b];
            if (ab < 0) continue;
            double expected = 0;
            for (std::size_t c = b + 1; c < items; ++c) {
                const double bc = p[b * items + c], ca = p[c * items + a];
                if (bc < 0 || ca < 0) continue;
                ++compared;
                expected += ab * bc * ca + (1 - ab) * (1 - bc) * (1 - ca);
                if (ab == .5 || bc == .5 || ca == .5) continue;
                ++result.triads;
                result.cyclic += (ab > .5) == (bc > .5) && (bc > .5) == (ca > .5);
            }
            result.expected += expected;
        }
    }
    if (compared == 0) {
        throw Error(ErrorKind::input, "no three items were all compared with one another",
                    "battles");
    }
    result.expected /= static_cast<double>(compared);
    if (result.triads > 0) {
        result.rate = static_cast<double>(result.cyclic) / static_cast<double>(result.triads);
    }
    return result;
}

double completeness(std::size_t items, std::span<const Battle> battles) {
    check_battles(items, 0, battles);
    const MergedBattles merged = merge_battles(items, battles);
    std::vector<double> decided;
    for (std::size_t k = 0; k < merged.size(); ++k) {
        if (!(merged.total[k] > 0)) continue;
        const double share = merged.wins[k] / merged.total[k];
        decided.push_back(std::max(share, 1 - share));
    }
    if (decided.empty()) throw Error(ErrorKind::input, "no two items were compared", "battles");
    return mean(decided);
}

Estimate first_place_bias(std::size_t items, std::span<const Battle> battles, double level) {
    check_battles(items, 0, battles);
    std::map<std::pair<std::size_t, std::size_t>, std::pair<double, double>> orders;
    for (const Battle& battle : battles) {
        if (battle.a == battle.b) continue;
        auto& [wins, total] = orders[{battle.a, battle.b}];
        wins += battle.wins_a;
        total += battle.wins_a + battle.wins_b;
    }
    std::vector<double> bias;
    for (const auto& [pair, one] : orders) {
        if (pair.first > pair.second || !(one.second > 0)) continue;
        const auto two = orders.find({pair.second, pair.first});
        if (two == orders.end() || !(two->second.second > 0)) continue;
        bias.push_back((one.first / one.second + two->second.first / two->second.second) / 2 - .5);
    }
    if (bias.size() < 2) {
        throw Error(ErrorKind::input, "fewer than two pairs were asked in both orders", "battles");
    }
    std::vector<int> own(bias.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<int>(i);
    return clustered_mean(bias, own, level).estimate;
}

}  // namespace axia::math
