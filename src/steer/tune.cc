#include "axia/steer/tune.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/math/statistics.h"
#include "axia/vectors/learn.h"
#include "steer/tune_grid.h"
#include "steer/tune_journal.h"

namespace axia::steer {

using capture::Context;
using core::Error;
using core::ErrorKind;
using data::ContrastPair;
using vectors::ValueVector;

std::vector<ScoringItem> pair_items(const model::Model& model, std::span<const ContrastPair> pairs,
                                    std::string_view system) {
    std::vector<ScoringItem> items;
    for (const ContrastPair& pair : pairs) {
        ScoringItem item;
        item.context = capture::context_tokens(model, Context::chat, pair.scene, system);
        item.continuations = {model.tokenize(pair.positive, false),
                              model.tokenize(pair.negative, false)};
        items.push_back(std::move(item));
    }
    return items;
}

double preference(const ScoringItem& item, std::span<const double> log_probability) {
    return log_probability[0] / static_cast<double>(item.continuations[0].size()) -
           log_probability[1] / static_cast<double>(item.continuations[1].size());
}

std::vector<ScoringItem> text_items(const model::Model& model,
                                    std::span<const data::NamedText> texts,
                                    std::string_view system) {
    std::vector<ScoringItem> items;
    for (const data::NamedText& text : texts) {
        items.push_back({capture::context_tokens(model, Context::chat, text.prompt, system),
                         {model.tokenize(text.text, false)}});
    }
    return items;
}

double cost_of(std::span<const ScoringItem> items, const std::vector<std::vector<double>>& bare,
               const std::vector<std::vector<double>>& arm) {
    double rise = 0, tokens = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
        rise += bare[i][0] - arm[i][0];
        tokens += static_cast<double>(items[i].continuations[0].size());
    }
    return tokens > 0 ? rise / tokens : 0;
}

namespace {

constexpr int folds = 3;

/// Vectors of one context: one per fold (fitted on the others), and the whole learn split's.
struct FoldVectors {
    std::vector<ValueVector> without_fold;
    ValueVector whole;
};

ValueVector vector_of(const model::ModelInfo& info, Context context, const std::string& value,
                      std::vector<vectors::LayerVector> layers) {
    ValueVector vector;
    vector.card = vectors::card_for(info, value, context);
    vector.layers = std::move(layers);
    return vector;
}

FoldVectors fit_folds(const capture::Activations& states, std::vector<ContrastPair> learn,
                      std::span<const int> fold, const model::ModelInfo& info, Context context,
                      double C) {
    vectors::LearnOptions options;
    options.C = C;
    options.evaluate = false;
    FoldVectors result;
    const std::string value = learn[0].value;
    for (int f = 0; f < folds; ++f) {
        for (std::size_t i = 0; i < learn.size(); ++i) {
            learn[i].split = fold[i] == f ? data::Split::heldout : data::Split::learn;
        }
        result.without_fold.push_back(
            vector_of(info, context, value, vectors::fit_layers(states, learn, options)));
    }
    for (ContrastPair& pair : learn) pair.split = data::Split::learn;
    result.whole = vector_of(info, context, value, vectors::fit_layers(states, learn, options));
    return result;
}

/// What a candidate has been measured on so far.
struct Evidence {
    std::vector<double> effects;
    double cost_rise = 0, cost_tokens = 0;
};

class Tuner {
  public:
    Tuner(model::Session& session, std::span<const ContrastPair> pairs,
          std::span<const data::NamedText> neutral, std::span<const ValueVector* const> held,
          const TuneOptions& options, const core::Watch& watch)
        : session_(session),
          options_(options),
          watch_(watch),
          held_(held),
          journal_(options.journal) {
        for (const ContrastPair& pair : pairs) {
            if (pair.split == data::Split::learn) learn_.push_back(pair);
        }
        if (learn_.size() < 20) {
            throw Error(ErrorKind::input,
                        "only " + std::to_string(learn_.size()) +
                            " pairs in the learn split, 20 are needed to tune",
                        "pairs");
        }
        neutral_ = text_items(session.model(), neutral);
        if (neutral_.empty()) throw Error(ErrorKind::input, "no neutral texts", "neutral texts");
        items_ = pair_items(session.model(), learn_);
        order_.resize(learn_.size());
        for (std::size_t i = 0; i < order_.size(); ++i) order_[i] = i;
        core::Rng rng(options.seed);
        rng.shuffle(order_);
        fold_ = vectors::scene_folds(learn_, folds, options.seed);
    }

