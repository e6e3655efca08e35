#include "server/library.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "axia/answers/journal.h"
#include "axia/answers/runs.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/steer/plan.h"
#include "source_dir.h"

namespace axia::server {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int width = 3;

/// A vector of two layers whose probes at layer 1 point to `x`, `y`.
void write_vector(const fs::path& folder, const std::string& value, float x, float y,
                  const std::string& model = "tiny") {
    model::ModelInfo info;
    info.name = model;
    info.source_hash = std::string(64, model == "tiny" ? 'a' : 'b');
    info.architecture = "llama";
    info.layers = 2;
    info.width = width;
    vectors::ValueVector vector;
    vector.card = vectors::card_for(info, value, capture::Context::chat);
    vector.card.learn_pairs = 60;
    vector.card.heldout_pairs = 40;
    for (int i = 0; i < 2; ++i) {
        vectors::LayerVector layer;
        layer.layer = i;
        layer.probe = i == 1 ? std::vector<float>{x, y, 0} : std::vector<float>{0, 0, 2};
        layer.whitened = layer.mean = {1, 0, 0};
        layer.mean_gap = layer.state_norm = layer.reading_spread = 1;
        layer.train_accuracy = .9;
        layer.cross_accuracy = i == 1 ? .9 : .6;
        layer.heldout_accuracy = layer.paired_accuracy = .8;
        layer.heldout_ci = layer.paired_ci = {.7, .9};
        layer.shuffled_accuracy = .5;
        vector.layers.push_back(layer);
    }
    vector.chosen = {1};
    vectors::write_value_vector(vector, folder / (value + ".chat.gguf"));
}

class LibraryTest : public testing::Test {
  protected:
    fs::path folder = fs::path(testing::TempDir()) /
                      ("axia_library_" + std::to_string(::getpid()) + "_" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());

    void SetUp() override { fs::remove_all(folder); }
    void TearDown() override { fs::remove_all(folder); }

    /// Of one model: its vectors and plans are its own, pairs and runs are everybody's.
    Library library(const std::string& model = "tiny") const {
        model::ModelInfo info;
        info.name = model;
        info.layers = 2;
        info.width = width;
        return {data::read_value_system(fs::path(AXIA_SOURCE_DIR) / "values/schwartz"),
                info,
                512,
                {vectors(model), plans(model), folder / "runs", folder / "pairs"}};
    }
    fs::path vectors(const std::string& model = "tiny") const { return folder / model / "vectors"; }
    fs::path plans(const std::string& model = "tiny") const { return folder / model / "plans"; }

