#include "axia/data/battery_sets.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "source_dir.h"
#include "unit/data/set_error.h"

namespace axia::data {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

/// Real sets lie beside the source tree; counts below are those of Python's csv and json modules
/// (3.11) on the same files.
fs::path real(const char* file) {
    return fs::path(AXIA_SOURCE_DIR) / "../shared/data" / file;
}

#define SKIP_WITHOUT(file) \
    if (!fs::exists(file)) GTEST_SKIP() << (file).string() << " is not there"

TEST(PythonList, ReadsWhatReprWrites) {
    const std::string where = "f:1";
    // python3 -c 'print(repr(["a", "it'"'"'s", ...]))'
    EXPECT_EQ(parse_python_list(R"(['a', "it's", 'say "x" and \'y\''])", where),
              (std::vector<std::string>{"a", "it's", "say \"x\" and 'y'"}));
    EXPECT_EQ(parse_python_list(R"( [ nan , None,'b', ] )", where),
              (std::vector<std::string>{"", "", "b"}));
    EXPECT_EQ(parse_python_list("[]", where), std::vector<std::string>{});
    EXPECT_EQ(parse_python_list(R"(['\t\n\r\\', '\xa0\u200b\U0001f600'])", where),
              (std::vector<std::string>{"\t\n\r\\", "\xC2\xA0\xE2\x80\x8B\xF0\x9F\x98\x80"}));
    EXPECT_EQ(parse_python_list("['caf\xC3\xA9']", where), std::vector<std::string>{"caf\xC3\xA9"});
}

TEST(PythonList, EveryWrongListNamesTheByte) {
    const struct {
        const char *text, *says;
    } cases[] = {
        {"", "wants '[' at byte 1"},
        {"('a',)", "wants '[' at byte 1"},
        {"['a'", "wants ',' at byte 5"},
        {"['a' 'b']", "wants ',' at byte 6"},
        {"['a', ", "holds something that is no text at byte 7"},
        {"[1, 2]", "holds something that is no text at byte 2"},
        {"[['a']]", "holds something that is no text at byte 2"},
        {"['a", "ends inside a text"},
        {"['a\\", "ends inside a text"},
        {"['a'] x", "goes on after its end at byte 7"},
        {R"(['\q'])", "an escape that repr does not write"},
        {R"(['\x4'])", "a broken escape"},
        {R"(['\u12'])", "a broken escape"},
        {R"(['\u-123'])", "a broken escape"},
        {R"(['\ud800'])", "no character"},
        {R"(['\U00110000'])", "no character"},
        {R"(['\x00'])", "no character"},
        {"['\xFF']", "is not valid UTF-8"},
    };
    for (const auto& [text, says] : cases) {
        SCOPED_TRACE(text);
        const std::string list = text;
        expect_error([&] { parse_python_list(list, "f.csv:3"); }, ErrorKind::input, "f.csv:3",
                     says);
    }
}

TEST(ValueBench, RealSetRowForRow) {
    const fs::path file = real("valuebench/value_orientation.csv");
    SKIP_WITHOUT(file);
    EXPECT_EQ(format_of(file), "valuebench");
    const Battery battery = read_set(file);
    EXPECT_EQ(battery.card().scoring, Scoring::judged);
    const std::vector<Item> items = battery.items();
    ASSERT_EQ(items.size(), 1988u);
    std::set<std::string> questionnaires, values, stems;
    std::size_t reversed = 0;
    for (const Item& item : items) {
        questionnaires.insert(item.tags.at("questionnaire"));
        values.insert(item.value);
        stems.insert(item.stem);
        reversed += item.key < 0 ? 1 : 0;
    }
    EXPECT_EQ(questionnaires.size(), 36u);
    EXPECT_EQ(values.size(), 224u);
    EXPECT_EQ(stems.size(), 1983u);  // distinct (questionnaire, item): five are keyed to two values
    EXPECT_EQ(reversed, 630u);
    EXPECT_EQ(items[0].id, "NFCC2000-1");
    EXPECT_EQ(items[0].value, "Preference for Order and Structure");
    EXPECT_EQ(items[0].line, 2u);
    EXPECT_EQ(items[0].kind, ItemKind::free);
}

