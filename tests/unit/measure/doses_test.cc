#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "planted.h"

namespace axia::measure {
namespace {

using namespace planted;
using data::Item;
using data::Scoring;

const std::vector<Arm> two_arms{{"unsteered", "", 0, false, ""},
                                {"steered", "power", .9, false, "a"}};
const std::vector<double> base{.50, .55, .40, .62, .48, .51, .30, .35, .70, .66, .45, .52};
const std::vector<double> moved{.58, .60, .47, .60, .55, .63, .33, .45, .78, .70, .44, .61};

const Difference& difference(const Measures& measures, const std::string& arm,
                             const std::string& value) {
    for (const Difference& difference : measures.differences) {
        if (difference.arm == arm && difference.value == value) return difference;
    }
    throw std::runtime_error("no difference of " + arm + " in " + value);
}

// statsmodels 0.15.0: OLS(2 (moved - base), ones).fit(cov_type='cluster', cov_kwds={'groups':
// np.repeat(range(6), 2)}, use_t=True)
TEST(Differences, PairedOverItemsAndClusterRobust) {
    std::vector<Item> items;
    for (std::size_t i = 0; i < base.size(); ++i) {
        items.push_back(pair_item("d" + std::to_string(i), "power", "security"));
        items.back().stem = "stem " + std::to_string(i / 2);
    }
    // under one arm alone: out of the pairs
    items.push_back(pair_item("d12", "power", "security"));
    Setting setting;
    setting.arms = two_arms;
    const Measures measures = measure(
        items,
        [&](const Ask& ask) {
            const std::size_t i = std::stoul(ask.item->id.substr(1));
            const bool steered = ask.arm->name == "steered";
            if (i == 12) return steered ? Reply{{1, 0}, 0, ""} : Reply{{}, 0, "refused"};
            const double p = steered ? moved[i] : base[i];
            return Reply{{p, 1 - p}, 0, ""};
        },
        setting);
    ASSERT_EQ(measures.differences.size(), 10u);
    const Difference& power = difference(measures, "steered", "power");
    EXPECT_NEAR(value_of(power.shift), .116666667, 1e-9);
    EXPECT_NEAR(power.shift.estimate->ci.lo, .0662646134, 1e-8);
    EXPECT_NEAR(power.shift.estimate->ci.hi, .16706872, 1e-8);
    EXPECT_NEAR(*power.p, .00191626655, 1e-8);
    EXPECT_EQ(power.shift.n, 6u);
    // Holm over the two that can be had, of equal p
    EXPECT_NEAR(*power.p_holm, 2 * .00191626655, 1e-8);
    EXPECT_NEAR(value_of(difference(measures, "steered", "security").shift), -.116666667, 1e-9);
    const Difference& hedonism = difference(measures, "steered", "hedonism");
    EXPECT_EQ(hedonism.shift.reason, "no item answered under both arms");
    EXPECT_FALSE(hedonism.p_holm);
}

TEST(Differences, SameAnswersAreNoDifference) {
    Setting setting;
    setting.arms = two_arms;
    const Measures measures =
        measure(dilemmas(90), by_worth({.9, .8, .7, .6, .5, .4, .3, .2, .1, 0}, 1), setting);
    for (const Difference& same : measures.differences) {
        EXPECT_EQ(value_of(same.shift), 0);
        EXPECT_EQ(*same.p, 1);
        EXPECT_EQ(*same.p_holm, 1);
    }
}

TEST(Differences, WithoutTheBaselineThereIsAReason) {
    Setting setting;
    setting.arms = two_arms;
    setting.options.baseline = "bare";
    const Measures measures = measure(dilemmas(90), by_worth(std::vector<double>(10), 1), setting);
    ASSERT_EQ(measures.differences.size(), 20u);
    EXPECT_EQ(measures.differences[0].shift.reason, "no arm 'bare' to compare with");
    setting.arms.resize(1);
    EXPECT_TRUE(
        measure(dilemmas(90), by_worth(std::vector<double>(10), 1), setting).differences.empty());
}

const DoseCurve& curve(const Measures& measures, const std::string& value) {
    for (const DoseCurve& curve : measures.doses) {
        if (curve.value == value) return curve;
    }
    throw std::runtime_error("no curve of " + value);
}

TEST(Doses, CurvesFollowThePlantedCircle) {
    Setting setting;
    setting.arms = sweep();
    std::reverse(setting.arms.begin() + 2, setting.arms.end());  // points come by target
    const Measures measures = measure(dilemmas(270), steerable(1), setting);
    ASSERT_EQ(measures.doses.size(), 11u);  // ten values and invalid
    const DoseCurve& security = curve(measures, "security");
    EXPECT_EQ(security.steered, "security");
    EXPECT_EQ(security.role, "steered");
    ASSERT_EQ(security.points.size(), 3u);
    EXPECT_EQ(security.points[0].arm, "security=0.5");
    EXPECT_EQ(security.points[2].target, .99);
    for (std::size_t i = 0; i + 1 < 3; ++i) {
        EXPECT_LT(value_of(security.points[i].shift), value_of(security.points[i + 1].shift));
    }
    EXPECT_GT(security.points[0].shift.estimate->ci.lo, 0);
    EXPECT_EQ(curve(measures, "power").role, "neighbour");
    EXPECT_GT(value_of(curve(measures, "power").points[2].shift), 0);
    EXPECT_EQ(curve(measures, "self-direction").role, "opposite");
    EXPECT_LT(curve(measures, "self-direction").points[2].shift.estimate->ci.hi, 0);
    EXPECT_EQ(curve(measures, "hedonism").role, "other");
    EXPECT_EQ(curve(measures, "invalid").role, "control");
    EXPECT_NEAR(value_of(curve(measures, "invalid").points[0].shift), .02 * 1.6 * .25, 1e-6);
    // the same number as in the differences
    EXPECT_EQ(value_of(security.points[2].shift),
              value_of(difference(measures, "security=0.99", "security").shift));
}

TEST(Doses, APlanWithoutATargetIsNoDose) {
    Setting setting;
    setting.arms = {{"unsteered", "", 0, false, ""},
                    {"plan", "security", 0, false, "d4"},
                    {"security=0.9", "security", .9, false, "b2"}};
    const Measures measures = measure(dilemmas(90), steerable(1), setting);
    ASSERT_EQ(curve(measures, "security").points.size(), 1u);
    EXPECT_EQ(curve(measures, "security").points[0].arm, "security=0.9");
    EXPECT_TRUE(difference(measures, "plan", "security").shift.estimate);
    setting.arms.pop_back();
    EXPECT_TRUE(measure(dilemmas(90), steerable(1), setting).doses.empty());
}

TEST(Doses, ControlsOfAnAccuracyBattery) {
    std::vector<Item> items;
    for (int i = 0; i < 20; ++i) items.push_back(question("q" + std::to_string(i), i % 2 == 0));
    Setting setting;
    setting.scoring = Scoring::accuracy;
    setting.arms = sweep();
    // steering makes it say yes: as often right as wrong
    const Subject subject = [](const Ask& ask) {
        const double lean = ask.arm->prompt ? 0 : .2 * ask.arm->target;
        const double yes = (*ask.item->correct == 0 ? .8 : .2) + lean;
        return Reply{{yes, 1 - yes}, 0, ""};
    };
    const Measures measures = measure(items, subject, setting);
    const DoseCurve &right = curve(measures, "accuracy"), &yes = curve(measures, "yes");
    EXPECT_EQ(right.role, "control");
    EXPECT_NEAR(value_of(right.points[1].shift), 0, 1e-9);
    EXPECT_NEAR(value_of(yes.points[1].shift), .18, 1e-6);
    EXPECT_NEAR(value_of(difference(measures, "security=0.9", "accuracy").shift), 0, 1e-9);
}

}  // namespace
}  // namespace axia::measure
