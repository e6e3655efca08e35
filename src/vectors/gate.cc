#include "axia/vectors/gate.h"

#include <algorithm>

#include "axia/core/error.h"
#include "axia/math/logistic.h"

namespace axia::vectors {

using core::Error;
using core::ErrorKind;

int gate_layer(const model::ModelInfo& info) {
    return std::clamp(static_cast<int>(.6 * info.layers), 0, std::max(0, info.layers - 2));
}

RequestStates read_requests(model::Session& session, std::span<const std::string> requests,
                            int layer, const core::Watch& watch) {
    std::vector<std::vector<model::Token>> texts;
    texts.reserve(requests.size());
    for (const std::string& request : requests) {
        texts.push_back(session.model().tokenize(request, true));
    }
    capture::CaptureOptions options;
    options.layers = {layer};
    options.pooling = capture::Pooling::mean;
    capture::Activations states = capture::capture_last_states(session, texts, options, watch);
    return {layer, std::move(states.states[0])};
}

Gate fit_gate(const RequestStates& requests, const GateRows& rows) {
    if (rows.about.empty() || rows.others.empty() + rows.neutral.empty() == 2) {
        throw Error(ErrorKind::input, "a gate needs requests about the value and others", "gate");
    }
    const std::size_t rest = rows.others.size() + rows.neutral.size();
    const std::size_t repeat = std::max<std::size_t>(1, rest / (2 * rows.about.size()));
    std::vector<std::size_t> order;
    std::vector<int> y;
    for (std::size_t r = 0; r < repeat; ++r) {
        for (const std::size_t i : rows.about) order.push_back(i), y.push_back(1);
    }
    for (const auto* part : {&rows.others, &rows.neutral}) {
        for (const std::size_t i : *part) order.push_back(i), y.push_back(0);
    }
    math::Matrix x(order.size(), requests.states.cols);
    for (std::size_t k = 0; k < order.size(); ++k) {
        const auto from = requests.states.row(order[k]);
        std::copy(from.begin(), from.end(), x.row(k).begin());
    }
    const math::LogisticFit fit = math::fit_logistic(x, y);
    Gate gate;
    gate.layer = requests.layer;
    gate.weights.assign(fit.weights.begin(), fit.weights.end());
    gate.intercept = fit.intercept;
    for (const std::size_t i : rows.neutral_calibration) {
        gate.calibration.push_back(gate_score(gate, requests.states.row(i)));
    }
    std::sort(gate.calibration.begin(), gate.calibration.end());
    return gate;
}

double gate_score(const Gate& gate, std::span<const float> state) {
    double score = gate.intercept;
    for (std::size_t i = 0; i < state.size(); ++i) {
        score += static_cast<double>(gate.weights[i]) * static_cast<double>(state[i]);
    }
    return score;
}

std::vector<double> gate_scores(model::Session& session, const Gate& gate,
                                std::span<const std::string> requests, const core::Watch& watch) {
    const RequestStates states = read_requests(session, requests, gate.layer, watch);
    std::vector<double> scores;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        scores.push_back(gate_score(gate, states.states.row(i)));
    }
    return scores;
}

}  // namespace axia::vectors