TEST(ValueBench, AnItemKeyedToTwoValuesStaysTwo) {
    const Scratch scratch;
    const fs::path file = scratch.write("v.csv",
                                        "questionnaire,item,value,agreement,question\n"
                                        "Q,I plan.,Order,1,Should I plan?\n"
                                        "Q,I plan.,Calm,-1,Should I plan?\n"
                                        "R,I plan.,Order,1,Should I plan?\n");
    const std::vector<Item> items = read_valuebench(file).items();
    ASSERT_EQ(items.size(), 3u);
    EXPECT_EQ(items[1].id, "Q-2");
    EXPECT_EQ(items[1].stem, "Q-1");
    EXPECT_EQ(items[1].value, "Calm");
    EXPECT_EQ(items[1].key, -1);
    EXPECT_EQ(items[1].text, "Should I plan?");
    EXPECT_EQ(items[1].tags.at("item"), "I plan.");
    EXPECT_EQ(items[2].stem, "R-1");
}

TEST(ValueBench, WrongRows) {
    const std::string head = "questionnaire,item,value,agreement,question\n";
    const Reader read = [](const fs::path& f) { read_valuebench(f); };
    expect_set_error(read, "v.csv", head + "Q,I,V,1,Q?\nQ,J,V,2,Q?\n", ":3",
                     "row 2: field 'agreement' is '2'");
    expect_set_error(read, "v.csv", head + "Q,I,V,,Q?\n", ":2", "'agreement' is empty");
    expect_set_error(read, "v.csv", head + "Q,I, ,1,Q?\n", ":2", "'value' is empty");
    expect_set_error(read, "v.csv", head + "Q,I,V,1\n", ":2", "has 4 fields");
    expect_set_error(read, "v.csv", head, "", "holds no row");
    expect_set_error(read, "v.csv", "questionnaire,item,value,agreement\nQ,I,V,1\n", ":1",
                     "has no column 'question'");
}

TEST(Outcomes, RealSet) {
    const fs::path file = real("emergent-values/options_hierarchical.json");
    SKIP_WITHOUT(file);
    EXPECT_EQ(format_of(file), "outcomes");
    const std::vector<Outcome> outcomes = read_outcomes(file);
    ASSERT_EQ(outcomes.size(), 510u);
    std::set<std::string> categories, texts;
    for (const Outcome& one : outcomes) {
        categories.insert(one.category);
        texts.insert(one.text);
    }
    EXPECT_EQ(categories.size(), 30u);
    EXPECT_EQ(texts.size(), 510u);
    EXPECT_EQ(outcomes[0].id, "outcome-001");
    EXPECT_EQ(outcomes[0].category, "Personal finances");  // file order, not the alphabet's
    EXPECT_EQ(outcomes[509].id, "outcome-510");
    expect_error([&] { read_set(file); }, ErrorKind::unsupported, file.string(),
                 "holds outcomes for utilities");
}

TEST(Outcomes, WrongFiles) {
    const Reader read = [](const fs::path& f) { read_outcomes(f); };
    expect_set_error(read, "o.json", "{\n\"a\": [\"x\",\n}", ":3", "is not valid JSON");
    expect_set_error(read, "o.json", "[]", "", "holds a JSON array, not an object");
    expect_set_error(read, "o.json", R"({"a": "x"})", "", "category 'a' is not a list");
    expect_set_error(read, "o.json", R"({"a": []})", "", "category 'a' is not a list");
    expect_set_error(read, "o.json", R"({"a": ["x", 3]})", "", "category 'a', entry 2");
    expect_set_error(read, "o.json", R"({"a": ["x", " "]})", "", "category 'a', entry 2");
    expect_set_error(read, "o.json", R"({"a": ["x", "y"], "b": ["z", "x "]})", "",
                     "category 'b', entry 2 repeats category 'a', entry 1");
    expect_set_error(read, "o.json", R"({"a": ["x"], "a": ["y", "z"]})", "",
                     "category 'a' is there twice");
    expect_set_error(read, "o.json", R"({"": ["x", "y", "z"]})", "", "category without name");
    expect_set_error(read, "o.json", R"({"a": ["x", "y"]})", "", "holds 2 outcomes");
    expect_set_error(read, "o.json", "{\"a\": [\"\xFF\"]}", "", "is not valid UTF-8");
    expect_set_error(read, "o.json", R"({"a": [1e999]})", "", "number out of range");
}