    static ordered_json named(const ordered_json& list, const std::string& name) {
        for (const ordered_json& one : list) {
            if (one["name"] == name) return one;
        }
        return {};
    }
    static Error error_of(const std::function<void()>& call) {
        try {
            call();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "nothing was thrown";
        return {ErrorKind::internal, "nothing"};
    }
};

TEST_F(LibraryTest, TellsTheModelThatIsServed) {
    const ordered_json model = library().model();
    EXPECT_EQ(model["name"], "tiny");
    EXPECT_EQ(model["layers"], 2);
    EXPECT_EQ(model["context"], 512);
}

TEST_F(LibraryTest, AnEmptyStoreHasTheSystemsValuesAndNothingLearnt) {
    const Library empty = library();
    const ordered_json values = empty.values();
    EXPECT_EQ(values["system"], "schwartz");
    ASSERT_EQ(values["values"].size(), 10U);
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(values["values"][i]["order"], i);
        EXPECT_EQ(values["values"][i]["learnt"], false);
        EXPECT_EQ(values["values"][i]["pairs"], 100);
    }
    EXPECT_TRUE(empty.vectors()["vectors"].empty());
    EXPECT_TRUE(empty.similarity("", -1)["values"].empty());
    EXPECT_TRUE(empty.plans()["plans"].empty());
    EXPECT_TRUE(empty.runs()["runs"].empty());
    EXPECT_THAT(empty.plan_names(), IsEmpty());
    EXPECT_THAT(empty.run_names(), IsEmpty());
}

TEST_F(LibraryTest, WhatIsLearntComesWithItsLayersAndBrokenFilesAreLeftOut) {
    write_vector(vectors(), "security", 1, 0);
    core::write_file(vectors() / "power.chat.gguf", "GGUF and then nonsense");
    core::write_file(vectors() / "hedonism.chat.gguf", "");
    core::write_file(vectors() / "notes.txt", "not a vector");
    const Library some = library();
    const ordered_json list = some.vectors()["vectors"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["value"], "security");
    EXPECT_EQ(list[0]["best_layer"], 1);
    EXPECT_EQ(list[0]["layers"].size(), 2U);
    EXPECT_EQ(list[0]["layers"][1]["accuracy"], .8);
    EXPECT_EQ(list[0]["pairs"]["held_out"], 40);
    EXPECT_TRUE(list[0]["gate"].is_null());
    const ordered_json values = some.values()["values"];
    EXPECT_EQ(named(values, "security")["learnt"], true);
    EXPECT_EQ(named(values, "power")["learnt"], false);
}

TEST_F(LibraryTest, SimilarityIsTheCosineOfTheProbes) {
    write_vector(vectors(), "power", 3, 4);
    write_vector(vectors(), "security", 2, 0);
    const ordered_json alike = library().similarity("chat", 1);
    EXPECT_THAT(alike["values"].get<std::vector<std::string>>(), ElementsAre("power", "security"));
    EXPECT_NEAR(alike["cosine"][0][1].get<double>(), .6, 1e-6);  // (3, 4)/5 . (1, 0)
    EXPECT_NEAR(alike["cosine"][1][1].get<double>(), 1, 1e-6);
    EXPECT_EQ(library().similarity("", -1)["layer"], 1);  // where both are surest
    EXPECT_TRUE(library().similarity("bare", -1)["values"].empty());
    EXPECT_EQ(error_of([&] { library().similarity("loud", -1); }).kind(), ErrorKind::usage);
    EXPECT_EQ(error_of([&] { library().similarity("chat", 7); }).kind(), ErrorKind::not_found);
}

TEST_F(LibraryTest, EachModelHasItsOwnVectorsAndPlans) {
    write_vector(vectors("one"), "thrift", 1, 0, "one");
    core::write_file(folder / "pairs/thrift.jsonl", "{}\n");
    core::write_file(plans("two") / "mine.json",
                     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a"}]})");
    const Library one = library("one"), two = library("two");
    EXPECT_EQ(one.vectors()["vectors"].size(), 1U);
    EXPECT_TRUE(two.vectors()["vectors"].empty());
    EXPECT_EQ(named(one.values()["values"], "thrift")["learnt"], true);
    EXPECT_EQ(named(two.values()["values"], "thrift")["learnt"], false);
    EXPECT_THAT(one.plan_names(), IsEmpty());
    EXPECT_THAT(two.plan_names(), ElementsAre("mine"));
}

TEST_F(LibraryTest, PlansAreListedReadAndFoundByName) {
    core::write_file(
        plans() / "steady.json",
        R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"security","p0":0.9}],)"
        R"("notes":{"effect_on_learn_split":0.5,"effect_se":0.1,"cost_nll":0.02,"frontier":[1]}})");
    core::write_file(plans() / "broken.json", "{");
    core::write_file(plans() / "newer.json", R"({"schema":"axia.plan","version":99})");
    const Library some = library();
    const ordered_json list = some.plans()["plans"];
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0]["name"], "steady");
    EXPECT_EQ(list[0]["values"][0]["value"], "security");
    EXPECT_NEAR(list[0]["values"][0]["log_odds"].get<double>(), std::log(9), 1e-6);
    EXPECT_NEAR(list[0]["effect"]["ci"][0].get<double>(), .5 - 1.96 * .1, 1e-9);
    EXPECT_EQ(list[0]["cost"], .02);
    const ordered_json plan = some.plan("steady");
    EXPECT_EQ(plan["hash"], list[0]["hash"]);
    EXPECT_EQ(plan["frontier"], ordered_json::array({1}));
    EXPECT_THAT(some.plan_names(), ElementsAre("broken", "newer", "steady"));
    const Error unknown = error_of([&] { some.plan("stedy"); });
    EXPECT_EQ(unknown.kind(), ErrorKind::not_found);
    EXPECT_EQ(unknown.where(), "name");
    EXPECT_THAT(unknown.what(), HasSubstr("steady"));
    EXPECT_EQ(error_of([&] { some.plan("broken"); }).kind(), ErrorKind::input);
    EXPECT_EQ(error_of([&] { some.plan("../plans/steady"); }).kind(), ErrorKind::not_found);
}

