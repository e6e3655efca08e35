// llama.cpp's own reader of --control-vector files must take ours.
#include <common.h>
#include <gtest/gtest.h>

#include "axia/vectors/learn.h"
#include "support/tiny_model.h"

namespace axia::vectors {
namespace {

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

}  // namespace
}  // namespace axia::vectors