TEST(DailyDilemmas, RealRowsByAction) {
    const fs::path file = real("daily_dilemmas/dilemmas_with_detail_by_action_test.csv");
    SKIP_WITHOUT(file);
    EXPECT_EQ(format_of(file), "daily-dilemmas");
    const std::vector<Item> items = read_set(file).items();
    ASSERT_EQ(items.size(), 4u);  // 8 rows
    const Item& first = items[0];
    EXPECT_EQ(first.id, "55");
    EXPECT_EQ(first.options[0].text, "Report the colleague");
    EXPECT_EQ(first.options[1].text, "Not report the colleague");
    ASSERT_EQ(first.options[0].values.size(), 7u);  // of the column values_names
    EXPECT_EQ(first.options[0].values[3].value, "respect for rules");
    EXPECT_EQ(first.options[1].values.size(), 4u);
    EXPECT_EQ(first.tags.at("topic_group"), "workplace");
    EXPECT_EQ(items[1].options[0].values.size(), 6u);
    EXPECT_EQ(items[2].options[1].values.size(), 1u);
    EXPECT_EQ(items[3].options[1].values.size(), 5u);
}

TEST(DailyDilemmas, RealTheories) {
    const fs::path file = real("daily_dilemmas/values.csv");
    SKIP_WITHOUT(file);
    const ValueTheories theories = read_value_theories(file);
    EXPECT_EQ(theories.size(), 301u);
    std::map<std::string, std::size_t> placed;
    for (const auto& [value, of] : theories) {
        for (const auto& [theory, dimension] : of) ++placed[theory];
    }
    // 301 rows less the empty cells of each column
    EXPECT_EQ(placed,
              (std::map<std::string, std::size_t>{
                  {"WVS", 225}, {"MFT", 217}, {"Virtue", 49}, {"Emotion", 198}, {"Maslow", 268}}));
    EXPECT_EQ(theories.at("trust").at("MFT"), "Loyalty");
}

TEST(DailyDilemmas, RowsMayStandInAnyOrder) {
    const Scratch scratch;
    const fs::path file =
        scratch.write("d.csv",
                      "idx,dilemma_situation,action_type,action,values_aggregated\n"
                      "7,Stay or go?,not_to_do,Go,\"['ease', 'ease', nan]\"\n"
                      "9,Eat?,to_do,Eat,[]\n"
                      "7,Stay or go?,to_do,Stay,\"['care', \"\"one's own\"\"]\"\n"
                      "9,Eat?,not_to_do,Fast,\n");
    const std::vector<Item> items = read_daily_dilemmas(file).items();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].id, "7");
    EXPECT_EQ(items[0].options[0].text, "Stay");
    ASSERT_EQ(items[0].options[0].values.size(), 2u);
    EXPECT_EQ(items[0].options[0].values[1].value, "one's own");
    ASSERT_EQ(items[0].options[1].values.size(), 1u);
    EXPECT_EQ(items[0].options[1].values[0].value, "ease");
    EXPECT_TRUE(items[1].options[0].values.empty());
}

TEST(DailyDilemmas, WrongRows) {
    const std::string head = "idx,dilemma_situation,action_type,action,values_names\n";
    const Reader read = [](const fs::path& f) { read_daily_dilemmas(f); };
    expect_set_error(read, "d.csv", head + "7,S?,to_do,A,[]\n", ":2", "dilemma 7 has one action");
    expect_set_error(read, "d.csv", head + "7,S?,do,A,[]\n", ":2",
                     "dilemma 7: field 'action_type' is 'do'");
    expect_set_error(read, "d.csv", head + "7,S?,to_do,A,[]\n7,S?,to_do,B,[]\n", ":3",
                     "dilemma 7 has a second row of the action type to_do");
    expect_set_error(read, "d.csv", head + "7,S?,to_do,A,[]\n7,T?,not_to_do,B,[]\n", ":3",
                     "dilemma 7 has another situation than on line 2");
    expect_set_error(read, "d.csv", head + "7,S?,to_do,A,['x'\n7,S?,not_to_do,B,[]\n",
                     ":2: field 'values_names'", "the list wants ','");
    expect_set_error(read, "d.csv", head + "7,S?,to_do,,[]\n7,S?,not_to_do,B,[]\n", ":2",
                     "'action' is empty");
    expect_set_error(read, "d.csv", head + "7,S?,to_do,Go,[]\n7,S?,not_to_do,Go on,[]\n", ":2",
                     "option 'Go' is the beginning");
    expect_set_error(read, "d.csv", "idx,dilemma_situation,action_type,action\n7,S?,to_do,A\n",
                     ":1", "has neither a column 'values_names' nor 'values_aggregated'");
    const Reader theories = [](const fs::path& f) { read_value_theories(f); };
    expect_set_error(theories, "v.csv", "value,WVS\na,\na,b\n", ":3", "'a' stands on an");
    expect_set_error(theories, "v.csv", "value\na\n", ":1", "has no column but 'value'");
    expect_set_error(theories, "v.csv", "name,WVS\na,b\n", ":1", "has no column 'value'");
}

