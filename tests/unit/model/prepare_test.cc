#include "axia/model/prepare.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/data/gguf.h"
#include "axia/model/model.h"
#include "axia/model/open.h"
#include "axia/model/session.h"
#include "model/compare.h"

namespace axia::model {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;

PreparedCard card(const std::string& format, double prompt, double decode, double kl) {
    PreparedCard one;
    one.format = format;
    one.prompt.best = prompt;
    one.decode.best = decode;
    one.source_prompt.best = 300;
    one.source_decode.best = 100;
    one.mean_kl = kl;
    one.kl_tokens = 300;
    return one;
}

TEST(Prepare, GainByHand) {
    const PreparedCard one = card("q8_0", 600, 80, 0);
    EXPECT_DOUBLE_EQ(one.gain(Purpose::prompt), 2.0);
    EXPECT_DOUBLE_EQ(one.gain(Purpose::decode), 0.8);
    // (8/300 + 1/100) / (8/600 + 1/80) = 0.0366667 / 0.0258333
    EXPECT_NEAR(one.gain(Purpose::automatic), 1.4193548387, 1e-9);
    EXPECT_EQ(PreparedCard{}.gain(Purpose::prompt), 1);  // not measured
}

TEST(Prepare, ChoosesTheFastestThatIsNearEnough) {
    std::vector<PreparedCard> cards{card("q8_0", 600, 80, .005), card("bf16", 900, 60, .003),
                                    card("f16", 950, 120, .02)};
    EXPECT_EQ(choose_card(cards, Purpose::prompt, .01, 1.05), 1U);
    EXPECT_EQ(choose_card(cards, Purpose::prompt, .03, 1.05), 2U);
    EXPECT_EQ(choose_card(cards, Purpose::decode, .01, 1.05), cards.size());  // the source
    EXPECT_EQ(choose_card(cards, Purpose::decode, .03, 1.05), 2U);
    EXPECT_EQ(choose_card(cards, Purpose::decode, .03, 1.25), cards.size());
    EXPECT_EQ(choose_card(cards, Purpose::prompt, .003, 1.05), cards.size());  // below, not at
    cards[1].note = "does not fit";
    EXPECT_EQ(choose_card(cards, Purpose::prompt, .01, 1.05), 0U);
    cards[0].mean_kl = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(choose_card(cards, Purpose::prompt, .01, 1.05), cards.size());
    EXPECT_EQ(choose_card({}, Purpose::prompt, .01, 1.05), 0U);
}

TEST(Prepare, Words) {
    for (const Purpose one : {Purpose::automatic, Purpose::prompt, Purpose::decode}) {
        EXPECT_EQ(purpose_of(purpose_name(one)), one);
    }
    EXPECT_THROW(purpose_of("fast"), Error);
    const auto json = nlohmann::json::parse(to_json(card("q8_0", 600, 80, .005)));
    EXPECT_EQ(json.at("schema"), "axia.prepared");
    EXPECT_EQ(json.at("prompt_tokens_per_second").at("best"), 600);
    EXPECT_EQ(json.at("mean_kl_nats"), .005);
}

/// Caches and store in a folder of their own.
class PrepareFiles : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "axia-prepare-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        for (const auto& [variable, folder] :
             {std::pair{"AXIA_DATA", "data"}, std::pair{"AXIA_CACHE", "cache"}}) {
            const char* old = std::getenv(variable);
            before_[variable] = old != nullptr ? std::optional<std::string>(old) : std::nullopt;
            ::setenv(variable, (root_ / folder).c_str(), 1);
        }
    }
    void TearDown() override {
        for (const auto& [name, value] : before_) {
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
        }
        fs::remove_all(root_);
    }
    fs::path root_;
    std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(PrepareFiles, SmallModelsStayAsTheyAre) {
    data::GgufWriter writer;
    writer.set("general.architecture", "llama");
    writer.add_f32("a.weight", {32, 2}, std::vector<float>(64));
    writer.write(root_ / "m.gguf");
    const PulledModel model = pull_model((root_ / "m.gguf").string());
    const PreparedCard chosen = prepare_model(model);
    EXPECT_EQ(chosen.format, "source");
    EXPECT_EQ(chosen.file, model.file);
    EXPECT_FALSE(fs::exists(root_ / "cache/prepared"));
    EXPECT_THROW(prepare_format(model, "q9_0"), Error);
    EXPECT_THROW(show_prepared("../../x"), Error);
    EXPECT_TRUE(list_prepared().empty());
    EXPECT_EQ(remove_prepared(model.sha256), 0U);
}

