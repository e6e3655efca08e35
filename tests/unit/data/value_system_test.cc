#include "axia/data/value_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source_dir.h"
#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;
using testing::ElementsAre;

const char* const small_yaml = R"(schema: axia.value-system
version: 1
name: small
title: "A small system"
licence: Apache-2.0
higher_order:
  - {id: keeping, name: Keeping, values: [order, rest]}
  - {id: making, name: Making, values: [rest]}
values:
  - id: order
    name: Order
    angle: 90.5
    higher_order: keeping
    definition: >-
      Things stay
      in place.
    opposites: [play]
    neighbours: rest
    prompt: Keep order.
    opposite_prompt: Keep none.
  - id: rest
    name: Rest
    ring: outer
    higher_order: [keeping, making]
    definition: d
    neighbours: [order]
    prompt: p
    opposite_prompt: o
  - id: play
    name: Play
    definition: d
    opposites: [order]
    prompt: p
    opposite_prompt: o
)";

std::string changed(const std::string& from, const std::string& to) {
    std::string text = small_yaml;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(ValueSystem, ReadsTheFolder) {
    const Scratch scratch;
    scratch.write("any.yaml", small_yaml);
    scratch.write("README.md", "not read");
    const auto pairs = scratch.write(
        "pairs/order.jsonl",
        R"({"value":"order","other":"play","positive":"p","negative":"n","split":"learn"})");
    scratch.write("dilemmas/order.jsonl",
                  R"({"id":"d1","value":"order","other":"play","split":"heldout","situation":"s",)"
                  R"("toward":"t?","away":"a?","options":{"toward":"T","away":"A"}})");
    scratch.write("neutral_prompts.jsonl", R"({"text":"What is 2 + 2?","split":"heldout"})");
    scratch.write("neutral_texts.jsonl", R"({"text":"Four.","prompt":"What is 2 + 2?"})");
    scratch.write("controls.jsonl",
                  R"({"id":"1","question":"Is ice cold?","answer":"yes","pair":"c"})"
                  "\n"
                  R"({"id":"2","question":"Is ice hot?","answer":"no","pair":"c"})");
    const ValueSystem system = read_value_system(scratch.path);
    EXPECT_EQ(system.name, "small");
    EXPECT_EQ(system.title, "A small system");
    EXPECT_EQ(system.licence, "Apache-2.0");
    EXPECT_EQ(system.version, 1);
    EXPECT_EQ(system.folder, scratch.path);
    EXPECT_THAT(system.ids(), ElementsAre("order", "rest", "play"));
    ASSERT_EQ(system.higher_order.size(), 2u);
    EXPECT_THAT(system.higher_order[0].values, ElementsAre("order", "rest"));
    const Value& order = system.value("order");
    EXPECT_EQ(order.definition, "Things stay in place.");
    EXPECT_EQ(order.angle, 90.5);
    EXPECT_FALSE(order.outer_ring);
    EXPECT_TRUE(system.value("rest").outer_ring);
    EXPECT_THAT(order.neighbours, ElementsAre("rest"));
    EXPECT_THAT(order.higher_order, ElementsAre("keeping"));
    EXPECT_THAT(system.value("rest").higher_order, ElementsAre("keeping", "making"));
    EXPECT_TRUE(system.has("play"));
    EXPECT_FALSE(system.has("Play"));

    EXPECT_EQ(system.pairs_file("order"), pairs);
    EXPECT_EQ(system.pairs("order").at(0).positive, "p");
    const Dilemma dilemma = system.dilemmas("order").at(0);
    EXPECT_EQ(dilemma.situation, "s");
    EXPECT_EQ(dilemma.toward, "t?");
    EXPECT_EQ(dilemma.option_away, "A");
    EXPECT_EQ(dilemma.split, Split::heldout);
    EXPECT_EQ(system.neutral_prompts().at(0).split, Split::heldout);
    EXPECT_EQ(system.neutral_texts().at(0).prompt, "What is 2 + 2?");
    ASSERT_EQ(system.controls().size(), 2u);
    EXPECT_TRUE(system.controls()[0].answer_yes);
    EXPECT_FALSE(system.controls()[1].answer_yes);

    expect_error([&] { system.value("ordr"); }, ErrorKind::not_found, "", "did you mean order?");
    expect_error([&] { system.pairs("honesty"); }, ErrorKind::not_found, "",
                 "it has order, rest, play");
    const std::string missing = (scratch.path / "pairs" / "play.jsonl").string();
    expect_error([&] { system.pairs("play"); }, ErrorKind::not_found, missing, "no such file");
    scratch.write("dilemmas/play.jsonl",
                  R"({"id":"d1","value":"order","other":"play","situation":"s","toward":"t?",)"
                  R"("away":"a?","options":{"toward":"T","away":"A"}})");
    expect_error([&] { system.dilemmas("play"); }, ErrorKind::input,
                 (scratch.path / "dilemmas" / "play.jsonl").string() + ":1", "file of 'play'");
}

TEST(ValueSystem, MalformedYaml) {
    struct Bad {
        const char* name;
        std::string text, where, says;
        ErrorKind kind = ErrorKind::input;
    };
    const std::vector<Bad> table = {
        {"empty", "", "y", "not a map"},
        {"a list", "- a\n- b\n", "y:1", "not a map"},
        {"broken", "schema: [a\n", "y:2", "not valid YAML"},
        {"not UTF-8", "schema: \xFF\n", "y", "UTF-8"},
        {"no schema", "name: x\n", "y:1", "no field 'schema'"},
        {"other schema", changed("axia.value-system", "axia.plan"), "y:1", "'axia.plan'"},
        {"later version", changed("version: 1", "version: 2"), "y:1", "version is '2'",
         ErrorKind::unsupported},
        {"no prompt", changed("    prompt: Keep order.\n", ""), "y:10", "no field 'prompt'"},
        {"empty name", changed("name: Order", "name: ''"), "y:10", "field 'name'"},
        {"list for a text", changed("name: Order", "name: [a]"), "y:10", "field 'name'"},
        {"no values", changed("values:\n", "others:\n"), "y:1", "lists no values"},
        {"id with a slash", changed("id: order", "id: ../order"), "y:10", "ill-formed"},
        {"id twice", changed("id: play", "id: rest"), "y:29", "used twice"},
        {"unknown opposite", changed("opposites: [play]", "opposites: [plya]"), "y:10",
         "did you mean play?"},
        {"one-sided opposite", changed("opposites: [play]", "opposites: [play, rest]"), "y:10",
         "not the other way round"},
        {"own neighbour", changed("neighbours: rest", "neighbours: order"), "y:10",
         "among its own neighbours"},
        {"unknown group", changed("higher_order: keeping", "higher_order: keepin"), "y:10",
         "did you mean keeping?"},
        {"not in its group", changed("[order, rest]", "[rest]"), "y:10", "does not list it"},
        {"group lists more", changed("values: [rest]", "values: [rest, play]"), "y:8",
         "does not name it"},
        {"angle", changed("90.5", "360"), "y:10", "'angle' is outside"},
        {"angle word", changed("90.5", "east"), "y:10", "not a number"},
        {"ring", changed("ring: outer", "ring: middle"), "y:21", "'middle'"},
    };
    for (const Bad& bad : table) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_value_system(bad.text, "y"); }, bad.kind, bad.where, bad.says);
    }
}

