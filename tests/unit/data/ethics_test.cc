// ETHICS from files and folders of its layout, written here in its columns.
#include "axia/data/ethics.h"

#include <gtest/gtest.h>

#include "axia/data/battery_sets.h"
#include "unit/data/set_error.h"

namespace axia::data {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

TEST(Ethics, BranchesByHeaderAndByShape) {
    const Scratch scratch;
    const struct {
        const char *name, *text, *card, *format;
        std::size_t items;
        const char* right;
    } cases[] = {
        {"a.csv", "label,input,is_short,edited\n1,I hit him.,True,False\n0,I wave.,True,False\n",
         "ethics-commonsense", "ethics", 2, "Wrong"},
        {"b.csv", "1,I hit him.,True,False\n0,I wave.,True,False\n", "ethics-commonsense", "ethics",
         2, "Wrong"},
        {"cm_test.csv", "1,I hit him.\n0,I wave.\n", "ethics-commonsense", "ethics", 2, "Wrong"},
        {"c.csv", "label,scenario\n1,A\n0,B\n0,C\n0,D\n", "ethics-justice", "ethics", 4,
         "Reasonable"},
        {"justice_x.csv", "1,A\n0,B\n0,C\n0,D\n", "ethics-justice", "ethics", 4, "Reasonable"},
        {"d.csv", "label,scenario,excuse\n1,S,A\n0,S,B\n0,S,C\n0,S,D\n", "ethics-deontology",
         "ethics", 4, "Reasonable"},
        {"e.csv", "1,S,A\n0,S,B\n0,S,C\n0,S,D\n", "ethics-deontology", "ethics", 4, "Reasonable"},
        {"f.csv",
         "label,scenario\n1,S [SEP] brave\n0,S [SEP] b\n0,S [SEP] c\n0,S [SEP] d\n0,S [SEP] e\n",
         "ethics-virtue", "ethics", 5, "Yes"},
        {"g.csv", "1,S [SEP] brave\n0,S [SEP] b\n0,S [SEP] c\n0,S [SEP] d\n0,S [SEP] e\n",
         "ethics-virtue", "ethics", 5, "Yes"},
        {"h.csv", "baseline,less_pleasant\n\"I ate, well.\",I ate.\nB,C\n", "ethics-utilitarianism",
         "ethics", 2, "Scenario 1"},
        {"util_test.csv", "I ate well.,I ate\nB,C\n", "ethics-utilitarianism", "ethics", 2,
         "Scenario 1"},
        {"util_lines.csv", "\"I said \"\"no\"\",\nand left.\",I ate\nB,C\n",
         "ethics-utilitarianism", "ethics", 2, "Scenario 1"},
    };
    for (const auto& [name, text, card, format, count, right] : cases) {
        SCOPED_TRACE(name);
        const fs::path file = scratch.write(name, text);
        EXPECT_EQ(format_of(file), format);
        const Battery battery = read_set(file);
        EXPECT_EQ(battery.card().name, card);
        EXPECT_TRUE(battery.card().warnings.empty());
        const std::vector<Item> items = battery.items();
        ASSERT_EQ(items.size(), count);
        EXPECT_EQ(items[0].options.at(*items[0].correct).text, right);
        EXPECT_NE(items[1].options.at(*items[1].correct).text, right);
        EXPECT_EQ(battery.card().scoring, count < 4 ? Scoring::accuracy : Scoring::exact_match);
        if (count >= 4) {
            EXPECT_EQ(items[0].tags.at("group"), items[count - 1].tags.at("group"));
        }
    }
}

TEST(Ethics, TextsOfEachBranch) {
    const Scratch scratch;
    const auto first = [&](const char* name, const std::string& text) {
        return read_ethics(scratch.write(name, text)).items().at(0);
    };
    const Item virtue = first("v.csv",
                              "1,She dives in. [SEP] brave\n0,S [SEP] b\n0,S [SEP] c\n0,S [SEP] d\n"
                              "0,S [SEP] e\n");
    EXPECT_EQ(virtue.text, "She dives in.");
    EXPECT_EQ(virtue.question, "Does this show the trait: brave?");
    EXPECT_EQ(virtue.tags.at("trait"), "brave");
    EXPECT_EQ(first("d.csv", "1,Feed the cat?,No cat here.\n0,S,B\n0,S,C\n0,S,D\n").text,
              "Feed the cat?\nNo cat here.");
    // the pleasant one stands first and last in turn
    const std::vector<Item> util =
        read_ethics(scratch.write("util.csv", "Up,Down\nSun,Rain\n")).items();
    EXPECT_EQ(util[0].text, "Scenario 1: Up\nScenario 2: Down");
    EXPECT_EQ(util[0].correct, 0u);
    EXPECT_EQ(util[1].text, "Scenario 1: Rain\nScenario 2: Sun");
    EXPECT_EQ(util[1].correct, 1u);
}

TEST(Ethics, LastGroupThatIsNotWhole) {
    const Scratch scratch;
    const fs::path file = scratch.write(
        "j.csv", "label,scenario\n1,A\n0,B\n1,C\n0,D\n1,E\n0,F\n1,G\n0,H\n1,I\n0,J\n");
    const Battery battery = read_ethics(file);
    EXPECT_EQ(battery.items().size(), 8u);
    EXPECT_EQ(battery.items()[4].tags.at("group"), "justice-group-2");
    EXPECT_EQ(battery.items()[4].stem, "justice-group-2");
    EXPECT_EQ(battery.card().warnings,
              std::vector<std::string>{
                  file.string() + ":10: rows after the last whole group of 4 are left out: 2"});
    expect_error([&] { read_ethics(scratch.write("k.csv", "label,scenario\n1,A\n")); },
                 ErrorKind::input, (scratch.path / "k.csv").string(), "holds no item");
}

TEST(Ethics, WrongRows) {
    const Reader read = [](const fs::path& f) { read_ethics(f); };
    expect_set_error(read, "a.csv", "label,input\n1,A\n2,B\n", ":3", "'label' is '2'");
    expect_set_error(read, "a.csv", "label,input\n1,A\n0, \n", ":3", "column 2 is empty");
    expect_set_error(read, "a.csv",
                     "label,scenario\n1,S [SEP] a\n0,S\n0,S [SEP] c\n0,S [SEP] d\n0,S [SEP] e\n",
                     ":3", "no sentence and trait");
    expect_set_error(read, "a.csv", "1,A\n0,B\n", ":1", "fits no branch of ETHICS");
    expect_set_error(read, "a.csv", "x,y,z\n1,2,3\n", ":1", "begins with no label");
    expect_set_error(read, "a.csv", "label,input\n", "", "holds no row");
    expect_set_error(read, "a.csv", "label,input\n1,A,B\n", ":2", "has 3 fields");
}

/// A branch of each kind of columns, in the public layout; commonsense has no test.
void write_layout(const Scratch& scratch) {
    scratch.write("commonsense/cm_ambig.csv", "label,input\n1,A\n");
    scratch.write("justice/justice_test.csv", "label,scenario\n1,J1\n0,J2\n0,J3\n1,J4\n1,J5\n");
    scratch.write("justice/justice_test_hard.csv", "label,scenario\n1,H1\n0,H2\n0,H3\n1,H4\n");
    scratch.write("justice/justice_train.csv",
                  "label,scenario\n0,T1\n0,T2\n0,T3\n1,T4\n0,T5\n1,T6\n0,T7\n1,T8\n");
    scratch.write("virtue/virtue_test.csv",
                  "label,scenario\n0,V [SEP] a\n0,V [SEP] b\n1,V [SEP] c\n0,V [SEP] d\n"
                  "0,V [SEP] e\n");
    scratch.write("utilitarianism/util_test.csv", "Sun,Rain\nCake,Toast\n");
}

TEST(EthicsFolder, AllBranchesAreOneBattery) {
    const Scratch scratch;
    write_layout(scratch);
    const std::string at = scratch.path.string();
    const Battery battery = open_battery(at);
    EXPECT_EQ(battery.card().name, "ethics");
    EXPECT_EQ(battery.card().scoring, Scoring::accuracy);
    EXPECT_EQ(
        battery.card().warnings,
        (std::vector<std::string>{
            at + "/commonsense: branch commonsense is absent: no file that ends in _test.csv",
            at + "/deontology: branch deontology is absent: no file that ends in _test.csv",
            at + "/justice/justice_test.csv:6: rows after the last whole group of 4 are left out: "
                 "1"}));
    std::map<std::string, std::vector<std::string>> ids;
    for (const Item& item : battery.items()) {
        ids[item.tags.at("branch")].push_back(item.id);
        EXPECT_EQ(item.tags.contains("group"), item.tags.at("branch") != "utilitarianism");
    }
    EXPECT_EQ(ids, (std::map<std::string, std::vector<std::string>>{
                       {"justice", {"justice-1", "justice-2", "justice-3", "justice-4"}},
                       {"utilitarianism", {"utilitarianism-1", "utilitarianism-2"}},
                       {"virtue", {"virtue-1", "virtue-2", "virtue-3", "virtue-4", "virtue-5"}}}));
    // S121: .5^4 and .8^4 .2
    EXPECT_DOUBLE_EQ(battery.card().chances.at("justice"), .0625);
    EXPECT_DOUBLE_EQ(battery.card().chances.at("virtue"), .08192);
    EXPECT_EQ(battery.card().chances.at("utilitarianism"), .5);
}

TEST(EthicsFolder, TheHardTestIsAFormatOfItsOwn) {
    const Scratch scratch;
    write_layout(scratch);
    const Battery battery = open_battery(scratch.path.string(), "ethics-hard");
    EXPECT_EQ(battery.card().name, "ethics-hard");
    ASSERT_EQ(battery.items().size(), 4u);
    EXPECT_EQ(battery.items()[0].text, "H1");
    EXPECT_EQ(battery.card().warnings.size(), 4u);
    const fs::path file = scratch.path / "justice/justice_test.csv";
    expect_error([&] { open_battery(file.string(), "ethics-hard"); }, ErrorKind::usage,
                 file.string(), "is one file");
}

TEST(EthicsFolder, WrongFolders) {
    const Scratch none;
    none.write("justice/justice_train.csv", "label,scenario\n1,A\n");
    expect_error([&] { open_battery(none.path.string()); }, ErrorKind::not_found,
                 none.path.string(), "holds no branch of ETHICS");
    const Scratch empty;
    expect_error([&] { open_battery(empty.path.string(), "ethics"); }, ErrorKind::not_found,
                 empty.path.string(), "holds no branch of ETHICS");
    const Scratch other;
    const fs::path strayed = other.write("justice/a_test.csv", "label,input\n1,A\n");
    expect_error([&] { open_battery(other.path.string()); }, ErrorKind::input, strayed.string(),
                 "has the columns of commonsense");
    other.write("justice/b_test.csv", "label,scenario\n1,A\n");
    expect_error([&] { open_battery(other.path.string()); }, ErrorKind::input,
                 (other.path / "justice").string(), "a_test.csv and b_test.csv");
    const Scratch few;
    const fs::path two = few.write("justice/justice_test.csv", "label,scenario\n1,A\n0,B\n");
    expect_error([&] { open_battery(few.path.string()); }, ErrorKind::input, two.string(),
                 "holds no item");
    expect_error([&] { read_ethics_texts(few.path, EthicsSplit::test); }, ErrorKind::input,
                 two.string(), "holds no whole group");
    few.write("justice/justice_test.csv", "label,scenario\n1,A\n0,B\n2,C\n0,D\n");
    expect_error([&] { open_battery(few.path.string()); }, ErrorKind::input, two.string() + ":4",
                 "'label' is '2'");
}

TEST(EthicsTexts, LabelsGroupsAndPairs) {
    const Scratch scratch;
    write_layout(scratch);
    const EthicsSet test = read_ethics_texts(scratch.path, EthicsSplit::test);
    ASSERT_EQ(test.branches.size(), 3u);
    EXPECT_EQ(test.warnings.size(), 3u);
    const EthicsTexts& justice = test.branches[0];
    EXPECT_EQ(justice.branch, "justice");
    EXPECT_EQ(justice.texts, (std::vector<std::string>{"J1", "J2", "J3", "J4"}));
    EXPECT_EQ(justice.labels, (std::vector<int>{1, 0, 0, 1}));
    EXPECT_EQ(justice.groups, (std::vector<int>{0, 0, 0, 0}));
    EXPECT_EQ(justice.lines, (std::vector<std::size_t>{2, 3, 4, 5}));
    EXPECT_EQ(test.branches[1].texts[2], "V\nc");
    EXPECT_EQ(test.branches[1].groups, (std::vector<int>(5, 0)));
    const EthicsTexts& util = test.branches[2];
    EXPECT_TRUE(util.ranked);
    EXPECT_EQ(util.texts, (std::vector<std::string>{"Sun", "Rain", "Cake", "Toast"}));
    EXPECT_TRUE(util.labels.empty());
    EXPECT_EQ(util.groups, (std::vector<int>{0, 1}));
    const EthicsSet train = read_ethics_texts(scratch.path, EthicsSplit::train);
    ASSERT_EQ(train.branches.size(), 1u);
    EXPECT_EQ(train.branches[0].groups, (std::vector<int>{0, 0, 0, 0, 1, 1, 1, 1}));
    const fs::path reply = scratch.write("d.csv", "1,Feed it?,No cat.\n0,S,B\n0,S,C\n0,S,D\n");
    EXPECT_EQ(read_ethics_texts(reply, EthicsSplit::train).branches[0].texts[0],
              "Feed it?\nNo cat.");
}

}  // namespace
}  // namespace axia::data
