#include "axia/vectors/value_vector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/data/gguf.h"
#include "axia/math/conformal.h"

namespace axia::vectors {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::string_view schema = "axia.value-vector";
// what a gate reads of a request; a score of other rows would mean nothing
constexpr std::string_view gate_pooling = "mean of the request's tokens";

// In the file a number that was not measured is -1: GGUF readers disagree about NaN.
double stored(double x) {
    return std::isnan(x) ? -1 : x;
}
double loaded(double x) {
    return x == -1 ? std::numeric_limits<double>::quiet_NaN() : x;
}

/// One number per layer, under one key.
struct LayerField {
    const char* key;
    double LayerVector::*member;
};
constexpr LayerField layer_fields[] = {
    {"axia.intercepts", &LayerVector::intercept},
    {"axia.mean_gaps", &LayerVector::mean_gap},
    {"axia.state_norms", &LayerVector::state_norm},
    {"axia.reading_spreads", &LayerVector::reading_spread},
    {"axia.train_accuracies", &LayerVector::train_accuracy},
    {"axia.cross_accuracies", &LayerVector::cross_accuracy},
    {"axia.heldout_accuracies", &LayerVector::heldout_accuracy},
    {"axia.paired_accuracies", &LayerVector::paired_accuracy},
    {"axia.shuffled_accuracies", &LayerVector::shuffled_accuracy},
};

/// One interval per layer: the lower ends under KEY.lo, the upper under KEY.hi.
struct IntervalField {
    const char* key;
    math::Interval LayerVector::*member;
};
constexpr IntervalField interval_fields[] = {
    {"axia.heldout_intervals", &LayerVector::heldout_ci},
    {"axia.paired_intervals", &LayerVector::paired_ci},
};

struct VectorField {
    const char* key;
    std::vector<float> LayerVector::*member;
};
constexpr VectorField vector_fields[] = {
    {"axia.probe.", &LayerVector::probe},
    {"axia.whitened.", &LayerVector::whitened},
    {"axia.mean.", &LayerVector::mean},
};

struct TextField {
    const char* key;
    std::string VectorCard::*member;
};
constexpr TextField text_fields[] = {
    {"axia.value", &VectorCard::value},
    {"axia.model.name", &VectorCard::model_name},
    {"axia.model.sha256", &VectorCard::model_hash},
    {"axia.model.architecture", &VectorCard::architecture},
    {"axia.model.template_id", &VectorCard::template_id},
    {"axia.hook_site", &VectorCard::hook_site},
    {"axia.token_position", &VectorCard::token_position},
    {"axia.data.name", &VectorCard::data_name},
    {"axia.data.sha256", &VectorCard::data_hash},
    {"axia.tool_version", &VectorCard::tool_version},
    {"axia.operation", &VectorCard::operation},
};

/// Reads checked fields out of one file's metadata.
struct Fields {
    const data::GgufFile& file;

    [[noreturn]] void missing(std::string_view key, std::string_view kind) const {
        throw Error(ErrorKind::input,
                    "the key '" + std::string(key) + "' is missing or not " + std::string(kind),
                    file.name, "is this a value vector written by axia learn?");
    }
    std::string text(std::string_view key) const {
        if (auto value = file.text(key)) return *value;
        missing(key, "text");
    }
    std::int64_t integer(std::string_view key, std::int64_t lo, std::int64_t hi) const {
        const auto value = file.integer(key);
        if (!value) missing(key, "an integer");
        if (*value < lo || *value > hi) {
            throw Error(ErrorKind::input,
                        "the key '" + std::string(key) + "' is " + std::to_string(*value) +
                            ", outside " + std::to_string(lo) + " to " + std::to_string(hi),
                        file.name);
        }
        return *value;
    }
    double number(std::string_view key) const {
        const auto value = file.number(key);
        if (!value || !std::isfinite(*value)) missing(key, "a finite number");
        return *value;
    }
    std::vector<double> numbers(std::string_view key, std::size_t count) const {
        const auto value = file.numbers(key);
        if (!value || value->size() != count) {
            missing(key, "a list of " + std::to_string(count) + " numbers");
        }
        for (const double x : *value) {
            if (!std::isfinite(x)) {
                throw Error(ErrorKind::input,
                            "the key '" + std::string(key) + "' holds a number that is not finite",
                            file.name, "learn the vector again");
            }
        }
        return *value;
    }
    std::vector<int> integers(std::string_view key) const {
        const auto value = file.integers(key);
        if (!value) missing(key, "a list of integers");
        return {value->begin(), value->end()};
    }
};

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
    double ab = 0, aa = 0, bb = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        ab += static_cast<double>(a[i]) * b[i];
        aa += static_cast<double>(a[i]) * a[i];
        bb += static_cast<double>(b[i]) * b[i];
    }
    return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

