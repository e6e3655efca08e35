#include "axia/steer/plan.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/math/scalar.h"

namespace axia::steer {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

constexpr std::string_view schema = "axia.plan";

template <typename Enum>
struct Names {
    std::string_view field;
    std::vector<std::pair<Enum, std::string_view>> names;

    std::string_view of(Enum value) const {
        for (const auto& [key, name] : names) {
            if (key == value) return name;
        }
        return "";
    }
    Enum parse(std::string_view text) const {
        std::string list;
        for (const auto& [key, name] : names) {
            if (name == text) return key;
            list += (list.empty() ? "" : ", ") + std::string(name);
        }
        throw Error(ErrorKind::usage, "'" + std::string(text) + "' is not known",
                    std::string(field), "it can be " + list);
    }
};

const Names<Amount> amounts{
    "amount", {{Amount::row, "row"}, {Amount::prompt, "prompt"}, {Amount::constant, "constant"}}};
const Names<Rows> row_sets{"rows", {{Rows::all, "all"}, {Rows::onward, "onward"}}};
const Names<Rule> rules{
    "rule", {{Rule::at_least, "at_least"}, {Rule::at_most, "at_most"}, {Rule::hold, "hold"}}};
const Names<GateMode> gates{
    "gate",
    {{GateMode::always, "always"}, {GateMode::learned, "learned"}, {GateMode::never, "never"}}};

ordered_json acting_part(const Plan& plan) {
    ordered_json json;
    json["model_sha256"] = plan.model_hash;
    json["context"] = capture::context_name(plan.context);
    json["direction"] = vectors::direction_name(plan.direction);
    json["amount"] = amounts.of(plan.amount);
    json["below"] = plan.below;
    json["rows"] = row_sets.of(plan.rows);
    json["layers"] = plan.layers;
    json["values"] = ordered_json::array();
    for (const PlanValue& value : plan.values) {
        ordered_json entry;
        entry["value"] = value.value;
        entry["vector_sha256"] = value.vector_hash;
        entry["rule"] = rules.of(value.rule);
        if (value.rule != Rule::hold) {
            entry["log_odds"] = value.log_odds;
            if (plan.amount == Amount::constant) entry["strength"] = value.strength;
        }
        json["values"].push_back(std::move(entry));
    }
    json["gate"] = gates.of(plan.gate);
    json["alpha"] = plan.alpha;
    return json;
}

/// Checked access to one JSON object, naming file and field in every error.
class Reader {
  public:
    Reader(const ordered_json& json, std::string where) : json_(json), where_(std::move(where)) {
        if (!json_.is_object()) fail("", "is not an object");
    }

    bool has(const char* key) const { return json_.contains(key); }

    std::string text(const char* key) const {
        const ordered_json& value = get(key);
        if (!value.is_string()) fail(key, "is not text");
        return value.get<std::string>();
    }
    double number(const char* key, double lo, double hi) const {
        const ordered_json& value = get(key);
        if (!value.is_number()) fail(key, "is not a number");
        const auto x = value.get<double>();
        if (!(x >= lo && x <= hi)) {
            std::array<char, 96> range{};
            std::snprintf(range.data(), range.size(), "is %g, outside %g to %g", x, lo, hi);
            fail(key, range.data());
        }
        return x;
    }
    bool boolean(const char* key) const {
        const ordered_json& value = get(key);
        if (!value.is_boolean()) fail(key, "is not true or false");
        return value.get<bool>();
    }
    const ordered_json& array(const char* key, std::size_t limit) const {
        const ordered_json& value = get(key);
        if (!value.is_array()) fail(key, "is not a list");
        if (value.size() > limit) fail(key, "has more than " + std::to_string(limit) + " entries");
        return value;
    }
    void only(const std::set<std::string>& known) const {
        for (const auto& item : json_.items()) {
            if (!known.contains(item.key())) {
                const std::string near =
                    core::nearest_names(item.key(), {known.begin(), known.end()}, 1);
                fail(item.key(), near.empty() ? "is not a field of a plan"
                                              : "is not a field; did you mean '" + near + "'?");
            }
        }
    }
    [[noreturn]] void fail(std::string_view key, const std::string& what) const {
        std::string place = where_;
        if (!key.empty()) place += ": " + std::string(key);
        throw Error(ErrorKind::input, what, place);
    }
    template <typename F>
    auto parsed(const char* key, F&& parse) const {
        const std::string value = text(key);
        try {
            return parse(value);
        } catch (const Error& error) {
            throw Error(ErrorKind::input, error.message(), where_ + ": " + key, error.hint());
        }
    }

