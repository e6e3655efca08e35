#include "steering_choice.h"

#include <charconv>
#include <cmath>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/math/scalar.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;

namespace {

struct Wish {
    std::string value;
    std::optional<double> target;  // +-p0
};

Wish parse_wish(const std::string& text) {
    Wish wish;
    const std::size_t equals = text.find('=');
    wish.value = text.substr(0, equals);
    if (equals == std::string::npos) return wish;
    const std::string number = text.substr(equals + 1);
    double x = 0;
    const auto [end, code] = std::from_chars(number.data(), number.data() + number.size(), x);
    if (code != std::errc() || end != number.data() + number.size() ||
        !(std::abs(x) > 0 && std::abs(x) < 1)) {
        throw Error(ErrorKind::usage,
                    "'" + number +
                        "' is not a target: it must lie strictly between 0 and 1, or "
                        "between -1 and 0 to lower the value",
                    "--steer " + text);
    }
    wish.target = x;
    return wish;
}

}  // namespace

void SteerOptions::declare(Options& options) {
    options.add("--steer", steer, "value, value=p0, or value=-p0 to lower it; several with commas")
        ->delimiter(',');
    options.add("--plan", plan_file, "Plan file");
    options.add("--direction", direction, "probe, whitened or mean");
    options.add("--amount", amount, "row, prompt or constant");
    options.add("--rows", rows, "all or onward");
    options.add("--gate", gate, "learned, always or never");
    options.add("--alpha", alpha, "False-open rate of the learned gate; 0 = the plan's own");
    options.add("--layers", layers, "Layers, with commas")->delimiter(',');
    options.add("--hold", hold, "others = keep the other learnt values' readings");
    options.add("--vector", vector_files, "Vector files beside the store's");
}

void SteerOptions::check() const {
    if (!plan_file.empty() && !steer.empty()) {
        throw Error(ErrorKind::usage, "--steer and --plan cannot stand together");
    }
    for (const std::string& text : steer) parse_wish(text);
    if (!plan_file.empty()) steer::read_plan(plan_file);
    if (!direction.empty()) vectors::parse_direction(direction);
    if (!amount.empty()) steer::parse_amount(amount);
    if (!rows.empty()) steer::parse_rows(rows);
    if (!gate.empty()) steer::parse_gate(gate);
    if (!hold.empty() && hold != "others") {
        throw Error(ErrorKind::usage, "'" + hold + "' is not known", "--hold", "it can be others");
    }
}

std::string SteerOptions::idle() const {
    if (!direction.empty()) return "--direction";
    if (!amount.empty()) return "--amount";
    if (!rows.empty()) return "--rows";
    if (!gate.empty()) return "--gate";
    if (!hold.empty()) return "--hold";
    if (!layers.empty()) return "--layers";
    return alpha != 0 ? "--alpha" : "";
}

ReadySteering::ReadySteering(App& app, const SteerOptions& options, const model::ModelInfo& info) {
    if (!options.any()) return;
    options.check();
    std::vector<Wish> wishes;
    for (const std::string& text : options.steer) wishes.push_back(parse_wish(text));

    steer::Plan plan;
    std::error_code code;
    const auto tuned = [&](const std::string& value) {
        return app.plans_folder(info) / (value + ".json");
    };
    if (!options.plan_file.empty()) {
        plan = steer::read_plan(options.plan_file);
    } else if (wishes.size() == 1 && !wishes[0].target &&
               std::filesystem::exists(tuned(wishes[0].value), code)) {
        plan = steer::read_plan(tuned(wishes[0].value));
    } else {
        // the joint least shift along the probes of the middle third, context chat
        plan.name = "ask";
        plan.model_name = info.name;
        plan.model_hash = info.source_hash;
        for (int l = std::max(1, static_cast<int>(std::lround(.4 * info.layers)));
             l <= std::min(info.layers - 1, static_cast<int>(std::lround(.73 * info.layers)));
             ++l) {
            plan.layers.push_back(l);
        }
        for (const Wish& wish : wishes) {
            steer::PlanValue value;
            value.value = wish.value;
            const double target = wish.target.value_or(.99);
            value.rule = target < 0 ? steer::Rule::at_most : steer::Rule::at_least;
            value.log_odds = math::logit(target < 0 ? 1 + target : target);
            plan.values.push_back(value);
        }
    }
    make(app, std::move(plan), options, info);
}

