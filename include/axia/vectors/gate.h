// "Is this request about the value?": a linear gate on a middle layer, calibrated on neutral
// prompts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/math/matrix.h"
#include "axia/model/session.h"
#include "axia/vectors/value_vector.h"

namespace axia::vectors {

/// States of raw requests (tokenizer's BOS and the text, no template) after one block, mean of the
/// tokens' rows: what a request is about lies in all of it, its last token says little.
struct RequestStates {
    int layer = 0;
    math::Matrix states;  // requests x width
};

/// The gate's layer: .6 of the depth (18 of 30).
int gate_layer(const model::ModelInfo& info);

RequestStates read_requests(model::Session& session, std::span<const std::string> requests,
                            int layer, const core::Watch& watch = {});

/// Which rows of a RequestStates play which part. `neutral_calibration` is not fitted on.
struct GateRows {
    std::vector<std::size_t> about;                // requests about the value
    std::vector<std::size_t> others;               // about other values
    std::vector<std::size_t> neutral;              // everyday requests to fit on
    std::vector<std::size_t> neutral_calibration;  // everyday requests to calibrate on
};

/// L2 logistic regression of `about` against the rest, classes weighted equally by repetition.
/// Throws Error{input} when a side is empty.
Gate fit_gate(const RequestStates& requests, const GateRows& rows);

/// Score of one state; open when above threshold(alpha).
double gate_score(const Gate& gate, std::span<const float> state);

/// Reads and scores requests. The session is cleared.
std::vector<double> gate_scores(model::Session& session, const Gate& gate,
                                std::span<const std::string> requests,
                                const core::Watch& watch = {});

}  // namespace axia::vectors
