#include "axia/measure/value_plane.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "axia/core/error.h"
#include "axia/math/agreement.h"
#include "axia/math/scaling.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

constexpr std::size_t least_sentences = 10, least_values = 3;
constexpr double missing = std::numeric_limits<double>::quiet_NaN();
constexpr double half_degree = 3.14159265358979323846 / 360;

/// Relevance of each value (rows) in each distinct sentence that was answered whole (columns).
std::vector<std::vector<double>> relevance_of(std::span<const std::string> sentences,
                                              std::size_t values,
                                              const answers::Perceived& perceived) {
    std::vector<std::vector<double>> by_sentence(sentences.size(), std::vector<double>(values, -1));
    for (const answers::Perception& each : perceived.perceptions) {
        if (each.sentence >= sentences.size() || each.value >= values) {
            throw core::Error(core::ErrorKind::mismatch, "a perception is of no sentence or value",
                              "perceptions");
        }
        by_sentence[each.sentence][each.value] = each.relevant;
    }
    std::set<std::string_view> seen;
    std::vector<std::vector<double>> rows(values);
    for (std::size_t s = 0; s < sentences.size(); ++s) {
        const std::vector<double>& all = by_sentence[s];
        if (std::any_of(all.begin(), all.end(), [](double p) { return p < 0; })) continue;
        if (!seen.insert(sentences[s]).second) continue;
        for (std::size_t v = 0; v < values; ++v) rows[v].push_back(all[v]);
    }
    return rows;
}

bool varies(const std::vector<double>& row) {
    const auto [least, most] = std::minmax_element(row.begin(), row.end());
    return *most - *least > 1e-12;
}

/// NaN where one of the two does not vary.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
    if (!varies(a) || !varies(b)) return missing;
    return std::sqrt(std::max(0., 2 - 2 * math::pearson(a, b)));
}

}  // namespace

ValuePlane measure_plane(std::span<const std::string> sentences,
                         std::span<const answers::SoughtValue> values,
                         const answers::Perceived& perceived,
                         const std::map<std::string, double>& angle, std::uint64_t seed,
                         std::size_t draws) {
    const std::vector<std::vector<double>> all = relevance_of(sentences, values.size(), perceived);
    ValuePlane plane;
    plane.sentences = all.empty() ? 0 : all[0].size();
    const auto without = [&](std::string reason) {
        plane.reason = std::move(reason);
        plane.circle = because(plane.reason);
        return plane;
    };
    if (plane.sentences < least_sentences) {
        return without("needs " + std::to_string(least_sentences) + " different sentences");
    }
    std::vector<std::size_t> kept;
    for (std::size_t v = 0; v < values.size(); ++v) {
        if (varies(all[v])) kept.push_back(v);
    }
    const std::size_t n = kept.size();
    if (n < least_values) {
        return without("needs " + std::to_string(least_values) +
                       " values that are not equally relevant everywhere");
    }
    std::vector<double> distances(n * n);
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            distances[i * n + j] = distances[j * n + i] = distance(all[kept[i]], all[kept[j]]);
        }
    }
    plane.circle = figure_or_reason([&] {
        std::vector<std::pair<std::size_t, std::size_t>> pairs;
        std::vector<double> wanted;
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                const auto a = angle.find(values[kept[i]].id), b = angle.find(values[kept[j]].id);
                if (a == angle.end() || b == angle.end()) continue;
                pairs.emplace_back(kept[i], kept[j]);
                wanted.push_back(2 * std::fabs(std::sin((a->second - b->second) * half_degree)));
            }
        }
        if (pairs.size() < 3 || !varies(wanted)) return because("the value system names no angles");
        Figure figure;
        figure.n = plane.sentences;
        figure.estimate = math::bootstrap_statistic(
            plane.sentences, seed, draws, [&](std::span<const std::size_t> units) {
                std::vector<std::vector<double>> drawn(all.size());
                for (const std::size_t v : kept) {
                    for (const std::size_t unit : units) drawn[v].push_back(all[v][unit]);
                }
                std::vector<double> found;
                for (const auto& [a, b] : pairs) found.push_back(distance(drawn[a], drawn[b]));
                const bool whole = std::none_of(found.begin(), found.end(),
                                                [](double d) { return std::isnan(d); });
                return whole && varies(found) ? math::pearson(found, wanted) : missing;
            });
        return figure;
    });
    try {
        math::ScalingOptions scaling;
        scaling.seed = seed;
        const math::Scaling placed = math::scale_to_plane(n, distances, scaling);
        plane.stress = placed.normalised_stress;
        for (std::size_t i = 0; i < n; ++i) {
            plane.places.push_back({values[kept[i]].id, placed.x[i], placed.y[i]});
        }
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) throw;
        return without(error.message());  // all values are found in the same sentences
    }
    return plane;
}

std::string to_json(const ValuePlane& plane) {
    nlohmann::ordered_json json{{"sentences", plane.sentences}};
    if (plane.places.empty()) {
        json["reason"] = plane.reason;
        return json.dump(2) + "\n";
    }
    json["stress"] = rounded(plane.stress);
    json["circle"] = json_of(plane.circle);
    json["places"] = nlohmann::ordered_json::array();
    for (const ValuePlace& place : plane.places) {
        json["places"].push_back(
            {{"value", place.value}, {"x", rounded(place.x)}, {"y", rounded(place.y)}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
