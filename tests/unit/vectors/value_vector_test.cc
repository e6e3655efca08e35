#include "axia/vectors/value_vector.h"

#include <common.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/random.h"
#include "axia/data/gguf.h"
#include "axia/vectors/gate.h"
#include "axia/vectors/learn.h"
#include "support/tiny_model.h"

namespace axia::vectors {
namespace {

using core::Error;
using core::ErrorKind;

/// Pairs whose sides differ in one planted byte pattern at the end, in neutral random scenes.
std::vector<data::ContrastPair> planted_pairs(int count, bool planted) {
    core::Rng rng(5);
    std::vector<data::ContrastPair> pairs;
    for (int i = 0; i < count; ++i) {
        data::ContrastPair pair;
        pair.id = "p" + std::to_string(i);
        pair.value = "x";
        pair.group = pair.scene = "scene " + std::to_string(i);
        pair.split = i % 3 == 0 ? data::Split::heldout : data::Split::learn;
        std::string stem;
        for (int k = 0; k < 6; ++k) stem += static_cast<char>('a' + rng.below(26));
        const bool flip = !planted && rng.below(2) == 1;
        pair.positive = stem + (flip ? " zq" : " kw");
        pair.negative = stem + (flip ? " kw" : " zq");
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

model::SessionOptions small_session() {
    return {.context = 1024, .sequences = 32, .batch = 512, .threads = 1};
}

TEST(Learn, FindsWhatWasPlantedAndNotWhatWasNot) {
    const auto model = test::tiny_model();
    model::Session session(model, small_session());
    const auto pairs = planted_pairs(60, true);
    const ValueVector vector = learn_value(session, pairs, {});
    const LayerVector& last = vector.layers.back();
    EXPECT_GE(last.paired_accuracy, .95);
    EXPECT_GE(last.heldout_accuracy, .9);
    EXPECT_LE(last.heldout_ci.lo, last.heldout_accuracy);
    double shuffled = 0;
    for (const LayerVector& layer : vector.layers) shuffled += layer.shuffled_accuracy;
    EXPECT_NEAR(shuffled / static_cast<double>(vector.layers.size()), .5, .25);

    const ValueVector null = learn_value(session, planted_pairs(60, false), {});
    EXPECT_LT(null.layers.back().paired_accuracy, .85);
}

TEST(Learn, DirectionsAreUnitAndRaiseTheProbe) {
    const auto model = test::tiny_model();
    model::Session session(model, small_session());
    const ValueVector vector = learn_value(session, planted_pairs(40, true), {});
    for (const LayerVector& layer : vector.layers) {
        for (const Direction direction : {Direction::probe, Direction::whitened, Direction::mean}) {
            const auto unit = layer.unit(direction);
            double square = 0, gain = 0;
            for (std::size_t i = 0; i < unit.size(); ++i) {
                square += static_cast<double>(unit[i]) * unit[i];
                gain += static_cast<double>(unit[i]) * layer.probe[i];
            }
            EXPECT_NEAR(square, 1, 1e-5);
            EXPECT_GT(gain, 0);
        }
    }
}

// up to the rounding of the F16 cache, which attention reads in other block sizes
TEST(Learn, PackingDoesNotChangeWhatIsRead) {
    const auto model = test::tiny_model();
    model::Session session(model, small_session());
    const auto pairs = planted_pairs(20, true);
    const auto packed = capture_pairs(session, pairs, capture::Context::chat, 512, {});
    const auto single = capture_pairs(session, pairs, capture::Context::chat, 0, {});
    ASSERT_LT(packed.rows_decoded, single.rows_decoded);
    for (std::size_t k = 0; k < packed.states.size(); ++k) {
        for (std::size_t t = 0; t < packed.states[k].rows; ++t) {
            double difference = 0, norm = 0;
            for (std::size_t j = 0; j < packed.states[k].cols; ++j) {
                const double a = packed.states[k].row(t)[j], b = single.states[k].row(t)[j];
                difference += (a - b) * (a - b);
                norm += b * b;
            }
            ASSERT_LT(std::sqrt(difference / norm), .01) << "block " << k << ", text " << t;
        }
    }
}

TEST(Learn, SameSeedSameBytes) {
    const auto model = test::tiny_model();
    const test::ScratchFolder scratch;
    std::string bytes[2];
    for (std::string& out : bytes) {
        model::Session session(model, small_session());
        ValueVector vector = learn_value(session, planted_pairs(40, true), {.seed = 3});
        write_value_vector(vector, scratch.path / "v.gguf");
        out = core::read_file(scratch.path / "v.gguf");
    }
    EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(Learn, RefusesTooFewPairsAndMixedValues) {
    const auto model = test::tiny_model();
    model::Session session(model, small_session());
    EXPECT_THROW(learn_value(session, planted_pairs(9, true), {}), Error);
    auto mixed = planted_pairs(30, true);
    mixed[3].value = "y";
    EXPECT_THROW(learn_value(session, mixed, {}), Error);
}

TEST(Folds, NeverSplitAScene) {
    auto pairs = planted_pairs(40, true);
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i].group = "g" + std::to_string(i / 4);
    for (auto& pair : pairs) pair.split = data::Split::learn;
    const auto fold = scene_folds(pairs, 5, 1);
    for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_EQ(fold[i], fold[i / 4 * 4]);
}

class VectorFile : public ::testing::Test {
  protected:
    test::ScratchFolder scratch_;
    std::filesystem::path file_ = scratch_.path / "x.gguf";
    ValueVector vector_;

    void SetUp() override {
        const auto model = test::tiny_model();
        model::Session session(model, small_session());
        vector_ = learn_value(session, planted_pairs(40, true), {});
        Gate gate;
        gate.layer = 2;
        gate.weights.assign(32, .5F);
        gate.intercept = -1;
        for (int i = 0; i < 40; ++i) gate.calibration.push_back(i);
        vector_.gate = gate;
        write_value_vector(vector_, file_);
    }
};

TEST_F(VectorFile, RoundTrip) {
    const ValueVector back = read_value_vector(file_);
    EXPECT_EQ(back.file_hash, vector_.file_hash);
    EXPECT_EQ(to_json(back), to_json(vector_));
    ASSERT_EQ(back.layers.size(), vector_.layers.size());
    for (std::size_t i = 0; i < back.layers.size(); ++i) {
        EXPECT_EQ(back.layers[i].probe, vector_.layers[i].probe);
        EXPECT_EQ(back.layers[i].mean, vector_.layers[i].mean);
        EXPECT_EQ(back.layers[i].whitened, vector_.layers[i].whitened);
        EXPECT_EQ(back.layers[i].intercept, vector_.layers[i].intercept);
    }
    EXPECT_EQ(back.gate->calibration, vector_.gate->calibration);
    EXPECT_EQ(back.gate->threshold(.05), 38);  // ceil(41 * .95) = 39th smallest of 0..39
}

TEST_F(VectorFile, IsAPlainControlVectorToo) {
    const ControlVector plain = read_control_vector(file_);
    EXPECT_EQ(plain.model_hint, "llama");
    EXPECT_EQ(plain.directions.size(), vector_.layers.size() - 1);  // block 0 has no place there
    EXPECT_EQ(plain.directions.at(3), vector_.layer(3).unit(Direction::probe));
    const auto model = test::tiny_model();
    const ValueVector imported = from_control_vector(plain, model->info(), "y", "file");
    EXPECT_NEAR(imported.layer(3).mean_gap, 1, 1e-5);
    EXPECT_TRUE(std::isnan(imported.layer(3).paired_accuracy));
}

TEST_F(VectorFile, AnotherModelIsRefused) {
    EXPECT_NO_THROW(check_model(vector_, vector_.card.model_hash, 32, 6, "v"));
    EXPECT_THROW(check_model(vector_, "other", 32, 6, "v"), Error);
    EXPECT_THROW(check_model(vector_, vector_.card.model_hash, 64, 6, "v"), Error);
}

TEST_F(VectorFile, EveryTruncationIsRefusedInOneLine) {
    const std::string bytes = core::read_file(file_);
    for (std::size_t keep = 0; keep < bytes.size(); keep += 1 + bytes.size() / 150) {
        const auto cut = scratch_.path / "cut.gguf";
        std::ofstream(cut, std::ios::binary).write(bytes.data(), static_cast<long>(keep));
        try {
            read_value_vector(cut);
            ADD_FAILURE() << "cut at " << keep << " was accepted";
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
            EXPECT_EQ(core::exit_code(error.kind()), 2);
        }
    }
}

TEST_F(VectorFile, NaNWeightsNewerSchemaAndForeignFilesAreRefused) {
    std::string bytes = core::read_file(file_);
    const std::size_t version = bytes.find("axia.version") + 12 + 4;
    std::string newer = bytes;
    newer[version] = 9;
    core::write_file(scratch_.path / "newer.gguf", newer);
    try {
        read_value_vector(scratch_.path / "newer.gguf");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::unsupported);
    }
    std::string nan = bytes;
    const std::size_t probe = nan.find("axia.probe.2") + 12 + 4 + 4 + 8;
    for (int i = 0; i < 4; ++i) nan[probe + static_cast<std::size_t>(i)] = '\xFF';
    core::write_file(scratch_.path / "nan.gguf", nan);
    try {
        read_value_vector(scratch_.path / "nan.gguf");
        FAIL();
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("axia.probe.2"), std::string::npos);
    }
    test::write_tiny_model(scratch_.path / "model.gguf");
    EXPECT_THROW(read_value_vector(scratch_.path / "model.gguf"), Error);
    EXPECT_THROW(read_value_vector(scratch_.path), Error);
}

// llama.cpp's own reader of --control-vector files must take ours.
TEST(LlamaLoader, ReadsAVectorFileAsAControlVector) {
    const auto model = test::tiny_model();
    const int width = model->info().width, layers = model->info().layers;
    ValueVector vector;
    vector.card.value = "x";
    vector.card.architecture = model->info().architecture;
    vector.card.layers = layers;
    vector.card.width = width;
    core::Rng rng(2);
    for (int l = 0; l < layers; ++l) {
        LayerVector layer;
        layer.layer = l;
        for (int i = 0; i < width; ++i) layer.probe.push_back(static_cast<float>(rng.normal()));
        layer.mean = layer.whitened = layer.probe;
        vector.layers.push_back(std::move(layer));
    }
    const test::ScratchFolder scratch;
    const auto file = scratch.path / "x.gguf";
    write_value_vector(vector, file);

    const common_control_vector_data read = common_control_vector_load({{1.0F, file.string()}});
    ASSERT_EQ(read.n_embd, width);
    ASSERT_EQ(read.data.size(), static_cast<std::size_t>(width * (layers - 1)));
    for (int l = 1; l < layers; ++l) {
        const auto unit = vector.layer(l).unit(Direction::probe);
        for (int i = 0; i < width; ++i) {
            EXPECT_EQ(read.data[static_cast<std::size_t>((l - 1) * width + i)],
                      unit[static_cast<std::size_t>(i)]);
        }
    }
}

TEST(Gate, SeparatesPlantedRequestsAndHoldsItsRate) {
    core::Rng rng(9);
    RequestStates states;
    states.layer = 1;
    states.states = math::Matrix(260, 8);
    GateRows rows;
    for (std::size_t i = 0; i < 260; ++i) {
        const auto row = states.states.row(i);
        for (float& x : row) x = static_cast<float>(rng.normal());
        if (i < 40)
            row[0] += 4, rows.about.push_back(i);
        else if (i < 100)
            rows.others.push_back(i);
        else if (i < 120)
            rows.neutral.push_back(i);
        else
            rows.neutral_calibration.push_back(i);
    }
    const Gate gate = fit_gate(states, rows);
    EXPECT_EQ(gate.calibration.size(), 140u);
    const double threshold = gate.threshold(.05);
    int open = 0, false_open = 0;
    for (int k = 0; k < 4000; ++k) {
        std::vector<float> state(8);
        for (float& x : state) x = static_cast<float>(rng.normal());
        false_open += gate_score(gate, state) > threshold;
        state[0] += 4;
        open += gate_score(gate, state) > threshold;
    }
    EXPECT_LT(false_open / 4000.0, .09);
    EXPECT_GT(open / 4000.0, .8);
}

}  // namespace
}  // namespace axia::vectors
