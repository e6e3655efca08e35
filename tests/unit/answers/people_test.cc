#include "axia/answers/people.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "axia/core/error.h"
#include "axia/measure/measure.h"
#include "unit/data/scratch.h"

namespace axia::answers {
namespace {

using core::ErrorKind;
using data::expect_error;
using data::Item;
using data::ItemKind;
using testing::ElementsAre;
using testing::IsEmpty;

Item item_of(const std::string& id, ItemKind kind, const std::vector<std::string>& options) {
    Item item;
    item.id = item.stem = id;
    item.kind = kind;
    item.text = "text of " + id;
    for (const std::string& option : options) {
        const auto place = static_cast<double>(item.options.size());
        item.options.push_back({option, {}, kind == ItemKind::rating ? place * 2 : 0});
    }
    if (kind == ItemKind::rating || kind == ItemKind::free) item.value = "care";
    return item;
}

data::Battery battery_of(data::Scoring scoring, std::vector<Item> items) {
    data::BatteryCard card;
    card.name = "asked";
    card.scoring = scoring;
    return {card, std::move(items)};
}
data::Battery choices() {
    return battery_of(data::Scoring::preference,
                      {item_of("walk", ItemKind::pair, {"Walk", "Take the bus"}),
                       item_of("three", ItemKind::choice, {"Red", "Green", "Blue"})});
}
/// Places 0, 2, 4.
data::Battery scale() {
    return battery_of(data::Scoring::mean,
                      {item_of("mood", ItemKind::rating, {"Not at all", "A little", "Much"})});
}
data::Battery open() {
    return battery_of(data::Scoring::judged, {item_of("why", ItemKind::free, {})});
}

People people_of(const std::string& csv, const data::Battery& battery = choices()) {
    return parse_people(csv, "people.csv", battery);
}

/// Index of the option answered, -1 for none.
int answered(const std::string& item, const std::string& answer, int order = 0) {
    const People people = people_of("respondent,item,answer,order\nann," + item + ",\"" + answer +
                                        "\"," + std::to_string(order) + "\n",
                                    item == "mood" ? scale() : choices());
    const Record& record = people.answers(item)[0];
    for (std::size_t i = 0; i < record.p.size(); ++i) {
        if (record.p[i] == 1) return static_cast<int>(i);
    }
    return -1;
}

TEST(People, ByItemWithOneHotAnswers) {
    const People people = people_of(
        "respondent,item,answer,wording\n"
        "ann,walk,take the bus,first\n"
        "bob,walk,A,\n"
        "bob,three,,first\n");
    EXPECT_THAT(people.respondents, ElementsAre("ann", "bob"));
    const auto walk = people.answers("walk");
    ASSERT_EQ(walk.size(), 2u);
    EXPECT_EQ(walk[0].respondent, "ann");
    EXPECT_EQ(walk[0].how, How::person);
    EXPECT_EQ(walk[0].arm, "people");
    EXPECT_EQ(walk[0].wording, "first");
    EXPECT_THAT(walk[0].p, ElementsAre(0, 1));
    EXPECT_EQ(walk[1].wording, "people");
    EXPECT_THAT(walk[1].p, ElementsAre(1, 0));
    EXPECT_EQ(people.answers("three")[0].reason, "a blank answer");
    EXPECT_THAT(people.answers("three")[0].p, IsEmpty());
    EXPECT_THAT(people.answers("mood"), IsEmpty());

    const People words =
        people_of("respondent,item,answer\nann,why,\"Because, well, it matters\"\n", open());
    EXPECT_EQ(words.answers("why")[0].text, "Because, well, it matters");
    EXPECT_EQ(words.answers("why")[0].reason, "");
}

TEST(People, TextLetterNumberAndScore) {
    EXPECT_EQ(answered("three", "green"), 1);
    EXPECT_EQ(answered("three", "c"), 2);
    EXPECT_EQ(answered("three", "2"), 1);
    EXPECT_EQ(answered("three", "B) Green"), 1);
    EXPECT_EQ(answered("mood", "not at all."), 0);
    EXPECT_EQ(answered("mood", "4"), 2);  // its score, not its place
    EXPECT_EQ(answered("mood", "2.0"), 1);
    EXPECT_EQ(answered("mood", "C"), 2);
}

TEST(People, LettersAndNumbersInTheOrderShown) {
    EXPECT_EQ(answered("walk", "A", 1), 1);
    EXPECT_EQ(answered("walk", "2", 1), 0);
    // shifted by one: green, blue, red
    EXPECT_EQ(answered("three", "A", 1), 1);
    EXPECT_EQ(answered("three", "3", 1), 0);
    // a scale turned round
    EXPECT_EQ(answered("mood", "A", 1), 2);
    EXPECT_EQ(answered("mood", "4", 1), 2);
}

TEST(People, SaysWhatIsWrongAndWhere) {
    const auto fails = [](const std::string& csv, std::size_t line, const std::string& says,
                          const data::Battery& battery = choices()) {
        expect_error([&] { people_of(csv, battery); }, ErrorKind::input,
                     "people.csv:" + std::to_string(line), says);
    };
    const std::string head = "respondent,item,answer,order,repeat\n";
    fails("respondent,item\nann,walk\n", 1, "no column 'answer'");
    fails("respondent,item,answer,ordr\nann,walk,A,1\n", 1, "did you mean order?");
    fails(head + "ann,walk,A,0,0\nbob,wlak,A,0,0\n", 3, "did you mean walk?");
    fails(head + "ann,walk,Take the bas,0,0\n", 2, "did you mean Take the bus?");
    fails(head + "ann,walk,3,0,0\n", 2, "'3' is none of the answers to item 'walk'");
    fails(head + "ann,mood,1,0,0\n", 2, "'1' is none of the answers", scale());
    fails(head + "ann,walk,Walk or take the bus,0,0\n", 2, "none of the answers");
    fails(head + "ann,walk,A,2,0\n", 2, "order '2' is not a number of 0 to 1");
    fails(head + "ann,walk,A,x,0\n", 2, "order 'x'");
    fails(head + "ann,walk,A,0,-1\n", 2, "repeat '-1'");
    fails(head + ",walk,A,0,0\n", 2, "has no respondent");
    fails(head + "ann,walk,A,0,0\n\nann,walk,B,0,0\n", 4, "has answered item 'walk' on line 2");
    fails(head + "ann,walk,A\n", 2, "");
    EXPECT_EQ(people_of(head + "ann,walk,A,0,0\nann,walk,B,0,1\n").answers("walk").size(), 2u);
}

TEST(People, LikelihoodsAreNotForPeople) {
    const data::Battery texts =
        battery_of(data::Scoring::likelihood, {item_of("t", ItemKind::likelihood, {"a", "b"})});
    expect_error([&] { parse_people("respondent,item,answer\nann,t,a\n", "p.csv", texts); },
                 ErrorKind::unsupported, "p.csv:2", "compares likelihoods");
}

TEST(People, FromAFile) {
    const data::Scratch scratch;
    const auto file = scratch.write("p.csv", "respondent,item,answer\r\nann,walk,Walk\r\n");
    EXPECT_THAT(read_people(file, choices(), "staff").answers("walk")[0].p, ElementsAre(1, 0));
    EXPECT_EQ(read_people(file, choices(), "staff").answers("walk")[0].arm, "staff");
    expect_error([&] { read_people(scratch.path / "none.csv", choices()); }, ErrorKind::not_found,
                 (scratch.path / "none.csv").string(), "");
}

// The statistics of models take people as well: two respondents, mean place (4 + 2) / 2 = 3.
TEST(People, AreMeasured) {
    const People people =
        people_of("respondent,item,answer\nann,mood,much\nbob,mood,a little\n", scale());
    const data::Battery asked = scale();
    measure::Measurer measurer(asked.card(), {{"people", "", 0, false, "none"}}, {});
    asked.for_each([&](const Item& item) { measurer.add(item, people.answers(item.id)); });
    const measure::Measures measures = measurer.finish();
    EXPECT_EQ(measures.how.at("person"), 2u);
    EXPECT_EQ(measures.answers, 2u);
    ASSERT_EQ(measures.rows.size(), 1u);
    EXPECT_DOUBLE_EQ(measures.rows[0].number.at("people"), 3);
}

}  // namespace
}  // namespace axia::answers
