#include "axia/data/battery.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "axia/data/value_system.h"
#include "source_dir.h"
#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

const fs::path tree = AXIA_SOURCE_DIR;

std::string card(const std::string& rest) {
    return "schema: axia.battery\nversion: 1\nname: small\ntitle: Small\nlicence: Apache-2.0\n" +
           rest;
}

const std::string pair_line =
    R"({"id":"a","kind":"pair","text":"A free day.","options":[{"text":"Rest","values":{"ease":1}},)"
    R"({"text":"Help a friend","values":{"care":1,"ease":-0.5}}]})"
    "\n";

/// The shipped files are those of the tree.
class Shipped : public ::testing::Test {
  protected:
    void SetUp() override {
        if (const char* value = std::getenv("AXIA_SHARE")) before_ = value;
        ::setenv("AXIA_SHARE", tree.c_str(), 1);
    }
    void TearDown() override {
        before_ ? ::setenv("AXIA_SHARE", before_->c_str(), 1) : ::unsetenv("AXIA_SHARE");
    }
    std::optional<std::string> before_;
};

void expect_item_error(const std::string& scoring, const std::string& line, const std::string& says,
                       std::size_t at = 1) {
    SCOPED_TRACE(line);
    expect_error([&] { parse_battery(card("scoring: " + scoring + "\n"), line, "b"); },
                 ErrorKind::input, "b/items.jsonl:" + std::to_string(at), says);
}

TEST(Battery, ReadsEveryFieldOfAPair) {
    const std::string line =
        R"({"id":"a","kind":"pair","stem":"s","text":"A free day.","question":"What now?",)"
        R"("options":["Rest",{"text":"Help","values":{"care":2,"ease":-0.5}}],"correct":"Help",)"
        R"("tags":{"topic":"leisure"}})";
    const Battery battery = parse_battery(card("scoring: preference\n"), "\n" + line, "b");
    const Item item = battery.items().at(0);
    EXPECT_EQ(item.id, "a");
    EXPECT_EQ(item.stem, "s");
    EXPECT_EQ(item.kind, ItemKind::pair);
    EXPECT_EQ(item.text, "A free day.");
    EXPECT_EQ(item.question, "What now?");
    ASSERT_EQ(item.options.size(), 2u);
    EXPECT_EQ(item.options[0].text, "Rest");
    EXPECT_TRUE(item.options[0].values.empty());
    ASSERT_EQ(item.options[1].values.size(), 2u);
    EXPECT_EQ(item.options[1].values[0].value, "care");
    EXPECT_EQ(item.options[1].values[0].weight, 2);
    EXPECT_EQ(item.options[1].values[1].weight, -0.5);
    EXPECT_EQ(item.correct, 1u);
    EXPECT_EQ(item.tags.at("topic"), "leisure");
    EXPECT_EQ(item.line, 2u);
    EXPECT_EQ(battery.card().name, "small");
    EXPECT_EQ(battery.card().licence, "Apache-2.0");
}

TEST(Battery, RatingTakesTheScaleOfTheCardOrItsOwn) {
    const std::string scale = "scoring: mean\nscale: [{text: Never}, {text: Always, score: 5}]\n";
    const Battery battery = parse_battery(
        card(scale),
        R"({"id":"a","kind":"rating","text":"Sleeps in.","value":"ease","key":-1})"
        "\n"
        R"({"id":"b","kind":"rating","text":"Gets up.","options":["No",{"text":"So so","score":2.5},"Yes"]})",
        "b");
    const std::vector<Item> items = battery.items();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].stem, "a");
    EXPECT_EQ(items[0].value, "ease");
    EXPECT_EQ(items[0].key, -1);
    ASSERT_EQ(items[0].options.size(), 2u);
    EXPECT_EQ(items[0].options[0].score, 1);
    EXPECT_EQ(items[0].options[1].score, 5);
    EXPECT_EQ(items[1].options[1].score, 2.5);
    EXPECT_EQ(items[1].options[2].score, 3);
    EXPECT_EQ(items[1].key, 1);
    EXPECT_TRUE(items[1].value.empty());
}