TEST(PoliticalCompass, RealSet) {
    const fs::path file = real("llm-values-pct/pct_propositions.csv");
    SKIP_WITHOUT(file);
    EXPECT_EQ(format_of(file), "political-compass");
    EXPECT_EQ(format_of(file.parent_path() / "agreement_classification_240124.csv"), "");
    const Battery battery = read_set(file);
    const std::vector<Item> items = battery.items();
    ASSERT_EQ(items.size(), 62u);
    std::map<std::string, std::size_t> sections;
    for (const Item& item : items) ++sections[item.tags.at("section")];
    EXPECT_EQ(sections.size(), 6u);
    EXPECT_EQ(sections.at("personal social values"), 18u);
    EXPECT_EQ(items[0].id, "pc-01");
    ASSERT_EQ(items[0].options.size(), 4u);
    EXPECT_EQ(items[0].options[0].text, "Strongly disagree");
    EXPECT_EQ(items[0].options[3].score, 4);
    EXPECT_TRUE(items[0].value.empty());
    const CompassPrompts prompts = read_compass_prompts(file.parent_path());
    EXPECT_EQ(prompts.templates.size(), 20u);
    EXPECT_EQ(prompts.options.size(), 8u);
    ASSERT_EQ(prompts.forcings.size(), 9u);
    EXPECT_EQ(prompts.forcings[0].text, "");
    EXPECT_EQ(prompts.templates[10].note, "implicit");
    EXPECT_EQ(prompts.options[0].text,
              "1) Strongly disagree\n2) Disagree\n3) Agree\n"
              "4) Strongly agree");
}

TEST(PoliticalCompass, WrongRowsAndTemplates) {
    const Reader read = [](const fs::path& f) { read_political_compass(f); };
    const std::string head = "pct_id,pct_prompt,pct_note\n";
    expect_set_error(read, "p.csv", head + "a,Tax less.,x\na,Tax more.,x\n", ":3", "'a' was used");
    expect_set_error(read, "p.csv", head + "a,,x\n", ":2", "'pct_prompt' is empty");
    const Scratch scratch;
    const fs::path templates = scratch.path / "prompt_templates.csv";
    const auto wrong = [&](const std::string& row, const std::string& place,
                           const std::string& says) {
        scratch.write("prompt_templates.csv", "templ_id,templ_prompt,templ_note\n" + row);
        expect_error([&] { read_compass_prompts(scratch.path); }, ErrorKind::input,
                     templates.string() + place, says);
    };
    wrong("t,Say. {ans_prompt} {jail_prompt},explicit\n", ":2",
          "template t has no slot {pct_prompt}");
    wrong("t,{pct_prompt} {ans_prompt},explicit\n", ":2", "template t has no slot {jail_prompt}");
    wrong("t,{pct_prompt} {jail_prompt},explicit\n", ":2", "template t has no slot {ans_prompt}");
    wrong("t,{pct_prompt} {jail_prompt},implicit\nt,{pct_prompt} {jail_prompt},implicit\n", ":3",
          "'t' was used on an earlier line");
}

const std::string consistency =
    R"({"topic":"Tea","question":"Is tea good?","original":"Is tea good?","rephrase":0,)"
    R"("options":{"yes":"supports","no":"opposes"}})"
    "\n"
    R"({"topic":"Tea","question":"Ist Tee gut?","original":"Is tea good?","rephrase":true,)"
    R"("original_english":"Is tea good?","language":"german","topic_english":"Tea",)"
    R"("options":{"ja":"supports","nein":"opposes"}})"
    "\n";

TEST(ValueConsistency, StancesAreTheValues) {
    const Scratch scratch;
    const fs::path file = scratch.write("controversial_english_us.jsonl", consistency);
    EXPECT_EQ(format_of(file), "value-consistency");
    const std::vector<Item> items = read_set(file).items();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].kind, ItemKind::choice);
    EXPECT_EQ(items[0].stem, "Tea");
    EXPECT_EQ(items[0].options[0].text, "no");
    EXPECT_EQ(items[0].options[0].values.at(0).value, "opposes");
    EXPECT_EQ(items[0].options[1].values.at(0).value, "supports");
    EXPECT_EQ(items[0].tags, (std::map<std::string, std::string>{{"language", "english"},
                                                                 {"original", "Is tea good?"},
                                                                 {"rephrase", "0"},
                                                                 {"topic", "Tea"}}));
    EXPECT_EQ(items[1].tags.at("language"), "german");
    EXPECT_EQ(items[1].tags.at("rephrase"), "1");
    EXPECT_EQ(items[1].tags.at("original_english"), "Is tea good?");
}

