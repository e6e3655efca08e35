#include <nlohmann/json.hpp>

#include "axia/measure/measure.h"
#include "measure/figure_json.h"

namespace axia::measure {

using nlohmann::ordered_json;

namespace {

using measure::json_of;

template <typename T>
ordered_json map_of(const std::map<std::string, T>& map) {
    ordered_json json = ordered_json::object();
    for (const auto& [key, value] : map) json[key] = value;
    return json;
}

ordered_json json_of(const std::vector<Unsteady>& groups) {
    ordered_json json = ordered_json::array();
    for (const Unsteady& group : groups) {
        json.push_back({{"by", group.by},
                        {"stem", group.stem},
                        {"item", group.item},
                        {"spread", rounded(group.spread)},
                        {"members", group.members}});
    }
    return json;
}

ordered_json json_of(const Robustness& robustness) {
    return {{"order_flip", json_of(robustness.order_flip)},
            {"first_bias", json_of(robustness.first_bias)},
            {"wording_flip", json_of(robustness.wording_flip)},
            {"unstable", json_of(robustness.unstable)},
            {"wording_spread", json_of(robustness.wording_spread)},
            {"format_gap", json_of(robustness.format_gap)},
            {"inconsistency", json_of(robustness.inconsistency)},
            {"paraphrase", json_of(robustness.paraphrase)},
            {"topic", json_of(robustness.topic)},
            {"language", json_of(robustness.language)},
            {"unsteady", json_of(robustness.unsteady)},
            {"acquiescence", json_of(robustness.acquiescence)},
            {"keying", json_of(robustness.keying)},
            {"invalid", json_of(robustness.invalid)},
            {"retest", json_of(robustness.retest)},
            {"asked", robustness.asked},
            {"unanswered", robustness.unanswered},
            {"reasons", map_of(robustness.reasons)}};
}

ordered_json json_of(const ArmMeasures& arm) {
    ordered_json json{{"arm", arm.arm.name},
                      {"value", arm.arm.value},
                      {"target", rounded(arm.arm.target)},
                      {"prompt", arm.arm.prompt},
                      {"plan_hash", arm.arm.plan_hash}};
    json["values"] = ordered_json::array();
    for (const ValueScore& score : arm.values) {
        json["values"].push_back({{"value", score.value},
                                  {"score", json_of(score.score)},
                                  {"items", score.items},
                                  {"alpha", json_of(score.alpha)}});
    }
    json["ranking"] = ordered_json::array();
    for (const Rank& rank : arm.ranking) {
        json["ranking"].push_back({{"value", rank.value},
                                   {"strength", json_of(rank.strength)},
                                   {"elo", json_of(rank.elo)},
                                   {"above_next", json_of(rank.above_next)}});
    }
    json["duels"] = ordered_json::array();
    for (const Duel& duel : arm.duels) {
        json["duels"].push_back({{"value", duel.value},
                                 {"other", duel.other},
                                 {"wins", json_of(duel.wins)},
                                 {"dilemmas", duel.dilemmas}});
    }
    json["risks"] = ordered_json::array();
    for (const Risk& risk : arm.risks) {
        json["risks"].push_back({{"value", risk.value},
                                 {"ratio", json_of(risk.ratio)},
                                 {"with", json_of(risk.with)},
                                 {"without", json_of(risk.without)},
                                 {"dilemmas", risk.dilemmas}});
    }
    json["worths"] = ordered_json::array();
    for (const Worth& worth : arm.worths) {
        json["worths"].push_back({{"value", worth.value},
                                  {"worth", json_of(worth.worth)},
                                  {"dilemmas", worth.dilemmas}});
    }
    json["dimensions"] = ordered_json::array();
    for (const Dimension& one : arm.dimensions) {
        json["dimensions"].push_back({{"theory", one.theory},
                                      {"dimension", one.dimension},
                                      {"score", json_of(one.score)},
                                      {"values", one.values}});
    }
    json["accuracy"] = json_of(arm.accuracy);
    json["right"] = json_of(arm.right);
    json["exact_match"] = json_of(arm.exact_match);
    json["likelier"] = ordered_json::array();
    for (const Likelier& likelier : arm.likelier) {
        json["likelier"].push_back({{"by", likelier.by},
                                    {"share", json_of(likelier.share)},
                                    {"difference", json_of(likelier.difference)}});
    }
    json["branches"] = ordered_json::array();
    for (const BranchScore& branch : arm.branches) {
        json["branches"].push_back({{"branch", branch.branch},
                                    {"by", branch.groups ? "group" : "item"},
                                    {"score", json_of(branch.score)},
                                    {"chance", json_of(branch.chance)},
                                    {"accuracy", json_of(branch.accuracy)},
                                    {"first", json_of(branch.first)},
                                    {"others", json_of(branch.others)}});
    }
    json["robustness"] = json_of(arm.robustness);
    return json;
}

ordered_json battery_of(const Measures& measures) {
    const data::BatteryCard& card = measures.card;
    return {{"name", card.name},
            {"title", card.title},
            {"version", card.version},
            {"licence", card.licence},
            {"source", card.source},
            {"value_system", card.value_system},
            {"scoring", std::string(data::scoring_name(card.scoring))}};
}

const char* spread_name(math::Spread spread) {
    switch (spread) {
        case math::Spread::mean:
            return "mean";
        case math::Spread::pairwise:
            return "pairwise";
        case math::Spread::centroid:
            break;
    }
    return "centroid";
}

ordered_json methods_of(const MeasureOptions& options) {
    const std::string draws = std::to_string(options.draws) + " draws";
    return {{"scores", "mean over items, cluster-robust t interval, cluster = stem"},
            {"shares", "Wilson, n divided by the design effect of stems"},
            {"alpha", "Cronbach's, Feldt's interval"},
            {"ranking",
             "Bradley-Terry with ridge 0.01, bootstrap over stems (in 1000 blocks when there are "
             "more), " +
                 draws + "; of ratings means, bootstrap over stems within values, " + draws},
            {"risks", "ratio of two shares, percentile bootstrap over stems, " + draws},
            {"worths", "logistic, ridge 0.01, cluster-robust z interval, cluster = stem"},
            {"differences", "paired over items, cluster-robust t, Holm over all"},
            {"retest", "Fisher's z over items"}};
}

}  // namespace

std::string to_json(const Measures& measures) {
    ordered_json json{{"schema", "axia.measures"}, {"version", 1}};
    json["battery"] = battery_of(measures);
    json["unit"] = measures.unit;
    json["score_by"] = measures.options.score;
    json["baseline"] = measures.options.baseline;
    json["spread"] = spread_name(measures.options.spread);
    json["level"] = measures.options.level;
    json["draws"] = measures.options.draws;
    json["seed"] = measures.options.seed;
    json["methods"] = methods_of(measures.options);
    json["items"] = measures.items;
    json["stems"] = measures.stems;
    json["answers"] = measures.answers;
    json["how"] = map_of(measures.how);
    json["chance"] = json_of(measures.chance);
    json["circle"] = ordered_json::array();
    for (const std::string& value : measures.circle.values) {
        const auto angle = measures.circle.angle.find(value);
        json["circle"].push_back(
            {{"value", value},
             {"angle", angle == measures.circle.angle.end() ? ordered_json()
                                                            : ordered_json(angle->second)}});
    }
    json["arms"] = ordered_json::array();
    for (const ArmMeasures& arm : measures.arms) json["arms"].push_back(json_of(arm));
    json["differences"] = ordered_json::array();
    for (const Difference& difference : measures.differences) {
        json["differences"].push_back({{"arm", difference.arm},
                                       {"value", difference.value},
                                       {"shift", json_of(difference.shift)},
                                       {"p", json_of(difference.p)},
                                       {"p_holm", json_of(difference.p_holm)}});
    }
    json["doses"] = ordered_json::array();
    for (const DoseCurve& curve : measures.doses) {
        ordered_json points = ordered_json::array();
        for (const DosePoint& point : curve.points) {
            points.push_back({{"target", rounded(point.target)},
                              {"arm", point.arm},
                              {"shift", json_of(point.shift)}});
        }
        json["doses"].push_back({{"steered", curve.steered},
                                 {"value", curve.value},
                                 {"role", curve.role},
                                 {"points", std::move(points)}});
    }
    if (!measures.judge.empty()) {
        json["judge"] = ordered_json::object();
        for (const auto& [name, figure] : measures.judge) json["judge"][name] = json_of(figure);
    }
    json["rows"] = ordered_json::array();
    for (const ItemRow& row : measures.rows) {
        ordered_json numbers = ordered_json::object();
        for (const auto& [arm, number] : row.number) numbers[arm] = rounded(number);
        json["rows"].push_back({{"item", row.item},
                                {"stem", row.stem},
                                {"text", row.text},
                                {"number", std::move(numbers)},
                                {"flip", json_of(row.flip)},
                                {"spread", json_of(row.spread)},
                                {"invalid", json_of(row.invalid)}});
    }
    json["rows_left_out"] = measures.rows_left_out;
    return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace axia::measure
