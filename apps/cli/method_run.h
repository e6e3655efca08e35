// What the methods of measuring share: a local model with the journal and folder of a run, and how
// figures are printed.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/answers/local_subject.h"
#include "axia/answers/run.h"
#include "axia/answers/runs.h"
#include "axia/measure/measure.h"

namespace axia::cli {

/// "0.123 [0.050, 0.200]", or "- (why there is none)".
std::string figure(const measure::Figure& f);
std::string figure(const std::optional<double>& x);

/// At most `width` bytes of a text, whole characters.
std::string shortened(const std::string& text, std::size_t width = 60);

/// "1200 answers of at most 24 tokens": what is said before a method generates.
std::string generation_size(std::size_t answers, const answers::LocalOptions& options);

/// A local model asked by one method, with the journal and folder of the run.
class MethodRun {
  public:
    /// `facts`: what the answers depend on beside the model.
    MethodRun(App& app, const std::string& method, const std::string& folder,
              nlohmann::ordered_json facts, const answers::LocalOptions& options = {});

    answers::Subject& subject() { return *subject_; }
    answers::Journal& journal() { return *journal_; }

    /// Writes the result and run.json; prints the result with --json.
    void finish(const std::string& json, const answers::RunCounts& counts);

    /// Where the rest stands, as the last line of a summary.
    std::string result_line() const { return (folder_ / (method_ + ".json")).string() + "\n"; }

  private:
    App& app_;
    std::string method_;
    std::filesystem::path folder_;
    std::unique_ptr<model::Session> session_;
    std::unique_ptr<answers::LocalSubject> subject_;
    std::unique_ptr<answers::Journal> journal_;
};

}  // namespace axia::cli
