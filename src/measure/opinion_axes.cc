// Answers to propositions on the axes of a table of weights (S028).
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "axia/core/error.h"
#include "axia/math/statistics.h"
#include "axia/measure/opinions.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

/// Weights of answers by the number of their proposition, of one axis and way of asking.
struct Weighed {
    std::map<std::size_t, std::pair<double, double>> sums;  // weight, answers

    void add(std::size_t proposition, double weight) {
        sums[proposition].first += weight;
        sums[proposition].second += 1;
    }
};

struct Settings {
    std::uint64_t seed = 0;
    std::size_t draws = 0;
    double level = 0;
};

Figure place_of(const Weighed& weighed, const Settings& settings) {
    if (weighed.sums.empty()) return because("no answer takes a side");
    if (weighed.sums.size() < 2) return because("one proposition alone gives no interval");
    std::vector<double> means;
    for (const auto& [proposition, sum] : weighed.sums) means.push_back(sum.first / sum.second);
    Figure figure;
    figure.estimate = math::bootstrap_mean(means, settings.seed, settings.draws, settings.level);
    figure.n = means.size();
    return figure;
}

std::size_t option_of(const OpinionReading& reading) {
    const bool agrees = reading.stance == Stance::agree;
    return reading.strongly ? (agrees ? 3 : 0) : (agrees ? 2 : 1);
}

/// What is kept of one axis while answers come.
struct Axis {
    Weighed all;
    std::map<std::size_t, std::array<double, 2>> ends;  // of each proposition: lowest and highest
    std::vector<std::pair<AxisWay, Weighed>> wordings, forcings;
    AxisPlace place;
};

Weighed& way(std::vector<std::pair<AxisWay, Weighed>>& ways, const AxisWay& asked) {
    const auto known = std::find_if(ways.begin(), ways.end(), [&](const auto& other) {
        return other.first.wording == asked.wording && other.first.forcing == asked.forcing &&
               other.first.open == asked.open;
    });
    if (known != ways.end()) return known->second;
    return ways.emplace_back(asked, Weighed{}).second;
}

AxisPlace finished(Axis& axis, const Settings& settings) {
    AxisPlace place = std::move(axis.place);
    place.place = place_of(axis.all, settings);
    for (const auto& [proposition, ends] : axis.ends) {
        place.least += ends[0] / static_cast<double>(axis.ends.size());
        place.most += ends[1] / static_cast<double>(axis.ends.size());
    }
    for (auto& [asked, weighed] : axis.wordings) {
        asked.place = place_of(weighed, settings);
        place.wordings.push_back(std::move(asked));
    }
    for (auto& [asked, weighed] : axis.forcings) {
        asked.place = place_of(weighed, settings);
        place.forcings.push_back(std::move(asked));
    }
    return place;
}

}  // namespace

std::vector<AxisPlace> place_opinions(std::span<const OpinionReading> readings,
                                      const data::AxisWeights& weights, std::uint64_t seed,
                                      std::size_t draws, double level) {
    if (draws == 0) throw core::Error(core::ErrorKind::usage, "0 bootstrap draws", "draws");
    if (!(level > 0 && level < 1)) {
        throw core::Error(core::ErrorKind::usage, "level is out of range", "level",
                          "between 0 and 1");
    }
    std::map<std::string, std::size_t> propositions;
    std::map<std::string, Axis> axes;
    for (const OpinionReading& reading : readings) {
        weights.need(reading.proposition);
        const std::size_t number =
            propositions.try_emplace(reading.proposition, propositions.size()).first->second;
        for (const auto& [name, options] : weights.items.at(reading.proposition)) {
            Axis& axis = axes[name];
            axis.place.axis = name;
            // a way of asking that gives no side at all is listed with its reason
            Weighed& wording = way(axis.wordings, {reading.wording, "", false, {}});
            Weighed& forcing = way(axis.forcings, {"", reading.forcing, reading.open, {}});
            axis.ends[number] = {*std::min_element(options.begin(), options.end()),
                                 *std::max_element(options.begin(), options.end())};
            if (reading.stance == Stance::other) {
                ++axis.place.without;
                continue;
            }
            ++axis.place.answers;
            const double weight = options[option_of(reading)];
            axis.all.add(number, weight);
            wording.add(number, weight);
            forcing.add(number, weight);
        }
    }
    std::vector<AxisPlace> places;
    for (const std::string& name : weights.axes) {
        const auto axis = axes.find(name);
        if (axis != axes.end()) places.push_back(finished(axis->second, {seed, draws, level}));
    }
    return places;
}

}  // namespace axia::measure
