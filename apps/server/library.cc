#include "server/library.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery.h"
#include "axia/data/check.h"
#include "axia/model/catalogue.h"
#include "axia/report/report.h"
#include "axia/steer/plan.h"
#include "server/own_values.h"
#include "server/request.h"

namespace axia::server {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_pairs = 5000;
constexpr std::size_t most_text = 4000;  // bytes
constexpr std::size_t shown_items = 5;
constexpr std::uintmax_t most_measures = 64ULL << 20;

/// The files of a folder that end so, without the ending, by name.
std::vector<std::string> stems(const fs::path& folder, std::string_view ending) {
    std::vector<std::string> names;
    std::error_code code;
    for (const auto& entry : fs::directory_iterator(folder, code)) {
        if (entry.path().extension() == ending) names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

ordered_json finite(double x) {
    return std::isfinite(x) ? ordered_json(x) : ordered_json();
}

ordered_json interval(double center, const math::Interval& ci) {
    return std::isfinite(center) ? ordered_json{ci.lo, ci.hi} : ordered_json();
}

int best_layer(const vectors::ValueVector& vector) {
    int best = -1;
    double accuracy = -1;
    for (const vectors::LayerVector& layer : vector.layers) {
        if (layer.cross_accuracy > accuracy) accuracy = layer.cross_accuracy, best = layer.layer;
    }
    return best;
}

ordered_json plan_values(const steer::Plan& plan) {
    ordered_json values = ordered_json::array();
    for (const steer::PlanValue& value : plan.values) {
        values.push_back({{"value", value.value},
                          {"rule", steer::rule_name(value.rule)},
                          {"log_odds", value.log_odds},
                          {"strength", value.strength}});
    }
    return values;
}

}  // namespace

ordered_json parse_object(std::string_view body) {
    require_bounded_json(body);
    ordered_json root = ordered_json::parse(body, nullptr, false);
    if (root.is_discarded()) throw Error(ErrorKind::input, "is not JSON", "body");
    if (!root.is_object()) throw Error(ErrorKind::input, "must be a JSON object", "body");
    return root;
}

void require_name(const std::string& name, const std::vector<std::string>& known,
                  const std::string& kind, const std::string& where) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = core::nearest_names(name, known);
    throw Error(ErrorKind::not_found, "there is no " + kind + " '" + name + "'", where,
                near.empty() ? "" : "did you mean " + near + "?");
}

Library::Library(data::ValueSystem system, model::ModelInfo info, int context, LibraryPaths paths)
    : system_(std::move(system)),
      info_(std::move(info)),
      context_(context),
      paths_(std::move(paths)) {}

ordered_json Library::model() const {
    return {{"name", info_.name},
            {"hash", info_.source_hash},
            {"architecture", info_.architecture},
            {"layers", info_.layers},
            {"width", info_.width},
            {"context", context_},
            {"template", info_.template_id},
            {"weights", info_.weights},
            {"version", AXIA_VERSION}};
}

std::vector<vectors::ValueVector> Library::read_vectors() const {
    std::vector<vectors::ValueVector> found;
    for (const std::string& stem : stems(paths_.vectors, ".gguf")) {
        try {
            found.push_back(vectors::read_value_vector(paths_.vectors / (stem + ".gguf")));
        } catch (const Error&) {
            // being written, or of another version: a learner's to tell
        }
    }
    return found;
}

ordered_json Library::listed_values() const {
    std::map<std::string, std::size_t> learnt;  // pairs by value
    for (const vectors::ValueVector& vector : read_vectors()) {
        learnt[vector.card.value] = vector.card.learn_pairs + vector.card.heldout_pairs;
    }
    std::vector<const data::Value*> circle;
    for (const data::Value& value : system_.values) circle.push_back(&value);
    std::stable_sort(circle.begin(), circle.end(),
                     [](const auto* a, const auto* b) { return a->angle < b->angle; });
    ordered_json list = ordered_json::array();
    for (const data::Value* value : circle) {
        const auto own = learnt.find(value->id);
        list.push_back(
            {{"name", value->id},
             {"title", value->name},
             {"definition", value->definition},
             {"group", value->higher_order.empty() ? "" : value->higher_order[0]},
             {"order", list.size()},
             {"neighbours", value->neighbours},
             {"opposites", value->opposites},
             {"own", false},
             {"learnt", own != learnt.end()},
             {"pairs", own != learnt.end() ? own->second : system_.pairs(value->id).size()}});
    }
    std::set<std::string> brought;
    for (const auto& [name, pairs] : learnt) brought.insert(name);
    for (const std::string& name : stems(paths_.own_pairs, ".jsonl")) brought.insert(name);
    for (const std::string& name : brought) {
        if (system_.has(name)) continue;
        const OwnValue said = read_own_value(paths_.own_pairs, name, system_);
        ordered_json value = {{"name", name},
                              {"title", said.title.empty() ? name : said.title},
                              {"definition", said.definition},
                              {"group", said.group},
                              {"neighbours", ordered_json::array()},
                              {"opposites", ordered_json::array()},
                              {"own", true},
                              {"learnt", learnt.contains(name)}};
        if (said.order) value["order"] = *said.order;
        if (learnt.contains(name)) value["pairs"] = learnt[name];
        list.push_back(std::move(value));
    }
    std::stable_sort(list.begin(), list.end(), [](const ordered_json& a, const ordered_json& b) {
        constexpr int last = std::numeric_limits<int>::max();
        return a.value("order", last) < b.value("order", last);
    });
    return list;
}

ordered_json Library::values() const {
    return {{"system", system_.name}, {"values", listed_values()}};
}

ordered_json Library::describe(const std::string& name, std::string_view body) const {
    std::vector<std::string> own;
    for (const ordered_json& value : listed_values()) {
        if (value["own"].get<bool>()) own.push_back(value["name"].get<std::string>());
    }
    if (system_.has(name)) {
        throw Error(ErrorKind::input, "is the value system's: what it means is said there", "name");
    }
    require_name(name, own, "value of your own", "name");
    write_own_value(paths_.own_pairs, name, parse_own_value(parse_object(body), system_, ""));
    for (ordered_json& value : listed_values()) {
        if (value["name"] == name) return value;
    }
    throw Error(ErrorKind::not_found, "there is no value of your own '" + name + "'", "name");
}

ordered_json Library::vectors() const {
    ordered_json list = ordered_json::array();
    for (const vectors::ValueVector& vector : read_vectors()) {
        ordered_json layers = ordered_json::array();
        for (const vectors::LayerVector& layer : vector.layers) {
            layers.push_back({{"layer", layer.layer},
                              {"accuracy", finite(layer.heldout_accuracy)},
                              {"accuracy_ci", interval(layer.heldout_accuracy, layer.heldout_ci)},
                              {"paired", finite(layer.paired_accuracy)},
                              {"paired_ci", interval(layer.paired_accuracy, layer.paired_ci)},
                              {"shuffled", finite(layer.shuffled_accuracy)}});
        }
        ordered_json gate;
        if (vector.gate) {
            gate = {{"layer", vector.gate->layer},
                    {"alpha", .05},
                    {"threshold", finite(vector.gate->threshold(.05))}};
        }
        list.push_back(
            {{"value", vector.card.value},
             {"context", capture::context_name(vector.card.context)},
             {"hash", vector.file_hash},
             {"pairs",
              {{"learn", vector.card.learn_pairs}, {"held_out", vector.card.heldout_pairs}}},
             {"data", vector.card.data_name},
             {"bag_of_words", finite(vector.card.bag_of_words)},
             {"best_layer", best_layer(vector)},
             {"layers", std::move(layers)},
             {"gate", std::move(gate)}});
    }
    return {{"vectors", std::move(list)}};
}

ordered_json Library::similarity(std::string_view context, int layer) const {
    const capture::Context wanted =
        context.empty() ? capture::Context::chat : capture::parse_context(context);
    std::vector<vectors::ValueVector> all;
    for (vectors::ValueVector& vector : read_vectors()) {
        if (vector.card.context == wanted) all.push_back(std::move(vector));
    }
    if (layer < 0) {
        std::map<int, double> sums;
        for (const vectors::ValueVector& vector : all) {
            for (const vectors::LayerVector& one : vector.layers) {
                sums[one.layer] += one.cross_accuracy;
            }
        }
        double best = -1;
        for (const auto& [at, sum] : sums) {
            if (sum > best) best = sum, layer = at;
        }
    }
    ordered_json names = ordered_json::array(), cosine = ordered_json::array();
    std::vector<std::vector<float>> units;
    for (const vectors::ValueVector& vector : all) {
        names.push_back(vector.card.value);
        units.push_back(vector.layer(layer).unit(vectors::Direction::probe));
    }
    for (const auto& a : units) {
        ordered_json row = ordered_json::array();
        for (const auto& b : units) {
            double dot = 0;
            for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
                dot += static_cast<double>(a[k]) * static_cast<double>(b[k]);
            }
            row.push_back(std::clamp(dot, -1.0, 1.0));
        }
        cosine.push_back(std::move(row));
    }
    return {{"layer", layer}, {"values", std::move(names)}, {"cosine", std::move(cosine)}};
}