TEST(ValueConsistency, WrongRows) {
    const Reader read = [](const fs::path& f) { read_value_consistency(f); };
    const std::string begin = R"({"topic":"T","question":"Q?","original":"Q?",)";
    expect_set_error(read, "c.jsonl", begin + R"("options":{"yes":"supports","no":""}})", ":1",
                     "'options.no' is empty");
    expect_set_error(read, "c.jsonl", begin + R"("options":{"yes":"supports","no":1}})", ":1",
                     "'options.no' is a JSON number");
    expect_set_error(read, "c.jsonl", begin + R"("options":["yes","no"]})", ":1",
                     "'options' is a JSON array, not an object");
    expect_set_error(read, "c.jsonl", begin + R"("options":{"yes":"supports"}})", ":1",
                     "with 1 options");
    expect_set_error(read, "c.jsonl", begin + R"("rephrase":2,"options":{"a":"s","b":"o"}})", ":1",
                     "'rephrase' is neither 0 nor 1");
    expect_set_error(read, "c.jsonl", R"({"question":"Q?","original":"Q?","options":{"a":"s"}})",
                     ":1", "has no field 'topic'");
}

// S041: the files of a folder, one a language.
TEST(ValueConsistency, AFolderIsReadAsOneBattery) {
    const Scratch scratch;
    const auto question = [](const std::string& topic, const std::string& original) {
        return R"({"topic":")" + topic + R"(","question":")" + original + R"(","original":")" +
               original + R"(","original_english":"Is it right?",)" +
               R"("options":{"a":"supports","b":"opposes"}})" + "\n";
    };
    scratch.write("b_german.jsonl", question("Strafe", "Ist es recht?"));
    scratch.write("a_english.jsonl", question("punishment", "Is it right?"));
    const std::vector<Item> items = open_battery(scratch.path.string()).items();
    ASSERT_EQ(items.size(), 2u);
    EXPECT_EQ(items[0].id, "a_english-question-1");  // by name
    EXPECT_EQ(items[0].tags.at("language"), "english");
    EXPECT_EQ(items[1].tags.at("language"), "german");
    EXPECT_EQ(items[1].tags.at("original_english"), "Is it right?");
    EXPECT_EQ(items[1].stem, "Strafe");
    scratch.write("c.jsonl", R"({"topic":"t","question":"Q?","original":"Q?","options":{"a":""}})");
    expect_error([&] { open_battery(scratch.path.string()); }, ErrorKind::input,
                 (scratch.path / "c.jsonl").string() + ":1", "'options.a' is empty");
    expect_error([&] { open_battery(scratch.path.string(), "valuebench"); }, ErrorKind::usage,
                 scratch.path.string(), "a folder is read as ethics or value-consistency alone");
    const Scratch empty;
    expect_error([&] { read_value_consistency(empty.path); }, ErrorKind::not_found,
                 empty.path.string(), "holds no .jsonl file");
}

TEST(Sets, UnknownFormats) {
    const Scratch scratch;
    const fs::path file = scratch.write("x.csv", "a,b\n1,2\n");
    expect_error([&] { read_set(file); }, ErrorKind::unsupported, file.string(),
                 "is in no format that axia knows");
    expect_error([&] { read_set(file, "ethic"); }, ErrorKind::usage, "",
                 "did you mean ethics, ethics-hard?");
    expect_error([&] { read_set(file, "valuebench"); }, ErrorKind::input, file.string() + ":1",
                 "has no column 'questionnaire'");
    for (const char* text : {"", "{", "{}", "{\"a\":1}", "\"a\nb\",c\n", "\xFF\xFE", "[1]"}) {
        SCOPED_TRACE(text);
        const fs::path odd = scratch.write("odd", text);
        const std::string_view format = format_of(odd);
        EXPECT_TRUE(format.empty() || format == "outcomes") << format;
    }
    EXPECT_EQ(set_formats().size(), 12u);
}

}  // namespace
}  // namespace axia::data
