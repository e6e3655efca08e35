#include "axia/data/axis_weights.h"

#include <gtest/gtest.h>

#include "scratch.h"

namespace axia::data {
namespace {

const std::string head = "item,option,axis,weight\n";
const std::string two = "a,agree,x,1\na,disagree,x,-1\nb,agree,x,2\nb,disagree,x,-2\n";

void expect_wrong(const std::string& rows, int line, const std::string& says) {
    expect_error([&] { parse_axis_weights(head + rows, "w.csv"); }, core::ErrorKind::input,
                 "w.csv:" + std::to_string(line), says);
}

TEST(AxisWeights, AreReadByItemAndAxis) {
    const Scratch scratch;
    // columns in another order, one more of them, options in any case
    const AxisWeights weights = read_axis_weights(
        scratch.write("w.csv",
                      "note,axis,item,weight,option\n"
                      ",economic,a,-2,Strongly disagree\n,economic,a,-1,DISAGREE\n"
                      ",economic,a,0.5,agree\n,economic,a,2e0,Strongly Agree\n"
                      ",social,a,0,disagree\n,social,a,1,agree\n"
                      ",economic,b,1,disagree\n,economic,b,-1,agree\n"
                      ",social,c,1,disagree\n,social,c,-1,agree\n"));
    EXPECT_EQ(weights.axes, (std::vector<std::string>{"economic", "social"}));
    ASSERT_EQ(weights.items.size(), 3U);
    EXPECT_EQ(weights.items.at("a").at("economic"), (std::array<double, 4>{-2, -1, .5, 2}));
    EXPECT_EQ(weights.items.at("a").at("social"), (std::array<double, 4>{0, 0, 1, 1}));
    EXPECT_EQ(weights.items.at("c").size(), 1U);
    EXPECT_NO_THROW(weights.need("b"));
    expect_error([&] { weights.need("d"); }, core::ErrorKind::input, weights.name,
                 "no weight for item 'd'");
}

TEST(AxisWeights, WrongRows) {
    expect_wrong("", 1, "has no row");
    expect_error([] { parse_axis_weights("item,option,weight\na,agree,1\n", "w.csv"); },
                 core::ErrorKind::input, "w.csv:1", "has no column 'axis'");
    expect_wrong(two + "c,maybe,x,1\n", 6, "field 'option' is 'maybe'");
    for (const char* weight : {"nan", "inf", "-inf", "one", "1e999", "1 2", "0x1"}) {
        expect_wrong(two + "c,agree,x," + weight + "\n", 6, "field 'weight' is");
    }
    expect_wrong(two + "c,agree,x,\n", 6, "field 'weight' is empty");
    expect_wrong(two + "c,agree,,1\n", 6, "field 'axis' is empty");
    expect_wrong(two + "a,Agree,x,1\n", 6, "on line 2 already");
    expect_wrong(two + "c,agree,x,1\n", 6, "item 'c' has no weight for 'disagree' on the axis 'x'");
    expect_wrong(two + "c,agree,x,1\nc,disagree,x,1\nc,strongly agree,x,2\n", 6,
                 "no weight for 'strongly disagree'");
    expect_wrong(two + "c,strongly agree,x,1\nc,strongly disagree,x,2\n", 6,
                 "no weight for 'disagree'");
    // an axis of one item is most often another one misspelt
    expect_wrong(
        "a,agree,social,1\na,disagree,social,1\nb,agree,social,1\nb,disagree,social,1\n"
        "c,agree,socail,1\nc,disagree,socail,1\n",
        6, "axis 'socail' has one item alone (did you mean social?)");
    expect_error([] { read_axis_weights("missing.csv"); }, core::ErrorKind::not_found,
                 "missing.csv", "no such file");
}

}  // namespace
}  // namespace axia::data