std::vector<std::string> Library::plan_names() const {
    return stems(paths_.plans, ".json");
}

ordered_json Library::plans() const {
    ordered_json list = ordered_json::array();
    for (const std::string& name : plan_names()) {
        try {
            const steer::Plan plan = steer::read_plan(paths_.plans / (name + ".json"));
            ordered_json entry = {{"name", name},
                                  {"hash", steer::plan_hash(plan)},
                                  {"values", plan_values(plan)},
                                  {"layers", plan.layers},
                                  {"direction", vectors::direction_name(plan.direction)},
                                  {"amount", steer::amount_name(plan.amount)},
                                  {"rows", steer::rows_name(plan.rows)},
                                  {"gate", steer::gate_name(plan.gate)}};
            const ordered_json notes =
                plan.notes.empty() ? ordered_json::object() : ordered_json::parse(plan.notes);
            if (notes.contains("effect_on_learn_split")) {
                const double effect = notes["effect_on_learn_split"].get<double>();
                const double error = notes.value("effect_se", 0.0);
                entry["effect"] = {{"value", effect},
                                   {"ci", {effect - 1.96 * error, effect + 1.96 * error}}};
                entry["cost"] = notes.value("cost_nll", 0.0);
            }
            list.push_back(std::move(entry));
        } catch (const Error&) {  // not a plan of this version
        } catch (const nlohmann::json::exception&) {
        }
    }
    return {{"plans", std::move(list)}};
}

