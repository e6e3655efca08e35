#include "axia/answers/effect.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "axia/core/error.h"
#include "axia/steer/tune.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using data::ContrastPair;
using steer::CompiledPlan;
using steer::ScoringItem;

namespace {

constexpr const char* hold_arm = "plan+hold";

/// One arm: a system message (index into Systems, 0 = none) and a plan.
struct Arm {
    std::string name;
    std::size_t system = 0;
    const CompiledPlan* plan = nullptr;
};

class Measurement {
  public:
    Measurement(model::Session& session, const EffectInputs& inputs, const EffectOptions& options,
                const core::Watch& watch)
        : session_(session), inputs_(inputs), options_(options), watch_(watch) {
        systems_ = {""};
        arms_ = {{"unsteered", 0, nullptr}, {"plan", 0, inputs.plan}};
        if (inputs.plan_hold != nullptr) {
            const bool holds = inputs.plan_hold->plan().holds();
            arms_.push_back({holds ? hold_arm : "plan-hold", 0, inputs.plan_hold});
        }
        if (!inputs.prompt.empty()) {
            systems_.push_back(inputs.prompt);
            arms_.push_back({"prompt", systems_.size() - 1, nullptr});
            arms_.push_back({"prompt+plan", systems_.size() - 1, inputs.plan});
        }
        if (!inputs.opposite.empty()) {
            systems_.push_back(inputs.opposite);
            arms_.push_back({"opposite", systems_.size() - 1, nullptr});
        }
        if (inputs.caa != nullptr) arms_.push_back({"caa", 0, inputs.caa});
        if (inputs.conva != nullptr) arms_.push_back({"conva", 0, inputs.conva});
        score_options_.pack_rows = options.pack_rows;
    }

    EffectResult run() {
        const std::uint64_t before = session_.rows_decoded();
        const std::vector<std::vector<double>> own = pair_shifts(inputs_.pairs, "own pairs");
        const std::vector<std::vector<double>> cross = pair_shifts(inputs_.others, "other values");
        const std::vector<std::vector<double>> cost = text_costs();
        const std::vector<double> kl = divergences();
        const YesShift dilemmas = dilemma_shifts();
        const YesShift controls = control_shifts();

        EffectResult result;
        result.pairs = inputs_.pairs.size();
        for (std::size_t a = 0; a < arms_.size(); ++a) {
            ArmEffect arm;
            arm.arm = arms_[a].name;
            arm.effect = estimate(own[a], 1);
            arm.win_rate = a == 0 ? .5 : share_above_zero(own[a]);
            if (!inputs_.others.empty()) arm.cross = estimate(cross[a], 2);
            if (!inputs_.texts.empty()) arm.cost = estimate(cost[a], 3);
            if (!inputs_.prompts.empty()) arm.kl = kl[a];
            if (!dilemmas.net[a].empty()) arm.net_yes = estimate(dilemmas.net[a], 4);
            if (!controls.common[a].empty()) arm.acquiescence = math::mean(controls.common[a]);
            result.arms.push_back(std::move(arm));
        }
        result.trace = mean_trace();
        result.tokens = session_.rows_decoded() - before;
        result.infeasible = infeasible_;
        return result;
    }

  private:
    /// The arms of one system message, the bare one first.
    std::vector<const CompiledPlan*> plans_of(std::size_t system,
                                              std::vector<std::size_t>& which) const {
        std::vector<const CompiledPlan*> plans{nullptr};
        for (std::size_t a = 0; a < arms_.size(); ++a) {
            if (arms_[a].system != system) continue;
            which.push_back(a);
            plans.push_back(arms_[a].plan);
        }
        return plans;
    }

    math::Estimate estimate(const std::vector<double>& values, std::uint64_t stream) const {
        return math::bootstrap_mean(values, options_.seed * 16 + stream, options_.draws);
    }
    static double share_above_zero(const std::vector<double>& values) {
        double wins = 0;
        for (const double x : values) wins += x > 0 ? 1 : x == 0 ? .5 : 0;
        return wins / static_cast<double>(values.size());
    }

    core::Watch staged(const std::string& what) const {
        core::Watch inner = watch_;
        if (watch_.progress) {
            inner.progress = [this, what](const core::Progress& p) {
                const std::string stage = "effect: " + what;
                watch_.step(stage, p.done, p.total, p.unit);
            };
        }
        return inner;
    }

    /// scores[arm][item][continuation] for items made under each system message.
    template <typename MakeItems>
    std::vector<std::vector<std::vector<double>>> all_arms(const std::string& what,
                                                           MakeItems&& make) {
        std::vector<std::vector<std::vector<double>>> result(arms_.size());
        for (std::size_t system = 0; system < systems_.size(); ++system) {
            std::vector<std::size_t> which;
            const std::vector<const CompiledPlan*> plans = plans_of(system, which);
            const std::vector<ScoringItem> items = make(systems_[system]);
            const steer::Scores scores =
                steer::score(session_, items, plans, score_options_, staged(what));
            infeasible_ += scores.infeasible;
            for (std::size_t k = 0; k < which.size(); ++k) {
                result[which[k]] = scores.log_probability[k + 1];
            }
        }
        return result;
    }

