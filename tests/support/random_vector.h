// Value vectors that nobody learnt, for tests and benchmarks of what is done with them.
#pragma once

#include <cmath>
#include <string>

#include "axia/core/random.h"
#include "axia/vectors/value_vector.h"

namespace axia::test {

/// Probes of normal coefficients times `scale` on every layer of the model, and a direction that is
/// not the probe's but raises its reading.
inline vectors::ValueVector random_vector(const model::ModelInfo& info, const std::string& value,
                                          std::uint64_t seed, double scale = 1) {
    core::Rng rng(seed);
    vectors::ValueVector vector;
    vector.card = vectors::card_for(info, value, capture::Context::chat);
    vector.file_hash = "hash-" + value;
    for (int l = 0; l < info.layers; ++l) {
        vectors::LayerVector layer;
        layer.layer = l;
        layer.intercept = rng.normal();
        layer.mean_gap = 1.5;
        double square = 0;
        for (int i = 0; i < info.width; ++i) {
            const double coefficient = rng.normal();
            layer.probe.push_back(static_cast<float>(scale * coefficient));
            layer.mean.push_back(static_cast<float>(coefficient + .7 * rng.normal()));
            square += static_cast<double>(layer.mean.back()) * layer.mean.back();
        }
        for (float& x : layer.mean) x = static_cast<float>(x / std::sqrt(square));
        layer.whitened = layer.mean;
        vector.layers.push_back(std::move(layer));
    }
    return vector;
}

}  // namespace axia::test