TEST_F(LibraryTest, BatteriesThatShipComeWithTheirFirstItems) {
    const Library some = library();
    const ordered_json portrait = named(some.batteries()["batteries"], "schwartz-portrait");
    EXPECT_GT(portrait["items"], 0);
    EXPECT_EQ(some.batteries(), some.batteries());
    const ordered_json battery = some.battery("schwartz-portrait");
    EXPECT_EQ(battery["items"], portrait["items"]);
    EXPECT_EQ(battery["first"].size(), 5U);
    EXPECT_THAT(error_of([&] { some.battery("schwartz-potrait"); }).what(),
                HasSubstr("schwartz-portrait"));
}

TEST_F(LibraryTest, RunsComeWithTheirPlansAndState) {
    {
        answers::Journal journal(folder / "runs/half");
        journal.bind(answers::fact_settings, R"({"arms":[{"name":"power=0.9","plan":"0f"}]})");
        journal.bind(answers::fact_battery, "weekend");
        journal.bind(answers::fact_model, "tiny");
        journal.bind(answers::fact_answers, "3");
    }
    { const answers::Journal journal(folder / "runs/whole"); }
    core::write_file(folder / "runs/whole/measures.json", R"({"schema":"axia.measures"})");
    core::write_file(
        folder / "runs/whole/run.json",
        R"({"schema":"axia.run","version":1,"battery":"weekend","created":"2026-01-02T03:04:05Z"})");
    core::write_file(folder / "runs/broken/journal.sqlite", "no database");
    fs::create_directories(folder / "runs/nothing");
    const Library some = library();
    const ordered_json list = some.runs()["runs"];
    EXPECT_EQ(list.size(), 3U);
    const ordered_json half = named(list, "half");
    EXPECT_EQ(half["state"], "unfinished");
    EXPECT_EQ(half["battery"], "weekend");
    EXPECT_EQ(half["asked"], 3);
    EXPECT_EQ(half["report"], false);
    EXPECT_EQ(half["plans"], ordered_json::parse(R"([{"name":"power=0.9","hash":"0f"}])"));
    EXPECT_EQ(named(list, "whole")["state"], "finished");
    EXPECT_EQ(named(list, "whole")["plans"], ordered_json::array());
    EXPECT_EQ(named(list, "broken")["state"], "unreadable");
    EXPECT_THAT(some.run_names(), ElementsAre("broken", "half", "whole"));

    EXPECT_EQ(some.run("whole"), R"({"schema":"axia.measures"})");
    EXPECT_THAT(error_of([&] { some.run("half"); }).what(), HasSubstr("not finished"));
    EXPECT_THAT(error_of([&] { some.run("hole"); }).what(), HasSubstr("whole"));
    EXPECT_EQ(error_of([&] { some.run("../runs/whole"); }).kind(), ErrorKind::not_found);
    EXPECT_EQ(error_of([&] { some.report("nothing"); }).kind(), ErrorKind::not_found);
}