ordered_json Library::plan(const std::string& name) const {
    require_name(name, plan_names(), "plan", "name");
    const steer::Plan plan = steer::read_plan(paths_.plans / (name + ".json"));
    ordered_json json = ordered_json::parse(steer::to_json(plan));
    json["hash"] = steer::plan_hash(plan);
    if (json.contains("notes") && json["notes"].contains("frontier")) {
        json["frontier"] = json["notes"]["frontier"];
    }
    return json;
}

ordered_json Library::batteries() const {
    const std::lock_guard lock(mutex_);
    if (batteries_.empty()) {
        ordered_json list = ordered_json::array();
        for (const std::string& name : data::shipped_batteries()) {
            const data::Battery battery = data::open_battery(name);
            const data::BatteryCheck check = data::check_battery(battery);
            ordered_json kinds = ordered_json::array(), values = ordered_json::array();
            for (const auto& [kind, count] : check.kinds) kinds.push_back(kind);
            for (const auto& [value, count] : check.values) values.push_back(value);
            list.push_back({{"name", name},
                            {"title", battery.card().title},
                            {"items", check.items},
                            {"kinds", std::move(kinds)},
                            {"values", std::move(values)},
                            {"licence", battery.card().licence}});
        }
        batteries_ = ordered_json{{"batteries", std::move(list)}}.dump();
    }
    return ordered_json::parse(batteries_);
}

ordered_json Library::battery(const std::string& name) const {
    require_name(name, data::shipped_batteries(), "battery", "name");
    const data::Battery battery = data::open_battery(name);
    const data::BatteryCard& card = battery.card();
    ordered_json items = ordered_json::array();
    std::size_t count = 0;
    battery.for_each([&](const data::Item& item) {
        if (count++ >= shown_items) return;
        ordered_json options = ordered_json::array();
        for (const data::ItemOption& option : item.options) options.push_back(option.text);
        items.push_back({{"id", item.id},
                         {"text", item.text},
                         {"question", item.question},
                         {"value", item.value},
                         {"options", std::move(options)}});
    });
    return {{"name", card.name},
            {"title", card.title},
            {"description", card.description},
            {"licence", card.licence},
            {"source", card.source},
            {"scoring", data::scoring_name(card.scoring)},
            {"items", count},
            {"first", std::move(items)}};
}