  private:
    const ordered_json& get(const char* key) const {
        const auto found = json_.find(key);
        if (found == json_.end()) fail(key, "is missing");
        return *found;
    }
    const ordered_json& json_;
    std::string where_;
};

PlanValue parse_value(const ordered_json& json, const std::string& where) {
    const Reader in(json, where);
    in.only({"value", "vector_sha256", "rule", "log_odds", "p0", "strength"});
    PlanValue value;
    value.value = in.text("value");
    if (value.value.empty()) in.fail("value", "is empty");
    if (in.has("vector_sha256")) value.vector_hash = in.text("vector_sha256");
    if (in.has("rule")) {
        value.rule = in.parsed("rule", [](const std::string& t) { return rules.parse(t); });
    }
    if (in.has("p0") && in.has("log_odds")) in.fail("p0", "stands beside log_odds; give one");
    if (in.has("p0")) {
        const double p0 = in.number("p0", 0, 1);
        if (p0 <= 0 || p0 >= 1) in.fail("p0", "must lie strictly between 0 and 1");
        value.log_odds = math::logit(p0);
    } else if (in.has("log_odds")) {
        value.log_odds = in.number("log_odds", -1e3, 1e3);
    }
    if (in.has("strength")) value.strength = in.number("strength", 0, 1e3);
    return value;
}

}  // namespace

std::string_view amount_name(Amount amount) {
    return amounts.of(amount);
}
std::string_view rows_name(Rows rows) {
    return row_sets.of(rows);
}
std::string_view rule_name(Rule rule) {
    return rules.of(rule);
}
std::string_view gate_name(GateMode mode) {
    return gates.of(mode);
}
Amount parse_amount(std::string_view name) {
    return amounts.parse(name);
}
Rows parse_rows(std::string_view name) {
    return row_sets.parse(name);
}
GateMode parse_gate(std::string_view name) {
    return gates.parse(name);
}

bool Plan::holds() const noexcept {
    return std::any_of(values.begin(), values.end(),
                       [](const PlanValue& value) { return value.rule == Rule::hold; });
}

void hold_others(Plan& plan, std::span<const vectors::ValueVector* const> pool) {
    for (const vectors::ValueVector* other : pool) {
        const bool named =
            std::any_of(plan.values.begin(), plan.values.end(),
                        [&](const PlanValue& value) { return value.value == other->card.value; });
        if (named || other->card.context != plan.context ||
            plan.values.size() == Plan::most_values) {
            continue;
        }
        PlanValue held;
        held.value = other->card.value;
        held.vector_hash = other->file_hash;
        held.rule = Rule::hold;
        plan.values.push_back(held);
    }
}

void check_plan(const Plan& plan) {
    const auto fail = [](std::string field, std::string what, std::string hint = {}) {
        throw Error(ErrorKind::usage, std::move(what), "plan: " + std::move(field),
                    std::move(hint));
    };
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        if (plan.layers[i] < 0 || (i > 0 && plan.layers[i] <= plan.layers[i - 1])) {
            fail("layers", "must ascend from 0");
        }
    }
    if (plan.values.size() > Plan::most_values) {
        fail("values", "more than " + std::to_string(Plan::most_values) + " values");
    }
    std::set<std::string> seen;
    bool moves = plan.values.empty();
    for (const PlanValue& value : plan.values) {
        if (!seen.insert(value.value).second) fail("values", "'" + value.value + "' stands twice");
        if (!std::isfinite(value.log_odds) || !std::isfinite(value.strength) ||
            value.strength < 0) {
            fail("values", "the target of '" + value.value + "' is not a usable number");
        }
        if (value.rule == Rule::hold && plan.amount == Amount::constant) {
            fail("values", "hold needs a measured amount", "use amount row or prompt");
        }
        moves = moves || value.rule != Rule::hold;
    }
    if (!moves) fail("values", "every value is only held, nothing would move");
    if (plan.below && plan.amount != Amount::constant) {
        fail("below", "is for amount constant; row and prompt never shift rows past the target");
    }
    if (!(plan.alpha > 0 && plan.alpha < 1)) fail("alpha", "must lie strictly between 0 and 1");
}

std::string to_json(const Plan& plan) {
    ordered_json json;
    json["schema"] = schema;
    json["version"] = Plan::schema_version;
    json["name"] = plan.name;
    json["model"] = plan.model_name;
    const ordered_json acting = acting_part(plan);
    for (const auto& item : acting.items()) json[item.key()] = item.value();
    json["notes"] = plan.notes.empty() ? ordered_json::object() : ordered_json::parse(plan.notes);
    return json.dump(2) + "\n";
}

