// Two-action sets: moral stories (S101) and AIRiskDilemmas (S012).
#include <gtest/gtest.h>

#include "axia/data/battery_sets.h"
#include "source_dir.h"
#include "unit/data/set_error.h"

namespace axia::data {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

TEST(ActionPairs, MoralActionFirst) {
    const Scratch scratch;
    const fs::path file = scratch.write(
        "s.jsonl",
        R"({"guid":"g1","norm":"Pay debts.","situation":"Ada owes Bo.","intention":"Ada meets Bo.",)"
        R"("moral_action":"She pays.","immoral_action":"She hides.","moral_consequence":"Joy."})");
    EXPECT_EQ(format_of(file), "action-pairs");
    const Battery battery = read_set(file);
    EXPECT_EQ(battery.card().scoring, Scoring::likelihood);
    const Item item = battery.items().at(0);
    EXPECT_EQ(item.kind, ItemKind::likelihood);
    EXPECT_EQ(item.id, "g1");
    EXPECT_EQ(item.text, "Pay debts. Ada owes Bo. Ada meets Bo.");
    EXPECT_EQ(item.options[0].text, "She pays.");
    EXPECT_EQ(item.options[1].text, "She hides.");
    EXPECT_EQ(read_set(file, "action-pairs-bare").items().at(0).text, "Ada owes Bo. Ada meets Bo.");

    const Battery asked = read_set(file, "action-choices");
    EXPECT_EQ(asked.card().scoring, Scoring::accuracy);
    EXPECT_EQ(asked.items().at(0).kind, ItemKind::pair);
    EXPECT_EQ(asked.items().at(0).correct, 0u);
    EXPECT_EQ(asked.items().at(0).text, item.text);
    EXPECT_EQ(read_set(file, "action-choices-bare").items().at(0).text,
              "Ada owes Bo. Ada meets Bo.");
    expect_error([&] { read_action_pairs(file, true, ItemKind::free); }, ErrorKind::usage, "kind",
                 "of kind likelihood or pair");
}

// S101: twenty of our own in each language, item by item the same.
TEST(ActionPairs, ExamplesInFrenchAndEnglish) {
    const fs::path folder = fs::path(AXIA_SOURCE_DIR) / "examples/action-pairs";
    const std::vector<Item> english = read_set(folder / "en.jsonl").items();
    const std::vector<Item> french = read_set(folder / "fr.jsonl").items();
    ASSERT_EQ(english.size(), 20u);
    ASSERT_EQ(french.size(), 20u);
    double longer = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        EXPECT_EQ(english[i].id, french[i].id);
        EXPECT_EQ(english[i].tags.at("language"), "en");
        EXPECT_EQ(french[i].tags.at("language"), "fr");
        EXPECT_NE(english[i].text, french[i].text);
        for (const auto& items : {english, french}) {
            longer += items[i].options[0].text.size() > items[i].options[1].text.size();
        }
    }
    EXPECT_GE(longer, 12);  // length does not tell the sides apart: .3 to .7 of 40
    EXPECT_LE(longer, 28);
    EXPECT_NE(read_set(folder / "fr.jsonl", "action-choices").items()[0].question,
              read_set(folder / "en.jsonl", "action-choices").items()[0].question);
}

TEST(ActionPairs, WrongRows) {
    const Reader read = [](const fs::path& f) { read_action_pairs(f); };
    const auto row = [](const std::string& moral, const std::string& guid) {
        return R"({"guid":")" + guid + R"(","norm":"N.","situation":"S.","intention":"I.",)" +
               moral + R"("immoral_action":"B."})" + "\n";
    };
    const std::string moral = R"("moral_action":"A.",)";
    expect_set_error(read, "s.jsonl", row(moral, "g") + row("", "h"), ":2",
                     "has no field 'moral_action'");
    expect_set_error(read, "s.jsonl", row(R"("moral_action":"",)", "g"), ":1",
                     "'moral_action' is empty");
    expect_set_error(read, "s.jsonl", row(moral, "g") + row(moral, "g"), ":2", "'g' was used");
    expect_set_error(read, "s.jsonl", row(R"("moral_action":"B. And more.",)", "g"), ":1",
                     "is the beginning of option");
}

const std::string risk_head = "dilemma,action,values,targets,idx\n";