TEST_F(PrepareFiles, WhatLibllamaCannotReadIsRememberedAsSource) {
    data::GgufWriter writer;
    writer.set("general.architecture", "llama");
    writer.add_f32("a.weight", {32, 2}, std::vector<float>(64));
    writer.write(root_ / "m.gguf");
    PrepareOptions options;
    options.min_bytes = 0;
    const PulledModel model = pull_model((root_ / "m.gguf").string());
    EXPECT_EQ(prepare_model(model, options).format, "source");
    const std::vector<PreparedCard> cards = show_prepared(model.sha256);
    ASSERT_EQ(cards.size(), 3U);
    for (const PreparedCard& one : cards) EXPECT_FALSE(one.note.empty()) << one.format;
    EXPECT_TRUE(list_prepared().empty());
}

class PrepareReal : public PrepareFiles {
  protected:
    void SetUp() override {
        PrepareFiles::SetUp();
        const char* file = std::getenv("AXIA_TEST_MODEL_FILE");
        if (file == nullptr) GTEST_SKIP() << "AXIA_TEST_MODEL_FILE is not set";
        model_ = pull_model(file);
        options_.seconds = 1;
        watch_.progress = [this](const core::Progress& progress) {
            stages_.emplace(progress.stage);
        };
    }
    bool measured() const {
        for (const std::string& stage : stages_) {
            if (stage.starts_with("prepare: measuring ")) return true;
        }
        return false;
    }
    PulledModel model_;
    PrepareOptions options_;
    core::Watch watch_;
    std::set<std::string> stages_;
};

TEST_F(PrepareReal, AModelIsNoDistanceFromItself) {
    const auto model = Model::load(model_.file, {model_.sha256, "m"});
    PreparedCard self;
    compare_models(model, model, 1, 0, {}, self);
    EXPECT_EQ(self.mean_kl, 0);
    EXPECT_GT(self.kl_tokens, 40);
    EXPECT_GE(self.prompt.rounds, 2);
    EXPECT_GE(self.threads, 1);
    EXPECT_GT(self.prompt.best, 0);
    EXPECT_LE(self.decode.low, self.decode.median);
    EXPECT_LE(self.decode.median, self.decode.best);
}

TEST_F(PrepareReal, OneFormat) {
    const PreparedCard first = prepare_format(model_, "q8_0", options_, watch_);
    EXPECT_EQ(first.format, "q8_0");
    EXPECT_EQ(first.source_hash, model_.sha256);
    EXPECT_EQ(first.file, root_ / "cache/prepared" / (model_.sha256.substr(0, 16) + "-q8_0.gguf"));
    EXPECT_GT(first.mean_kl, 0);
    EXPECT_LT(first.mean_kl, .01);
    EXPECT_LT(first.kl_error, first.mean_kl);
    EXPECT_EQ(data::read_gguf(first.file).text("axia.source.sha256"), model_.sha256);
    const auto time = fs::last_write_time(first.file);

    const PreparedCard second = prepare_format(model_, "q8_0", options_, watch_);
    EXPECT_EQ(fs::last_write_time(first.file), time);
    EXPECT_EQ(second.mean_kl, first.mean_kl);
    EXPECT_EQ(second.prompt.best, first.prompt.best);

    // the same bytes when it is made again
    const std::string hash = core::sha256_file(first.file);
    fs::resize_file(first.file, fs::file_size(first.file) / 2);
    prepare_format(model_, "q8_0", options_, watch_);
    EXPECT_EQ(core::sha256_file(first.file), hash);

    ASSERT_EQ(list_prepared().size(), 1U);
    EXPECT_EQ(list_prepared()[0].format, "q8_0");
    EXPECT_EQ(remove_prepared(model_.sha256), 1U);
    EXPECT_TRUE(list_prepared().empty());
}