    TuneResult run() {
        learn_vectors();
        const model::ModelInfo& info = session_.model().info();
        std::vector<Candidate> all =
            tuning_grid(info.layers, learn_[0].value, info.source_hash, held_);
        for (Candidate& candidate : all) candidate.plan.model_name = info.name;
        evidence_.resize(all.size());
        std::vector<std::size_t> alive(all.size());
        for (std::size_t i = 0; i < alive.size(); ++i) alive[i] = i;

        const double per_pair = mean_pair_rows(), per_text = mean_text_rows();
        // shares of what is left of the budget after reading the texts, and survivors per round
        struct Round {
            double share;
            std::size_t survivors;
        };
        const Round rounds[] = {{.50, 12}, {.55, 4}, {1, 1}};
        std::size_t next_pair = 0, next_text = 0;
        int number = 0;
        for (const Round& round : rounds) {
            ++number;
            const double left = static_cast<double>(options_.tokens) - static_cast<double>(spent_);
            // of each arm's rows, a quarter for cost; never more than there is
            const double per_arm =
                std::max(0.0, left * round.share) / static_cast<double>(alive.size());
            std::size_t pairs = static_cast<std::size_t>(.75 * per_arm / per_pair);
            std::size_t texts = static_cast<std::size_t>(.25 * per_arm / per_text);
            pairs = std::clamp<std::size_t>(pairs, 4, items_.size());
            texts = std::clamp<std::size_t>(texts, 2, neutral_.size());
            const std::size_t pair_end = std::min(items_.size(), next_pair + pairs);
            const std::size_t text_end = std::min(neutral_.size(), next_text + texts);
            measure(all, alive, next_pair, pair_end, next_text, text_end, number);
            next_pair = pair_end;
            next_text = text_end;
            alive = keep(all, alive, round.survivors, number);
        }
        return finish(std::move(all), alive);
    }

  private:
    void learn_vectors() {
        const std::uint64_t before = session_.rows_decoded();
        for (const Context context : {Context::chat, Context::bare}) {
            const capture::Activations states =
                vectors::capture_pairs(session_, learn_, context, options_.pack_rows, watch_);
            fold_vectors_.emplace(context, fit_folds(states, learn_, fold_, session_.model().info(),
                                                     context, options_.C));
        }
        spent_ += session_.rows_decoded() - before;
    }

    double mean_pair_rows() const {
        double rows = 0;
        for (const ScoringItem& item : items_) {
            rows +=
                static_cast<double>(item.continuations[0].size() + item.continuations[1].size());
        }
        return rows / static_cast<double>(items_.size());
    }
    double mean_text_rows() const {
        double rows = 0;
        for (const ScoringItem& item : neutral_) {
            rows += static_cast<double>(item.continuations[0].size());
        }
        return rows / static_cast<double>(neutral_.size());
    }

    std::vector<CompiledPlan> compile(const std::vector<Candidate>& all,
                                      std::span<const std::size_t> which, int fold) const {
        std::vector<CompiledPlan> plans;
        for (const std::size_t i : which) {
            const FoldVectors& own = fold_vectors_.at(all[i].plan.context);
            std::vector<const ValueVector*> pool(held_.begin(), held_.end());
            pool.push_back(fold < 0 ? &own.whole
                                    : &own.without_fold[static_cast<std::size_t>(fold)]);
            plans.emplace_back(all[i].plan, pool, session_.model().info());
        }
        return plans;
    }

