#include "axia/data/pairs.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;

std::string row(const std::string& rest) {
    return R"({"value":"security","positive":"A lock.","negative":"A kite.")" + rest + "}\n";
}

TEST(Pairs, ReadsEveryField) {
    const std::string text =
        "\xEF\xBB\xBF"
        R"({"id":"x1","value":"security","other":"power","scene":"Why?","form":"plan",)"
        R"("person":"first","split":"heldout","positive":"A lock.","negative":"A crown.","more":3})"
        "\r\n\n"
        R"({"value":"security","positive":"A \"b\" )"
        "\xC3\xA9"
        R"(","negative":"C","split":"train","scene":null})"
        "\n";
    const auto pairs = parse_pairs_jsonl(text, "p.jsonl");
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_EQ(pairs[0].id, "x1");
    EXPECT_EQ(pairs[0].value, "security");
    EXPECT_EQ(pairs[0].other, "power");
    EXPECT_EQ(pairs[0].scene, "Why?");
    EXPECT_EQ(pairs[0].group, "Why?");
    EXPECT_EQ(pairs[0].form, "plan");
    EXPECT_EQ(pairs[0].person, "first");
    EXPECT_EQ(pairs[0].positive, "A lock.");
    EXPECT_EQ(pairs[0].negative, "A crown.");
    EXPECT_EQ(pairs[0].split, Split::heldout);
    EXPECT_EQ(pairs[0].line, 1u);
    EXPECT_EQ(pairs[1].id, "security-3");
    EXPECT_EQ(pairs[1].scene, "");
    EXPECT_EQ(pairs[1].group, "security-3");
    EXPECT_EQ(pairs[1].positive, "A \"b\" \xC3\xA9");
    EXPECT_EQ(pairs[1].split, Split::learn);
    EXPECT_EQ(pairs[1].line, 3u);
}

TEST(Pairs, SplitWords) {
    const std::map<std::string, Split> words = {
        {"learn", Split::learn},      {"train", Split::learn},      {"heldout", Split::heldout},
        {"held_out", Split::heldout}, {"held-out", Split::heldout}, {"test", Split::heldout}};
    for (const auto& [word, split] : words) {
        const auto pairs = parse_pairs_jsonl(row(",\"split\":\"" + word + "\""), "p");
        EXPECT_EQ(pairs.at(0).split, split) << word;
    }
    EXPECT_EQ(split_name(Split::heldout), "heldout");
}

std::string grouped(int groups, int each, const std::string& value, int from = 0) {
    std::string text;
    for (int i = 0; i < groups * each; ++i) {
        const std::string n = std::to_string(from + i);
        text += R"({"value":")" + value + R"(","positive":"p)" + n + R"(","negative":"n)" + n +
                R"(","scene":"scene )" + std::to_string(from + i % groups) + "\"}\n";
    }
    return text;
}

TEST(Pairs, SeededSplitKeepsGroupsTogether) {
    ReadPairsOptions options;
    options.heldout_fraction = 0.25;
    const std::string text = grouped(20, 3, "power");
    std::set<std::set<std::string>> seen;
    for (std::uint64_t seed = 0; seed < 5; ++seed) {
        options.seed = seed;
        const auto pairs = parse_pairs_jsonl(text, "p", options);
        std::map<std::string, Split> split;
        std::set<std::string> heldout;
        for (const ContrastPair& pair : pairs) {
            EXPECT_EQ(split.try_emplace(pair.group, pair.split).first->second, pair.split);
            if (pair.split == Split::heldout) heldout.insert(pair.group);
        }
        EXPECT_EQ(pairs_of(pairs, Split::heldout).size(), 15u);  // .25 of 60, five scenes
        EXPECT_EQ(pairs_of(pairs, Split::learn).size(), 45u);
        seen.insert(heldout);
        const auto again = parse_pairs_jsonl(text, "p", options);
        for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_EQ(again[i].split, pairs[i].split);
    }
    EXPECT_GT(seen.size(), 1u);  // the seed matters
}