TEST(Battery, ScoresOfAScaleRise) {
    expect_item_error(
        "mean",
        R"({"id":"b","kind":"rating","text":"Gets up.","options":["No",{"text":"So so","score":4},"Yes"]})",
        "'options[2].score' does not rise");
}

TEST(Battery, EveryWrongItemNamesLineAndField) {
    const std::string rest = R"("text":"T","options":["A","B"]})";
    const struct {
        const char* scoring;
        std::string line, says;
    } cases[] = {
        {"preference", "[1]", "holds a JSON array, not an object"},
        {"preference", "{\"id\":", "is not valid JSON"},
        {"preference", "{\"id\":\"caf\xE9\"}", "is not valid UTF-8"},
        {"preference", R"({"kind":"pair",)" + rest, "has no field 'id'"},
        {"preference", R"({"id":7,"kind":"pair",)" + rest, "'id' is a JSON number, not a string"},
        {"preference", R"({"id":" ","kind":"pair",)" + rest, "'id' is empty"},
        {"preference", R"({"id":"a",)" + rest, "has no field 'kind'"},
        {"preference", R"({"id":"a","kind":"pear",)" + rest, "did you mean pair?"},
        {"preference", R"({"id":"a","kind":"pair","tetx":"T",)" + rest, "unknown field 'tetx'"},
        {"preference", R"({"id":"a","kind":"pair","key":1,)" + rest, "unknown field 'key'"},
        {"preference", R"({"id":"a","kind":"pair","options":["A","B"]})", "has no field 'text'"},
        {"preference", R"({"id":"a","kind":"pair","text":"T"})", "a pair item with 0 options"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":{}})", "not a list"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":["A",3]})",
         "'options[1]' is a JSON number"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":["A","B","C"]})",
         "a pair item with 3 options"},
        {"preference", R"({"id":"a","kind":"choice","text":"T","options":["A"]})",
         "it has 2 to 26"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":""}]})",
         "'options[1].text' is empty"},
        {"preference",
         R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":"B","score":1}]})",
         "unknown field 'options[1].score'"},
        {"preference",
         R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":"B","values":["x"]}]})",
         "'options[1].values' is a JSON array"},
        {"preference",
         R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":"B","values":{"x":"1"}}]})",
         "'options[1].values.x' is a JSON string, not a number"},
        {"preference",
         R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":"B","values":{"x":0}}]})",
         "'options[1].values.x' is not a weight"},
        {"preference",
         R"({"id":"a","kind":"pair","text":"T","options":["A",{"text":"B","values":{"x":1e999}}]})",
         "number out of range"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":["Wait","Wait here"]})",
         "option 'Wait' is the beginning of option 'Wait here'"},
        {"preference", R"({"id":"a","kind":"pair","text":"T","options":["Wait","Wait"]})",
         "is the beginning of"},
        {"preference", R"({"id":"a","kind":"pair","correct":"C",)" + rest, "which is no option"},
        {"preference", R"({"id":"a","kind":"pair","tags":{"n":3},)" + rest,
         "'tags.n' is a JSON number"},
        {"preference", R"({"id":"a","kind":"free","text":"T"})",
         "is a free item, which the scoring"},
        {"accuracy", R"({"id":"a","kind":"pair",)" + rest, "has no field 'correct'"},
        {"exact_match", R"({"id":"a","kind":"pair","correct":"A",)" + rest,
         "has no field 'tags.group'"},
        {"mean", R"({"id":"a","kind":"rating","text":"T"})", "a rating item with 0 options"},
        {"mean", R"({"id":"a","kind":"rating","key":2,)" + rest, "'key' is neither 1 nor -1"},
        {"judged", R"({"id":"a","kind":"free",)" + rest, "unknown field 'options'"},
        {"likelihood", R"({"id":"a","kind":"likelihood","question":"Q",)" + rest,
         "unknown field 'question'"},
    };
    for (const auto& [scoring, line, says] : cases) expect_item_error(scoring, line, says);
}

TEST(Battery, TooManyOptionsForLetters) {
    std::string options;
    for (int i = 0; i < 27; ++i) {
        options += (i > 0 ? ",\"" : "\"") + std::string(1, static_cast<char>('a' + i % 26)) +
                   std::to_string(i) + "-\"";
    }
    expect_item_error("preference",
                      R"({"id":"a","kind":"choice","text":"T","options":[)" + options + "]}",
                      "with 27 options");
}

