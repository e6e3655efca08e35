#include "axia/data/texts.h"

#include <gtest/gtest.h>

#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;

TEST(Texts, ReadsEveryField) {
    const Scratch scratch;
    const auto texts = read_texts(
        scratch.write("t.jsonl",
                      "{\"text\":\"Ice melts.\"}\n\n"
                      R"({"id":"a","text":"T","prompt":"P","kind":"fact","split":"heldout"})"));
    ASSERT_EQ(texts.size(), 2u);
    EXPECT_EQ(texts[0].id, "text-1");
    EXPECT_EQ(texts[0].text, "Ice melts.");
    EXPECT_EQ(texts[0].split, Split::learn);
    EXPECT_EQ(texts[1].id, "a");
    EXPECT_EQ(texts[1].prompt, "P");
    EXPECT_EQ(texts[1].kind, "fact");
    EXPECT_EQ(texts[1].split, Split::heldout);
    EXPECT_EQ(texts[1].line, 3u);
}

TEST(Texts, Malformed) {
    struct Bad {
        const char* name;
        std::string text, where, says;
    };
    const std::vector<Bad> table = {
        {"empty", "", "t", "is empty"},
        {"no text", "{\"id\":\"a\"}", "t:1", "no field 'text'"},
        {"empty text", "{\"text\":\"\"}", "t:1", "field 'text' is empty"},
        {"same id", "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}", "t:2", "'a'"},
        {"split", "{\"text\":\"x\",\"split\":\"other\"}", "t:1", "'other'"},
        {"long", "{\"text\":\"" + std::string(100, 'x') + "\"}", "t:1", "longer than 64 bytes"},
        {"not UTF-8", "{\"text\":\"\xED\xA0\x80\"}", "t:1", "UTF-8"},
    };
    for (const Bad& bad : table) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_texts(bad.text, "t", 64); }, ErrorKind::input, bad.where,
                     bad.says);
    }
    const Scratch scratch;
    expect_error([&] { read_texts(scratch.path); }, ErrorKind::input, scratch.path.string(),
                 "is a folder");
}

}  // namespace
}  // namespace axia::data