TEST(Pairs, SplitOfAValueDoesNotDependOnItsNeighbours) {
    const std::string power = grouped(20, 1, "power"), security = grouped(9, 1, "security", 50);
    const auto alone = parse_pairs_jsonl(power, "p");
    ReadPairsOptions options;
    options.value = "power";
    const auto among = parse_pairs_jsonl(power + security, "p", options);
    ASSERT_EQ(among.size(), alone.size());
    for (std::size_t i = 0; i < alone.size(); ++i) EXPECT_EQ(among[i].split, alone[i].split);
}

TEST(Pairs, SplitFollowsTheRowsThatSayIt) {
    const auto pairs = parse_pairs_jsonl(row(R"(,"scene":"s")") +
                                             R"({"value":"security","positive":"c","negative":"d",)"
                                             R"("scene":"s","split":"test"})",
                                         "p");
    EXPECT_EQ(pairs[0].split, Split::heldout);
    EXPECT_EQ(pairs[1].split, Split::heldout);
}

TEST(Pairs, CsvOfBothKinds) {
    const auto own = parse_pairs_csv(
        "negative,positive,value,split\nkite,\"a lock,\nand a key\",security,test\n", "p.csv");
    ASSERT_EQ(own.size(), 1u);
    EXPECT_EQ(own[0].positive, "a lock,\nand a key");
    EXPECT_EQ(own[0].negative, "kite");
    EXPECT_EQ(own[0].split, Split::heldout);
    EXPECT_EQ(own[0].id, "security-2");

    ReadPairsOptions options;
    options.value = "tradition";
    const auto published = parse_pairs_csv(
        "question_1,question_2\n\"\"\"I bake.\"\"\",I fly.\n\"\"\"a\"\"\", b\n", "s.csv", options);
    ASSERT_EQ(published.size(), 2u);
    EXPECT_EQ(published[0].positive, "I bake.");
    EXPECT_EQ(published[0].value, "tradition");
    EXPECT_EQ(published[1].negative, "b");
    EXPECT_EQ(published[1].id, "tradition-3");
}

TEST(Pairs, FileNameDecidesTheFormat) {
    const Scratch scratch;
    EXPECT_EQ(read_pairs(scratch.write("a.CSV", "value,positive,negative\nv,p,n\n")).size(), 1u);
    EXPECT_EQ(read_pairs(scratch.write("a.jsonl", row(""))).size(), 1u);
}

struct Bad {
    const char* name;
    std::string text;
    ErrorKind kind;
    std::string where;  // after the file name
    std::string says;
    ReadPairsOptions options = {};
};

ReadPairsOptions with(const std::string& value, std::size_t max_line = 1 << 20,
                      std::size_t min_pairs = 0) {
    ReadPairsOptions options;
    options.value = value;
    options.max_line = max_line;
    options.min_pairs = min_pairs;
    return options;
}

std::vector<Bad> bad_jsonl() {
    const auto input = ErrorKind::input;
    const std::string good = row("");
    return {
        {"empty", "", input, "", "is empty"},
        {"blank", "\n  \n\r\n", input, "", "is empty"},
        {"not json", good + "positive, negative\n", input, ":2", "not valid JSON at byte 1"},
        {"cut", good + R"({"value":"se)", input, ":2", "not valid JSON"},
        {"array", "[1,2]\n", input, ":1", "holds a JSON array, not an object"},
        {"number too large", row(",\"x\":1e999"), input, ":1", "number out of range"},
        {"no positive", "{\"value\":\"v\",\"negative\":\"n\"}", input, ":1", "no field 'positive'"},
        {"one side only", "{\"value\":\"v\",\"positive\":\"p\"}", input, ":1",
         "no field 'negative'"},
        {"no value", "{\"positive\":\"p\",\"negative\":\"n\"}", input, ":1", "no field 'value'"},
        {"empty positive", R"({"value":"v","positive":"  ","negative":"n"})", input, ":1",
         "field 'positive' is empty"},
        {"number", R"({"value":"v","positive":"p","negative":4})", input, ":1",
         "field 'negative' is a JSON number, not a string"},
        {"null", R"({"value":"v","positive":null,"negative":"n"})", input, ":1",
         "field 'positive' is a JSON null"},
        {"optional number", good + row(R"(,"scene":7)"), input, ":2",
         "field 'scene' is a JSON number"},
        {"NUL", row(R"(,"scene":"a\u0000b")"), input, ":1", "NUL"},
        {"not UTF-8", good + "{\"value\":\"v\",\"positive\":\"\xC3(\",\"negative\":\"n\"}\n", input,
         ":2", "not valid UTF-8"},
        {"same text", R"({"value":"v","positive":"p","negative":"p"})", input, ":1",
         "the same text"},
        {"unknown split", row(R"(,"split":"dev")"), input, ":1", "'dev'"},
        {"same id", row(R"(,"id":"a")") + row(R"(,"id":"a")"), input, ":2", "'id' 'a'"},
        {"id taken by a line", row(R"(,"id":"security-2")") + good, input, ":2", "'security-2'"},
        {"both splits",
         row(R"(,"scene":"s","split":"learn")") + row(R"(,"scene":"s","split":"test")"), input,
         ":2", "scene 's' is in both splits"},
        {"long line", good + row(",\"x\":\"" + std::string(500, 'x') + "\""), input, ":2",
         "longer than 200 bytes", with("", 200)},
        {"too few", good, input, "", "holds 1 pairs, at least 10", with("", 1 << 20, 10)},
        {"unknown value", good, ErrorKind::not_found, "", "did you mean security?",
         with("securty")},
        {"unrelated value", good, ErrorKind::not_found, "", "it has security", with("honesty")},
    };
}

