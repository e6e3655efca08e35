#include <nlohmann/json.hpp>

#include <cmath>

#include "axia/vectors/value_vector.h"

namespace axia::vectors {

using nlohmann::ordered_json;

namespace {

ordered_json measured(double x) {
    return std::isfinite(x) ? ordered_json(x) : ordered_json();
}

}  // namespace

std::string to_json(const ValueVector& vector, double alpha) {
    const VectorCard& card = vector.card;
    ordered_json json;
    json["schema"] = "axia.vector-card";
    json["version"] = 1;
    json["value"] = card.value;
    json["sha256"] = vector.file_hash;
    json["model"] = {
        {"name", card.model_name}, {"sha256", card.model_hash}, {"architecture", card.architecture},
        {"layers", card.layers},   {"width", card.width},       {"template_id", card.template_id}};
    json["context"] = capture::context_name(card.context);
    json["hook_site"] = card.hook_site;
    json["token_position"] = card.token_position;
    json["data"] = {{"name", card.data_name},
                    {"sha256", card.data_hash},
                    {"learn_pairs", card.learn_pairs},
                    {"heldout_pairs", card.heldout_pairs},
                    {"bag_of_words", measured(card.bag_of_words)}};
    json["C"] = card.C;
    json["seed"] = card.seed;
    json["tool_version"] = card.tool_version;
    json["operation"] = card.operation;
    json["chosen"] = vector.chosen;
    json["layers"] = ordered_json::array();
    for (const LayerVector& layer : vector.layers) {
        json["layers"].push_back({{"layer", layer.layer},
                                  {"train_accuracy", measured(layer.train_accuracy)},
                                  {"cross_accuracy", measured(layer.cross_accuracy)},
                                  {"heldout_accuracy", measured(layer.heldout_accuracy)},
                                  {"heldout_ci", {layer.heldout_ci.lo, layer.heldout_ci.hi}},
                                  {"paired_accuracy", measured(layer.paired_accuracy)},
                                  {"paired_ci", {layer.paired_ci.lo, layer.paired_ci.hi}},
                                  {"shuffled_accuracy", measured(layer.shuffled_accuracy)},
                                  {"mean_gap", layer.mean_gap},
                                  {"state_norm", layer.state_norm},
                                  {"reading_spread", layer.reading_spread}});
    }
    json["gate"] = ordered_json();
    if (vector.gate) {
        json["gate"] = {{"layer", vector.gate->layer},
                        {"alpha", alpha},
                        {"threshold", measured(vector.gate->threshold(alpha))},
                        {"calibration", vector.gate->calibration.size()}};
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::vectors
