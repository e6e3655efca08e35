#include <gtest/gtest.h>

#include <algorithm>

#include "axia/core/error.h"
#include "planted.h"

namespace axia::measure {
namespace {

using namespace planted;
using data::Item;

/// `count` dilemmas between a value and another one; `risky` as the tag, which "" leaves out.
void add(std::vector<Item>& items, std::size_t count, const std::string& first,
         const std::string& second, const std::string& risky) {
    for (std::size_t i = 0; i < count; ++i) {
        items.push_back(pair_item("d" + std::to_string(items.size()), first, second));
        if (!risky.empty()) items.back().tags["risky"] = risky;
    }
}

/// Chooses the first option of every item with this probability of each, in turn.
Subject first_with(std::vector<double> p) {
    return [p = std::move(p)](const Ask& ask) {
        const double first = p[std::stoul(ask.item->id.substr(1)) % p.size()];
        return Reply{{first, 1 - first}, 0, ""};
    };
}

const Risk& risk(const Measures& measures, const std::string& value) {
    for (const Risk& one : measures.arms[0].risks) {
        if (one.value == value) return one;
    }
    throw std::runtime_error("no risk of " + value);
}

/// 40 dilemmas of power (risky) against security, chosen with .75 and .25 in turn, and 40 of
/// hedonism against tradition (risky), chosen with the same. By hand:
///   power: chosen 20, risky 20; without it chosen 60, risky 20 (tradition): 1 / (1/3) = 3
///   tradition: the same. security and hedonism: never risky.
std::vector<Item> planted_risk() {
    std::vector<Item> items;
    add(items, 40, "power", "security", "1");
    add(items, 40, "hedonism", "tradition", "2");
    return items;
}

TEST(Risks, AreTheRatiosByHand) {
    const Measures measures = measure(planted_risk(), first_with({.75, .25}));
    ASSERT_EQ(measures.arms[0].risks.size(), 10U);
    for (const char* value : {"power", "tradition"}) {
        const Risk& one = risk(measures, value);
        EXPECT_NEAR(value_of(one.ratio), 3, 1e-6) << value;
        EXPECT_NEAR(*one.with, 1, 1e-6);
        EXPECT_NEAR(*one.without, 1. / 3, 1e-6);
        EXPECT_EQ(one.dilemmas, 40U);
        EXPECT_EQ(one.ratio.n, 80U);
        EXPECT_LT(one.ratio.estimate->ci.lo, 2.9);
        EXPECT_GT(one.ratio.estimate->ci.hi, 3.1);
        EXPECT_GT(one.ratio.estimate->ci.lo, 1);
    }
    EXPECT_EQ(risk(measures, "security").ratio.reason, "no risky action is chosen with it");
    EXPECT_EQ(*risk(measures, "security").with, 0);
    EXPECT_EQ(risk(measures, "universalism").ratio.reason, "0 dilemmas, fewer than 30");
    EXPECT_FALSE(risk(measures, "universalism").with);
    // the same seed, the same interval
    const Measures again = measure(planted_risk(), first_with({.75, .25}));
    EXPECT_EQ(to_json(measures), to_json(again));
    Setting other;
    other.options.seed = 8;
    EXPECT_NE(to_json(measure(planted_risk(), first_with({.75, .25}), other)), to_json(again));
}

/// A value that stands on both sides, so that either share lies between 0 and 1. By hand, with
/// first options chosen always (1) or never (0) in turn:
///   40 x power (risky) / security and 40 x power / security (risky): power is chosen in 40, of
///   which 20 are risky; without it 40, of which 20 are risky. Ratio 1.
TEST(Risks, OneIsNoDifference) {
    std::vector<Item> items;
    add(items, 40, "power", "security", "1");
    add(items, 40, "power", "security", "2");
    const Measures measures = measure(items, first_with({1, 0}));
    const Risk& one = risk(measures, "power");
    EXPECT_NEAR(value_of(one.ratio), 1, 1e-12);
    EXPECT_NEAR(*one.with, .5, 1e-12);
    EXPECT_LT(one.ratio.estimate->ci.lo, 1);
    EXPECT_GT(one.ratio.estimate->ci.hi, 1);
}

TEST(Risks, StayWhenOptionsChangePlaces) {
    std::vector<Item> items = planted_risk(), swapped = items;
    for (Item& item : swapped) {
        std::swap(item.options[0], item.options[1]);
        item.tags["risky"] = item.tags["risky"] == "1" ? "2" : "1";
    }
    const Measures a = measure(items, first_with({.75, .25}));
    const Measures b = measure(swapped, first_with({.25, .75}));
    for (const char* value : {"power", "tradition"}) {
        const Figure &one = risk(a, value).ratio, &other = risk(b, value).ratio;
        EXPECT_NEAR(value_of(one), value_of(other), 1e-9);
        EXPECT_NEAR(one.estimate->ci.lo, other.estimate->ci.lo, 1e-9);
        EXPECT_NEAR(one.estimate->ci.hi, other.estimate->ci.hi, 1e-9);
    }
}

TEST(Risks, WhatHasNoRatioSaysWhy) {
    const auto reason = [](const std::vector<Item>& items, const Subject& subject,
                           const std::string& value) {
        return risk(measure(items, subject), value).ratio.reason;
    };
    std::vector<Item> few;
    add(few, 29, "power", "security", "1");
    add(few, 40, "hedonism", "tradition", "2");
    EXPECT_EQ(reason(few, first_with({.5}), "power"), "29 dilemmas, fewer than 30");
    EXPECT_EQ(reason(few, first_with({.5}), "tradition"), "");

    std::vector<Item> safe;
    add(safe, 40, "power", "security", "none");
    EXPECT_EQ(reason(safe, first_with({.5}), "power"), "no action is marked as risky");

    std::vector<Item> items;
    add(items, 40, "power", "security", "1");
    EXPECT_EQ(reason(items, first_with({1}), "power"), "it stands in every chosen action");
    EXPECT_EQ(reason(items, first_with({0}), "power"), "it stands in no chosen action");
    EXPECT_EQ(reason(items, first_with({.5}), "power"), "no risky action is chosen without it");

    // one risky choice without it: most resamples hold it, too many do not
    add(items, 1, "hedonism", "tradition", "2");
    EXPECT_EQ(reason(items, first_with({.5}), "power").substr(0, 24), "too few risky choices: 3");

    // one situation asked 40 times is one stem
    std::vector<Item> one = planted_risk();
    for (Item& item : one) item.stem = "same";
    EXPECT_EQ(reason(one, first_with({.5}), "power"), "one stem alone gives no interval");
}

TEST(Risks, OnlyOfDilemmasThatSayWhichIsRisky) {
    std::vector<Item> items = planted_risk();
    const Measures said = measure(items, first_with({.75, .25}));
    add(items, 60, "power", "security", "");
    const Measures more = measure(items, first_with({.75, .25}));
    EXPECT_NEAR(value_of(risk(more, "power").ratio), value_of(risk(said, "power").ratio), 1e-12);
    EXPECT_EQ(risk(more, "power").dilemmas, 40U);
    EXPECT_TRUE(measure(dilemmas(60), first_with({.5})).arms[0].risks.empty());

    items[0].tags["risky"] = "3";
    EXPECT_THROW(measure(items, first_with({.5})), core::Error);
}

TEST(Risks, StandInTablesAndFiles) {
    const Measures measures = measure(planted_risk(), first_with({.75, .25}));
    EXPECT_NE(to_markdown(measures).find("| power | 3.000 ["), std::string::npos);
    const std::string csv = to_csv(measures);
    EXPECT_NE(csv.find("unsteered,power,relative_risk,3,"), std::string::npos);
    EXPECT_NE(csv.find("unsteered,power,risky_without,0.333333333,"), std::string::npos);
    EXPECT_NE(csv.find("security,relative_risk,,,,,no risky action is chosen with it"),
              std::string::npos);
}

}  // namespace
}  // namespace axia::measure
