#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "axia/math/agreement.h"
#include "axia/math/rank.h"
#include "axia/math/scalar.h"
#include "planted.h"

namespace axia::measure {
namespace {

using namespace planted;
using data::Item;
using data::ItemKind;

/// A dilemma whose options serve these values.
Item dilemma(std::size_t number, const std::vector<std::size_t>& first,
             const std::vector<std::size_t>& second) {
    Item item;
    item.id = "d" + std::to_string(number);
    item.kind = ItemKind::pair;
    item.options.resize(2);
    item.options[0].text = "one";
    item.options[1].text = "other";
    for (std::size_t option = 0; option < 2; ++option) {
        for (const std::size_t value : option == 0 ? first : second) {
            item.options[option].values.push_back({"v" + std::to_string(value), 1});
        }
    }
    return item;
}

ArmMeasures measured(const std::vector<Item>& items, const Subject& subject,
                     const MeasureOptions& options = {
                         .draws = 100, .letter_wordings = {}, .theories = {}}) {
    data::BatteryCard card;
    card.name = "dilemmas";
    const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
    Measurer measurer(card, arms, {}, options);
    for (const Item& item : items) measurer.add(item, records_of(item, arms, 1, subject));
    return measurer.finish().arms[0];
}

std::vector<std::size_t> some_values(core::Rng& rng) {
    std::vector<std::size_t> all(20), some;
    for (std::size_t i = 0; i < 20; ++i) all[i] = i;
    for (std::uint64_t k = 2 + rng.below(3); k > 0; --k) {
        const auto at = static_cast<std::ptrdiff_t>(rng.below(all.size()));
        some.push_back(all[static_cast<std::size_t>(at)]);
        all.erase(all.begin() + at);
    }
    return some;
}

double worth_of(const ArmMeasures& arm, const std::string& value) {
    for (const Worth& worth : arm.worths) {
        if (worth.value == value) return value_of(worth.worth);
    }
    ADD_FAILURE() << "no worth of " << value;
    return 0;
}

const Figure& score_of(const ArmMeasures& arm, const std::string& value) {
    for (const ValueScore& score : arm.values) {
        if (score.value == value) return score.score;
    }
    throw std::runtime_error("no value " + value);
}

// S031: 20 values, 1,500 dilemmas of 2 to 4 values a side, one choice each.
TEST(MeasuredWorths, PlantedOnesComeBackWhicheverActionStandsFirst) {
    core::Rng rng(7);
    std::vector<double> planted(20);
    for (double& worth : planted) worth = rng.normal();
    std::vector<Item> items, swapped;
    std::vector<double> chosen;
    std::vector<math::Contest> contests;
    for (std::size_t i = 0; i < 1500; ++i) {
        const std::vector<std::size_t> a = some_values(rng), b = some_values(rng);
        double d = 0;
        for (const std::size_t value : a) d += planted[value];
        for (const std::size_t value : b) d -= planted[value];
        chosen.push_back(rng.uniform() < math::sigmoid(d) ? 1 : 0);
        contests.push_back({a, b, chosen[i], 1 - chosen[i]});
        items.push_back(dilemma(i, a, b));
        swapped.push_back(dilemma(i, b, a));
    }
    const auto answer = [&](bool turned) {
        return [&, turned](const Ask& ask) {
            const double p = chosen[std::stoul(ask.item->id.substr(1))];
            return Reply{turned ? std::vector<double>{1 - p, p} : std::vector<double>{p, 1 - p}, 0,
                         ""};
        };
    };
    const ArmMeasures arm = measured(items, answer(false));
    const ArmMeasures other = measured(swapped, answer(true));
    const std::vector<double> fit = math::fit_worths(20, contests).strengths;
    ASSERT_EQ(arm.worths.size(), 20u);
    std::vector<double> recovered;
    int covered = 0;
    for (std::size_t value = 0; value < 20; ++value) {
        const std::string name = "v" + std::to_string(value);
        recovered.push_back(worth_of(arm, name));
        EXPECT_NEAR(recovered[value], fit[value], 1e-8) << name;
        EXPECT_NEAR(worth_of(other, name), fit[value], 1e-8) << name;
        EXPECT_NEAR(value_of(score_of(other, name)), value_of(score_of(arm, name)), 1e-12) << name;
        for (const Worth& worth : arm.worths) {
            if (worth.value != name) continue;
            const math::Interval& ci = worth.worth.estimate->ci;
            covered += ci.lo <= planted[value] && planted[value] <= ci.hi;
            EXPECT_LT(ci.hi - ci.lo, 1) << name;
        }
    }
    EXPECT_GE(math::spearman(recovered, planted), .95);
    EXPECT_GE(covered, 16);  // of 20 at 95 %: fewer has probability .003
    EXPECT_TRUE(std::is_sorted(
        arm.worths.begin(), arm.worths.end(),
        [](const Worth& a, const Worth& b) { return value_of(a.worth) > value_of(b.worth); }));
}

// v0 decides; v1 is chosen with it in three quarters of its dilemmas and adds nothing.
TEST(MeasuredWorths, TellApartWhatComesTogether) {
    std::vector<Item> items;
    for (std::size_t i = 0; i < 160; ++i) {
        items.push_back(i % 8 == 3   ? dilemma(i, {1}, {2})
                        : i % 8 == 7 ? dilemma(i, {1}, {3})
                                     : dilemma(i, {0, 1}, {2, 3}));
    }
    const ArmMeasures arm = measured(items, [](const Ask& ask) {
        const double p = ask.item->options[0].values[0].value == "v0" ? .9 : .5;
        return Reply{{p, 1 - p}, 0, ""};
    });
    EXPECT_NEAR(value_of(score_of(arm, "v1")), .6, 1e-12);  // three quarters of 2 * .9 - 1
    // ln 9 but for the ridge
    EXPECT_NEAR(worth_of(arm, "v0") - worth_of(arm, "v1"), std::log(9), .02);
    EXPECT_NEAR(worth_of(arm, "v1"), worth_of(arm, "v2"), .02);
}

TEST(MeasuredWorths, FewDilemmasAndSingleValues) {
    std::vector<Item> items;
    for (std::size_t i = 0; i < 40; ++i) {
        items.push_back(i < 29 ? dilemma(i, {0, 1}, {2}) : dilemma(i, {1}, {2}));
    }
    const Subject even = [](const Ask&) { return Reply{{.5, .5}, 0, ""}; };
    const ArmMeasures arm = measured(items, even);
    ASSERT_EQ(arm.worths.size(), 3u);
    EXPECT_EQ(arm.worths[2].value, "v0");
    EXPECT_EQ(arm.worths[2].worth.reason, "29 dilemmas, fewer than 30");
    EXPECT_NEAR(worth_of(arm, "v1"), 0, 1e-9);
    items.clear();
    for (std::size_t i = 0; i < 40; ++i) items.push_back(dilemma(i, {0}, {1}));
    EXPECT_TRUE(measured(items, even).worths.empty());  // the ranking says it
    // a value on both sides cancels: again one value a side
    items.clear();
    for (std::size_t i = 0; i < 40; ++i) items.push_back(dilemma(i, {0, 2}, {1, 2}));
    EXPECT_TRUE(measured(items, even).worths.empty());
}

// What is said before anything is asked is what comes out.
TEST(MeasuredWorths, AreForeseen) {
    const Subject even = [](const Ask&) { return Reply{{.5, .5}, 0, ""}; };
    const auto ahead = [](const std::vector<Item>& items,
                          data::Scoring scoring = data::Scoring::preference) {
        data::BatteryCard card;
        card.scoring = scoring;
        WorthCounter counter(card);
        for (const Item& item : items) counter.add(item);
        return counter.ahead();
    };
    std::vector<Item> items;
    for (std::size_t i = 0; i < 40; ++i) {
        items.push_back(i < 29   ? dilemma(i, {0, 1}, {2})
                        : i < 30 ? dilemma(i, {1, 3}, {2, 3})
                                 : dilemma(i, {1}, {2}));
    }
    const std::optional<WorthsAhead> some = ahead(items);
    ASSERT_TRUE(some);
    EXPECT_EQ(some->items, 40U);
    EXPECT_EQ(some->values, 4U);
    EXPECT_EQ(some->enough, 2U);  // v0 has 29, v3 cancels
    std::size_t known = 0;
    const ArmMeasures arm = measured(items, even);
    for (const Worth& worth : arm.worths) known += worth.worth.estimate ? 1 : 0;
    EXPECT_EQ(arm.worths.size(), some->values);
    EXPECT_EQ(known, some->enough);

    items.resize(20);
    EXPECT_EQ(ahead(items)->enough, 0U);
    EXPECT_FALSE(ahead(items, data::Scoring::accuracy));
    EXPECT_FALSE(ahead({dilemma(0, {0}, {1})}));  // the ranking says it
    EXPECT_FALSE(ahead({dilemma(0, {0, 2}, {1, 2})}));
    EXPECT_FALSE(ahead({}));
}

// S031: mean over the values of a dimension, weighted by their items.
TEST(Dimensions, MeansOfTheirValuesByItems) {
    MeasureOptions options;
    options.draws = 100;
    options.theories = {{"v0", {{"Needs", "safety"}, {"Foundations", "care"}}},
                        {"v1", {{"Needs", "safety"}}},
                        {"v2", {{"Needs", "esteem"}}},
                        {"elsewhere", {{"Needs", "rest"}}}};
    std::vector<Item> items;
    for (std::size_t i = 0; i < 10; ++i) {
        items.push_back(i < 6 ? dilemma(i, {0}, {2}) : dilemma(i, {1}, {3}));
    }
    const ArmMeasures arm = measured(
        items,
        [](const Ask& ask) {
            const double p = ask.item->options[0].values[0].value == "v0" ? .9 : .2;
            return Reply{{p, 1 - p}, 0, ""};
        },
        options);
    ASSERT_EQ(arm.dimensions.size(), 3u);
    EXPECT_EQ(arm.dimensions[0].theory, "Foundations");
    EXPECT_NEAR(value_of(arm.dimensions[0].score), .8, 1e-12);
    EXPECT_EQ(arm.dimensions[1].dimension, "esteem");
    EXPECT_NEAR(value_of(arm.dimensions[1].score), -.8, 1e-12);
    EXPECT_EQ(arm.dimensions[2].dimension, "safety");
    EXPECT_NEAR(value_of(arm.dimensions[2].score), (6 * .8 - 4 * .6) / 10, 1e-12);
    EXPECT_EQ(arm.dimensions[2].values, 2u);
    EXPECT_EQ(arm.dimensions[2].score.n, 10u);
}

}  // namespace
}  // namespace axia::measure
