// axia plan show
#include <cmath>
#include <iostream>

#include "app.h"
#include "axia/core/error.h"
#include "axia/math/scalar.h"
#include "axia/steer/plan.h"
#include "output.h"

namespace axia::cli {

void add_plan_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* root = commands.group("plan", "Look at plans.", "  axia plan show plan.json");
    auto [command, options] =
        commands.add(*root, "show", "Checks a plan and says in words what it does.",
                     "  axia plan show plan.json\n  axia plan show plan.json --json", false);
    static std::string path;
    command->add_option("plan", path, "Plan file")->required();
    commands.on(command, [&app] {
        const steer::Plan plan = steer::read_plan(path);
        if (app.globals.json) {
            std::cout << steer::to_json(plan);
            return;
        }
        std::cout << bold(plan.name.empty() ? path : plan.name) << "  hash "
                  << steer::plan_hash(plan).substr(0, 12) << "\n";
        if (plan.empty()) {
            std::cout << "  the empty plan: the model answers as it is\n";
            return;
        }
        std::string layers;
        for (const int layer : plan.layers) {
            layers += (layers.empty() ? "" : ", ") + std::to_string(layer);
        }
        std::cout << "  model      " << plan.model_name << " (" << plan.model_hash.substr(0, 12)
                  << "), vectors of context " << capture::context_name(plan.context) << "\n"
                  << "  layers     " << layers << "\n"
                  << "  shift      along " << vectors::direction_name(plan.direction) << ", amount "
                  << steer::amount_name(plan.amount)
                  << (plan.below ? " (only rows that read below the target)" : "") << ", rows "
                  << steer::rows_name(plan.rows) << "\n";
        for (const steer::PlanValue& value : plan.values) {
            std::cout << "  value      " << value.value << ": ";
            if (value.rule == steer::Rule::hold) {
                std::cout << "its reading stays where it is";
            } else if (plan.amount == steer::Amount::constant) {
                std::cout << (value.rule == steer::Rule::at_most ? "lowered" : "raised") << " by "
                          << number(value.strength, 2) << " class gaps";
            } else {
                std::cout << steer::rule_name(value.rule) << " log-odds "
                          << number(value.log_odds, 2) << " (p "
                          << number(math::sigmoid(value.log_odds), 4) << ")";
            }
            std::cout << "\n";
        }
        std::cout << "  gate       " << steer::gate_name(plan.gate);
        if (plan.gate == steer::GateMode::learned) {
            std::cout << ", opens on at most " << percent(plan.alpha) << " of neutral prompts";
        }
        std::cout << "\n";
    });
}

}  // namespace axia::cli