TEST_F(PrepareReal, TheChoiceIsRemembered) {
    options_.formats = {"q8_0", "f16"};
    options_.min_gain = 0;  // so that one is chosen whatever the speeds
    const PreparedCard first = prepare_model(model_, options_, watch_);
    EXPECT_TRUE(measured());
    ASSERT_NE(first.format, "source");
    EXPECT_TRUE(fs::exists(first.file));
    EXPECT_EQ(list_prepared().size(), 1U);  // the other was made only to be measured
    const std::vector<PreparedCard> cards = show_prepared(model_.sha256);
    ASSERT_EQ(cards.size(), 2U);
    for (const PreparedCard& one : cards) {
        EXPECT_EQ(one.note, "");
        EXPECT_LT(one.mean_kl, .01);
        EXPECT_FALSE(one.processor.empty());
    }

    stages_.clear();
    EXPECT_EQ(prepare_model(model_, options_, watch_).file, first.file);
    fs::remove(first.file);
    EXPECT_EQ(prepare_model(model_, options_, watch_).file, first.file);
    EXPECT_TRUE(fs::exists(first.file));
    options_.max_kl = 0;  // nothing is near enough now
    EXPECT_EQ(prepare_model(model_, options_, watch_).format, "source");
    EXPECT_FALSE(measured());
    EXPECT_TRUE(fs::exists(first.file));
    options_.formats = {"q8_0"};
    prepare_model(model_, options_, watch_);
    EXPECT_TRUE(measured());
    EXPECT_TRUE(list_prepared().empty());  // nothing uses the earlier choice now
}

TEST_F(PrepareReal, StoppedOnRequestLeavesNothing) {
    watch_.cancelled = [this] { return measured(); };
    try {
        prepare_model(model_, options_, watch_);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::cancelled);
    }
    EXPECT_TRUE(list_prepared().empty());
    EXPECT_TRUE(show_prepared(model_.sha256).empty());
}

TEST_F(PrepareReal, OpenedWeightsKeepTheSourcesIdentity) {
    OpenOptions open;
    open.prepare = options_;
    open.prepare.formats = {"q8_0"};
    open.prepare.min_gain = 0;
    const auto automatic = open_model(model_.file.string(), open);
    open.weights = "file";
    const auto file = open_model(model_.file.string(), open);
    open.weights = "q8_0";
    const auto named = open_model(model_.file.string(), open);
    EXPECT_EQ(file->info().file, model_.file);
    EXPECT_NE(automatic->info().file, model_.file);
    EXPECT_EQ(automatic->info().file, named->info().file);
    EXPECT_NE(automatic->info().weights.find("Q8_0"), std::string::npos);
    for (const auto& model : {automatic, file, named}) {
        EXPECT_EQ(model->info().source_hash, model_.sha256);
        EXPECT_EQ(model->info().name, model_.name);
    }
}

TEST_F(PrepareReal, AnUnwritableCacheIsNoFailure) {
    core::write_file(root_ / "blocked", "a file where a folder is wanted");
    ::setenv("AXIA_CACHE", (root_ / "blocked").c_str(), 1);
    int warnings = 0;
    core::Watch watch;
    watch.log = [&](core::LogLevel level, std::string_view) {
        if (level == core::LogLevel::warning) ++warnings;
    };
    EXPECT_EQ(open_model(model_.file.string(), {}, watch)->info().file, model_.file);
    EXPECT_EQ(warnings, 1);
}

}  // namespace
}  // namespace axia::model
