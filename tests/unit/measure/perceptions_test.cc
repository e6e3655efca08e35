// The rules of S024 with scripted perceptions and subjects.
#include "axia/measure/perceptions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "axia/core/error.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::measure {
namespace {

using answers::Perceived;
using answers::Perception;
using answers::Record;
using answers::Request;
using answers::SoughtValue;

TEST(SplitSentences, Table) {
    using Sentences = std::vector<std::string>;
    EXPECT_EQ(split_sentences("I help. You help! Who? \"All of us.\" Fine"),
              (Sentences{"I help.", "You help!", "Who?", "\"All of us.\"", "Fine"}));
    EXPECT_EQ(split_sentences("It costs 3.50 at Dr. Lee's, e.g. today.\n\nA new line\nanother"),
              (Sentences{"It costs 3.50 at Dr. Lee's, e.g. today.", "A new line", "another"}));
    EXPECT_EQ(split_sentences("J. Smith came... and went?! Yes."),
              (Sentences{"J. Smith came...", "and went?!", "Yes."}));
    EXPECT_EQ(split_sentences("1. First thing.\n2. Second thing."),
              (Sentences{"1. First thing.", "2. Second thing."}));
    EXPECT_TRUE(split_sentences(" \n\t \n").empty());
    EXPECT_TRUE(split_sentences("").empty());
}

Perception perception(std::size_t sentence, std::size_t value, double relevant,
                      double supports = -1, double opposes = -1, double either = -1) {
    Perception perception;
    perception.sentence = sentence;
    perception.value = value;
    perception.relevant = relevant;
    perception.supports = supports;
    perception.opposes = opposes;
    perception.either = either;
    return perception;
}

TEST(PerceptionScore, TheEitherRuleOnTenVectors) {
    struct Case {
        double supports, opposes, either;
        bool scored;
    };
    for (const Case& c : std::initializer_list<Case>{
             {.6, .3, .1, true},
             {.3, .6, .1, true},
             {.2, .3, .5, false},  // either alone is highest
             {.4, .2, .4, true},   // ties with either keep the score
             {.2, .4, .4, true},
             {.3, .3, .4, false},
             {1. / 3, 1. / 3, 1. / 3, true},
             {.5, .5, 0, true},  // a score of 0
             {0, 0, 1, false},
             {.25, .375, .375, true},
         }) {
        const std::optional<double> score =
            perception_score(perception(0, 0, .9, c.supports, c.opposes, c.either));
        EXPECT_EQ(score.has_value(), c.scored) << c.supports << " " << c.opposes;
        if (score) {
            EXPECT_DOUBLE_EQ(*score, c.supports - c.opposes);
        }
    }
    EXPECT_FALSE(perception_score(perception(0, 0, .5, .9, .1, 0)));  // relevant: above .5
    EXPECT_FALSE(perception_score(perception(0, 0, .9)));             // never asked
}

const std::vector<SoughtValue> two{{"care", "Care", ""}, {"fame", "Fame", ""}};

TEST(Profile, IsTheMeanOverScoredPerceptions) {
    const std::vector<std::string> text{"one", "two", "three"};
    Perceived perceived;
    perceived.perceptions = {
        perception(0, 0, .9, .8, .1, .1),  // +.7
        perception(0, 1, .2),              // not relevant
        perception(1, 0, .8, .1, .6, .3),  // -.5
        perception(1, 1, .1),
        perception(2, 0, .7, .1, .2, .7),  // either
        perception(2, 1, .3),
    };
    const Profile profile = measure_profile(text, two, perceived);
    EXPECT_NEAR(profile.values[0].score.estimate->value, .1, 1e-15);
    EXPECT_EQ(profile.values[0].score.n, 2U);
    EXPECT_EQ(profile.values[0].relevant, 3U);
    EXPECT_EQ(profile.values[0].scored, 2U);
    EXPECT_EQ(profile.values[0].evidence[0].sentence, 0U);
    EXPECT_EQ(profile.values[0].evidence[1].sentence, 1U);
    EXPECT_FALSE(profile.values[1].score.estimate);  // null, never 0
    EXPECT_EQ(profile.values[1].score.reason, "no evidence");
    EXPECT_NE(to_json(profile).find("\"reason\": \"no evidence\""), std::string::npos);

    // order of perceptions is irrelevant
    Perceived turned = perceived;
    std::reverse(turned.perceptions.begin(), turned.perceptions.end());
    EXPECT_NEAR(measure_profile(text, two, turned).values[0].score.estimate->value, .1, 1e-15);

    // a text with itself behind it has the same profile and the same interval
    Perceived twice = perceived;
    std::vector<std::string> doubled = text;
    doubled.insert(doubled.end(), text.begin(), text.end());
    for (Perception p : perceived.perceptions) {
        p.sentence += text.size();
        twice.perceptions.push_back(p);
    }
    const Profile same = measure_profile(doubled, two, twice);
    EXPECT_NEAR(same.values[0].score.estimate->value, .1, 1e-15);
    EXPECT_NEAR(same.values[0].score.estimate->ci.lo, profile.values[0].score.estimate->ci.lo,
                1e-15);
    EXPECT_EQ(same.values[0].score.n, 2U);

    Perceived wrong;
    wrong.perceptions = {perception(7, 0, .9)};
    EXPECT_THROW(measure_profile(text, two, wrong), core::Error);
}

TEST(Profile, OneSentenceIsNoCertainty) {
    Perceived perceived;
    perceived.perceptions = {perception(0, 0, .9, .8, .1, .1)};
    const Profile profile =
        measure_profile(std::vector<std::string>{"one"}, std::span(two).first(1), perceived);
    EXPECT_DOUBLE_EQ(profile.values[0].score.estimate->ci.lo, -1);
    EXPECT_DOUBLE_EQ(profile.values[0].score.estimate->ci.hi, 1);
}

/// Finds a sentence relevant that says "care" for Care; is for it unless it says "not". Leans to
/// the first answer of valence by e^(2 lean); the second form of relevance is `strict`.
class Reader final : public test::ScriptedSubject {
  public:
    explicit Reader(double lean = 0, bool strict = false) : lean_(lean), strict_(strict) {}

