// Asking one question, with or without its unsteered twin; shared by ask, chat and demo.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "axia/answers/generate.h"
#include "steering_choice.h"

namespace axia::cli {

struct AskResult {
    std::optional<ReadySteering::Decision> decision;  // empty = nothing to steer
    std::vector<answers::Generated> answers;          // with compare: unsteered, then steered
};

std::unique_ptr<model::Session> asking_session(App& app);

/// The last message is the request the gate reads.
AskResult ask(model::Session& session, const ReadySteering& steering,
              const std::vector<model::Message>& messages, bool compare,
              const answers::GenerateOptions& options, const answers::TextSink& sink,
              const core::Watch& watch);

/// One entry of axia.answers.
std::string answers_json(const std::string& question, const AskResult& result, bool compare);
void print_side_by_side(const AskResult& result, bool compare);

}  // namespace axia::cli
