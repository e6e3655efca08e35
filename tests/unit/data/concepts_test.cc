#include "axia/data/concepts.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "axia/core/error.h"
#include "scratch.h"
#include "source_dir.h"

namespace axia::data {
namespace {

std::string message(const std::function<void()>& read) {
    try {
        read();
    } catch (const core::Error& error) {
        return error.what();
    }
    return "";
}

TEST(Concepts, TheShippedOnes) {
    const auto concepts = read_concepts(std::filesystem::path(AXIA_SOURCE_DIR) / "batteries" /
                                        "ideals" / "concepts.jsonl");
    EXPECT_EQ(concepts.size(), 40U);
    std::set<std::string> domains, texts;
    for (const Concept& one : concepts) {
        domains.insert(one.domain);
        texts.insert(one.text);
    }
    EXPECT_EQ(texts.size(), 40U);
    EXPECT_EQ(domains.size(), 8U);
}

TEST(Concepts, BadLines) {
    const std::string good = R"({"id":"a","text":"number of x","unit":"x"})";
    EXPECT_EQ(parse_concepts(good, "f").size(), 1U);
    EXPECT_EQ(message([&] { parse_concepts(good + "\n" + good, "f"); }).substr(0, 4), "f:2:");
    EXPECT_NE(message([] { parse_concepts(R"({"id":"a","text":"t"})", "f"); }).find("unit"),
              std::string::npos);
    EXPECT_NE(message([] {
                  parse_concepts(R"({"id":"a","text":"t","unit":"u","units":1})", "f");
              }).find("units"),
              std::string::npos);
    EXPECT_NE(message([] { parse_concepts("", "f"); }), "");
}

TEST(ComparedOptions, LinesWithGoods) {
    const auto options = parse_options(
        "{\"text\":\"You get one apple.\",\"good\":\"apple\",\"amount\":1}\n"
        "{\"id\":\"two\",\"text\":\"You get two apples.\",\"good\":\"apple\",\"amount\":2}\n"
        "{\"text\":\"It rains.\",\"category\":\"weather\"}\n",
        "f");
    ASSERT_EQ(options.size(), 3U);
    EXPECT_EQ(options[0].id, "option-1");
    EXPECT_EQ(options[1].id, "two");
    EXPECT_DOUBLE_EQ(options[1].amount, 2);
    EXPECT_EQ(options[2].category, "weather");
}

TEST(ComparedOptions, BadLines) {
    const auto with = [](const std::string& last) {
        return message([&] {
            parse_options("{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n" + last, "f");
        });
    };
    EXPECT_EQ(with(""), "");
    EXPECT_EQ(with(R"({"text":"b"})"), "f:4: text stands on line 2 already (take one out)");
    EXPECT_NE(with(R"({"text":"d","good":"x"})").find("f:4: good and amount go together"),
              std::string::npos);
    EXPECT_NE(with(R"({"text":"d","amount":2})").find("go together"), std::string::npos);
    EXPECT_NE(with(R"({"text":"d","good":"x","amount":-1})").find("not above 0"),
              std::string::npos);
    EXPECT_EQ(message([] { parse_options("{\"text\":\"a\"}\n{\"text\":\"b\"}", "f"); }),
              "f: holds 2 options (at least 3 are wanted)");
}

TEST(ComparedOptions, FilesOfBothShapes) {
    const Scratch scratch;
    const auto outcomes =
        scratch.write("o.json", R"({"money":["You get 5.","You get 9."],"text":["A book."]})");
    const auto lines =
        scratch.write("o.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n{\"text\":\"c\"}\n");
    EXPECT_EQ(read_options(outcomes).size(), 3U);
    EXPECT_EQ(read_options(outcomes)[2].category, "text");
    EXPECT_EQ(read_options(lines)[2].text, "c");
    EXPECT_THROW(read_options(scratch.write("bad", "nothing of the kind")), core::Error);
}

}  // namespace
}  // namespace axia::data