std::vector<std::string> Library::run_names() const {
    std::vector<std::string> names;
    for (const answers::RunInfo& run : answers::list_runs(paths_.runs)) {
        names.push_back(run.folder.filename().string());
    }
    return names;
}

ordered_json Library::runs() const {
    ordered_json list = ordered_json::array();
    for (const answers::RunInfo& run : answers::list_runs(paths_.runs)) {
        if (run.kind != answers::RunKind::measure) continue;
        const char* const state = !run.problem.empty() ? "unreadable"
                                  : run.finished       ? "finished"
                                                       : "unfinished";
        ordered_json plans = ordered_json::array();
        for (const answers::RunPlan& plan : run.plans) {
            plans.push_back({{"name", plan.arm}, {"hash", plan.hash}});
        }
        list.push_back({{"name", run.folder.filename().string()},
                        {"battery", run.subject},
                        {"model", run.model},
                        {"plans", std::move(plans)},
                        {"state", state},
                        {"answers", run.answers},
                        {"asked", run.total},
                        {"created", run.created},
                        {"report", run.finished}});
    }
    return {{"runs", std::move(list)}};
}

std::string Library::run(const std::string& name) const {
    require_name(name, run_names(), "run", "name");
    const fs::path file = paths_.runs / name / "measures.json";
    std::error_code code;
    if (!fs::exists(file, code)) {
        throw Error(ErrorKind::not_found, "the run '" + name + "' is not finished", "name",
                    "start it again: it goes on where it stopped");
    }
    return core::read_file(file, most_measures);
}

std::string Library::report(const std::string& name) const {
    require_name(name, run_names(), "run", "name");
    return report::render_report(paths_.runs / name);
}

std::string pairs_jsonl(const ordered_json& pairs, const std::string& value) {
    if (!model::is_model_name(value)) {
        throw Error(ErrorKind::input, "must be a name of letters, digits, '.', '-' and '_'",
                    "value");
    }
    if (!pairs.is_array() || pairs.empty() || pairs.size() > most_pairs) {
        throw Error(ErrorKind::input,
                    "must be a list of 1 to " + std::to_string(most_pairs) + " pairs", "pairs");
    }
    std::string lines;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const std::string where = "pairs[" + std::to_string(i) + "]";
        if (!pairs[i].is_object()) throw Error(ErrorKind::input, "must be an object", where);
        ordered_json line = {{"value", value}};
        for (const auto& [name, text] : pairs[i].items()) {
            const std::vector<std::string> known{"positive", "negative", "scene", "split",
                                                 "other",    "id",       "form",  "person"};
            if (name == "value") continue;
            require_name(name, known, "field", where);
            if (text.is_null()) continue;
            if (!text.is_string() || text.get_ref<const std::string&>().size() > most_text) {
                throw Error(ErrorKind::input,
                            "must be a text of at most " + std::to_string(most_text) + " bytes",
                            where + "." + name);
            }
            line[name] = text;
        }
        for (const char* name : {"positive", "negative"}) {
            if (line.value(name, "").empty()) {
                throw Error(ErrorKind::input, "is missing or empty", where + "." + name);
            }
        }
        lines += line.dump() + "\n";
    }
    return lines;
}

ordered_json Library::check(std::string_view body) const {
    ordered_json root = parse_object(body);
    const ordered_json& name = root["value"];
    const std::string value = name.is_string() ? name.get<std::string>() : "own";
    data::ReadPairsOptions reading;
    reading.value = value;
    const auto pairs = data::parse_pairs_jsonl(pairs_jsonl(root["pairs"], value), "pairs", reading);
    data::SystemCheck check;
    check.values.push_back(data::check_pairs(pairs, data::CheckOptions{}));
    return ordered_json::parse(data::to_json(check));
}

}  // namespace axia::server