Plan parse_plan(std::string_view text, std::string_view name) {
    const std::string file(name);
    ordered_json json;
    try {
        json = ordered_json::parse(text);
    } catch (const nlohmann::json::exception& error) {
        std::string what = error.what();
        if (const auto at = what.find("] "); at != std::string::npos) what = what.substr(at + 2);
        throw Error(ErrorKind::input, "is not JSON: " + what, file);
    }
    const Reader in(json, file);
    if (!in.has("schema") || in.text("schema") != schema) {
        in.fail("schema", "is not '" + std::string(schema) + "'; is this a plan?");
    }
    const double version = in.number("version", 1, 1e6);
    if (version > Plan::schema_version) {
        throw Error(ErrorKind::unsupported,
                    "has schema version " + std::to_string(static_cast<int>(version)) +
                        ", this axia reads up to " + std::to_string(Plan::schema_version),
                    file + ": version", "use a newer axia");
    }
    in.only({"schema", "version", "name", "model", "model_sha256", "context", "direction", "amount",
             "below", "rows", "layers", "values", "gate", "alpha", "notes"});
    Plan plan;
    if (in.has("name")) plan.name = in.text("name");
    if (in.has("model")) plan.model_name = in.text("model");
    if (in.has("model_sha256")) plan.model_hash = in.text("model_sha256");
    if (in.has("context")) {
        plan.context =
            in.parsed("context", [](const std::string& t) { return capture::parse_context(t); });
    }
    if (in.has("direction")) {
        plan.direction = in.parsed(
            "direction", [](const std::string& t) { return vectors::parse_direction(t); });
    }
    if (in.has("amount")) plan.amount = in.parsed("amount", parse_amount);
    if (in.has("below")) plan.below = in.boolean("below");
    if (in.has("rows")) plan.rows = in.parsed("rows", parse_rows);
    for (const ordered_json& layer : in.array("layers", 1024)) {
        if (!layer.is_number_integer() || layer.get<std::int64_t>() < 0 ||
            layer.get<std::int64_t>() > 4096) {
            in.fail("layers", "holds something that is not a layer number");
        }
        plan.layers.push_back(layer.get<int>());
    }
    std::size_t place = 0;
    for (const ordered_json& value : in.array("values", 64)) {
        plan.values.push_back(
            parse_value(value, file + ": values[" + std::to_string(place++) + "]"));
    }
    if (in.has("gate")) plan.gate = in.parsed("gate", parse_gate);
    if (in.has("alpha")) plan.alpha = in.number("alpha", 0, 1);
    if (in.has("notes")) {
        if (!json["notes"].is_object()) in.fail("notes", "is not an object");
        plan.notes = json["notes"].dump();
    }
    try {
        check_plan(plan);
    } catch (const Error& error) {
        throw Error(ErrorKind::input, error.message(), file + " " + error.where(), error.hint());
    }
    return plan;
}

Plan read_plan(const std::filesystem::path& path) {
    return parse_plan(core::read_file(path, 16 << 20), path.string());
}

void write_plan(const Plan& plan, const std::filesystem::path& path) {
    check_plan(plan);
    core::write_file(path, to_json(plan));
}

std::string plan_hash(const Plan& plan) {
    if (plan.empty()) return "none";
    return core::sha256_hex(acting_part(plan).dump());
}

Plan preset_plan(std::string_view preset, const vectors::ValueVector& vector, double log_odds,
                 double strength) {
    Plan plan;
    plan.name = std::string(preset) + "-" + vector.card.value;
    plan.model_name = vector.card.model_name;
    plan.model_hash = vector.card.model_hash;
    plan.context = vector.card.context;
    plan.layers = vector.chosen;
    PlanValue value;
    value.value = vector.card.value;
    value.vector_hash = vector.file_hash;
    value.log_odds = log_odds;
    value.strength = strength;
    plan.values.push_back(value);
    if (preset == "conva") {
        plan.direction = vectors::Direction::probe;
        plan.amount = Amount::prompt;
        plan.rows = Rows::all;
    } else if (preset == "caa") {
        plan.direction = vectors::Direction::mean;
        plan.amount = Amount::constant;
        plan.rows = Rows::all;
        if (!plan.layers.empty()) plan.layers = {plan.layers[plan.layers.size() / 2]};
    } else {
        throw Error(ErrorKind::usage, "'" + std::string(preset) + "' is not a preset", "preset",
                    "it can be conva or caa");
    }
    return plan;
}

}  // namespace axia::steer
