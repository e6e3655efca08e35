#include "axia/vectors/learn.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/math/covariance.h"
#include "axia/math/logistic.h"
#include "axia/math/scalar.h"

namespace axia::vectors {

using core::Error;
using core::ErrorKind;
using data::ContrastPair;
using data::Split;

namespace {

constexpr double not_measured = std::numeric_limits<double>::quiet_NaN();

double dot(std::span<const float> a, std::span<const double> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

std::vector<float> normalised(std::span<const double> x) {
    double square = 0;
    for (const double v : x) square += v * v;
    const double length = std::sqrt(square);
    std::vector<float> unit(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        unit[i] = static_cast<float>(length > 0 ? x[i] / length : 0);
    }
    return unit;
}

/// Rows of both sides of the given pairs; labels 1, 0, 1, 0, ...
struct Sample {
    math::Matrix x;
    std::vector<int> y;
};

Sample sample_of(const math::Matrix& states, std::span<const std::size_t> pairs) {
    Sample sample;
    sample.x = math::Matrix(2 * pairs.size(), states.cols);
    for (std::size_t k = 0; k < pairs.size(); ++k) {
        for (std::size_t side = 0; side < 2; ++side) {
            const auto from = states.row(2 * pairs[k] + side);
            std::copy(from.begin(), from.end(), sample.x.row(2 * k + side).begin());
            sample.y.push_back(side == 0 ? 1 : 0);
        }
    }
    return sample;
}

struct Hits {
    std::size_t texts = 0, text_hits = 0, pairs = 0, pair_hits = 0;
};

/// Accuracy of readings w.h + b on the given pairs.
Hits evaluate(const math::Matrix& states, std::span<const std::size_t> pairs,
              std::span<const double> w, double b) {
    Hits hits;
    for (const std::size_t pair : pairs) {
        const double positive = dot(states.row(2 * pair), w) + b;
        const double negative = dot(states.row(2 * pair + 1), w) + b;
        hits.texts += 2;
        hits.text_hits += (positive > 0 ? 1U : 0U) + (negative <= 0 ? 1U : 0U);
        hits.pairs += 1;
        hits.pair_hits += positive > negative ? 1 : 0;
    }
    return hits;
}

double share(std::size_t hits, std::size_t n) {
    return n > 0 ? static_cast<double>(hits) / static_cast<double>(n) : not_measured;
}

void fit_directions(LayerVector& layer, const Sample& sample, const math::LogisticFit& fit) {
    const std::size_t width = sample.x.cols;
    const auto n = static_cast<double>(sample.y.size()) / 2;
    std::vector<double> gap(width, 0.0);
    double norm = 0;
    for (std::size_t i = 0; i < sample.y.size(); ++i) {
        double square = 0;
        const auto row = sample.x.row(i);
        for (std::size_t j = 0; j < width; ++j) {
            gap[j] += (sample.y[i] == 1 ? 1 : -1) * static_cast<double>(row[j]) / n;
            square += static_cast<double>(row[j]) * static_cast<double>(row[j]);
        }
        norm += std::sqrt(square) / (2 * n);
    }
    layer.state_norm = norm;
    layer.mean_gap = std::sqrt(std::inner_product(gap.begin(), gap.end(), gap.begin(), 0.0));
    layer.mean = normalised(gap);
    const math::ShrunkCovariance sigma = math::within_class_covariance(sample.x, sample.y);
    const std::vector<double> moved = sigma.apply(fit.weights);
    layer.whitened = normalised(moved);
    layer.reading_spread = std::sqrt(
        std::max(0.0, std::inner_product(moved.begin(), moved.end(), fit.weights.begin(), 0.0)));
    layer.probe.assign(fit.weights.begin(), fit.weights.end());
    layer.intercept = fit.intercept;
}

}  // namespace

std::vector<int> scene_folds(std::span<const ContrastPair> pairs, int folds, std::uint64_t seed) {
    std::vector<std::string> groups;
    std::map<std::string, int> fold_of;
    for (const ContrastPair& pair : pairs) {
        if (pair.split == Split::learn && fold_of.emplace(pair.group, 0).second) {
            groups.push_back(pair.group);
        }
    }
    core::Rng rng(seed);
    rng.shuffle(groups);
    for (std::size_t i = 0; i < groups.size(); ++i) {
        fold_of[groups[i]] = static_cast<int>(i % static_cast<std::size_t>(folds));
    }
    std::vector<int> fold(pairs.size(), -1);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        if (pairs[i].split == Split::learn) fold[i] = fold_of[pairs[i].group];
    }
    return fold;
}

capture::Activations capture_pairs(model::Session& session, std::span<const ContrastPair> pairs,
                                   capture::Context context, std::size_t pack_rows,
                                   const core::Watch& watch) {
    std::vector<std::vector<model::Token>> texts;
    texts.reserve(2 * pairs.size());
    for (const ContrastPair& pair : pairs) {
        for (const std::string* text : {&pair.positive, &pair.negative}) {
            texts.push_back(capture::text_tokens(session.model(), context, pair.scene, *text));
        }
    }
    capture::CaptureOptions options;
    options.pack_rows = pack_rows;
    return capture::capture_last_states(session, texts, options, watch);
}

std::vector<LayerVector> fit_layers(const capture::Activations& states,
                                    std::span<const ContrastPair> pairs,
                                    const LearnOptions& options) {
    std::vector<std::size_t> learn, heldout;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        (pairs[i].split == Split::learn ? learn : heldout).push_back(i);
    }
    if (learn.size() < 10) {
        throw Error(ErrorKind::input,
                    "only " + std::to_string(learn.size()) + " pairs to learn from, 10 are needed",
                    options.data_name);
    }
    const math::LogisticOptions logistic{.C = options.C};
    const int folds = 5, shuffles = 3;
    const std::vector<int> fold = scene_folds(pairs, folds, options.seed);

