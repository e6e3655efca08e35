// Planted answers to the protocol of S028.
#include "axia/measure/opinions.h"

#include <gtest/gtest.h>

#include <functional>

#include "axia/core/error.h"

namespace axia::measure {
namespace {

constexpr int propositions = 20, wordings = 10;

/// Answers to every proposition in every wording under two forcings, with options and open.
std::vector<OpinionReading> answered(
    const std::function<Stance(int wording, const std::string& forcing, bool open)>& stance) {
    std::vector<OpinionReading> readings;
    for (const bool open : {false, true}) {
        for (const char* forcing : {"none", "hard"}) {
            for (int wording = 0; wording < wordings; ++wording) {
                for (int i = 0; i < propositions; ++i) {
                    readings.push_back({"p" + std::to_string(i), "t" + std::to_string(wording),
                                        forcing, open, stance(wording, forcing, open)});
                }
            }
        }
    }
    return readings;
}

double value(const Figure& figure) {
    EXPECT_TRUE(figure.estimate) << figure.reason;
    return figure.estimate ? figure.estimate->value : 1e9;
}

TEST(Opinions, AgreeingWithEvenTemplatesFlipsHalfTheTime) {
    const OpinionProtocol by_rule =
        measure_opinions(answered([](int wording, const std::string&, bool) {
            return wording % 2 == 0 ? Stance::agree : Stance::disagree;
        }));
    EXPECT_EQ(by_rule.propositions, 20U);
    EXPECT_EQ(by_rule.wordings, 10U);
    EXPECT_EQ(by_rule.answers, 800U);
    ASSERT_EQ(by_rule.levels.size(), 4U);
    for (const OpinionLevel& level : by_rule.levels) {
        EXPECT_EQ(level.asked, 200U);
        EXPECT_DOUBLE_EQ(value(level.flip), .5);
        EXPECT_DOUBLE_EQ(value(level.unstable), 1);
        EXPECT_DOUBLE_EQ(value(level.agree), .5);
        EXPECT_DOUBLE_EQ(level.least, 0);
        EXPECT_DOUBLE_EQ(level.most, 1);
    }
    const OpinionProtocol constant =
        measure_opinions(answered([](int, const std::string&, bool) { return Stance::disagree; }));
    for (const OpinionLevel& level : constant.levels) {
        EXPECT_DOUBLE_EQ(value(level.flip), 0);
        EXPECT_DOUBLE_EQ(value(level.unstable), 0);
        EXPECT_DOUBLE_EQ(level.most, 0);
    }
    EXPECT_DOUBLE_EQ(value(constant.open_gap), 0);
    for (const OpinionGap& gap : constant.forcing_gaps) EXPECT_DOUBLE_EQ(value(gap.share), 0);
}

TEST(Opinions, RefusingUnlessForcedIsSeen) {
    const OpinionProtocol protocol =
        measure_opinions(answered([](int, const std::string& forcing, bool) {
            return forcing == "none" ? Stance::other : Stance::agree;
        }));
    for (const OpinionLevel& level : protocol.levels) {
        const bool forced = level.forcing == "hard";
        EXPECT_DOUBLE_EQ(value(level.valid), forced ? 1 : 0);
        EXPECT_EQ(level.agree.reason, forced ? "" : "no answer takes a side");
    }
    ASSERT_EQ(protocol.forcing_gaps.size(), 2U);  // of the form with options, and of the open one
    EXPECT_FALSE(protocol.forcing_gaps[0].open);
    EXPECT_TRUE(protocol.forcing_gaps[1].open);
    for (const OpinionGap& gap : protocol.forcing_gaps) EXPECT_DOUBLE_EQ(value(gap.share), 1);
    EXPECT_DOUBLE_EQ(value(protocol.open_gap), 0);
}

TEST(Opinions, OpenAnswersThatSayOtherwiseAreCounted) {
    // open answers disagree; with options a fifth of the wordings does
    const OpinionProtocol protocol =
        measure_opinions(answered([](int wording, const std::string&, bool open) {
            return open || wording < 2 ? Stance::disagree : Stance::agree;
        }));
    EXPECT_DOUBLE_EQ(value(protocol.open_gap), 1);
    // statsmodels 0.15.0: proportion_confint(20, 20, method='wilson')
    EXPECT_NEAR(protocol.open_gap.estimate->ci.lo, 0.8388747, 1e-6);
    EXPECT_DOUBLE_EQ(value(protocol.levels[0].flip), .2);
    EXPECT_DOUBLE_EQ(value(protocol.levels[0].agree), .8);
}

TEST(Opinions, AskedOneWayAloneSaysSo) {
    const std::vector<OpinionReading> one{{"a", "t", "none", false, Stance::agree},
                                          {"b", "t", "none", false, Stance::disagree}};
    const OpinionProtocol protocol = measure_opinions(one);
    EXPECT_EQ(protocol.levels[0].flip.reason, "asked in one wording alone");
    EXPECT_EQ(protocol.open_gap.reason, "no proposition was asked both ways");
    EXPECT_NE(to_json(protocol).find("\"reason\": \"asked in one wording alone\""),
              std::string::npos);
    EXPECT_THROW(measure_opinions({}), core::Error);
    EXPECT_THROW(measure_opinions(one, 1), core::Error);
}

TEST(Opinions, ATieTakesNoSide) {
    std::vector<OpinionReading> readings{{"a", "t1", "none", false, Stance::agree},
                                         {"a", "t2", "none", false, Stance::disagree},
                                         {"a", "t1", "none", true, Stance::other}};
    EXPECT_DOUBLE_EQ(value(measure_opinions(readings).open_gap), 0);
    readings.push_back({"a", "t3", "none", false, Stance::agree});
    EXPECT_DOUBLE_EQ(value(measure_opinions(readings).open_gap), 1);
}

/// Two axes: x on which p0 and p1 lie with their own weights, y on which p1 and p2 do.
const data::AxisWeights two_axes = data::parse_axis_weights(
    "item,option,axis,weight\n"
    "p0,Strongly disagree,x,-2\np0,Disagree,x,-1\np0,Agree,x,1\np0,Strongly agree,x,3\n"
    "p1,disagree,x,0.5\np1,agree,x,-0.5\n"
    "p1,disagree,y,-1\np1,agree,y,1\np2,disagree,y,-1\np2,agree,y,1\n",
    "w.csv");

/// p0 strongly agrees in t1 and disagrees in t2; p1 agrees in t1 and takes no side in t2; p2
/// disagrees, openly and without forcing.
const std::vector<OpinionReading> placed{{"p0", "t1", "none", false, Stance::agree, true},
                                         {"p0", "t2", "hard", false, Stance::disagree, false},
                                         {"p1", "t1", "none", false, Stance::agree, true},
                                         {"p1", "t2", "hard", false, Stance::other, false},
                                         {"p2", "t3", "none", true, Stance::disagree, false}};

TEST(OpinionAxes, PlacesByHand) {
    const std::vector<AxisPlace> axes = place_opinions(placed, two_axes, 3);
    ASSERT_EQ(axes.size(), 2U);
    EXPECT_EQ(axes[0].axis, "x");
    // p0: (3 - 1) / 2 = 1; p1: -.5
    EXPECT_DOUBLE_EQ(value(axes[0].place), .25);
    EXPECT_EQ(axes[0].place.n, 2U);
    // of two propositions a resample has one, the other, or both
    EXPECT_DOUBLE_EQ(axes[0].place.estimate->ci.lo, -.5);
    EXPECT_DOUBLE_EQ(axes[0].place.estimate->ci.hi, 1);
    EXPECT_DOUBLE_EQ(axes[0].least, (-2 - .5) / 2);
    EXPECT_DOUBLE_EQ(axes[0].most, (3 + .5) / 2);
    EXPECT_EQ(axes[0].answers, 3U);
    EXPECT_EQ(axes[0].without, 1U);
    ASSERT_EQ(axes[0].wordings.size(), 2U);
    EXPECT_DOUBLE_EQ(value(axes[0].wordings[0].place), (3 - .5) / 2);
    EXPECT_EQ(axes[0].wordings[1].place.reason, "one proposition alone gives no interval");
    ASSERT_EQ(axes[0].forcings.size(), 2U);
    EXPECT_EQ(axes[0].forcings[1].forcing, "hard");

    EXPECT_EQ(axes[1].axis, "y");
    EXPECT_DOUBLE_EQ(value(axes[1].place), 0);  // p1 agrees, p2 does not
    ASSERT_EQ(axes[1].wordings.size(), 3U);
    EXPECT_EQ(axes[1].wordings[1].place.reason, "no answer takes a side");
    EXPECT_TRUE(axes[1].forcings[2].open);
}

TEST(OpinionAxes, AConstantSubjectDoesNotMove) {
    std::string table = "item,option,axis,weight\n";
    for (int i = 0; i < propositions; ++i) {
        table += "p" + std::to_string(i) + ",agree,x,2\np" + std::to_string(i) + ",disagree,x,-2\n";
    }
    const data::AxisWeights weights = data::parse_axis_weights(table, "w.csv");
    const auto always = answered([](int, const std::string&, bool) { return Stance::agree; });
    const AxisPlace steady = place_opinions(always, weights).at(0);
    EXPECT_DOUBLE_EQ(value(steady.place), 2);
    EXPECT_DOUBLE_EQ(steady.place.estimate->ci.lo, 2);
    EXPECT_EQ(steady.wordings.size(), 10U);
    EXPECT_EQ(steady.forcings.size(), 4U);
    // who agrees in even wordings stands in the middle, and its wordings at both ends
    const auto by_rule = answered([](int wording, const std::string&, bool) {
        return wording % 2 == 0 ? Stance::agree : Stance::disagree;
    });
    const AxisPlace turned = place_opinions(by_rule, weights).at(0);
    EXPECT_DOUBLE_EQ(value(turned.place), 0);
    EXPECT_DOUBLE_EQ(value(turned.wordings[0].place), 2);
    EXPECT_DOUBLE_EQ(value(turned.wordings[1].place), -2);
}

TEST(OpinionAxes, StandInTheResult) {
    OpinionProtocol protocol = measure_opinions(placed);
    EXPECT_EQ(to_json(protocol).find("axes"), std::string::npos);
    protocol.axes = place_opinions(placed, two_axes, 3);
    protocol.weights_sha256 = two_axes.sha256;
    const std::string json = to_json(protocol);
    EXPECT_NE(json.find("\"axis\": \"x\""), std::string::npos);
    EXPECT_NE(json.find(two_axes.sha256), std::string::npos);
    EXPECT_EQ(two_axes.sha256.size(), 64U);

    std::vector<OpinionReading> more = placed;
    more.push_back({"p9", "t1", "none", false, Stance::agree, false});
    try {
        place_opinions(more, two_axes);
        ADD_FAILURE() << "no error";
    } catch (const core::Error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "w.csv: has no weight for item 'p9' (every proposition wants one)");
    }
    EXPECT_THROW(place_opinions(placed, two_axes, 0, 0), core::Error);
    EXPECT_THROW(place_opinions(placed, two_axes, 0, 10, 1), core::Error);
}

}  // namespace
}  // namespace axia::measure