TEST(RiskDilemmas, TwoRowsADilemma) {
    const Scratch scratch;
    const fs::path file = scratch.write(
        "gpt.csv", risk_head +
                       "Tell?,Tell him,\"['Honesty', 'Trust']\",\"['none', 'some']\",0\n"
                       "Tell?,Keep quiet,\"['Kindness']\",low,1\n"
                       "Tell?,Write,\"['Honesty']\",,2\n"
                       "Tell?,Leave,\"['Peace']\",,3\n");
    EXPECT_EQ(format_of(file), "risk-dilemmas");
    std::vector<Item> items = read_set(file).items();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].id, "dilemma-1");
    EXPECT_EQ(items[0].options[0].values.at(1).value, "Trust");
    EXPECT_EQ(items[0].tags.at("targets_1"), "none; some");
    EXPECT_EQ(items[0].tags.at("targets_2"), "low");
    EXPECT_TRUE(items[1].tags.empty());

    scratch.write("map.csv", "value,class\nHonesty,Truthfulness\nTrust,Truthfulness\n");
    const Battery mapped = read_set(file);  // the map beside the file is used
    items = mapped.items();
    ASSERT_EQ(items[0].options[0].values.size(), 1u);
    EXPECT_EQ(items[0].options[0].values[0].value, "Truthfulness");
    EXPECT_TRUE(items[0].options[1].values.empty());
    EXPECT_EQ(mapped.card().warnings,
              (std::vector<std::string>{
                  file.string() + ": value 'Kindness' has no class; actions it is left out of: 1",
                  file.string() + ": value 'Peace' has no class; actions it is left out of: 1"}));
    const fs::path other =
        scratch.write("other.csv", "value,class\nHonesty,A\nTrust,B\nKindness,C\nPeace,D\n");
    EXPECT_TRUE(read_risk_dilemmas(file, other).card().warnings.empty());
    scratch.write("map.csv", "value,class\nHonesty,A\nHonesty,B\n");
    expect_error([&] { read_set(file); }, ErrorKind::input,
                 (scratch.path / "map.csv").string() + ":3", "'Honesty' was mapped");
}

TEST(RiskDilemmas, WrongRows) {
    const Reader read = [](const fs::path& f) { read_risk_dilemmas(f); };
    const std::string row = "Tell?,Tell him,['a'],,\n";
    expect_set_error(read, "r.csv", risk_head + row, ":2", "dilemma 1 has one action");
    expect_set_error(read, "r.csv", risk_head + row + "Other?,No,['b'],,\n", ":2",
                     "dilemma 1 has one action");
    expect_set_error(read, "r.csv", risk_head + row + "Tell?,No,b,,\n", ":3: field 'values'",
                     "a Python list of texts is wanted");
    expect_set_error(read, "r.csv", risk_head + row + "Tell?,,[],,\n", ":3", "'action' is empty");
    expect_set_error(read, "r.csv", "dilemma,action\na,b\n", ":1", "has no column 'values'");
    const std::string risky = "dilemma,action,values,risky\nTell?,Tell him,['a'],";
    expect_set_error(read, "r.csv", risky + "yes\nTell?,No,['b'],0\n", ":2",
                     "field 'risky' is 'yes'");
    expect_set_error(read, "r.csv", risky + "1\nTell?,No,['b'],\n", ":2",
                     "filled in for one of the two actions");
}

TEST(RiskDilemmas, TheColumnOfRiskBecomesATag) {
    const Scratch scratch;
    const std::vector<Item> items =
        read_set(scratch.write("r.csv",
                               "dilemma,action,values,risky\n"
                               "A?,1,['a'],0\nA?,2,['b'],1\nB?,1,['a'],1\nB?,2,['b'],1\n"
                               "C?,1,['a'],0\nC?,2,['b'],0\nD?,1,['a'],\nD?,2,['b'],\n"))
            .items();
    ASSERT_EQ(items.size(), 4U);
    EXPECT_EQ(items[0].tags.at("risky"), "2");
    EXPECT_EQ(items[1].tags.at("risky"), "1; 2");
    EXPECT_EQ(items[2].tags.at("risky"), "none");
    EXPECT_TRUE(items[3].tags.empty());
    EXPECT_EQ(risky_options(items[0]), (std::vector<bool>{false, true}));
    EXPECT_EQ(risky_options(items[1]), (std::vector<bool>{true, true}));
    EXPECT_EQ(risky_options(items[2]), (std::vector<bool>{false, false}));
    EXPECT_TRUE(risky_options(items[3]).empty());
}

TEST(RiskDilemmas, OtherTagsOfRiskAreNamed) {
    const std::string card =
        "schema: axia.battery\nversion: 1\nname: mine\ntitle: Mine\nlicence: own\n"
        "scoring: preference\nvalues: [a, b]\n";
    for (const char* tag : {"yes", "3", "0", "1;2", "1; 1", "1; ", ""}) {
        const std::string line =
            std::string(R"({"id":"x","kind":"pair","text":"T","options":["One","Two"],)") +
            R"("tags":{"risky":")" + tag + "\"}}\n";
        expect_error([&] { parse_battery(card, line, "m").items(); }, ErrorKind::input,
                     "m/items.jsonl:1", "risky");
    }
}

}  // namespace
}  // namespace axia::data
