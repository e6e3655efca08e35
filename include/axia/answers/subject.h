// Whoever is asked: a local model, an endpoint, people, or a script in a test.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/question.h"
#include "axia/answers/record.h"
#include "axia/core/log.h"

namespace axia::answers {

/// Under what a subject answers. The subject keeps the compiled plans themselves.
struct AskArm {
    std::string name;
    std::string system;              // system message; empty = none
    std::string plan_hash = "none";  // of the plan in force
};

/// Which of the kept option scores makes the probabilities.
enum class ScoreBy { sum, token, byte };
std::string_view score_by_name(ScoreBy by);
ScoreBy parse_score_by(std::string_view name);

/// Softmax of the named score; empty in, empty out.
std::vector<double> probabilities(std::span<const OptionScore> options, ScoreBy by);

struct Request {
    const data::Item* item = nullptr;
    const Question* question = nullptr;
    std::size_t arm = 0;
    std::uint64_t seed = 0;  // of sampled answers
};

class Subject {
  public:
    virtual ~Subject() = default;

    /// Everything but the question that an answer depends on (model hash, template hash, sampling):
    /// part of every key.
    virtual std::string identity() const = 0;
    virtual const std::vector<AskArm>& arms() const = 0;

    /// Answers a page of requests, in their order. An answer that cannot be had is a record with a
    /// reason, never an exception; what ends the run is one (Error{network|io|cancelled}).
    /// Fills everything of a record but `item`, `arm`, `wording`, `order`, `repeat`.
    virtual std::vector<Record> ask(std::span<const Request> page, const core::Watch& watch) = 0;
};

}  // namespace axia::answers