ReadySteering::ReadySteering(App& app, steer::Plan plan, const SteerOptions& options,
                             const model::ModelInfo& info) {
    make(app, std::move(plan), options, info);
}

void ReadySteering::make(App& app, steer::Plan plan, const SteerOptions& options,
                         const model::ModelInfo& info) {
    if (!options.direction.empty()) plan.direction = vectors::parse_direction(options.direction);
    if (!options.amount.empty()) plan.amount = steer::parse_amount(options.amount);
    if (!options.rows.empty()) plan.rows = steer::parse_rows(options.rows);
    if (!options.gate.empty()) plan.gate = steer::parse_gate(options.gate);
    if (!options.layers.empty()) {
        plan.layers = options.layers;
        std::sort(plan.layers.begin(), plan.layers.end());
    }
    if (options.alpha != 0) plan.alpha = options.alpha;
    loaded_ = load_plan(app, plan, info, options.vector_files);

    std::vector<std::string> known;
    for (const vectors::ValueVector& vector : loaded_.pool) {
        if (vector.card.context == plan.context) known.push_back(vector.card.value);
    }
    for (const steer::PlanValue& value : plan.values) {
        if (std::find(known.begin(), known.end(), value.value) == known.end() &&
            value.vector_hash.empty()) {
            const std::string near = core::nearest_names(value.value, known);
            throw Error(ErrorKind::not_found, "'" + value.value + "' is not learnt for this model",
                        options.plan_file.empty() ? "--steer" : options.plan_file,
                        near.empty() || app.system().has(value.value)
                            ? app.learn_hint(value.value)
                            : "did you mean " + near + "?");
        }
    }
    // the plan's hash then tells which vectors act: prompts are kept and runs go on by it
    for (steer::PlanValue& value : plan.values) {
        if (!value.vector_hash.empty()) continue;
        for (const vectors::ValueVector& vector : loaded_.pool) {
            const bool same =
                vector.card.value == value.value && vector.card.context == plan.context;
            if (same) value.vector_hash = vector.file_hash;
        }
    }
    if (!options.hold.empty()) steer::hold_others(plan, loaded_.pointers());
    loaded_.plan = plan;
    const std::vector<const vectors::ValueVector*> pool = loaded_.pointers();
    compiled_ = std::make_unique<steer::CompiledPlan>(plan, pool, info);
}

std::vector<const vectors::Gate*> ReadySteering::gates() const {
    std::vector<const vectors::Gate*> gates;
    if (!compiled_ || loaded_.plan.gate != steer::GateMode::learned) return gates;
    for (const steer::PlanValue& value : loaded_.plan.values) {
        if (value.rule == steer::Rule::hold) continue;
        for (const vectors::ValueVector& vector : loaded_.pool) {
            if (vector.card.value != value.value || !vector.gate) continue;
            gates.push_back(&*vector.gate);
            break;
        }
    }
    if (gates.empty()) {
        throw Error(ErrorKind::not_found, "no gate is learnt for the plan's values", "--gate",
                    "run axia learn VALUE, or use --gate always");
    }
    return gates;
}

ReadySteering::Decision ReadySteering::decide(model::Session& session,
                                              const std::string& request) const {
    Decision decision;
    if (!compiled_) return decision;
    if (loaded_.plan.gate == steer::GateMode::never) decision.open = false;
    if (loaded_.plan.gate != steer::GateMode::learned) return decision;
    decision.open = false;
    const std::string texts[] = {request};
    for (const vectors::Gate* gate : gates()) {
        const double score = vectors::gate_scores(session, *gate, texts)[0];
        const double threshold = gate->threshold(loaded_.plan.alpha);
        if (!decision.score || score - threshold > *decision.score - *decision.threshold) {
            decision.score = score;
            decision.threshold = threshold;
        }
        decision.open = decision.open || score > threshold;
    }
    return decision;
}

}  // namespace axia::cli
