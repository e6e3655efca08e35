#include "axia/capture/capture.h"

#include <gtest/gtest.h>

#include "axia/core/error.h"
#include "support/tiny_model.h"

namespace axia::capture {
namespace {

class Capture : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    model::Session session_{model_, {.context = 256, .sequences = 4, .batch = 64, .threads = 1}};
};

TEST(Context, NamesAreParsedAndOthersRefused) {
    EXPECT_EQ(parse_context("chat"), Context::chat);
    EXPECT_EQ(context_name(Context::bare), "bare");
    EXPECT_THROW(parse_context("cat"), core::Error);
}

TEST_F(Capture, ChatTextsFollowTheModelsTemplate) {
    const auto tokens = text_tokens(*model_, Context::chat, "Why?", "Because.");
    std::string text;
    for (const model::Token token : tokens) text += model_->token_bytes(token);
    // a byte vocabulary spells the tokenizer's space mark out
    for (std::size_t at; (at = text.find("\xE2\x96\x81")) != std::string::npos;) {
        text.replace(at, 3, " ");
    }
    EXPECT_EQ(text, "[user] Why?\n[assistant] Because.");
    EXPECT_EQ(tokens[0], 1);  // BOS
    const auto bare = text_tokens(*model_, Context::bare, "Why?", "Because.");
    EXPECT_EQ(bare.size(), 1 + std::string("Because.").size());
    EXPECT_EQ(bare[0], 1);
}

TEST_F(Capture, MoreTextsThanSequencesAndEqualTextsReadTheSame) {
    std::vector<std::vector<model::Token>> texts;
    for (const char* text : {"one", "two", "one", "three", "two", "one"}) {
        texts.push_back(model_->tokenize(text, true));
    }
    const Activations read = capture_last_states(session_, texts);
    ASSERT_EQ(read.states.size(), 6u);  // every block
    for (const math::Matrix& layer : read.states) {
        ASSERT_EQ(layer.rows, texts.size());
        for (std::size_t j = 0; j < layer.cols; ++j) {
            EXPECT_NEAR(layer.row(0)[j], layer.row(2)[j], 1e-2);
            EXPECT_NEAR(layer.row(1)[j], layer.row(4)[j], 1e-2);
        }
        EXPECT_GT(std::abs(layer.row(0)[0] - layer.row(3)[0]), 1e-4);
    }
    EXPECT_LE(read.rows_decoded, read.tokens);
}

TEST_F(Capture, OnlyTheLayersAskedFor) {
    const std::vector<std::vector<model::Token>> texts{model_->tokenize("text", true)};
    CaptureOptions options;
    options.layers = {4, 1};
    const Activations read = capture_last_states(session_, texts, options);
    EXPECT_EQ(read.layers, (std::vector<int>{1, 4}));
    const Activations all = capture_last_states(session_, texts);
    EXPECT_EQ(read.states[0].values, all.states[1].values);
    EXPECT_EQ(read.states[1].values, all.states[4].values);
    options.layers = {6};
    EXPECT_THROW(capture_last_states(session_, texts, options), core::Error);
}

TEST_F(Capture, EmptyAndOverlongTextsAreNamed) {
    std::vector<std::vector<model::Token>> texts{model_->tokenize("good", true), {}};
    try {
        capture_last_states(session_, texts);
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.where(), "text 1");
    }
    texts[1].assign(65, 70);
    EXPECT_THROW(capture_last_states(session_, texts), core::Error);
}

}  // namespace
}  // namespace axia::capture
