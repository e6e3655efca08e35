#include "axia/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;
using testing::ElementsAre;

TEST(Csv, QuotesLineEndsAndMark) {
    const CsvTable table = parse_csv(
        "\xEF\xBB\xBFname,\"a \"\"b\"\"\"\r\n"
        "one,\"two,\r\nthree\"\r\n"
        "\r\n"
        ",say \"hi\"\n"
        "last,",
        "t.csv");
    EXPECT_THAT(table.header, ElementsAre("name", "a \"b\""));
    ASSERT_EQ(table.rows.size(), 3u);
    EXPECT_THAT(table.rows[0], ElementsAre("one", "two,\r\nthree"));
    EXPECT_THAT(table.rows[1], ElementsAre("", "say \"hi\""));
    EXPECT_THAT(table.rows[2], ElementsAre("last", ""));
    EXPECT_THAT(table.lines, ElementsAre(2u, 5u, 6u));
    EXPECT_EQ(table.column("a \"b\""), 1u);
    EXPECT_FALSE(table.column("b"));
}

TEST(Csv, FromAFile) {
    const Scratch scratch;
    const CsvTable table = read_csv(scratch.write("a.csv", "a,b\n1,2\n"));
    EXPECT_THAT(table.rows.at(0), ElementsAre("1", "2"));
    expect_error([&] { read_csv(scratch.path); }, ErrorKind::input, scratch.path.string(),
                 "is a folder");
    const auto none = scratch.path / "none";
    expect_error([&] { read_csv(none); }, ErrorKind::not_found, none.string(), "no such file");
}

TEST(Csv, Malformed) {
    CsvLimits small;
    small.field_bytes = 8;
    small.rows = 2;
    small.columns = 3;
    struct Bad {
        const char* name;
        std::string text, where, says;
    };
    const std::vector<Bad> table = {
        {"empty", "", "t", "is empty"},
        {"mark only", "\xEF\xBB\xBF\n\n", "t", "is empty"},
        {"short row", "a,b\n1,2\n3\n", "t:3", "has 1 fields where the header has 2"},
        {"long row", "a,b\n1,2,3\n", "t:2", "has 3 fields"},
        {"line counted inside quotes", "a,b\n\"1\n2\n3\",x\nz\n", "t:5", "has 1 fields"},
        {"unterminated", "a,b\n1,\"2\n3,4\n", "t:2", "never closed"},
        {"text after quote", "a,b\n\"1\"x,2\n", "t:2", "after a closing quote"},
        {"space after quote", "a,b\n\"1\" ,2\n", "t:2", "after a closing quote"},
        {"duplicate column", "a,b,a\n", "t:1", "the column 'a' twice"},
        {"long field", "a\n123456789\n", "t:2", "longer than 8 bytes"},
        {"long quoted field", "a\n\"12345\n6789\"\n", "t:2", "longer than 8 bytes"},
        {"rows", "a\n1\n2\n3\n", "t:4", "limit of 2 rows"},
        {"columns", "a,b,c,d\n", "t:1", "more than 3 columns"},
        {"not UTF-8", "a\n\xFF\n", "t:2", "UTF-8"},
    };
    for (const Bad& bad : table) {
        SCOPED_TRACE(bad.name);
        expect_error([&] { parse_csv(bad.text, "t", small); }, ErrorKind::input, bad.where,
                     bad.says);
    }
    const Scratch scratch;
    small.file_bytes = 10;
    const auto file = scratch.write("a.csv", "a,b\n1,2\n3,4\n");
    expect_error([&] { read_csv(file, small); }, ErrorKind::input, file.string(),
                 "larger than the limit of 10 bytes");
}

}  // namespace
}  // namespace axia::data
