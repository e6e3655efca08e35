#include "report/shape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "axia/core/error.h"

namespace axia::report {
namespace {

const Shape shape = Shape::object({{"name", Shape::text()},
                                   {"few?", Shape::list(Shape::integer(0, 9), 2)},
                                   {"any?", Shape::map(Shape::boolean(), 2)},
                                   {"either?", Shape::one_of({Shape::text(), Shape::boolean()})}});

std::string error_of(const char* json) {
    try {
        shape.check(Json::parse(json), "F");
    } catch (const core::Error& error) {
        return error.what();
    }
    return "";
}

TEST(Shape, LetsThroughWhatFits) {
    EXPECT_EQ(error_of(R"({"name":"n"})"), "");
    EXPECT_EQ(error_of(R"({"name":"n","few":null,"other":[1]})"), "");
    EXPECT_EQ(error_of(R"({"name":"n","few":[0,9],"any":{"a":true},"either":false})"), "");
}

TEST(Shape, SaysWhereItDiffers) {
    EXPECT_EQ(error_of("[]"), "F: is not an object");
    EXPECT_EQ(error_of("{}"), "F: name: is missing");
    EXPECT_EQ(error_of(R"({"name":null})"), "F: name: is not text");
    EXPECT_EQ(error_of(R"({"name":"n","few":[1,10]})"), "F: few[1]: is 10, outside 0 to 9");
    EXPECT_EQ(error_of(R"({"name":"n","few":[1,2,3]})"), "F: few: has more than 2 entries");
    EXPECT_EQ(error_of(R"({"name":"n","any":{"a":1}})"), "F: any.a: is not true or false");
    EXPECT_EQ(error_of(R"({"name":"n","any":{"a":true,"b":true,"c":true}})"),
              "F: any: has more than 2 entries");
    EXPECT_EQ(error_of(R"({"name":"n","either":1})"), "F: either: is not true or false");
}

}  // namespace
}  // namespace axia::report