    /// Scores items under the bare model and all plans, through the journal: its key holds the
    /// plans and every token, so that a changed text or template is scored anew.
    Scores scored(const std::string& key, std::span<const ScoringItem> items,
                  const std::vector<CompiledPlan>& plans) {
        std::vector<const CompiledPlan*> arms{nullptr};
        std::string full = key;
        for (const CompiledPlan& plan : plans) {
            arms.push_back(&plan);
            full += plan.hash().substr(0, 16);
        }
        core::Sha256 tokens;
        const auto add = [&](const std::vector<model::Token>& part) {
            const std::uint64_t size = part.size();
            tokens.update(&size, sizeof size);
            tokens.update(part.data(), part.size() * sizeof(model::Token));
        };
        for (const ScoringItem& item : items) {
            add(item.context);
            for (const std::vector<model::Token>& continuation : item.continuations) {
                add(continuation);
            }
        }
        full += tokens.hex();
        if (auto found = journal_.find(full)) {
            spent_ += found->rows_decoded;
            return *found;
        }
        ScoreOptions options;
        options.pack_rows = options_.pack_rows;
        core::Watch quiet = watch_;
        quiet.progress = nullptr;
        Scores scores = score(session_, items, arms, options, quiet);
        spent_ += scores.rows_decoded;
        journal_.append(full, scores);
        return scores;
    }

    void measure(std::vector<Candidate>& all, const std::vector<std::size_t>& alive,
                 std::size_t pair_begin, std::size_t pair_end, std::size_t text_begin,
                 std::size_t text_end, int round) {
        const std::string stage = "tuning, round " + std::to_string(round) + " of 3 (" +
                                  std::to_string(alive.size()) + " candidates)";
        std::size_t done = 0;
        const std::size_t total = pair_end - pair_begin + text_end - text_begin;
        for (int f = 0; f < folds; ++f) {
            std::vector<std::size_t> members;
            for (std::size_t k = pair_begin; k < pair_end; ++k) {
                if (fold_[order_[k]] == f) members.push_back(order_[k]);
            }
            if (members.empty()) continue;
            std::vector<ScoringItem> items;
            for (const std::size_t i : members) items.push_back(items_[i]);
            const std::vector<CompiledPlan> plans = compile(all, alive, f);
            const Scores scores =
                scored("pairs " + std::to_string(round) + " " + std::to_string(f) + " " +
                           std::to_string(pair_begin) + "-" + std::to_string(pair_end) + " ",
                       items, plans);
            for (std::size_t k = 0; k < alive.size(); ++k) {
                for (std::size_t i = 0; i < items.size(); ++i) {
                    evidence_[alive[k]].effects.push_back(
                        preference(items[i], scores.log_probability[k + 1][i]) -
                        preference(items[i], scores.log_probability[0][i]));
                }
            }
            done += members.size();
            watch_.step(stage, done, total, "texts");
        }
        if (text_begin < text_end) {
            const std::span<const ScoringItem> texts(neutral_.data() + text_begin,
                                                     text_end - text_begin);
            const std::vector<CompiledPlan> plans = compile(all, alive, -1);
            const Scores scores =
                scored("texts " + std::to_string(round) + " " + std::to_string(text_begin) + "-" +
                           std::to_string(text_end) + " ",
                       texts, plans);
            double tokens = 0;
            for (const ScoringItem& item : texts) {
                tokens += static_cast<double>(item.continuations[0].size());
            }
            for (std::size_t k = 0; k < alive.size(); ++k) {
                Evidence& evidence = evidence_[alive[k]];
                evidence.cost_rise += tokens * cost_of(texts, scores.log_probability[0],
                                                       scores.log_probability[k + 1]);
                evidence.cost_tokens += tokens;
            }
            watch_.step(stage, total, total, "texts");
        }
        for (const std::size_t i : alive) {
            const Evidence& evidence = evidence_[i];
            all[i].round = round;
            all[i].pairs = evidence.effects.size();
            all[i].effect = math::mean(evidence.effects);
            all[i].effect_se = math::standard_error(evidence.effects);
            all[i].cost = evidence.cost_tokens > 0 ? evidence.cost_rise / evidence.cost_tokens : 0;
            if (options_.measured) options_.measured(all[i]);
        }
    }