  private:
    Record answer(const Request& request) override {
        const std::string& message = request.question->message;
        const std::size_t quote = message.find('"');
        const std::string sentence = message.substr(quote, message.rfind('"') - quote);
        const bool blank = sentence.find(' ') == std::string::npos || sentence == "\"I see.";
        const bool named =
            sentence.find("care") != std::string::npos && message.starts_with("Care means: help");
        const bool negated = sentence.find("not") != std::string::npos;
        Record record;
        if (request.question->answers.size() == 2) {
            const bool second = request.question->wording == "relevant-2";
            record.p = named ? std::vector{.8, .2} : std::vector{.1, .9};
            if (second && strict_) record.p = {.3, .7};
        } else {
            record.p = blank     ? std::vector{.4, .4, .2}
                       : negated ? std::vector{.1, .7, .2}
                                 : std::vector{.7, .1, .2};
            record.p[0] *= std::exp(2 * lean_);
            const double sum = record.p[0] + record.p[1] + record.p[2];
            for (double& p : record.p) p /= sum;
        }
        return record;
    }

    double lean_;
    bool strict_;
};

TEST(Perceive, TakesOutALeaningAndAsksOnce) {
    test::ScratchFolder folder;
    const std::vector<SoughtValue> values{{"care", "Care", "helping."}, {"fame", "Fame", ""}};
    const std::vector<std::string> text{"They care.", "They do not care.", "It rains.",
                                        "They care."};
    for (const double lean : {0., 1.5}) {
        answers::Journal journal(folder.path / std::to_string(lean));
        Reader reader(lean);
        const Perceived perceived = answers::perceive(text, values, reader, journal);
        ASSERT_EQ(perceived.perceptions.size(), 8U);
        // blank sentences: 2 values x 2 forms x 3; 3 distinct x 2 values x 2 forms; 2 relevant x 2
        EXPECT_EQ(reader.seen.size(), 28U);
        const Profile profile = measure_profile(text, values, perceived);
        EXPECT_EQ(profile.values[0].relevant, 3U);
        // "either" shrinks as the leaning shares it among the others
        const double either = .2 / (.8 * std::exp(lean) + .2);
        const double score = (1 - either) * 6 / 8;
        EXPECT_NEAR(profile.values[0].score.estimate->value, score / 3, 1e-8);
        EXPECT_EQ(profile.values[1].score.reason, "no evidence");
        EXPECT_NEAR(profile.relevance_agreement.estimate->value, 1, 1e-9);
        // again: from the journal
        Reader idle;
        const Perceived again = answers::perceive(text, values, idle, journal);
        EXPECT_EQ(idle.seen.size(), 0U);
        EXPECT_EQ(to_json(measure_profile(text, values, again)), to_json(profile));
    }
}

TEST(Perceive, FormsThatDisagreeAreReported) {
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    Reader reader(0, true);
    const std::vector<SoughtValue> values{{"care", "Care", "helping."}};
    const std::vector<std::string> text{"They care.", "It rains."};
    const Profile profile =
        measure_profile(text, values, answers::perceive(text, values, reader, journal));
    // .8 and .3 make .55: relevant, by one form of two
    EXPECT_EQ(profile.values[0].relevant, 1U);
    EXPECT_NEAR(profile.relevance_agreement.estimate->value, .5, 1e-9);
    EXPECT_FALSE(profile.valence_agreement.estimate);
}

}  // namespace
}  // namespace axia::measure
