// Asking a battery and making measures of the answers: what every kind of subject shares.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app.h"
#include "axia/answers/run.h"
#include "axia/measure/measure.h"

namespace axia::cli {

struct MeasureSettings {
    std::string battery, format = "auto", wordings, run, score = "sum", map, spread = "centroid";
    std::string endpoint, api_model, key_file, people;
    int samples = 8, concurrency = 8, per_minute = 0;
    std::vector<std::string> steer, plans, only;
    std::size_t prompts = 5, limit = 0, repeats = 3, draws = 1000;
    bool no_controls = false;
};

/// How the values of the battery's system stand to one another; empty without one.
measure::Circle circle_of(App& app, const data::BatteryCard& card);

/// What is made of the answers, whoever gives them. Throws Error{usage} on --spread, Error{input}
/// on
/// --map, also when it places none of the battery's values.
measure::MeasureOptions statistics_of(App& app, const MeasureSettings& settings,
                                      const data::Battery& battery);

/// What --wordings names: a file, or those shipped wordings that ask for letters, or for the
/// options' own words; without it all that ship. Throws as read_wordings.
std::vector<answers::Wording> wordings_for(const MeasureSettings& settings);

/// The neutral texts of the value system, each an answer to its request: how likely they stay
/// is what a plan costs.
data::Battery fluency_battery(const data::ValueSystem& system);

/// Asks one battery of a subject and measures the answers.
class Measurement {
  public:
    Measurement(App& app, const MeasureSettings& settings, answers::Subject& subject,
                std::vector<measure::Arm> arms, answers::Journal& journal,
                measure::MeasureOptions statistics);

    answers::RunOptions& options() { return options_; }

    answers::RunCounts ask(const data::Battery& battery);

    /// Statistics of the answers, each of which is given to `line` as well.
    measure::Measures measures(const data::Battery& battery,
                               const std::function<void(const answers::Record&)>& line);

    /// Rise of the neutral texts' nll per token against the first arm, arm by arm.
    std::vector<measure::Figure> fluency(const data::Battery& battery);

  private:
    App& app_;
    answers::Subject& subject_;
    std::vector<measure::Arm> arms_;
    answers::Journal& journal_;
    answers::RunOptions options_;
    measure::MeasureOptions measure_;
};

/// Puts what the controls and the neutral texts say beside the battery's own curves.
void join_controls(measure::Measures& measures, const measure::Measures& controls,
                   const std::vector<measure::Figure>& fluency);

/// The scores and how much of them is the way of asking, on stdout.
void print_summary(const measure::Measures& measures, const std::filesystem::path& folder);

}  // namespace axia::cli