TEST(Battery, DuplicateIdsEmptyAndLongFiles) {
    expect_item_error("preference", pair_line + "\n" + pair_line, "'a' was used on an earlier line",
                      3);
    expect_error([] { parse_battery(card("scoring: mean\n"), " \n", "b"); }, ErrorKind::input,
                 "b/items.jsonl", "is empty");
    expect_item_error("mean", std::string((1 << 20) + 1, 'x'), "longer than 1048576 bytes");
}

TEST(Battery, UnknownValueAgainstTheCard) {
    const std::string scoring = "scoring: preference\nvalues: [ease, carre]\n";
    expect_error([&] { parse_battery(card(scoring), pair_line, "b"); }, ErrorKind::input,
                 "b/items.jsonl:1", "'options[1].values' names 'care'");
    const Battery battery =
        parse_battery(card("scoring: preference\nvalues: [ease, care]\n"), pair_line, "b");
    EXPECT_EQ(battery.card().values, (std::vector<std::string>{"ease", "care"}));
}

TEST(Battery, EveryWrongCardNamesLineAndField) {
    const struct {
        std::string yaml;
        ErrorKind kind;
        std::string where, says;
    } cases[] = {
        {"a: [", ErrorKind::input, "b/battery.yaml:1", "is not valid YAML"},
        {"caf\xE9: 1", ErrorKind::input, "b/battery.yaml", "is not valid UTF-8"},
        {"- 1", ErrorKind::input, "b/battery.yaml:1", "is not a map"},
        {"schema: axia.plan\nversion: 1\n", ErrorKind::input, "b/battery.yaml:1",
         "schema is 'axia.plan', not 'axia.battery'"},
        {"schema: axia.battery\nversion: 2\n", ErrorKind::unsupported, "b/battery.yaml:1",
         "reads version 1"},
        {card("scorign: mean\n"), ErrorKind::input, "b/battery.yaml:1", "did you mean scoring?"},
        {card(""), ErrorKind::input, "b/battery.yaml:1", "has no field 'scoring'"},
        {card("scoring: means\n"), ErrorKind::input, "b/battery.yaml:1", "did you mean mean?"},
        {card("scoring: mean\nvalues: [a, b, a]\n"), ErrorKind::input, "b/battery.yaml:1",
         "names 'a' twice"},
        {card("scoring: mean\nscale: 3\n"), ErrorKind::input, "b/battery.yaml:1", "not a list"},
        {card("scoring: mean\nscale:\n  - {text: No}\n  - {text: Yes, score: 1}\n"),
         ErrorKind::input, "b/battery.yaml:9", "'score' does not rise"},
        {card("scoring: mean\nscale:\n  - {text: No, score: low}\n"), ErrorKind::input,
         "b/battery.yaml:8", "not a number"},
        {card("scoring: mean\nitems: questions\n"), ErrorKind::input, "b/battery.yaml:1",
         "write dilemmas or controls"},
        {card("scoring: mean\nitems: dilemmas\n"), ErrorKind::input, "b/battery.yaml:1",
         "add value_system"},
    };
    for (const auto& [card_yaml, kind, where, says] : cases) {
        const std::string& yaml = card_yaml;
        SCOPED_TRACE(yaml);
        expect_error([&] { parse_battery(yaml, pair_line, "b"); }, kind, where, says);
    }
    std::string named = card("scoring: preference\n");
    named.replace(named.find("small"), 5, "Small battery");
    expect_error([&] { parse_battery(named, pair_line, "b"); }, ErrorKind::input,
                 "b/battery.yaml:1", "lower-case letters");
}