    /// The survivors: largest effects among those whose cost may still be within the budget.
    std::vector<std::size_t> keep(const std::vector<Candidate>& all, std::vector<std::size_t> alive,
                                  std::size_t count, int round) const {
        const double slack = round == 1 ? 1.5 : round == 2 ? 1.2 : 1.0;
        const auto affordable = [&](std::size_t i) {
            return all[i].cost <= options_.budget * slack;
        };
        std::stable_sort(alive.begin(), alive.end(), [&](std::size_t a, std::size_t b) {
            if (affordable(a) != affordable(b)) return affordable(a);
            if (!affordable(a)) return all[a].cost < all[b].cost;
            return all[a].effect > all[b].effect;
        });
        alive.resize(std::min(alive.size(), count));
        return alive;
    }

    TuneResult finish(std::vector<Candidate> all, const std::vector<std::size_t>& last) {
        TuneResult result;
        Candidate& chosen = all[last[0]];
        chosen.chosen = true;
        result.plan = chosen.plan;
        if (chosen.cost > options_.budget) {
            result.warning =
                "no candidate of the last round stayed within the budget; the "
                "cheapest was taken";
        } else if (chosen.effect <= 2 * chosen.effect_se) {
            result.warning =
                "the effect of the chosen plan is within two standard errors of "
                "nothing on the learn split";
        }
        const Candidate* caa = nullptr;
        for (Candidate& candidate : all) {
            result.budget_met += candidate.round == 3 && candidate.cost <= options_.budget ? 1 : 0;
            // on the frontier: no candidate of the same round or later is cheaper and stronger
            candidate.on_frontier = std::none_of(all.begin(), all.end(), [&](const Candidate& o) {
                return o.round >= candidate.round && o.cost <= candidate.cost &&
                       o.effect > candidate.effect;
            });
            const bool plain = candidate.plan.amount == Amount::constant &&
                               candidate.plan.layers.size() == 1 && !candidate.plan.below &&
                               candidate.plan.direction == vectors::Direction::mean &&
                               candidate.plan.context == Context::chat;
            const auto gain = [](const Candidate& c) { return c.effect / std::max(.01, c.cost); };
            if (plain && (caa == nullptr || candidate.round > caa->round ||
                          (candidate.round == caa->round && gain(candidate) > gain(*caa)))) {
                caa = &candidate;
            }
        }
        result.caa_layer =
            caa != nullptr ? caa->plan.layers[0] : session_.model().info().layers / 2;
        result.tokens = spent_;
        result.candidates = std::move(all);
        return result;
    }

    model::Session& session_;
    TuneOptions options_;
    core::Watch watch_;
    std::span<const ValueVector* const> held_;
    TuneJournal journal_;
    std::vector<ContrastPair> learn_;
    std::vector<ScoringItem> items_, neutral_;
    std::vector<std::size_t> order_;
    std::vector<int> fold_;
    std::map<Context, FoldVectors> fold_vectors_;
    std::vector<Evidence> evidence_;
    std::uint64_t spent_ = 0;
};

}  // namespace

TuneResult tune(model::Session& session, std::span<const ContrastPair> pairs,
                std::span<const data::NamedText> neutral, std::span<const ValueVector* const> held,
                const TuneOptions& options, const core::Watch& watch) {
    if (!(options.budget > 0)) {
        throw Error(ErrorKind::usage, "the budget must be above 0", "budget");
    }
    return Tuner(session, pairs, neutral, held, options, watch).run();
}