TEST(Pairs, MalformedJsonl) {
    const Scratch scratch;
    for (const Bad& bad : bad_jsonl()) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_pairs_jsonl(bad.text, "m.jsonl", bad.options); }, bad.kind,
                     "m.jsonl" + bad.where, bad.says);
        const auto file = scratch.write("f.jsonl", bad.text);
        expect_error([&] { read_pairs(file, bad.options); }, bad.kind, file.string() + bad.where,
                     bad.says);
    }
}

TEST(Pairs, MalformedCsv) {
    const auto input = ErrorKind::input;
    const std::vector<Bad> table = {
        {"empty", "", input, "", "is empty"},
        {"header only", "value,positive,negative\n", input, "", "holds no pairs"},
        {"other columns", "text,label\na,b\n", input, ":1", "no column 'question_1'"},
        {"one side only", "value,positive\nv,p\n", input, ":1", "no column 'negative'"},
        {"empty cell", "value,positive,negative\nv,p,n\nv,,n\n", input, ":3",
         "field 'positive' is empty"},
        {"empty quotes", "question_1,question_2\n\"\"\"\"\"\",b\n", input, ":2",
         "field 'question_1' is empty", with("v")},
        {"no value", "question_1,question_2\na,b\n", input, ":2", "no field 'value'"},
        {"ragged", "value,positive,negative\nv,p\n", input, ":2", "2 fields"},
        {"long field", "value,positive,negative\nv,p," + std::string(500, 'n') + "\n", input, ":2",
         "longer than 200 bytes", with("", 200)},
    };
    const Scratch scratch;
    for (const Bad& bad : table) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_pairs_csv(bad.text, "m.csv", bad.options); }, bad.kind,
                     "m.csv" + bad.where, bad.says);
        const auto file = scratch.write("f.csv", bad.text);
        expect_error([&] { read_pairs(file, bad.options); }, bad.kind, file.string() + bad.where,
                     bad.says);
    }
}

TEST(Pairs, FilesThatAreNone) {
    const Scratch scratch;
    for (const char* name : {"none.jsonl", "none.csv"}) {
        const auto file = scratch.path / name;
        expect_error([&] { read_pairs(file); }, ErrorKind::not_found, file.string(),
                     "no such file");
    }
    for (const char* name : {"d.jsonl", "d.csv"}) {
        const auto folder = scratch.path / name;
        std::filesystem::create_directory(folder);
        expect_error([&] { read_pairs(folder); }, ErrorKind::input, folder.string(), "is a folder");
    }
}

TEST(Pairs, OptionsOutOfRange) {
    ReadPairsOptions options;
    for (const double fraction : {1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
        options.heldout_fraction = fraction;
        expect_error([&] { parse_pairs_jsonl(row(""), "p", options); }, ErrorKind::usage,
                     "heldout_fraction", "below 1");
    }
}

}  // namespace
}  // namespace axia::data