std::vector<float> as_floats(const std::vector<double>& x) {
    return {x.begin(), x.end()};
}

/// Layers must ascend strictly within the model.
void check_layers(const std::vector<int>& layers, int limit, std::string_view key,
                  const std::string& file) {
    for (std::size_t i = 0; i < layers.size(); ++i) {
        if (layers[i] < 0 || layers[i] >= limit || (i > 0 && layers[i] <= layers[i - 1])) {
            throw Error(ErrorKind::input,
                        "the layers in '" + std::string(key) + "' do not ascend within 0 to " +
                            std::to_string(limit - 1),
                        file);
        }
    }
}

}  // namespace

std::string_view direction_name(Direction direction) {
    switch (direction) {
        case Direction::probe:
            return "probe";
        case Direction::whitened:
            return "whitened";
        case Direction::mean:
            return "mean";
    }
    return "probe";
}

Direction parse_direction(std::string_view name) {
    for (const Direction d : {Direction::probe, Direction::whitened, Direction::mean}) {
        if (direction_name(d) == name) return d;
    }
    throw Error(ErrorKind::usage, "'" + std::string(name) + "' is not a direction", "direction",
                "it can be probe, whitened or mean");
}

std::vector<float> LayerVector::unit(Direction direction) const {
    if (direction == Direction::whitened) return whitened;
    if (direction == Direction::mean) return mean;
    double square = 0;
    for (const float x : probe) square += static_cast<double>(x) * x;
    std::vector<float> result(probe.size());
    const double length = std::sqrt(square);
    for (std::size_t i = 0; i < probe.size(); ++i) {
        result[i] = static_cast<float>(length > 0 ? probe[i] / length : 0);
    }
    return result;
}

double Gate::threshold(double alpha) const {
    return math::conformal_threshold(calibration, alpha);
}

VectorCard card_for(const model::ModelInfo& info, const std::string& value,
                    capture::Context context) {
    VectorCard card;
    card.value = value;
    card.model_name = info.name;
    card.model_hash = info.source_hash;
    card.architecture = info.architecture;
    card.template_id = info.template_id;
    card.layers = info.layers;
    card.width = info.width;
    card.context = context;
    card.tool_version = "axia " AXIA_VERSION;
    return card;
}

const LayerVector& ValueVector::layer(int wanted) const {
    const auto found = std::lower_bound(layers.begin(), layers.end(), wanted,
                                        [](const LayerVector& l, int n) { return l.layer < n; });
    if (found == layers.end() || found->layer != wanted) {
        throw Error(ErrorKind::not_found,
                    "no layer " + std::to_string(wanted) + " in the vector of " + card.value,
                    "layers",
                    layers.empty() ? std::string("it has none")
                                   : "it has " + std::to_string(layers.front().layer) + " to " +
                                         std::to_string(layers.back().layer));
    }
    return *found;
}

void write_value_vector(ValueVector& vector, const std::filesystem::path& path) {
    const VectorCard& card = vector.card;
    data::GgufWriter out;
    out.set("general.architecture", "controlvector");
    out.set("controlvector.model_hint", card.architecture);
    out.set("controlvector.layer_count", static_cast<std::int32_t>(card.layers));
    out.set("axia.schema", schema);
    out.set("axia.version", static_cast<std::int32_t>(ValueVector::schema_version));
    for (const TextField& field : text_fields) out.set(field.key, card.*field.member);
    out.set("axia.model.layers", static_cast<std::int32_t>(card.layers));
    out.set("axia.model.width", static_cast<std::int32_t>(card.width));
    out.set("axia.context", capture::context_name(card.context));
    out.set("axia.data.learn_pairs", static_cast<std::int64_t>(card.learn_pairs));
    out.set("axia.data.heldout_pairs", static_cast<std::int64_t>(card.heldout_pairs));
    out.set("axia.data.bag_of_words", stored(card.bag_of_words));
    out.set("axia.C", card.C);
    out.set("axia.seed", card.seed);
    std::vector<std::int32_t> layers, chosen(vector.chosen.begin(), vector.chosen.end());
    for (const LayerVector& layer : vector.layers) layers.push_back(layer.layer);
    out.set("axia.layers", layers);
    out.set("axia.chosen", chosen);
    for (const LayerField& field : layer_fields) {
        std::vector<double> values;
        for (const LayerVector& layer : vector.layers)
            values.push_back(stored(layer.*field.member));
        out.set(field.key, values);
    }
    for (const IntervalField& field : interval_fields) {
        std::vector<double> lo, hi;
        for (const LayerVector& layer : vector.layers) {
            lo.push_back((layer.*field.member).lo);
            hi.push_back((layer.*field.member).hi);
        }
        out.set(std::string(field.key) + ".lo", lo);
        out.set(std::string(field.key) + ".hi", hi);
    }
    for (const LayerVector& layer : vector.layers) {
        for (const VectorField& field : vector_fields) {
            out.set(field.key + std::to_string(layer.layer), layer.*field.member);
        }
    }
    if (vector.gate) {
        out.set("axia.gate.layer", static_cast<std::int32_t>(vector.gate->layer));
        out.set("axia.gate.pooling", gate_pooling);
        out.set("axia.gate.weights", vector.gate->weights);
        out.set("axia.gate.intercept", vector.gate->intercept);
        out.set("axia.gate.calibration", vector.gate->calibration);
    }
    for (const LayerVector& layer : vector.layers) {
        if (layer.layer == 0) continue;  // control-vector files cannot express block 0
        out.add_f32("direction." + std::to_string(layer.layer),
                    {static_cast<std::uint64_t>(layer.probe.size())}, layer.unit(Direction::probe));
    }
    const std::string bytes = out.bytes();
    core::write_file(path, bytes);
    vector.file_hash = core::sha256_hex(bytes);
}