    std::vector<std::vector<double>> pair_shifts(const std::vector<ContrastPair>& pairs,
                                                 const std::string& what) {
        std::vector<std::vector<double>> shifts(arms_.size());
        if (pairs.empty()) return shifts;
        const auto scores = all_arms(what, [&](const std::string& system) {
            return steer::pair_items(session_.model(), pairs, system);
        });
        // continuations are the same under every system message
        const std::vector<ScoringItem> items = steer::pair_items(session_.model(), pairs);
        for (std::size_t a = 0; a < arms_.size(); ++a) {
            for (std::size_t i = 0; i < pairs.size(); ++i) {
                shifts[a].push_back(steer::preference(items[i], scores[a][i]) -
                                    steer::preference(items[i], scores[0][i]));
            }
        }
        return shifts;
    }

    std::vector<std::vector<double>> text_costs() {
        std::vector<std::vector<double>> costs(arms_.size());
        if (inputs_.texts.empty()) return costs;
        const auto scores = all_arms("neutral texts", [&](const std::string& system) {
            return steer::text_items(session_.model(), inputs_.texts, system);
        });
        const std::vector<ScoringItem> items = steer::text_items(session_.model(), inputs_.texts);
        for (std::size_t a = 0; a < arms_.size(); ++a) {
            for (std::size_t i = 0; i < items.size(); ++i) {
                costs[a].push_back((scores[0][i][0] - scores[a][i][0]) /
                                   static_cast<double>(items[i].continuations[0].size()));
            }
        }
        return costs;
    }

    std::vector<double> divergences() {
        std::vector<double> kl(arms_.size(), 0.0);
        if (inputs_.prompts.empty()) return kl;
        std::vector<std::size_t> which;
        std::vector<const CompiledPlan*> plans = plans_of(0, which);
        plans.erase(plans.begin());
        std::vector<std::vector<model::Token>> prompts;
        for (const std::string& prompt : inputs_.prompts) {
            prompts.push_back(
                capture::context_tokens(session_.model(), capture::Context::chat, prompt));
        }
        const steer::Divergences found = steer::next_token_divergence(
            session_, prompts, plans, score_options_, staged("neutral prompts"));
        std::fill(kl.begin(), kl.end(), std::nan(""));
        for (std::size_t k = 0; k < which.size(); ++k) kl[which[k]] = math::mean(found.kl[k]);
        return kl;
    }

    /// Shifts of logP(Yes) - logP(No) against the bare model.
    struct YesShift {
        std::vector<std::vector<double>> net;     // [arm]: half of (yes side - no side)
        std::vector<std::vector<double>> common;  // [arm]: half of their sum
    };

    YesShift yes_shifts(const std::vector<std::pair<std::string, std::string>>& questions,
                        const std::string& what) {
        YesShift result;
        result.net.resize(arms_.size());
        result.common.resize(arms_.size());
        if (questions.empty()) return result;
        const auto make = [&](const std::string& system) {
            std::vector<ScoringItem> items;
            for (const auto& [yes, no] : questions) {
                for (const std::string* question : {&yes, &no}) {
                    items.push_back(
                        {capture::context_tokens(session_.model(), capture::Context::chat,
                                                 *question + " Answer with yes or no.", system),
                         {session_.model().tokenize("Yes", false),
                          session_.model().tokenize("No", false)}});
                }
            }
            return items;
        };
        const auto scores = all_arms(what, make);
        for (std::size_t a = 0; a < arms_.size(); ++a) {
            const auto shift = [&](std::size_t i) {
                return (scores[a][i][0] - scores[a][i][1]) - (scores[0][i][0] - scores[0][i][1]);
            };
            for (std::size_t q = 0; q < questions.size(); ++q) {
                result.net[a].push_back((shift(2 * q) - shift(2 * q + 1)) / 2);
                result.common[a].push_back((shift(2 * q) + shift(2 * q + 1)) / 2);
            }
        }
        return result;
    }

    YesShift dilemma_shifts() {
        std::vector<std::pair<std::string, std::string>> questions;
        for (const data::Dilemma& dilemma : inputs_.dilemmas) {
            questions.emplace_back(dilemma.situation + " " + dilemma.toward,
                                   dilemma.situation + " " + dilemma.away);
        }
        return yes_shifts(questions, "dilemmas");
    }

    YesShift control_shifts() {
        std::map<std::string, std::pair<std::string, std::string>> pairs;
        for (const data::Control& control : inputs_.controls) {
            (control.answer_yes ? pairs[control.pair].first : pairs[control.pair].second) =
                control.question;
        }
        std::vector<std::pair<std::string, std::string>> questions;
        for (const auto& [id, pair] : pairs) {
            if (!pair.first.empty() && !pair.second.empty()) questions.push_back(pair);
        }
        return yes_shifts(questions, "factual controls");
    }