TEST(Battery, FolderIsReadAsItStreams) {
    const Scratch scratch;
    scratch.write("b/battery.yaml", card("scoring: preference\n"));
    expect_error([&] { read_battery(scratch.path / "b"); }, ErrorKind::not_found,
                 (scratch.path / "b/items.jsonl").string(), "no such file");
    scratch.write("b/items.jsonl", pair_line + pair_line);
    const Battery battery = read_battery(scratch.path / "b");
    EXPECT_EQ(battery.card().folder, scratch.path / "b");
    std::size_t seen = 0;
    expect_error([&] { battery.for_each([&](const Item&) { ++seen; }); }, ErrorKind::input,
                 (scratch.path / "b/items.jsonl").string() + ":2", "'a' was used");
    EXPECT_EQ(seen, 1u);
    expect_error([&] { read_battery(scratch.path / "c"); }, ErrorKind::not_found,
                 (scratch.path / "c").string(), "no such folder");
    expect_error([&] { read_battery(scratch.path); }, ErrorKind::not_found, scratch.path.string(),
                 "holds no battery.yaml");
    scratch.write("b/items.jsonl", "\n");
    expect_error([&] { battery.items(); }, ErrorKind::input,
                 (scratch.path / "b/items.jsonl").string(), "is empty");
}

// through several growths of the table of hashes
TEST(Battery, ManyIdsAreToldApart) {
    const Scratch scratch;
    scratch.write("b/battery.yaml", card("scoring: judged\n"));
    const std::size_t count = 200'000;
    {
        std::ofstream out(scratch.path / "b/items.jsonl");
        for (std::size_t i = 0; i < count; ++i) {
            out << R"({"id":"q)" << i << R"(","kind":"free","text":"T"})"
                << "\n";
        }
        out << R"({"id":"q77","kind":"free","text":"T"})"
            << "\n";
    }
    std::size_t seen = 0;
    expect_error([&] { read_battery(scratch.path / "b").for_each([&](const Item&) { ++seen; }); },
                 ErrorKind::input, (scratch.path / "b/items.jsonl").string() + ":200001",
                 "'q77' was used on an earlier line");
    EXPECT_EQ(seen, count);
}

TEST(Battery, HashIsOfWhatIsAsked) {
    const Battery one = parse_battery(card("scoring: preference\n"), pair_line, "b");
    std::string spaced = pair_line;
    spaced.insert(1, "  ");
    EXPECT_EQ(
        parse_battery(card("scoring: preference\nsource: a book\n"), "\n" + spaced, "c").hash(),
        one.hash());
    std::string other = pair_line;
    other.replace(other.find("-0.5"), 4, "-0.6");
    EXPECT_NE(parse_battery(card("scoring: preference\n"), other, "b").hash(), one.hash());
    EXPECT_NE(
        parse_battery(card("scoring: preference\nvalues: [care, ease]\n"), pair_line, "b").hash(),
        one.hash());
    EXPECT_EQ(Battery(one.card(), one.items()).hash(), one.hash());
    EXPECT_EQ(one.hash().size(), 64u);
}

TEST(Battery, FromMemoryKeepsTheSameRules) {
    BatteryCard own;
    own.name = "own";
    own.scoring = Scoring::judged;
    Item item;
    item.id = "a";
    item.kind = ItemKind::free;
    item.text = "Why?";
    EXPECT_EQ(Battery(own, {item}).items().at(0).stem, "a");
    expect_error([&] { Battery(own, {}); }, ErrorKind::input, "own", "holds no item");
    expect_error([&] { Battery(own, {item, item}); }, ErrorKind::input, "own", "'a' was used");
    Item bad = item;
    bad.line = 3;
    bad.text = "caf\xE9";
    expect_error([&] { Battery(own, {bad}, "file"); }, ErrorKind::input, "file:3",
                 "'text' is not valid UTF-8");
    bad = item;
    bad.options = {{"A", {}, 0}, {"B", {}, 0}};
    expect_error([&] { Battery(own, {bad}); }, ErrorKind::input, "own", "a free item with options");
}