ValueVector read_value_vector(const std::filesystem::path& path) {
    const data::GgufFile file = data::read_gguf(path, {.wanted = "a value vector in GGUF format"});
    const Fields fields{file};
    if (file.text("axia.schema").value_or("") != schema) {
        throw Error(ErrorKind::input, "is not a value vector of axia", path.string(),
                    "axia vectors import reads plain control vectors");
    }
    const std::int64_t version = fields.integer("axia.version", 1, 1 << 20);
    if (version > ValueVector::schema_version) {
        throw Error(ErrorKind::unsupported,
                    "has schema version " + std::to_string(version) + ", this axia reads up to " +
                        std::to_string(ValueVector::schema_version),
                    path.string(), "use a newer axia");
    }
    ValueVector vector;
    VectorCard& card = vector.card;
    for (const TextField& field : text_fields) card.*field.member = fields.text(field.key);
    card.layers = static_cast<int>(fields.integer("axia.model.layers", 1, 1 << 16));
    card.width = static_cast<int>(fields.integer("axia.model.width", 1, 1 << 20));
    card.context = capture::parse_context(fields.text("axia.context"));
    card.learn_pairs =
        static_cast<std::size_t>(fields.integer("axia.data.learn_pairs", 0, 1LL << 40));
    card.heldout_pairs =
        static_cast<std::size_t>(fields.integer("axia.data.heldout_pairs", 0, 1LL << 40));
    card.bag_of_words = loaded(fields.number("axia.data.bag_of_words"));
    card.C = fields.number("axia.C");
    card.seed = static_cast<std::uint64_t>(fields.integer("axia.seed", 0, INT64_MAX));

    const std::vector<int> layers = fields.integers("axia.layers");
    check_layers(layers, card.layers, "axia.layers", file.name);
    vector.chosen = fields.integers("axia.chosen");
    check_layers(vector.chosen, card.layers, "axia.chosen", file.name);
    const auto width = static_cast<std::size_t>(card.width);
    for (const int l : layers) {
        LayerVector layer;
        layer.layer = l;
        for (const VectorField& field : vector_fields) {
            layer.*field.member = as_floats(fields.numbers(field.key + std::to_string(l), width));
        }
        if (l > 0) data::read_gguf_f32(path, file, "direction." + std::to_string(l));
        vector.layers.push_back(std::move(layer));
    }
    for (const LayerField& field : layer_fields) {
        const std::vector<double> values = fields.numbers(field.key, layers.size());
        const bool may_be_missing = std::string_view(field.key).ends_with("accuracies");
        for (std::size_t i = 0; i < layers.size(); ++i) {
            vector.layers[i].*field.member = may_be_missing ? loaded(values[i]) : values[i];
        }
    }
    for (const IntervalField& field : interval_fields) {
        const auto lo = fields.numbers(std::string(field.key) + ".lo", layers.size());
        const auto hi = fields.numbers(std::string(field.key) + ".hi", layers.size());
        for (std::size_t i = 0; i < layers.size(); ++i) {
            vector.layers[i].*field.member = {lo[i], hi[i]};
        }
    }
    for (const int l : vector.chosen) vector.layer(l);
    if (file.find("axia.gate.layer") != nullptr) {
        if (file.text("axia.gate.pooling").value_or("") != gate_pooling) {
            throw Error(ErrorKind::unsupported,
                        "its gate reads other rows of a request than this axia does", path.string(),
                        "learn the value again");
        }
        Gate gate;
        gate.layer = static_cast<int>(fields.integer("axia.gate.layer", 0, card.layers - 1));
        gate.weights = as_floats(fields.numbers("axia.gate.weights", width));
        gate.intercept = fields.number("axia.gate.intercept");
        const auto scores = file.numbers("axia.gate.calibration");
        if (!scores) fields.missing("axia.gate.calibration", "a list of numbers");
        gate.calibration = *scores;
        vector.gate = std::move(gate);
    }
    vector.file_hash = core::sha256_file(path);
    return vector;
}

