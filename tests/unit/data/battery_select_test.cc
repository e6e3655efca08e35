#include "axia/data/battery_select.h"

#include <gtest/gtest.h>

#include "axia/data/battery_sets.h"
#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using core::ErrorKind;

// S029: some inventories of many.
TEST(SelectItems, ByTagAndByValue) {
    const Scratch scratch;
    const auto file = scratch.write("v.csv",
                                    "questionnaire,item,value,agreement,question\n"
                                    "NFCC,I plan.,Order,1,Should I plan?\n"
                                    "NFCC,I wait.,Calm,1,Should I wait?\n"
                                    "PVQ,I rule.,Power,1,Should I rule?\n"
                                    "LTO,I save.,Order,1,Should I save?\n");
    const Battery all = read_valuebench(file);
    const Battery two = select_items(all, "questionnaire", {"LTO", "NFCC"});
    ASSERT_EQ(two.items().size(), 3u);  // in file order
    EXPECT_EQ(two.items()[0].id, "NFCC-1");
    EXPECT_EQ(two.items()[2].id, "LTO-1");
    EXPECT_EQ(two.card().scoring, Scoring::judged);
    EXPECT_NE(two.hash(), all.hash());
    EXPECT_EQ(select_items(two, "value", {"Order"}).items().size(), 2u);
    EXPECT_EQ(select_items(all, "questionnaire", {"NFCC", "PVQ", "LTO"}).hash(), all.hash());
    expect_error(
        [&] {
            select_items(all, "questionnaire", {"PVQ", "NFC"});
        },
        ErrorKind::usage, "battery 'valuebench'", "did you mean NFCC?");
    expect_error([&] { select_items(all, "questionnaire", {"Something else"}); }, ErrorKind::usage,
                 "battery 'valuebench'", "there are LTO, NFCC, PVQ");
    expect_error([&] { select_items(all, "topic", {"work"}); }, ErrorKind::usage,
                 "battery 'valuebench'", "there are item, questionnaire, value");
}

}  // namespace
}  // namespace axia::data
