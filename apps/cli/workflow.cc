#include "workflow.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/data/check.h"
#include "axia/data/gguf.h"
#include "axia/vectors/learn.h"
#include "output.h"

namespace axia::cli {

using capture::Context;
using core::Error;
using core::ErrorKind;
using vectors::ValueVector;

namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// A seeded choice of `count` of the items, in their order; 0 = all.
template <typename T>
std::vector<T> some_of(std::vector<T> items, std::size_t count, std::uint64_t seed) {
    if (count == 0 || items.size() <= count) return items;
    std::vector<std::size_t> order(items.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    core::Rng rng(seed);
    rng.shuffle(order);
    order.resize(count);
    std::sort(order.begin(), order.end());
    std::vector<T> chosen;
    for (const std::size_t i : order) chosen.push_back(std::move(items[i]));
    return chosen;
}

/// The first half of the neutral texts serves tuning, the second the measure of effects.
std::vector<data::NamedText> neutral_half(const data::ValueSystem& system, bool tuning) {
    const std::vector<data::NamedText> all = system.neutral_texts();
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    return tuning ? std::vector<data::NamedText>(all.begin(), middle)
                  : std::vector<data::NamedText>(middle, all.end());
}

const ValueVector* stored(const std::vector<ValueVector>& pool, const std::string& value,
                          Context context) {
    for (const ValueVector& vector : pool) {
        if (vector.card.value == value && vector.card.context == context) return &vector;
    }
    return nullptr;
}

/// The plan with the other values of the pool held, or freed when it holds them already.
struct HoldArm {
    std::optional<steer::CompiledPlan> plan;
    std::string why_not;  // set when there is no such plan

    HoldArm(steer::Plan base, const std::vector<const ValueVector*>& pool,
            const model::ModelInfo& info) {
        if (base.holds()) {
            std::erase_if(base.values, [](const auto& v) { return v.rule == steer::Rule::hold; });
        } else if (base.amount == steer::Amount::constant) {
            why_not = "a constant amount reads nothing, so it can hold nothing";
            return;
        } else {
            steer::hold_others(base, pool);
            if (!base.holds()) {
                why_not = "no other value is learnt in context " +
                          std::string(capture::context_name(base.context)) +
                          " (axia learn all learns them)";
                return;
            }
        }
        try {
            plan.emplace(base, pool, info);
        } catch (const Error& error) {
            if (error.kind() != ErrorKind::mismatch) throw;
            why_not = error.message();
        }
    }
};

}  // namespace

GateMaterial read_gate_material(App& app, model::Session& session) {
    const data::ValueSystem& system = app.system();
    GateMaterial material;
    std::vector<std::string> texts;
    for (const data::Value& value : system.values) {
        bool away = false;
        for (const data::Dilemma& dilemma : system.dilemmas(value.id)) {
            if (dilemma.split != data::Split::learn) continue;
            texts.push_back(dilemma.situation + " " + (away ? dilemma.away : dilemma.toward));
            material.about.push_back({value.id, dilemma.other});
            away = !away;
        }
        std::size_t taken = 0;
        for (const data::ContrastPair& pair : system.pairs(value.id)) {
            if (pair.split != data::Split::learn || ++taken > 30) continue;
            texts.push_back(pair.positive);
            material.about.push_back({value.id, ""});
        }
    }
    material.neutral_begin = texts.size();
    std::vector<std::string> neutral;
    for (const data::NamedText& prompt : system.neutral_prompts()) {
        if (prompt.split == data::Split::learn) neutral.push_back(prompt.text);
    }
    material.calibration_begin = texts.size() + neutral.size() / 3;
    texts.insert(texts.end(), neutral.begin(), neutral.end());
    material.about.resize(texts.size());

    const model::ModelInfo& info = session.model().info();
    const int layer = vectors::gate_layer(info);
    core::Sha256 key;
    for (const std::string& part : {info.source_hash, info.weights, std::to_string(layer)}) {
        key.update(part + "\n");
    }
    for (const std::string& text : texts) key.update(text + "\n");
    const std::filesystem::path cache =
        core::cache_folder() / "states" / (key.hex().substr(0, 24) + ".gguf");
    std::error_code code;
    if (std::filesystem::exists(cache, code)) {
        try {
            const data::GgufFile file = data::read_gguf(cache);
            std::vector<float> values = data::read_gguf_f32(cache, file, "states");
            if (values.size() == texts.size() * static_cast<std::size_t>(info.width)) {
                material.states.layer = layer;
                material.states.states =
                    math::Matrix(texts.size(), static_cast<std::size_t>(info.width));
                material.states.states.values = std::move(values);
                return material;
            }
        } catch (const Error&) {
            std::filesystem::remove(cache, code);  // a spoilt cache is read again
        }
    }
    material.states = vectors::read_requests(session, texts, layer, app.watch());
    data::GgufWriter out;
    out.set("general.architecture", "axia-states");
    out.add_f32("states", {static_cast<std::uint64_t>(info.width), texts.size()},
                material.states.states.values);
    out.write(cache);
    return material;
}

vectors::Gate gate_for(const GateMaterial& material, const std::string& value) {
    vectors::GateRows rows;
    for (std::size_t i = 0; i < material.about.size(); ++i) {
        if (i >= material.calibration_begin) {
            rows.neutral_calibration.push_back(i);
        } else if (i >= material.neutral_begin) {
            rows.neutral.push_back(i);
        } else {
            // a dilemma is about both of the values it sets against each other
            const GateMaterial::Text& text = material.about[i];
            (text.value == value || text.other == value ? rows.about : rows.others).push_back(i);
        }
    }
    return vectors::fit_gate(material.states, rows);
}

ValueVector learn_vector(App& app, model::Session& session,
                         const std::vector<data::ContrastPair>& pairs, Context context,
                         const std::string& data_name, const GateMaterial* gates) {
    vectors::LearnOptions options;
    options.context = context;
    options.seed = app.globals.seed;
    options.data_name = data_name;
    ValueVector vector = vectors::learn_value(session, pairs, options, app.watch());
    data::CheckOptions check;
    check.file = data_name;
    check.seed = app.globals.seed;
    vector.card.bag_of_words = data::check_pairs(pairs, check).bag_of_words.accuracy;
    if (gates != nullptr) vector.gate = gate_for(*gates, vector.card.value);
    return vector;
}

std::vector<const ValueVector*> PlanWithVectors::pointers() const {
    std::vector<const ValueVector*> result;
    for (const ValueVector& vector : pool) result.push_back(&vector);
    return result;
}

PlanWithVectors load_plan(App& app, const steer::Plan& plan, const model::ModelInfo& info,
                          const std::vector<std::string>& extra) {
    PlanWithVectors loaded;
    loaded.plan = plan;
    loaded.pool = app.stored_vectors(info);
    for (const std::string& file : extra) {
        loaded.pool.push_back(vectors::read_value_vector(file));
        vectors::check_model(loaded.pool.back(), info.source_hash, info.width, info.layers, file);
    }
    return loaded;
}

namespace {

std::string frontier_point(const steer::Candidate& one) {
    const double half = 1.96 * one.effect_se;
    return nlohmann::ordered_json{
        {"effect", one.effect}, {"ci", {one.effect - half, one.effect + half}},
        {"cost", one.cost},     {"label", one.id},
        {"round", one.round},   {"pairs", one.pairs},
        {"chosen", one.chosen}}
        .dump();
}

}  // namespace

TuneOutcome run_tune(App& app, model::Session& session, TuneRequest request) {
    const double begin = seconds_now();
    const model::ModelInfo& info = session.model().info();
    const std::vector<data::ContrastPair> pairs = app.pairs(request.value, request.pairs_file);
    std::vector<ValueVector> pool = app.stored_vectors(info);
    for (const std::string& file : request.vector_files) {
        pool.push_back(vectors::read_value_vector(file));
        vectors::check_model(pool.back(), info.source_hash, info.width, info.layers, file);
    }
    std::vector<const ValueVector*> held;
    for (const ValueVector& vector : pool) {
        if (vector.card.value != request.value && vector.card.context == Context::chat &&
            held.size() < 9) {
            held.push_back(&vector);
        }
    }
    TuneOutcome outcome;
    outcome.plan_file = request.output.empty() ? app.plans_folder(info) / (request.value + ".json")
                                               : std::filesystem::path(request.output);
    core::check_writable(outcome.plan_file);
    const std::string data_hash = vectors::pairs_hash(pairs);
    const auto own_vector = [&](Context context) -> const ValueVector* {
        const ValueVector* own = stored(pool, request.value, context);
        return own != nullptr && own->card.data_hash == data_hash ? own : nullptr;
    };
    for (const Context context : {Context::chat, Context::bare}) {
        if (own_vector(context) == nullptr) {
            core::check_writable(app.vector_file(info, request.value, context));
        }
    }
    request.options.seed = app.globals.seed;
    const std::string pairs_id = data_hash.substr(0, 12);
    request.options.journal =
        core::cache_folder() / "tune" /
        (info.source_hash.substr(0, 12) + "-" + request.value + "-" + pairs_id + "-" +
         std::to_string(app.globals.seed) + "-" + std::to_string(request.options.tokens) + "-" +
         app.globals.weights + ".jsonl");
    request.options.measured = [&](const steer::Candidate& one) { app.point(frontier_point(one)); };
    outcome.result = steer::tune(session, pairs, neutral_half(app.system(), true), held,
                                 request.options, app.watch());
    app.end_progress();
    steer::Plan& plan = outcome.result.plan;
    plan.name = request.value;

    // the plan needs its value's vector of the chosen context, learnt on the whole learn split
    if (const ValueVector* own = own_vector(plan.context)) {
        plan.values[0].vector_hash = own->file_hash;
    } else {
        ValueVector vector = learn_vector(app, session, pairs, plan.context,
                                          app.pairs_name(request.pairs_file), nullptr);
        if (const ValueVector* old = stored(pool, request.value, plan.context)) {
            vector.gate = old->gate;
        }
        vectors::write_value_vector(vector, app.vector_file(info, request.value, plan.context));
        plan.values[0].vector_hash = vector.file_hash;
    }
    nlohmann::ordered_json notes;
    for (const steer::Candidate& candidate : outcome.result.candidates) {
        if (!candidate.chosen) continue;
        notes["effect_on_learn_split"] = candidate.effect;
        notes["effect_se"] = candidate.effect_se;
        notes["cost_nll"] = candidate.cost;
        notes["candidate"] = candidate.id;
        app.point(frontier_point(candidate));
    }
    notes["frontier"] = nlohmann::ordered_json::array();
    for (const steer::Candidate& candidate : outcome.result.candidates) {
        if (!candidate.on_frontier && !candidate.chosen) continue;
        notes["frontier"].push_back(nlohmann::ordered_json::parse(frontier_point(candidate)));
    }
    notes["budget"] = request.options.budget;
    notes["caa_layer"] = outcome.result.caa_layer;
    notes["seed"] = app.globals.seed;
    notes["tokens"] = outcome.result.tokens;
    notes["pairs_sha256"] = data_hash;
    notes["tool_version"] = "axia " AXIA_VERSION;
    plan.notes = notes.dump();
    outcome.plan = plan;
    steer::write_plan(plan, outcome.plan_file);
    outcome.json =
        steer::to_json(outcome.result, request.value, request.options, seconds_now() - begin);
    if (!outcome.result.warning.empty()) app.say("warning: " + outcome.result.warning);
    return outcome;
}

std::string value_message(const data::ValueSystem& system, const std::string& value, bool raised) {
    if (system.has(value)) {
        const data::Value& known = system.value(value);
        return raised ? known.prompt : known.opposite_prompt;
    }
    return raised ? "You are someone who cares most about " + value + "."
                  : "You are someone to whom " + value + " matters not at all.";
}

EffectOutcome run_effect(App& app, model::Session& session, const EffectRequest& request) {
    const double begin = seconds_now();
    const model::ModelInfo& info = session.model().info();
    const std::uint64_t seed = app.globals.seed;
    PlanWithVectors loaded = load_plan(app, request.plan, info, request.vector_files);
    if (loaded.plan.empty()) throw Error(ErrorKind::input, "the plan is empty", "plan");
    const std::string value = loaded.plan.values[0].value;
    const std::vector<data::ContrastPair> all = app.pairs(value, request.pairs_file);

    answers::EffectInputs inputs;
    inputs.pairs = some_of(data::pairs_of(all, data::Split::heldout), request.pair_limit, seed);
    const data::ValueSystem& system = app.system();
    if (!request.other_file.empty()) {
        for (data::ContrastPair& pair : data::read_pairs(request.other_file)) {
            if (pair.value != value) inputs.others.push_back(std::move(pair));
        }
        inputs.others = some_of(std::move(inputs.others), request.cross_pairs, seed);
    } else if (request.cross_pairs > 0) {
        std::vector<data::ContrastPair> others;
        for (const data::Value& other : system.values) {
            if (other.id == value) continue;
            std::vector<data::ContrastPair> kept;
            for (data::ContrastPair& pair :
                 data::pairs_of(system.pairs(other.id), data::Split::heldout)) {
                // a pair whose other side is the steered value would measure the value itself
                if (pair.other != value) kept.push_back(std::move(pair));
            }
            const std::size_t each =
                std::max<std::size_t>(1, request.cross_pairs / (system.values.size() - 1));
            for (data::ContrastPair& pair : some_of(std::move(kept), each, seed + 1)) {
                others.push_back(std::move(pair));
            }
        }
        inputs.others = std::move(others);
    }
    inputs.texts = some_of(neutral_half(system, false), request.text_limit, seed);
    for (const data::NamedText& prompt : system.neutral_prompts()) {
        if (prompt.split == data::Split::heldout && inputs.prompts.size() < request.prompt_limit) {
            inputs.prompts.push_back(prompt.text);
        }
    }
    inputs.prompt = value_message(system, value, true);
    inputs.opposite = value_message(system, value, false);
    if (system.has(value)) {
        for (data::Dilemma& dilemma : system.dilemmas(value)) {
            if (dilemma.split == data::Split::heldout)
                inputs.dilemmas.push_back(std::move(dilemma));
        }
        inputs.dilemmas = some_of(std::move(inputs.dilemmas), request.dilemma_limit, seed);
    }
    inputs.controls = system.controls();

    // the arms of the papers need the value's own vectors; learn what the store lacks
    const auto own = [&](Context context) {
        const ValueVector* found = stored(loaded.pool, value, context);
        if (found != nullptr && found->card.data_hash == vectors::pairs_hash(all)) return *found;
        ValueVector vector = learn_vector(app, session, all, context, "pairs", nullptr);
        return vector;
    };
    ValueVector chat = own(Context::chat), bare = own(Context::bare);
    const std::vector<const ValueVector*> pool = loaded.pointers();
    const steer::CompiledPlan plan(loaded.plan, pool, info);
    inputs.plan = &plan;

    const HoldArm hold(loaded.plan, pool, info);
    inputs.plan_hold = hold.plan ? &*hold.plan : nullptr;

    const ValueVector* const bare_pool[] = {&bare};
    const ValueVector* const chat_pool[] = {&chat};
    // p0 = .975, what S001 uses for security
    const steer::CompiledPlan conva(steer::preset_plan("conva", bare, std::log(.975 / .025), 1),
                                    bare_pool, info);
    inputs.conva = &conva;

    answers::EffectRecord record;
    record.caa_layer = info.layers / 2;
    if (!loaded.plan.notes.empty()) {
        const auto notes = nlohmann::json::parse(loaded.plan.notes);
        if (notes.contains("caa_layer") && notes["caa_layer"].is_number_integer()) {
            record.caa_layer = std::clamp(notes["caa_layer"].get<int>(), 0, info.layers - 1);
        }
    }
    const std::vector<steer::ScoringItem> tuning_texts =
        steer::text_items(session.model(), neutral_half(system, true));
    const steer::CompiledPlan* const arms[] = {nullptr, &plan};
    const steer::Scores plan_scores = steer::score(session, tuning_texts, arms, {}, app.watch());
    const double plan_cost = steer::cost_of(tuning_texts, plan_scores.log_probability[0],
                                            plan_scores.log_probability[1]);
    record.caa_strength =
        steer::strength_at_cost(session, chat, record.caa_layer, loaded.plan.rows, tuning_texts,
                                std::max(plan_cost, .005), app.watch());
    steer::Plan caa_plan = steer::preset_plan("caa", chat, 0, record.caa_strength);
    caa_plan.layers = {record.caa_layer};
    caa_plan.rows = loaded.plan.rows;
    const steer::CompiledPlan caa(caa_plan, chat_pool, info);
    inputs.caa = &caa;

    answers::EffectOptions options;
    options.seed = seed;
    options.draws = request.draws;
    EffectOutcome outcome;
    outcome.result = answers::measure_effect(session, inputs, options, app.watch());
    app.end_progress();
    if (!hold.why_not.empty()) app.say("plan+hold is left out: " + hold.why_not);
    record.value = value;
    record.model = info.name;
    record.plan_name = loaded.plan.name;
    record.plan_hash = steer::plan_hash(loaded.plan);
    record.bag_of_words = chat.card.bag_of_words;
    record.seconds = seconds_now() - begin;
    record.no_hold = hold.why_not;
    outcome.json = answers::to_json(outcome.result, record);
    return outcome;
}

std::string effect_table(const answers::EffectResult& result) {
    Table table({"arm", "effect, nats/token", "win", "other values", "cost", "KL", "net yes"});
    const auto maybe = [](const std::optional<math::Estimate>& e) {
        return e ? estimate(*e) : std::string("-");
    };
    for (const answers::ArmEffect& arm : result.arms) {
        const bool base = arm.arm == "unsteered";
        table.add({arm.arm, base ? "0" : estimate(arm.effect), base ? "-" : percent(arm.win_rate),
                   base ? "0" : maybe(arm.cross),
                   base       ? "0"
                   : arm.cost ? number(arm.cost->value)
                              : "-",
                   arm.kl ? number(*arm.kl) : "-",
                   base          ? "0"
                   : arm.net_yes ? number(arm.net_yes->value, 2)
                                 : "-"});
    }
    return table.text();
}

std::string layers_summary(const ValueVector& vector) {
    std::vector<double> paired, control;
    double best = 0;
    bool heldout = false, controlled = false;
    int best_layer = 0;
    for (const vectors::LayerVector& layer : vector.layers) {
        const double accuracy =
            std::isfinite(layer.paired_accuracy) ? layer.paired_accuracy : layer.cross_accuracy;
        heldout = heldout || std::isfinite(layer.paired_accuracy);
        controlled = controlled || std::isfinite(layer.shuffled_accuracy);
        paired.push_back(accuracy);
        control.push_back(layer.shuffled_accuracy);
        if (accuracy > best) best = accuracy, best_layer = layer.layer;
    }
    return "probe    " + sparkline(paired, .4, 1) + "  paired accuracy per layer" +
           (heldout ? ", held out" : ", cross-validated (no pairs are held out)") + "; best " +
           number(best, 2) + " at layer " + std::to_string(best_layer) + "\n" +
           (controlled ? "shuffled " + sparkline(control, .4, 1) + "  the control\n" : "");
}

}  // namespace axia::cli