void check_model(const ValueVector& vector, const std::string& model_hash, int width, int layers,
                 std::string_view where) {
    const VectorCard& card = vector.card;
    if (card.model_hash == model_hash && card.width == width && card.layers == layers) return;
    throw Error(ErrorKind::mismatch,
                "the vector of " + card.value + " was learnt in another model (" +
                    (card.model_name.empty() ? card.architecture : card.model_name) + ", " +
                    card.model_hash.substr(0, 12) + "; this one is " + model_hash.substr(0, 12) +
                    ")",
                std::string(where), "learn it for this model");
}

ControlVector read_control_vector(const std::filesystem::path& path) {
    const data::GgufFile file =
        data::read_gguf(path, {.wanted = "a control vector in GGUF format"});
    if (file.text("general.architecture").value_or("") != "controlvector") {
        throw Error(ErrorKind::input, "is not a control vector", path.string(),
                    "general.architecture must be 'controlvector'");
    }
    ControlVector vector;
    vector.model_hint = file.text("controlvector.model_hint").value_or("");
    for (const data::GgufTensor& tensor : file.tensors) {
        const std::string_view name = tensor.name;
        if (!name.starts_with("direction.")) continue;
        const std::string number(name.substr(10));
        if (number.empty() || number.size() > 6 ||
            number.find_first_not_of("0123456789") != std::string::npos) {
            throw Error(ErrorKind::input, "the tensor name has no layer number",
                        path.string() + ": " + tensor.name);
        }
        vector.directions[std::stoi(number)] = data::read_gguf_f32(path, file, tensor.name);
    }
    if (vector.directions.empty()) {
        throw Error(ErrorKind::input, "has no tensor direction.<layer>", path.string());
    }
    const std::size_t width = vector.directions.begin()->second.size();
    for (const auto& [layer, direction] : vector.directions) {
        if (direction.size() != width) {
            throw Error(ErrorKind::input,
                        "direction." + std::to_string(layer) + " has another width than the first",
                        path.string());
        }
    }
    return vector;
}

ValueVector from_control_vector(const ControlVector& control, const model::ModelInfo& info,
                                const std::string& value, const std::string& source) {
    const auto width = static_cast<std::size_t>(info.width);
    if (control.directions.begin()->second.size() != width ||
        control.directions.rbegin()->first >= info.layers) {
        throw Error(ErrorKind::mismatch,
                    "the control vector is for a model of another shape (width " +
                        std::to_string(control.directions.begin()->second.size()) +
                        ", up to layer " + std::to_string(control.directions.rbegin()->first) + ")",
                    source);
    }
    if (!control.model_hint.empty() && control.model_hint != info.architecture) {
        throw Error(ErrorKind::mismatch,
                    "the control vector is for architecture " + control.model_hint + ", not " +
                        info.architecture,
                    source);
    }
    ValueVector vector;
    vector.card = card_for(info, value, capture::Context::chat);
    vector.card.data_name = source;
    vector.card.operation = "import";
    for (const auto& [number, direction] : control.directions) {
        double square = 0;
        for (const float x : direction) square += static_cast<double>(x) * x;
        if (square == 0) continue;
        LayerVector layer;
        layer.layer = number;
        layer.mean_gap = std::sqrt(square);
        layer.probe.resize(width);
        layer.mean.resize(width);
        for (std::size_t i = 0; i < width; ++i) {
            layer.mean[i] = static_cast<float>(direction[i] / layer.mean_gap);
            layer.probe[i] = static_cast<float>(direction[i] / square);
        }
        layer.whitened = layer.mean;
        layer.train_accuracy = layer.cross_accuracy = layer.heldout_accuracy =
            layer.paired_accuracy = layer.shuffled_accuracy =
                std::numeric_limits<double>::quiet_NaN();
        layer.heldout_ci = layer.paired_ci = {0, 1};
        vector.layers.push_back(std::move(layer));
        vector.chosen.push_back(number);
    }
    return vector;
}

std::vector<LayerSimilarity> compare(const ValueVector& a, const ValueVector& b) {
    if (a.card.model_hash != b.card.model_hash || a.card.width != b.card.width) {
        throw Error(ErrorKind::mismatch,
                    "the vectors of " + a.card.value + " and " + b.card.value +
                        " were learnt in different models and cannot be compared");
    }
    std::vector<LayerSimilarity> result;
    for (const LayerVector& left : a.layers) {
        for (const LayerVector& right : b.layers) {
            if (left.layer != right.layer) continue;
            result.push_back({left.layer, cosine(left.probe, right.probe),
                              cosine(left.whitened, right.whitened),
                              cosine(left.mean, right.mean)});
        }
    }
    return result;
}

}  // namespace axia::vectors
