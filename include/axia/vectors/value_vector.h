// A value inside one model: per layer a probe and three directions, with the card that says where
// they come from. Saved as a GGUF control vector that stock llama.cpp tools load too.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "axia/capture/capture.h"
#include "axia/math/statistics.h"

namespace axia::vectors {

/// The unit direction along which a layer is shifted.
enum class Direction {
    probe,     // w/|w|: least Euclidean length (S001)
    whitened,  // Sigma w normalised: least Mahalanobis length
    mean,      // mean(positive) - mean(negative) normalised (CAA's direction)
};

std::string_view direction_name(Direction direction);
Direction parse_direction(std::string_view name);

struct LayerVector {
    int layer = 0;                // block, 0-based; "residual after block l"
    std::vector<float> probe;     // w, raw coefficients, length width
    double intercept = 0;         // b: p = sigmoid(w.h + b)
    std::vector<float> whitened;  // unit
    std::vector<float> mean;      // unit
    double mean_gap = 0;          // |mean(positive) - mean(negative)|, Euclidean
    double state_norm = 0;        // mean |h| of the learnt texts
    double reading_spread = 0;    // within-class standard deviation of w.h + b

    double train_accuracy = 0;    // texts learnt from
    double cross_accuracy = 0;    // learn split, 5 folds by scene, paired
    double heldout_accuracy = 0;  // texts of the held-out split; NaN without one
    math::Interval heldout_ci;    // Wilson
    double paired_accuracy = 0;   // a positive above its own partner, held out
    math::Interval paired_ci;
    double shuffled_accuracy = 0;  // paired, held out, labels shuffled: the control

    std::vector<float> unit(Direction direction) const;
};

/// "Is this request about the value?": a linear score of one middle layer of the raw request.
struct Gate {
    int layer = 0;
    std::vector<float> weights;
    double intercept = 0;
    std::vector<double> calibration;  // scores of neutral prompts it was not fitted on, ascending

    /// Open when the score is above this: false-open rate on exchangeable neutral prompts <= alpha
    /// (split conformal). Infinity (never open) when there are too few calibration prompts.
    double threshold(double alpha) const;
};

struct VectorCard {
    std::string value;
    std::string model_name, model_hash, architecture, template_id;
    int layers = 0, width = 0;
    capture::Context context = capture::Context::chat;
    std::string hook_site = "residual after block l";
    std::string token_position = "last token of the text";
    std::string data_name, data_hash;
    std::size_t learn_pairs = 0, heldout_pairs = 0;
    double C = 1;
    std::uint64_t seed = 0;
    /// Surface-bias index of the pairs; NaN when not measured.
    double bag_of_words = std::numeric_limits<double>::quiet_NaN();
    std::string tool_version, operation;
};

/// What the model and this program say about a vector; the data's part is left to fill in.
VectorCard card_for(const model::ModelInfo& info, const std::string& value,
                    capture::Context context);

struct ValueVector {
    static constexpr int schema_version = 1;

    VectorCard card;
    std::vector<LayerVector> layers;  // ascending
    std::vector<int> chosen;          // default layers for steering, ascending
    std::optional<Gate> gate;
    std::string file_hash;  // SHA-256 of the file it was read from or written to

    /// Throws Error{not_found} naming the layers there are.
    const LayerVector& layer(int layer) const;
};

/// Writes the file whole; sets file_hash. Same vector, same bytes.
void write_value_vector(ValueVector& vector, const std::filesystem::path& path);

/// Throws Error{input} naming key or tensor, for everything that is not a whole, finite value
/// vector; Error{unsupported} for a newer schema.
ValueVector read_value_vector(const std::filesystem::path& path);

/// The card and the accuracies, without the weights; the gate's threshold is for `alpha`.
std::string to_json(const ValueVector& vector, double alpha = .05);

/// Throws Error{mismatch} when the vector was learnt in another model.
void check_model(const ValueVector& vector, const std::string& model_hash, int width, int layers,
                 std::string_view where);

/// A plain control vector (repeng's or llama.cpp's): unit directions and their lengths per layer,
/// no probe. `model_hash` is the model it is claimed for.
struct ControlVector {
    std::string model_hint;
    std::map<int, std::vector<float>> directions;
};
ControlVector read_control_vector(const std::filesystem::path& path);

/// A control vector as a value vector whose three directions are all its own; it has no accuracies,
/// and its readings (w = direction / length, b = 0) are in lengths of the direction, not log-odds.
/// Throws Error{mismatch} when width, layers or hinted architecture do not fit the model.
ValueVector from_control_vector(const ControlVector& control, const model::ModelInfo& info,
                                const std::string& value, const std::string& source);

/// Cosine of two vectors' directions per common layer.
struct LayerSimilarity {
    int layer = 0;
    double probe = 0, whitened = 0, mean = 0;
};
std::vector<LayerSimilarity> compare(const ValueVector& a, const ValueVector& b);

}  // namespace axia::vectors