    std::vector<LayerReading> mean_trace() {
        std::map<int, LayerReading> sum;
        std::size_t count = 0;
        steer::SteerHook hook;
        model::LayerHook* const hooks[] = {&hook};
        const std::string& value = inputs_.plan->plan().values[0].value;
        for (const ContrastPair& pair : inputs_.pairs) {
            const auto tokens =
                capture::context_tokens(session_.model(), capture::Context::chat, pair.scene);
            steer::SequenceState state;
            std::vector<model::Row> rows;
            std::vector<steer::RowSteer> steering;
            for (std::size_t p = 0; p < tokens.size(); ++p) {
                rows.push_back(
                    {tokens[p], static_cast<std::int32_t>(p), 0, 1, p + 1 == tokens.size()});
                steering.push_back(steer::row_steer(inputs_.plan, &state, p, tokens.size()));
                steering.back().trace = steering.back().measure;
            }
            hook.set_rows(std::move(steering));
            session_.clear();
            session_.decode(rows, hooks);
            for (const steer::TraceEntry& entry : state.trace) {
                if (entry.value != value) continue;
                LayerReading& reading = sum[entry.layer];
                reading.layer = entry.layer;
                reading.p_before += entry.p_before;
                reading.p_after += entry.p_after;
                reading.d += entry.d;
            }
            if (++count >= 20) break;
        }
        std::vector<LayerReading> trace;
        for (auto& [layer, reading] : sum) {
            const auto n = static_cast<double>(count);
            trace.push_back({layer, reading.p_before / n, reading.p_after / n, reading.d / n});
        }
        return trace;
    }

    model::Session& session_;
    const EffectInputs& inputs_;
    EffectOptions options_;
    const core::Watch& watch_;
    steer::ScoreOptions score_options_;
    std::vector<std::string> systems_;
    std::vector<Arm> arms_;
    std::uint64_t infeasible_ = 0;
};

nlohmann::ordered_json interval(const math::Interval& ci) {
    return nlohmann::ordered_json::array({ci.lo, ci.hi});
}

}  // namespace

EffectResult measure_effect(model::Session& session, const EffectInputs& inputs,
                            const EffectOptions& options, const core::Watch& watch) {
    if (inputs.plan == nullptr || inputs.plan->plan().empty()) {
        throw Error(ErrorKind::input, "the plan is empty, there is nothing to measure", "plan");
    }
    if (inputs.pairs.size() < 5) {
        throw Error(ErrorKind::input,
                    "only " + std::to_string(inputs.pairs.size()) +
                        " held-out pairs, at least 5 are needed",
                    "pairs");
    }
    return Measurement(session, inputs, options, watch).run();
}

std::string to_json(const EffectResult& result, const EffectRecord& record) {
    using nlohmann::ordered_json;
    ordered_json json;
    json["schema"] = "axia.effect";
    json["version"] = 1;
    json["value"] = record.value;
    json["arms"] = ordered_json::array();
    for (const ArmEffect& arm : result.arms) {
        ordered_json row;
        row["arm"] = arm.arm;
        row["effect"] = arm.effect.value;
        row["ci"] = interval(arm.effect.ci);
        row["win_rate"] = arm.win_rate;
        const auto put = [&](const char* name, const char* ci,
                             const std::optional<math::Estimate>& estimate) {
            row[name] = estimate ? ordered_json(estimate->value) : ordered_json();
            row[ci] = estimate ? interval(estimate->ci) : ordered_json();
        };
        const auto number = [](const std::optional<double>& x) {
            return x && std::isfinite(*x) ? ordered_json(*x) : ordered_json();
        };
        put("cross", "cross_ci", arm.cross);
        put("cost_nll", "cost_ci", arm.cost);
        row["kl"] = number(arm.kl);
        put("net_yes", "net_yes_ci", arm.net_yes);
        row["acquiescence"] = number(arm.acquiescence);
        json["arms"].push_back(std::move(row));
    }
    json["trace"] = ordered_json::array();
    for (const LayerReading& reading : result.trace) {
        json["trace"].push_back({{"layer", reading.layer},
                                 {"p_before", reading.p_before},
                                 {"p_after", reading.p_after},
                                 {"d", reading.d}});
    }
    json["pairs"] = result.pairs;
    json["tokens"] = result.tokens;
    json["infeasible"] = result.infeasible;
    json["seconds"] = record.seconds;
    json["model"] = record.model;
    json["plan"] = record.plan_hash;
    json["plan_name"] = record.plan_name;
    json["bag_of_words"] =
        std::isfinite(record.bag_of_words) ? ordered_json(record.bag_of_words) : ordered_json();
    if (record.caa_layer >= 0) {
        json["caa"] = {{"layer", record.caa_layer}, {"strength", record.caa_strength}};
    }
    if (!record.no_hold.empty()) json["left_out"] = {{hold_arm, record.no_hold}};
    return json.dump(2) + "\n";
}

}  // namespace axia::answers
