#include "steer/tune_grid.h"

#include <algorithm>
#include <array>
#include <cmath>
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
    const int first = std::clamp(static_cast<int>(std::lround(from * layers)), 1, layers - 1);
    const int last = std::clamp(static_cast<int>(std::lround(to * layers)), first, layers - 1);
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
            hold_others(plan, held);
            if (!plan.holds()) return;
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
    const std::vector<int> early = span_of(layers, .47, .53);
    const std::vector<int> middle = span_of(layers, .33, .63), wide = span_of(layers, .40, .73);
    const auto least = [&](Context context, Direction direction, const std::vector<int>& at,
                           std::initializer_list<double> targets, bool hold = false) {
        for (const double s0 : targets) {
            add(context, direction, Amount::row, false, at, s0, 1, hold);
        }
    };
    least(Context::chat, Direction::probe, middle, {10, 20});
    least(Context::chat, Direction::probe, wide, {10, 20});
    least(Context::chat, Direction::probe, wide, {10, 20}, true);
    least(Context::bare, Direction::probe, middle, {10});
    least(Context::chat, Direction::mean, early, {3, 6});
    least(Context::chat, Direction::mean, wide, {2, 4, 7});
    least(Context::bare, Direction::mean, wide, {3, 6});
    least(Context::chat, Direction::whitened, early, {2});
    least(Context::chat, Direction::whitened, wide, {1, 3, 6});
    const auto constant = [&](Context context, const std::vector<int>& at, bool below,
                              std::initializer_list<double> strengths) {
        for (const double strength : strengths) {
            add(context, Direction::mean, Amount::constant, below, at, below ? 3 : 0, strength,
                false);
        }
    };
    for (const double depth : {.37, .47, .57, .67}) {
        constant(Context::chat, span_of(layers, depth, depth), false, {1.5, 3});
    }
    for (const double depth : {.47, .67}) {
        constant(Context::chat, span_of(layers, depth, depth), true, {3});
    }
    constant(Context::chat, wide, false, {.15, .3, .45});
    constant(Context::bare, wide, false, {.3});
    return grid;
}

}  // namespace axia::steer