TEST_F(LibraryTest, WhatIsSaidOfAnOwnValueCanBeChangedAndOfTheSystemsNot) {
    core::write_file(folder / "pairs/thrift.jsonl", "{}\n");
    core::write_file(folder / "pairs/bravery.jsonl", "{}\n");
    core::write_file(folder / "pairs/bravery.json", "{ broken");
    const Library some = library();
    const ordered_json first =
        some.describe("thrift", R"({"definition":"Wasting nothing","order":0})");
    EXPECT_EQ(first["definition"], "Wasting nothing");
    const ordered_json values = some.values()["values"];
    ASSERT_EQ(values.size(), 12U);
    EXPECT_EQ(values[1], first);               // after the circle's first
    EXPECT_EQ(values[11]["name"], "bravery");  // nothing is known of its place
    EXPECT_EQ(values[11]["definition"], "");
    EXPECT_FALSE(values[11].contains("order"));

    const ordered_json second =
        some.describe("thrift", R"({"title":"Thrift","group":"conservation"})");
    EXPECT_EQ(second["title"], "Thrift");
    EXPECT_EQ(second["group"], "conservation");
    EXPECT_EQ(second["definition"], "");
    EXPECT_FALSE(second.contains("order"));
    EXPECT_EQ(some.describe("thrift", "{}")["title"], "thrift");

    EXPECT_EQ(error_of([&] { some.describe("security", "{}"); }).kind(), ErrorKind::input);
    const Error unknown = error_of([&] { some.describe("thrif", "{}"); });
    EXPECT_EQ(unknown.kind(), ErrorKind::not_found);
    EXPECT_THAT(unknown.what(), HasSubstr("thrift"));
    EXPECT_EQ(error_of([&] { some.describe("../x", "{}"); }).kind(), ErrorKind::not_found);
    EXPECT_EQ(error_of([&] { some.describe("thrift", "[]"); }).where(), "body");
    EXPECT_EQ(error_of([&] { some.describe("thrift", R"({"order":"first"})"); }).where(), "order");
}

TEST_F(LibraryTest, ACheckSaysWhatIsWrongWithPairsAndKeepsNothing) {
    const Library some = library();
    const ordered_json check = some.check(
        R"({"value":"thrift","pairs":[{"positive":"I mend it.","negative":"I buy it new."}]})");
    EXPECT_EQ(check["values"][0]["pairs"], 1);
    EXPECT_EQ(error_of([&] { some.check(R"({"pairs":[]})"); }).where(), "pairs");
    EXPECT_EQ(error_of([&] { some.check("nonsense"); }).where(), "body");
    EXPECT_FALSE(fs::exists(folder));
}

TEST(LibraryTexts, PairsBecomeLinesOfTheirOwnValue) {
    const auto pairs = ordered_json::parse(
        R"([{"value":"other","positive":"a\nb","negative":"c","scene":null,"split":"heldout"}])");
    EXPECT_EQ(pairs_jsonl(pairs, "thrift"),
              R"({"value":"thrift","positive":"a\nb","negative":"c","split":"heldout"})"
              "\n");
    EXPECT_THROW(pairs_jsonl(pairs, "../x"), Error);
    EXPECT_THROW(pairs_jsonl(ordered_json::parse(R"([{"positive":"a","negatif":"b"}])"), "x"),
                 Error);
}

TEST(LibraryTexts, AnUnknownNameIsToldWithTheNearest) {
    EXPECT_NO_THROW(require_name("power", {"power", "security"}, "value", "here"));
    try {
        require_name("pover", {"power", "security"}, "value", "here");
        FAIL() << "it was taken";
    } catch (const Error& error) {
        EXPECT_EQ(error.where(), "here");
        EXPECT_THAT(error.what(), HasSubstr("there is no value 'pover'"));
        EXPECT_THAT(error.what(), HasSubstr("did you mean power"));
    }
    EXPECT_THROW(require_name("x", {}, "value", "here"), Error);
    EXPECT_EQ(parse_object(R"({"a":1})")["a"], 1);
}

}  // namespace
}  // namespace axia::server
