// From --steer and --plan to a compiled plan, with its gate.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app.h"
#include "axia/vectors/gate.h"
#include "workflow.h"

namespace axia::cli {

struct SteerOptions {
    std::vector<std::string> steer;  // "security", "security=0.9", "power=-0.9"
    std::string plan_file;
    std::string direction, amount, rows, gate, hold;  // empty = the plan's own
    std::vector<int> layers;
    std::vector<std::string> vector_files;
    double alpha = 0;  // 0 = the plan's own

    void declare(Options& options);
    /// What can be known to be wrong without a model. Throws core::Error.
    void check() const;
    /// The first option that only acts beside --steer or --plan; empty = none was given.
    std::string idle() const;
    bool any() const { return !steer.empty() || !plan_file.empty(); }
};

/// A plan ready to use, and whether a request opens its gate.
class ReadySteering {
  public:
    /// Empty when nothing was asked for.
    ReadySteering(App& app, const SteerOptions& options, const model::ModelInfo& info);
    /// `plan`, with what the options say otherwise.
    ReadySteering(App& app, steer::Plan plan, const SteerOptions& options,
                  const model::ModelInfo& info);

    struct Decision {
        bool open = true;
        std::optional<double> score, threshold;  // of the deciding value
    };
    Decision decide(model::Session& session, const std::string& request) const;

    /// Of a plan with the learned gate those of its values, else none. Throws Error{not_found} when
    /// none is learnt.
    std::vector<const vectors::Gate*> gates() const;

    const steer::CompiledPlan* compiled() const { return compiled_.get(); }
    const steer::Plan& plan() const { return loaded_.plan; }

  private:
    void make(App& app, steer::Plan plan, const SteerOptions& options,
              const model::ModelInfo& info);

    PlanWithVectors loaded_;
    std::unique_ptr<steer::CompiledPlan> compiled_;
};

}  // namespace axia::cli