TEST(ValueSystem, Folders) {
    const Scratch scratch;
    const std::string here = scratch.path.string();
    expect_error([&] { read_value_system(scratch.path); }, ErrorKind::not_found, here,
                 "holds 0 .yaml files");
    const auto file = scratch.write("a.yaml", small_yaml);
    expect_error([&] { read_value_system(file); }, ErrorKind::input, file.string(), "is a file");
    scratch.write("b.yaml", small_yaml);
    expect_error([&] { read_value_system(scratch.path); }, ErrorKind::input, here,
                 "holds 2 .yaml files");
    const auto none = scratch.path / "none";
    expect_error([&] { read_value_system(none); }, ErrorKind::not_found, none.string(),
                 "no such folder");
}

TEST(ValueSystem, MalformedDilemmasAndControls) {
    const std::string head = R"({"id":"d","value":"v","other":"o","situation":"s")";
    const auto dilemma = [&](const std::string& rest, const std::string& says) {
        SCOPED_TRACE(rest);
        expect_error([&] { parse_dilemmas(head + rest, "d"); }, ErrorKind::input, "d:1", says);
    };
    dilemma(R"(,"away":"a","options":{"toward":"T","away":"A"}})", "no field 'toward'");
    dilemma(R"(,"toward":"a","away":"a","options":{"toward":"T","away":"A"}})", "same question");
    dilemma(R"(,"toward":"t","away":"a"})", "no field 'options'");
    dilemma(R"(,"toward":"t","away":"a","options":["T","A"]})", "'options' is a JSON array");
    dilemma(R"(,"toward":"t","away":"a","options":{"toward":"T"}})", "no field 'options.away'");

    const std::string yes = R"({"id":"1","question":"q","answer":"yes","pair":"c"})";
    expect_error([&] { parse_controls(yes, "c"); }, ErrorKind::input, "c:1", "one yes and one no");
    expect_error(
        [&] { parse_controls(R"({"id":"1","question":"q","answer":"maybe","pair":"c"})", "c"); },
        ErrorKind::input, "c:1", "'maybe'");
}

TEST(ValueSystem, TheOneThatShips) {
    const ValueSystem system =
        read_value_system(std::filesystem::path(AXIA_SOURCE_DIR) / "values" / "schwartz");
    EXPECT_EQ(system.values.size(), 10u);
    EXPECT_EQ(system.higher_order.size(), 4u);
    EXPECT_EQ(system.value("conformity").angle, system.value("tradition").angle);
    EXPECT_TRUE(system.value("tradition").outer_ring);
    EXPECT_EQ(system.neutral_prompts().size(), 120u);
    EXPECT_EQ(system.neutral_texts().size(), 30u);
    EXPECT_EQ(system.controls().size(), 24u);
}

}  // namespace
}  // namespace axia::data
