#include "axia/answers/record.h"

#include <gtest/gtest.h>

#include <limits>

#include "axia/core/error.h"

namespace axia::answers {
namespace {

Record full_record() {
    Record record;
    record.item = "w-1";
    record.arm = "security=0.9";
    record.wording = "plain";
    record.order = 1;
    record.repeat = 2;
    record.respondent = "r7";
    record.how = How::logprob;
    record.options = {{-1.25, 3, 10}, {-1.0 / 3.0, 2, 7}};
    record.p = {0.285714285714, 0.714285714286};
    record.invalid = 1e-12;
    record.text = "A \"quoted\"\nline, \xC3\xA9";
    record.rating = 7.5;
    record.reason = "because";
    return record;
}

void expect_equal(const Record& a, const Record& b) {
    EXPECT_EQ(to_json_line(a), to_json_line(b));
    EXPECT_EQ(a.respondent, b.respondent);
    EXPECT_EQ(a.how, b.how);
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.options.size(), b.options.size());
    EXPECT_EQ(a.p.size(), b.p.size());
    EXPECT_DOUBLE_EQ(a.rating, b.rating);
}

std::string error_of(const std::string& line) {
    try {
        parse_record(line, "answers.jsonl:7");
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::input);
        EXPECT_NE(error.where().find("answers.jsonl:7"), std::string::npos);
        return error.what();
    }
    ADD_FAILURE() << "no error for " << line;
    return {};
}

TEST(Record, LineIsAsDocumented) {
    EXPECT_EQ(to_json_line(full_record()),
              "{\"item\":\"w-1\",\"arm\":\"security=0.9\",\"wording\":\"plain\",\"order\":1,"
              "\"repeat\":2,\"respondent\":\"r7\",\"how\":\"logprob\","
              "\"options\":[{\"sum\":-1.25,\"tokens\":3,\"bytes\":10},"
              "{\"sum\":-0.333333333,\"tokens\":2,\"bytes\":7}],"
              "\"p\":[0.285714286,0.714285714],\"invalid\":1e-12,"
              "\"text\":\"A \\\"quoted\\\"\\nline, \xC3\xA9\",\"rating\":7.5,"
              "\"reason\":\"because\"}");
    Record bare;
    bare.item = "a";
    bare.how = How::text;
    EXPECT_EQ(to_json_line(bare),
              "{\"item\":\"a\",\"arm\":\"\",\"wording\":\"\",\"order\":0,\"repeat\":0,"
              "\"how\":\"text\",\"invalid\":0}");
}

TEST(Record, WrittenParsedAndWrittenAgainIsTheSame) {
    Record record = full_record();
    expect_equal(parse_record(to_json_line(record), "x"), record);
    record.respondent.clear();
    record.options.clear();
    record.p.clear();
    record.text.clear();
    record.reason.clear();
    record.rating = -1;
    const Record again = parse_record(to_json_line(record), "x");
    expect_equal(again, record);
    EXPECT_LT(again.rating, 0);
    for (const double sum : {-1e-300, -123456789.123, -0.1, -2.0 / 3e7, -5e-324}) {
        record.options = {{sum, 1, 1}};
        expect_equal(parse_record(to_json_line(record), "x"), record);
    }
    for (const How how : {How::logprob, How::samples, How::text, How::person}) {
        EXPECT_EQ(parse_how(how_name(how)), how);
        record.how = how;
        EXPECT_EQ(parse_record(to_json_line(record), "x").how, how);
    }
}

TEST(Record, BytesThatAreNotUtf8AreReplaced) {
    Record record = full_record();
    record.text =
        "a\xFF"
        "b";
    EXPECT_EQ(parse_record(to_json_line(record), "x").text,
              "a\xEF\xBF\xBD"
              "b");
}

TEST(Record, NumbersMustBeFinite) {
    Record record = full_record();
    record.options[0].sum = -std::numeric_limits<double>::infinity();
    EXPECT_THROW(to_json_line(record), core::Error);
    record = full_record();
    record.invalid = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(to_json_line(record), core::Error);
}

TEST(Record, BadLinesNameTheField) {
    const std::string start = R"({"item":"a","order":0,"repeat":0,"how":"samples","invalid":0)";
    EXPECT_NO_THROW(parse_record(start + "}", "x"));
    const std::pair<std::string, std::string> wrong[] = {
        {"", "is not valid JSON"},
        {"[1]", "is not a JSON object"},
        {start, "is not valid JSON"},
        {"\xFF", "is not valid UTF-8"},
        {start + R"(,"colour":1})", "'colour' is not known"},
        {start + R"(,"p":[0.5,0.4]})", "'p' does not sum to 1"},
        {start + R"(,"p":[1.5,-0.5]})", "'p' is out of range"},
        {start + R"(,"p":["1"]})", "'p' is not a number"},
        {start + R"(,"p":{}})", "'p' is not a list"},
        {start + R"(,"options":[1]})", "'options' is not a JSON object"},
        {start + R"(,"options":[{"sum":1e400,"tokens":1,"bytes":1}]})", "is not valid JSON"},
        {start + R"(,"options":[{"sum":-1,"tokens":-1,"bytes":1}]})", "'options.tokens'"},
        {start + R"(,"options":[{"sum":-1,"tokens":1}]})", "'options.bytes' is missing"},
        {start + R"(,"options":[{"sum":-1,"tokens":1,"bytes":1}],"p":[0.5,0.5]})",
         "'p' has another length"},
        {start + R"(,"rating":11})", "'rating' is out of range"},
        {start + R"(,"text":1})", "'text' is not a string"},
        {R"({"order":0,"repeat":0,"how":"text","invalid":0})", "'item' is missing"},
        {R"({"item":"a","order":0,"repeat":0,"invalid":0})", "'how' is missing"},
        {R"({"item":"a","order":0,"repeat":0,"how":"guess","invalid":0})", "'guess' is not known"},
        {R"({"item":"a","order":0.5,"repeat":0,"how":"text","invalid":0})",
         "'order' is not a whole"},
        {R"({"item":"a","repeat":0,"how":"text","invalid":0})", "'order' is missing"},
        {R"({"item":"a","order":99999999999,"repeat":0,"how":"text","invalid":0})", "'order'"},
        {R"({"item":"a","order":0,"repeat":0,"how":"text","invalid":2})", "'invalid' is out of"},
    };
    for (const auto& [line, says] : wrong) {
        EXPECT_NE(error_of(line).find(says), std::string::npos) << line << "\n" << error_of(line);
    }
}

}  // namespace
}  // namespace axia::answers
