#include "steer/tune_grid.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

namespace axia::steer {

using capture::Context;
using vectors::Direction;

namespace {

std::string number(double x) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", x);
    return text.data();
}

std::string layer_text(const std::vector<int>& layers) {
    return layers.size() == 1
               ? std::to_string(layers[0])
               : std::to_string(layers.front()) + "-" + std::to_string(layers.back());
}

/// Blocks [from, to] as shares of the depth.
std::vector<int> span_of(int layers, double from, double to) {
    std::vector<int> result;
    const int first = std::clamp(static_cast<int>(from * layers + .5), 1, layers - 1);
    const int last = std::clamp(static_cast<int>(to * layers + .5), first, layers - 1);
    for (int l = first; l <= last; ++l) result.push_back(l);
    return result;
}

}  // namespace

std::vector<Candidate> tuning_grid(int layers, const std::string& value,
                                   const std::string& model_hash,
                                   std::span<const vectors::ValueVector* const> held) {
    std::vector<Candidate> grid;
    std::set<std::string> seen;
    const auto add = [&](Context context, Direction direction, Amount amount, bool below,
                         std::vector<int> at, double log_odds, double strength, bool hold) {
        Candidate candidate;
        Plan& plan = candidate.plan;
        plan.name = value;
        plan.model_hash = model_hash;
        plan.context = context;
        plan.direction = direction;
        plan.amount = amount;
        plan.below = below;
        plan.rows = Rows::onward;
        plan.layers = std::move(at);
        PlanValue steered;
        steered.value = value;
        steered.log_odds = log_odds;
        steered.strength = strength;
        plan.values.push_back(steered);
        if (hold) {
            for (const vectors::ValueVector* other : held) {
                if (other->card.context != context || other->card.value == value) continue;
                PlanValue kept;
                kept.value = other->card.value;
                kept.vector_hash = other->file_hash;
                kept.rule = Rule::hold;
                plan.values.push_back(kept);
            }
            if (plan.values.size() == 1) return;
        }
        candidate.id = std::string(capture::context_name(context)) + " " +
                       std::string(vectors::direction_name(direction)) + " " +
                       std::string(amount_name(amount)) + (below ? " below" : "") + " " +
                       layer_text(plan.layers) +
                       (amount == Amount::constant ? " x" + number(strength) : "") +
                       (amount != Amount::constant || below ? " s" + number(log_odds) : "") +
                       (hold ? " hold" : "");
        if (seen.insert(candidate.id).second) grid.push_back(std::move(candidate));
    };
    const std::vector<int> early = span_of(layers, .47, .53), late = span_of(layers, .57, .63);
    const std::vector<int> middle = span_of(layers, .33, .63), wide = span_of(layers, .40, .73);
    for (const double s0 : {5.0, 10.0, 20.0}) {
        add(Context::chat, Direction::probe, Amount::row, false, middle, s0, 1, false);
        add(Context::chat, Direction::probe, Amount::row, false, wide, s0, 1, false);
        add(Context::chat, Direction::probe, Amount::row, false, wide, s0, 1, true);
        add(Context::bare, Direction::probe, Amount::row, false, middle, s0, 1, false);
    }
    for (const double s0 : {1.0, 3.0, 6.0}) {
        add(Context::chat, Direction::mean, Amount::row, false, early, s0, 1, false);
        add(Context::chat, Direction::mean, Amount::row, false, late, s0, 1, false);
        add(Context::chat, Direction::mean, Amount::row, false, wide, s0, 1, false);
        add(Context::bare, Direction::mean, Amount::row, false, wide, s0, 1, false);
    }
    for (const double s0 : {0.0, 2.0, 5.0}) {
        add(Context::chat, Direction::whitened, Amount::row, false, early, s0, 1, false);
        add(Context::chat, Direction::whitened, Amount::row, false, wide, s0, 1, false);
    }
    for (const double depth : {.37, .47, .57, .67}) {
        for (const double strength : {1.0, 2.0, 4.0}) {
            add(Context::chat, Direction::mean, Amount::constant, false,
                span_of(layers, depth, depth), 0, strength, false);
        }
        add(Context::chat, Direction::mean, Amount::constant, true, span_of(layers, depth, depth),
            3, 3, false);
    }
    for (const double strength : {.15, .3, .6}) {
        add(Context::chat, Direction::mean, Amount::constant, false, wide, 0, strength, false);
        add(Context::bare, Direction::mean, Amount::constant, false, wide, 0, strength, false);
    }
    return grid;
}

}  // namespace axia::steer