double strength_at_cost(model::Session& session, const ValueVector& vector, int layer, Rows rows,
                        std::span<const ScoringItem> neutral, double target_cost,
                        const core::Watch& watch) {
    const ValueVector* const pool[] = {&vector};
    std::vector<std::vector<double>> bare;
    const auto costs = [&](const std::vector<double>& strengths) {
        std::vector<CompiledPlan> plans;
        std::vector<const CompiledPlan*> arms;
        if (bare.empty()) arms.push_back(nullptr);
        plans.reserve(strengths.size());
        for (const double strength : strengths) {
            Plan plan = preset_plan("caa", vector, 0, strength);
            plan.layers = {layer};
            plan.rows = rows;
            plans.emplace_back(plan, pool, session.model().info());
            arms.push_back(&plans.back());
        }
        const Scores scores = score(session, neutral, arms, {}, watch);
        const std::size_t first = bare.empty() ? 1 : 0;
        if (first == 1) bare = scores.log_probability[0];
        std::vector<double> result;
        for (std::size_t k = first; k < arms.size(); ++k) {
            result.push_back(cost_of(neutral, bare, scores.log_probability[k]));
        }
        return result;
    };
    // a coarse sweep, a finer one inside the bracket, then a straight line between neighbours
    std::vector<double> strengths{.5, 1, 2, 4, 8};
    std::vector<double> cost = costs(strengths);
    for (int pass = 0;; ++pass) {
        std::size_t over = 0;
        while (over < cost.size() && cost[over] <= target_cost) ++over;
        if (over == cost.size()) return strengths.back();
        const double low = over > 0 ? strengths[over - 1] : .05, high = strengths[over];
        const double low_cost = over > 0 ? cost[over - 1] : std::min(0.0, target_cost);
        if (pass == 1) {
            const double share = (target_cost - low_cost) / (cost[over] - low_cost);
            return low + share * (high - low);
        }
        const double step = std::pow(high / low, .25);
        strengths = {low, low * step, low * step * step, high / step, high};
        const std::vector<double> inner = costs({strengths[1], strengths[2], strengths[3]});
        cost = {low_cost, inner[0], inner[1], inner[2], cost[over]};
    }
}

std::string to_json(const TuneResult& result, const std::string& value, const TuneOptions& options,
                    double seconds) {
    nlohmann::ordered_json json;
    json["schema"] = "axia.tune";
    json["version"] = 1;
    json["value"] = value;
    json["budget"] = options.budget;
    json["tokens"] = result.tokens;
    json["token_budget"] = options.tokens;
    json["seconds"] = seconds;
    json["caa_layer"] = result.caa_layer;
    if (!result.warning.empty()) json["warning"] = result.warning;
    json["candidates"] = nlohmann::ordered_json::array();
    for (const Candidate& candidate : result.candidates) {
        const Plan& plan = candidate.plan;
        nlohmann::ordered_json row;
        row["id"] = candidate.id;
        row["context"] = capture::context_name(plan.context);
        row["direction"] = vectors::direction_name(plan.direction);
        row["amount"] = amount_name(plan.amount);
        row["rows"] = rows_name(plan.rows);
        row["below"] = plan.below;
        row["hold"] = plan.holds();
        row["layers"] = plan.layers;
        const bool constant = plan.amount == Amount::constant;
        row["log_odds"] = !constant || plan.below ? nlohmann::ordered_json(plan.values[0].log_odds)
                                                  : nlohmann::ordered_json();
        row["strength"] =
            constant ? nlohmann::ordered_json(plan.values[0].strength) : nlohmann::ordered_json();
        row["round"] = candidate.round;
        row["pairs"] = candidate.pairs;
        row["effect"] = candidate.effect;
        row["effect_se"] = candidate.effect_se;
        row["cost_nll"] = candidate.cost;
        row["on_frontier"] = candidate.on_frontier;
        row["chosen"] = candidate.chosen;
        if (candidate.chosen) json["chosen"] = candidate.id;
        json["candidates"].push_back(std::move(row));
    }
    json["plan_hash"] = plan_hash(result.plan);
    return json.dump(2) + "\n";
}

}  // namespace axia::steer