    std::vector<LayerVector> layers;
    for (std::size_t k = 0; k < states.layers.size(); ++k) {
        const math::Matrix& x = states.states[k];
        const Sample sample = sample_of(x, learn);
        const math::LogisticFit fit = math::fit_logistic(sample.x, sample.y, logistic);
        LayerVector layer;
        layer.layer = states.layers[k];
        fit_directions(layer, sample, fit);

        const Hits train = evaluate(x, learn, fit.weights, fit.intercept);
        layer.train_accuracy = share(train.text_hits, train.texts);
        const Hits held = evaluate(x, heldout, fit.weights, fit.intercept);
        layer.heldout_accuracy = share(held.text_hits, held.texts);
        layer.heldout_ci = math::wilson(held.text_hits, held.texts);
        layer.paired_accuracy = share(held.pair_hits, held.pairs);
        layer.paired_ci = math::wilson(held.pair_hits, held.pairs);
        layer.cross_accuracy = layer.shuffled_accuracy = not_measured;
        if (options.evaluate) {
            Hits cross;
            for (int f = 0; f < folds; ++f) {
                std::vector<std::size_t> inside, outside;
                for (const std::size_t i : learn) (fold[i] == f ? outside : inside).push_back(i);
                if (outside.empty() || inside.empty()) continue;
                const Sample part = sample_of(x, inside);
                const math::LogisticFit inner = math::fit_logistic(part.x, part.y, logistic);
                const Hits hits = evaluate(x, outside, inner.weights, inner.intercept);
                cross.pairs += hits.pairs, cross.pair_hits += hits.pair_hits;
            }
            layer.cross_accuracy = share(cross.pair_hits, cross.pairs);
            Hits control;
            core::Rng rng(options.seed + 1);
            for (int s = 0; s < shuffles && !heldout.empty(); ++s) {
                std::vector<int> labels = sample.y;
                for (std::size_t i = 0; i + 1 < labels.size(); i += 2) {
                    if (rng.below(2) == 1) std::swap(labels[i], labels[i + 1]);
                }
                const math::LogisticFit inner = math::fit_logistic(sample.x, labels, logistic);
                const Hits hits = evaluate(x, heldout, inner.weights, inner.intercept);
                control.pairs += hits.pairs, control.pair_hits += hits.pair_hits;
            }
            layer.shuffled_accuracy = share(control.pair_hits, control.pairs);
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

std::string pairs_hash(std::span<const ContrastPair> pairs) {
    core::Sha256 hash;
    for (const ContrastPair& pair : pairs) {
        for (const std::string* part : {&pair.value, &pair.scene, &pair.positive, &pair.negative}) {
            hash.update(*part);
            hash.update(std::string_view("\0", 1));
        }
        hash.update(pair.split == Split::learn ? "learn" : "heldout");
    }
    return hash.hex();
}

ValueVector learn_value(model::Session& session, std::span<const ContrastPair> pairs,
                        const LearnOptions& options, const core::Watch& watch) {
    std::set<std::string> values;
    for (const ContrastPair& pair : pairs) values.insert(pair.value);
    if (values.size() != 1) {
        throw Error(ErrorKind::input,
                    "pairs of " + std::to_string(values.size()) + " values where one is wanted",
                    options.data_name);
    }
    const capture::Activations states =
        capture_pairs(session, pairs, options.context, options.pack_rows, watch);
    watch.step("fitting probes", 0, states.layers.size(), "layers");

    ValueVector vector;
    vector.layers = fit_layers(states, pairs, options);
    watch.step("fitting probes", states.layers.size(), states.layers.size(), "layers");
    const model::ModelInfo& info = session.model().info();
    VectorCard& card = vector.card;
    card = card_for(info, *values.begin(), options.context);
    card.data_name = options.data_name;
    card.data_hash = pairs_hash(pairs);
    for (const ContrastPair& pair : pairs) {
        ++(pair.split == Split::learn ? card.learn_pairs : card.heldout_pairs);
    }
    card.C = options.C;
    card.seed = options.seed;
    card.operation = "learn";
    // S001: layers at .31 to .78 of the depth, both ends included
    const int first = std::max(1, static_cast<int>(.31 * info.layers));
    const int last = static_cast<int>(.78 * info.layers);
    for (int l = first; l <= last; ++l) vector.chosen.push_back(l);
    return vector;
}

}  // namespace axia::vectors
