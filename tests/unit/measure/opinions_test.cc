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

}  // namespace
}  // namespace axia::measure