TEST_F(Shipped, DilemmasBecomePairs) {
    const Battery battery = open_battery("schwartz-dilemmas");
    const ValueSystem system = read_value_system(tree / "values/schwartz");
    EXPECT_EQ(battery.card().values, system.ids());
    EXPECT_EQ(battery.card().value_system, "schwartz");
    const std::vector<Item> items = battery.items();
    std::size_t wanted = 0;
    for (const std::string& value : system.ids()) wanted += system.dilemmas(value).size();
    ASSERT_EQ(items.size(), wanted);
    const Dilemma first = system.dilemmas(system.ids()[0])[0];
    EXPECT_EQ(items[0].id, first.id);
    EXPECT_EQ(items[0].stem, first.id);
    EXPECT_EQ(items[0].text, first.situation);
    EXPECT_EQ(items[0].options[0].text, first.option_toward);
    EXPECT_EQ(items[0].options[0].values.at(0).value, first.value);
    EXPECT_EQ(items[0].options[1].text, first.option_away);
    EXPECT_EQ(items[0].options[1].values.at(0).value, first.other);
    EXPECT_EQ(items[0].options[1].values.at(0).weight, 1);
    EXPECT_EQ(items[0].tags.at("split"), "learn");
}

TEST_F(Shipped, ControlsBecomePairs) {
    const std::vector<Item> items = open_battery("yes-no-controls").items();
    ASSERT_EQ(items.size(), 24u);  // wc -l values/schwartz/controls.jsonl
    EXPECT_EQ(items[0].text, "Is ice cold?");
    EXPECT_EQ(items[0].options[0].text, "Yes");
    EXPECT_EQ(items[0].correct, 0u);
    EXPECT_EQ(items[1].correct, 1u);
    EXPECT_EQ(items[0].stem, items[1].stem);
    EXPECT_EQ(items[0].tags.at("pair"), "c01");
}

TEST_F(Shipped, EveryOneIsCleanAndNamedAsItsFolder) {
    const std::vector<std::string> names = shipped_batteries();
    EXPECT_EQ(names, (std::vector<std::string>{"schwartz-dilemmas", "schwartz-portrait",
                                               "yes-no-controls"}));
    for (const std::string& name : names) {
        const Battery battery = open_battery(name);
        EXPECT_EQ(battery.card().name, name);
        EXPECT_EQ(check_battery(battery).problems, std::vector<std::string>{}) << name;
    }
    expect_error([] { open_battery("schwartz-portait"); }, ErrorKind::not_found,
                 "'schwartz-portait'", "did you mean schwartz-portrait");
    expect_error([] { open_battery("./schwartz-portrait"); }, ErrorKind::not_found,
                 "'./schwartz-portrait'", "no such battery, folder or file");
    expect_error([] { open_battery("schwartz-portrait", "ethics"); }, ErrorKind::usage,
                 "schwartz-portrait", "a format is named");
}

TEST_F(Shipped, ValueSystemOfACard) {
    const Scratch scratch;
    scratch.write("b/items.jsonl", pair_line);
    scratch.write("b/battery.yaml", card("scoring: preference\nvalue_system: schwatz\n"));
    const std::string file = (scratch.path / "b/battery.yaml").string();
    expect_error([&] { open_battery((scratch.path / "b").string()); }, ErrorKind::input,
                 file + ":1", "did you mean schwartz?");
    scratch.write("b/battery.yaml", card("scoring: preference\nvalue_system: schwartz\n"));
    expect_error([&] { open_battery((scratch.path / "b").string()).items(); }, ErrorKind::input,
                 (scratch.path / "b/items.jsonl").string() + ":1", "names 'ease'");
    scratch.write("b/battery.yaml",
                  card("scoring: preference\nvalue_system: schwartz\nvalues: [power, securty]\n"));
    expect_error([&] { open_battery((scratch.path / "b").string()); }, ErrorKind::input,
                 file + ":1", "did you mean security?");
    // one's own system beside the card
    scratch.write("b/mine/mine.yaml",
                  "schema: axia.value-system\nversion: 1\nname: mine\ntitle: Mine\nlicence: X\n"
                  "values:\n"
                  "  - {id: ease, name: Ease, definition: d, prompt: p, opposite_prompt: o}\n"
                  "  - {id: care, name: Care, definition: d, prompt: p, opposite_prompt: o}\n");
    scratch.write("b/battery.yaml", card("scoring: preference\nvalue_system: mine\n"));
    const Battery battery = open_battery((scratch.path / "b").string());
    EXPECT_EQ(battery.card().values, (std::vector<std::string>{"ease", "care"}));
    EXPECT_EQ(battery.items().size(), 1u);
}

}  // namespace
}  // namespace axia::data
