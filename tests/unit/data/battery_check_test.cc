#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "axia/data/battery.h"

namespace axia::data {
namespace {

BatteryCard card(Scoring scoring) {
    BatteryCard one;
    one.name = "own";
    one.scoring = scoring;
    return one;
}

/// A pair whose options serve `first` and `second`, of `long_first` and 10 characters.
Item pair_item(const std::string& id, const std::string& text, std::size_t long_first = 10) {
    Item item;
    item.id = id;
    item.text = text;
    item.options = {{std::string(long_first, 'a'), {{"first", 1}}, 0},
                    {std::string(10, 'b'), {{"second", 1}}, 0}};
    return item;
}

Item rating_item(const std::string& id, double key) {
    Item item;
    item.id = id;
    item.kind = ItemKind::rating;
    item.text = id;
    item.value = "ease";
    item.key = key;
    item.options = {{"No", {}, 1}, {"Yes", {}, 2}};
    return item;
}

std::vector<std::string> problems(Scoring scoring, std::vector<Item> items) {
    return check_battery(Battery(card(scoring), std::move(items))).problems;
}

using Lines = std::vector<std::string>;

TEST(BatteryCheck, CountsOfACleanBattery) {
    const std::vector<Item> items = {pair_item("a", "One text of its own."),
                                     pair_item("b", "Another thing altogether."),
                                     pair_item("c", "Neither of those before.")};
    const BatteryCheck check = check_battery(Battery(card(Scoring::preference), items));
    EXPECT_EQ(check.problems, Lines{});
    EXPECT_EQ(check.items, 3u);
    EXPECT_EQ(check.stems, 3u);
    EXPECT_EQ(check.kinds, (std::map<std::string, std::size_t>{{"pair", 3}}));
    EXPECT_EQ(check.values, (std::map<std::string, std::size_t>{{"first", 3}, {"second", 3}}));
    const auto json = nlohmann::json::parse(to_json(check));
    EXPECT_EQ(json["schema"], "axia.battery-check");
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["items"], 3);
    EXPECT_EQ(json["values"]["second"], 3);
    EXPECT_TRUE(json["problems"].empty());
}

TEST(BatteryCheck, ValuesWithTooFewItems) {
    BatteryCard own = card(Scoring::preference);
    own.values = {"first", "second", "third"};
    const BatteryCheck check =
        check_battery(Battery(own, {pair_item("a", "One text."), pair_item("b", "Other words.")}));
    EXPECT_EQ(check.problems, Lines{"values with fewer than 3 items (3): first, second, third"});
}

// 6:1 is 86 % and 5:1 is 83 %, on both sides of the 85 % allowed
TEST(BatteryCheck, KeysThatLeanOneWay) {
    std::vector<Item> items;
    for (int i = 0; i < 5; ++i) items.push_back(rating_item("p" + std::to_string(i), 1));
    items.push_back(rating_item("m", -1));
    EXPECT_EQ(problems(Scoring::mean, items), Lines{});
    items.push_back(rating_item("p5", 1));
    EXPECT_EQ(problems(Scoring::mean, items),
              Lines{"values keyed one way, so that agreeing with everything scores, plus:minus "
                    "(1): ease 6:1"});
}

TEST(BatteryCheck, RightAnswersThatLeanOneWay) {
    std::vector<Item> items;
    for (int i = 0; i < 10; ++i) {
        Item item;
        item.id = item.text = "q" + std::to_string(i);
        item.options = {{"Yes", {}, 0}, {"No", {}, 0}};
        item.correct = i == 0 ? 0 : 1;
        items.push_back(std::move(item));
    }
    EXPECT_EQ(problems(Scoring::accuracy, items),
              Lines{"option 2 is the right one in 90 % of the items"});
    items[1].correct = 0;
    EXPECT_EQ(problems(Scoring::accuracy, items), Lines{});
}

// 26 characters against 10 in one item; 12 against 10 (20 % more) in ten
TEST(BatteryCheck, LengthsThatGiveOptionsAway) {
    std::vector<Item> items;
    const auto text = [](int i) {
        return "text" + std::string(static_cast<std::size_t>(i + 1), 'x');
    };
    for (int i = 0; i < 9; ++i) items.push_back(pair_item("a" + std::to_string(i), text(i), 12));
    EXPECT_EQ(problems(Scoring::preference, items), Lines{});  // nine are too few to say
    items.push_back(pair_item("b", text(9), 12));
    EXPECT_EQ(problems(Scoring::preference, items),
              Lines{"length gives options away (2): the option for first has 120 % of the other's "
                    "length, the option for second has 83 % of the other's length"});
    EXPECT_EQ(problems(Scoring::preference,
                       {pair_item("a", "x y", 26), pair_item("b", "z", 25), pair_item("c", "u v")}),
              Lines{"items with options of very uneven length (1): a"});
}

// 11 words, 9 3-grams each; all but the one with the last word are shared: 8 of 10
TEST(BatteryCheck, NearDuplicatesOfAnotherStem) {
    std::vector<Item> items = {
        pair_item("a", "The quick brown fox jumps over it again and again today."),
        pair_item("b", "The quick brown fox jumps over it again and again tonight."),
        pair_item("c", "Nothing in common with those two.")};
    EXPECT_EQ(problems(Scoring::preference, items),
              Lines{"items that nearly repeat another (1): b and a (80 % of their 3-grams)"});
    items[0].stem = items[1].stem = "same";
    EXPECT_EQ(problems(Scoring::preference, items), Lines{});
}

TEST(BatteryCheck, ItemsWithoutAnyValue) {
    Item bare = pair_item("d", "Says nothing.");
    bare.options[0].values.clear();
    bare.options[1].values.clear();
    EXPECT_EQ(
        problems(Scoring::preference, {pair_item("a", "One text."), pair_item("b", "Other words."),
                                       pair_item("c", "More again."), bare}),
        Lines{"items that say nothing of any value (1)"});
}

}  // namespace
}  // namespace axia::data
