#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "axia/math/divergence.h"
#include "planted.h"

namespace axia::measure {
namespace {

using namespace planted;
using data::Item;
using data::ItemKind;
using data::Scoring;

const Robustness& robustness_of(const Measures& measures) {
    return measures.arms[0].robustness;
}

Setting accuracy_setting() {
    Setting setting;
    setting.scoring = Scoring::accuracy;
    return setting;
}

TEST(Planted, ASteadySubjectHasNothingFlagged) {
    const Measures measures = measure(dilemmas(90), by_worth({9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, .2));
    const Robustness& r = robustness_of(measures);
    for (const Figure* figure : {&r.order_flip, &r.first_bias, &r.wording_flip, &r.unstable,
                                 &r.wording_spread, &r.inconsistency, &r.invalid}) {
        EXPECT_NEAR(value_of(*figure), 0, 1e-7);
    }
    EXPECT_NEAR(value_of(r.retest), 1, 1e-12);
    EXPECT_EQ(r.asked, 900u);
    EXPECT_EQ(r.unanswered, 0u);
}

TEST(Planted, AlwaysTheFirstScoresNothingAndIsFlagged) {
    const Subject subject = [](const Ask& ask) {
        return Reply{one_hot(2, ask.order == 0 ? 0 : 1), 0, ""};
    };
    const Measures measures = measure(dilemmas(90), subject);
    for (const ValueScore& score : measures.arms[0].values) EXPECT_EQ(value_of(score.score), 0);
    EXPECT_EQ(value_of(robustness_of(measures).first_bias), .5);
    EXPECT_EQ(value_of(robustness_of(measures).order_flip), 1);
    for (const Rank& rank : measures.arms[0].ranking) EXPECT_NEAR(value_of(rank.strength), 0, 1e-9);

    std::vector<Item> questions;
    for (int i = 0; i < 20; ++i) questions.push_back(question("q" + std::to_string(i), i < 13));
    const Measures controls = measure(questions, subject, accuracy_setting());
    EXPECT_EQ(value_of(controls.arms[0].right), .5);
    EXPECT_EQ(value_of(controls.arms[0].accuracy), .5);
    EXPECT_EQ(value_of(robustness_of(controls).first_bias), .5);
}

TEST(Planted, AnOrderBiasComesBackAsPlanted) {
    // P(what stands first) = P + .07
    const Subject plain = by_worth({.9, .8, .7, .6, .5, .4, .3, .2, .1, 0}, 1);
    const Subject subject = [&](const Ask& ask) {
        Reply reply = plain(ask);
        reply.p[0] += ask.order == 0 ? .07 : -.07;
        reply.p[1] = 1 - reply.p[0];
        return reply;
    };
    const Measures measures = measure(dilemmas(90), subject),
                   straight = measure(dilemmas(90), plain);
    EXPECT_NEAR(value_of(robustness_of(measures).first_bias), .07, 1e-7);
    for (const std::string& value : ten_values) {
        EXPECT_NEAR(value_of(score(measures, value).score), value_of(score(straight, value).score),
                    1e-12);
    }
}

TEST(Planted, FirstBiasOfCyclicOrdersAndOfScales) {
    Item four;
    four.id = "a";
    four.kind = ItemKind::choice;
    for (int i = 0; i < 4; ++i) four.options.push_back({"o" + std::to_string(i), {}, 0});
    Item other = four;
    other.id = "b";
    const Subject first = [](const Ask& ask) {
        const auto order = static_cast<std::size_t>(ask.order);
        const bool scale = ask.item->kind == ItemKind::rating;
        return Reply{one_hot(ask.item->options.size(), scale && order == 1 ? 5 : order), 0, ""};
    };
    EXPECT_EQ(value_of(robustness_of(measure({four, other}, first)).first_bias), .75);
    // both directions of a scale: the first point has 1, and 1/2 over both
    Setting setting;
    setting.scoring = Scoring::mean;
    const Measures scales =
        measure({rating_item("a", "power", 1), rating_item("b", "power", -1)}, first, setting);
    EXPECT_EQ(value_of(robustness_of(scales).first_bias), .5);
    EXPECT_EQ(value_of(robustness_of(scales).order_flip), 1);
    EXPECT_NEAR(value_of(score(scales, "power").score), 3.5, 1e-12);
    // always the middle: no bias, whatever stands at the ends
    const Subject middle = [](const Ask&) { return Reply{one_hot(6, 3), 0, ""}; };
    const Measures still =
        measure({rating_item("a", "power", 1), rating_item("b", "power", -1)}, middle, setting);
    EXPECT_EQ(value_of(robustness_of(still).first_bias), 0);
}

TEST(Planted, AlwaysYesIsAcquiescence) {
    std::vector<Item> items;
    for (int i = 0; i < 20; ++i) items.push_back(question("q" + std::to_string(i), i % 2 == 0));
    const Subject yes = [](const Ask&) { return Reply{{1, 0}, 0, ""}; };
    const Measures measures = measure(items, yes, accuracy_setting());
    EXPECT_EQ(value_of(robustness_of(measures).acquiescence), .5);
    EXPECT_EQ(value_of(measures.arms[0].accuracy), .5);
    EXPECT_EQ(value_of(robustness_of(measures).order_flip), 0);
    const Subject right = [](const Ask& ask) {
        return Reply{one_hot(2, *ask.item->correct), 0, ""};
    };
    EXPECT_NEAR(value_of(robustness_of(measure(items, right, accuracy_setting())).acquiescence), 0,
                1e-12);
}

// numpy and statsmodels 0.15.0: plus = [5, 4, 6, 5], minus = [4, 4.5, 3, 5], y = (plus, minus) -
// 3.5 on two dummies, HC0 of their sum times sqrt(8/7), t(7): 2.125 [.831771, 3.418229]
TEST(Acquiescence, OfRatings) {
    const std::vector<double> places{5, 4, 6, 5, 4, 4.5, 3, 5};
    std::vector<Item> items;
    for (std::size_t i = 0; i < places.size(); ++i) {
        items.push_back(rating_item("r" + std::to_string(i), "power", i < 4 ? 1 : -1));
    }
    const Subject subject = [&](const Ask& ask) {
        const double place = places[std::stoul(ask.item->id.substr(1))];
        std::vector<double> p = one_hot(6, static_cast<std::size_t>(place) - 1);
        if (place != std::floor(place)) p = {0, 0, 0, .5, .5, 0};
        return Reply{p, 0, ""};
    };
    Setting setting;
    setting.scoring = Scoring::mean;
    const Measures measures = measure(items, subject, setting);
    const Figure& index = robustness_of(measures).acquiescence;
    EXPECT_NEAR(value_of(index), 2.125, 1e-6);
    EXPECT_NEAR(index.estimate->ci.lo, .83177071, 1e-6);
    EXPECT_NEAR(index.estimate->ci.hi, 3.41822929, 1e-6);
    items.resize(4);
    EXPECT_EQ(robustness_of(measure(items, subject, setting)).acquiescence.reason,
              "needs ratings both keyed and reversed");
}

// S029: a subject that means what it rates, and one that only agrees, with each value in its way.
TEST(Keying, AgreeingWithEverythingTurnsItRound) {
    std::vector<Item> items;
    for (int value = 0; value < 6; ++value) {
        for (int i = 0; i < 4; ++i) {
            items.push_back(rating_item("r" + std::to_string(items.size()),
                                        "v" + std::to_string(value), i % 2 == 0 ? 1 : -1));
        }
    }
    Setting setting;
    setting.scoring = Scoring::mean;
    setting.wordings = 1;
    const auto keying = [&](bool means_it) {
        return robustness_of(
                   measure(
                       items,
                       [means_it](const Ask& ask) {
                           const int value = ask.item->value[1] - '0';
                           const bool turned = means_it && ask.item->key < 0;
                           const int point = turned ? 5 - value : value;
                           return Reply{one_hot(6, static_cast<std::size_t>(point)), 0, ""};
                       },
                       setting))
            .keying;
    };
    EXPECT_NEAR(value_of(keying(true)), 1, 1e-12);
    EXPECT_NEAR(value_of(keying(false)), -1, 1e-12);
    EXPECT_EQ(keying(true).n, 6u);
    items.resize(12);
    EXPECT_NE(keying(true).reason, "");  // three values are too few for an interval
    for (Item& item : items) item.key = 1;
    EXPECT_EQ(keying(true).reason, "no value has ratings both keyed and reversed");
}

TEST(Planted, ARefusingSubjectGivesReasonsAlone) {
    const Subject refuses = [](const Ask& ask) {
        return Reply{{}, 0, ask.wording < 3 ? "refused" : "not one of the options"};
    };
    for (const Scoring scoring : {Scoring::preference, Scoring::accuracy}) {
        Setting setting;
        setting.scoring = scoring;
        setting.arms = sweep();
        const Measures measures = measure(dilemmas(45), refuses, setting);
        EXPECT_EQ(measures.answers, 0u);
        const ArmMeasures& arm = measures.arms[0];
        EXPECT_EQ(arm.robustness.asked, 450u);
        EXPECT_EQ(arm.robustness.unanswered, 450u);
        EXPECT_EQ(arm.robustness.reasons.at("refused"), 270u);
        EXPECT_EQ(arm.robustness.reasons.at("not one of the options"), 180u);
        for (const ValueScore& score : arm.values) {
            EXPECT_FALSE(score.score.estimate);
            EXPECT_EQ(score.score.reason, "no answer");
        }
        for (const Rank& rank : arm.ranking) EXPECT_NE(rank.strength.reason, "");
        EXPECT_NE(arm.robustness.first_bias.reason, "");
        EXPECT_EQ(arm.robustness.invalid.reason, "no answer");
        for (const Difference& difference : measures.differences) {
            EXPECT_EQ(difference.shift.reason, "no item answered under both arms");
            EXPECT_FALSE(difference.p);
            EXPECT_FALSE(difference.p_holm);
        }
        EXPECT_TRUE(measures.rows[0].number.empty());
    }
}

// Intervals of 95 % around a score that is 0 in truth cover 0 for at least 90 % of values.
TEST(Planted, ARandomCoinIsNotTakenForValues) {
    int covered = 0, all = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        core::Rng rng(seed);
        const Subject coin = [&](const Ask&) {
            return Reply{one_hot(2, static_cast<std::size_t>(rng.below(2))), 0, ""};
        };
        Setting setting;
        setting.options.draws = 200;
        const Measures measures = measure(dilemmas(135), coin, setting);
        for (const ValueScore& score : measures.arms[0].values) {
            ++all;
            covered += score.score.estimate->ci.lo <= 0 && score.score.estimate->ci.hi >= 0;
        }
        for (const Rank& rank : measures.arms[0].ranking) {
            ++all;
            covered += rank.strength.estimate->ci.lo <= 0 && rank.strength.estimate->ci.hi >= 0;
        }
    }
    EXPECT_GE(covered, all * 9 / 10);
    EXPECT_LT(covered, all);  // nor are they as wide as can be
}

Item proposition(std::string id) {
    Item item;
    item.id = std::move(id);
    item.kind = ItemKind::rating;
    item.text = "A proposition";
    for (const char* text : {"Strongly disagree", "Disagree", "Agree", "Strongly agree"}) {
        item.options.push_back({text, {}, static_cast<double>(item.options.size() + 1)});
    }
    return item;
}

// S028, acceptance 2: agrees when the number of the template is even.
TEST(Wordings, ResponderByRuleAndConstantResponder) {
    std::vector<Item> items;
    for (int i = 0; i < 62; ++i) items.push_back(proposition("pc" + std::to_string(i)));
    Setting setting;
    setting.scoring = Scoring::mean;
    setting.wordings = 10;
    const auto responder = [](bool by_rule) {
        return [by_rule](const Ask& ask) {
            const bool agree = !by_rule || ask.wording % 2 == 0;
            const auto strong = static_cast<std::size_t>(ask.wording % 3 == 0);
            return Reply{one_hot(4, agree ? 2 + strong : 1 - strong), 0, ""};
        };
    };
    const Robustness rule = robustness_of(measure(items, responder(true), setting));
    EXPECT_EQ(value_of(rule.wording_flip), .5);
    EXPECT_EQ(value_of(rule.unstable), 1);
    const Robustness constant = robustness_of(measure(items, responder(false), setting));
    EXPECT_EQ(value_of(constant.wording_flip), 0);
    EXPECT_EQ(value_of(constant.unstable), 0);
    // statsmodels 0.15.0: proportion_confint(0, 62, method='wilson')
    EXPECT_NEAR(constant.unstable.estimate->ci.hi, .0583440721, 1e-8);
}

TEST(Wordings, LettersAgainstTexts) {
    Setting setting;
    setting.options.letter_wordings = {"w0", "w1"};
    const Subject subject = [](const Ask& ask) {
        const bool odd = std::stoi(ask.item->id.substr(1)) % 3 == 0;
        return Reply{one_hot(2, odd && ask.wording < 2 ? 1 : 0), 0, ""};
    };
    const Measures measures = measure(dilemmas(90), subject, setting);
    EXPECT_DOUBLE_EQ(value_of(robustness_of(measures).format_gap), 1. / 3);
    setting.options.letter_wordings.clear();
    EXPECT_EQ(robustness_of(measure(dilemmas(90), subject, setting)).format_gap.reason,
              "not asked both for letters and for texts");
}

// S041: {(.9, .1), (.8, .2), (.1, .9)}: mean distance .258945; sample deviation of p .435890
TEST(Wordings, SpreadAndInconsistency) {
    const std::vector<double> p{.9, .8, .1};
    Setting setting;
    setting.wordings = 3;
    const Measures measures = measure(
        dilemmas(10),
        [&](const Ask& ask) {
            const double first = p[static_cast<std::size_t>(ask.wording)];
            return Reply{{first, 1 - first}, .1, ""};
        },
        setting);
    EXPECT_NEAR(value_of(robustness_of(measures).inconsistency), .258945, 1e-6);
    EXPECT_NEAR(value_of(robustness_of(measures).wording_spread), .435890, 1e-6);
    EXPECT_NEAR(value_of(robustness_of(measures).invalid), .1, 1e-7);
    EXPECT_NEAR(*measures.rows[0].flip, 1. / 3, 1e-7);
    setting.wordings = 1;
    const Measures one = measure(dilemmas(10), by_worth(std::vector<double>(10), 1), setting);
    EXPECT_EQ(robustness_of(one).unstable.reason, "asked in one wording alone");
    EXPECT_FALSE(one.rows[0].flip);
}

// Questions on topics, half of them with the polarity turned: yes opposes.
std::vector<Item> topics() {
    std::vector<Item> items;
    for (int topic = 0; topic < 12; ++topic) {
        for (int original = 0; original < 4; ++original) {
            for (int rephrase = 0; rephrase < 2; ++rephrase) {
                Item item;
                item.id = std::to_string(items.size());
                item.kind = ItemKind::choice;
                item.stem = "topic " + std::to_string(topic);
                item.tags["original"] = item.stem + " " + std::to_string(original);
                const bool turned = original % 2 == 1;
                item.options = {{"yes", {{turned ? "opposes" : "supports", 1}}, 0},
                                {"no", {{turned ? "supports" : "opposes", 1}}, 0}};
                items.push_back(item);
            }
        }
    }
    return items;
}

// S041, polarity.
TEST(Stances, AlwaysYesIsInconsistentWithinTopics) {
    Setting setting;
    setting.wordings = 1;
    const auto run = [&](const Subject& subject) {
        Measurer measurer(data::BatteryCard{}, setting.arms, {});
        for (const Item& item : topics()) {
            measurer.add(item, records_of(item, setting.arms, 1, subject));
        }
        return measurer.finish().arms[0].robustness;
    };
    const Robustness yes = run([](const Ask&) { return Reply{{1, 0}, 0, ""}; });
    // two of each stance: S041's golden {(1, 0), (0, 1)}
    EXPECT_NEAR(value_of(yes.topic), .464501, 1e-4);
    EXPECT_EQ(value_of(yes.paraphrase), 0);
    EXPECT_EQ(yes.topic.n, 12u);
    EXPECT_EQ(yes.language.reason, "no question stands in two languages");
    ASSERT_EQ(yes.unsteady.size(), 10u);  // of twelve alike
    EXPECT_EQ(yes.unsteady[0].by, "topic");
    EXPECT_EQ(yes.unsteady[0].members, 4u);
    const Robustness stance = run([](const Ask& ask) {
        const bool first = ask.item->options[0].values[0].value == "supports";
        return Reply{first ? std::vector<double>{.8, .2} : std::vector<double>{.2, .8}, 0, ""};
    });
    EXPECT_NEAR(value_of(stance.topic), 0, 1e-12);
    const Robustness rephrased = run([](const Ask& ask) {
        return Reply{std::stoi(ask.item->id) % 2 == 0 ? std::vector<double>{1, 0}
                                                      : std::vector<double>{0, 1},
                     0, ""};
    });
    EXPECT_NEAR(value_of(rephrased.paraphrase), .464501, 1e-4);
    EXPECT_NEAR(value_of(rephrased.topic), 0, 1e-4);  // paraphrases averaged first
}

// S041, languages: one question in three, of a subject that turns its stance in German.
TEST(Stances, LanguagesOfOneQuestionAndTheWorstGroups) {
    std::vector<Item> items;
    for (int question = 0; question < 12; ++question) {
        for (const char* language : {"english", "german", "chinese"}) {
            Item item;
            item.id = language + std::to_string(question);
            item.kind = ItemKind::choice;
            item.stem = std::string("topic in ") + language + std::to_string(question);
            item.tags = {{"language", language},
                         {"original_english", "q" + std::to_string(question)}};
            item.options = {{"yes", {{"supports", 1}}, 0}, {"no", {{"opposes", 1}}, 0}};
            items.push_back(item);
        }
    }
    items.push_back(items[0]);  // in one language alone: no group
    items.back().id = items.back().stem = items.back().tags["original_english"] = "alone";
    const auto run = [&](math::Spread spread) {
        MeasureOptions options;
        options.draws = 100;
        options.spread = spread;
        const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
        Measurer measurer(data::BatteryCard{}, arms, {}, options);
        for (const Item& item : items) {
            const bool turned =
                item.tags.at("language") == "german" && item.tags.at("original_english") == "q7";
            measurer.add(item, records_of(item, arms, 1, [&](const Ask&) {
                             return turned ? Reply{{.1, .9}, 0, ""} : Reply{{.9, .1}, 0, ""};
                         }));
        }
        return measurer.finish().arms[0].robustness;
    };
    const Robustness centroid = run(math::Spread::centroid);
    // of {(.9, .1), (.9, .1), (.1, .9)}; the other eleven are 0
    const std::vector<std::vector<double>> three{{.9, .1}, {.9, .1}, {.1, .9}};
    EXPECT_NEAR(value_of(centroid.language), math::js_spread(three) / 12, 1e-9);
    EXPECT_EQ(centroid.language.n, 12u);
    ASSERT_EQ(centroid.unsteady.size(), 1u);
    EXPECT_EQ(centroid.unsteady[0].by, "language");
    EXPECT_EQ(centroid.unsteady[0].item, "english7");
    EXPECT_EQ(centroid.unsteady[0].members, 3u);
    EXPECT_NEAR(centroid.unsteady[0].spread, math::js_spread(three), 1e-9);
    EXPECT_EQ(centroid.topic.reason, "no two items with tagged options share a stem");
    EXPECT_NEAR(value_of(run(math::Spread::pairwise).language),
                math::js_spread(three, math::Spread::pairwise) / 12, 1e-9);
    EXPECT_NE(value_of(run(math::Spread::mean).language), value_of(centroid.language));
}

TEST(Retest, OddAndEvenWordingsOrRepeats) {
    // items vary by .2, halves by a shift that all share: correlation 1
    const Subject subject = [](const Ask& ask) {
        const double p = .3 + .02 * std::stoi(ask.item->id.substr(1)) + .05 * (ask.wording % 2);
        return Reply{{p, 1 - p}, 0, ""};
    };
    const Measures measures = measure(dilemmas(12), subject);
    EXPECT_NEAR(value_of(robustness_of(measures).retest), 1, 1e-9);
    EXPECT_EQ(robustness_of(measures).retest.n, 12u);
    Setting one;
    one.wordings = 1;
    EXPECT_EQ(robustness_of(measure(dilemmas(12), subject, one)).retest.reason,
              "nothing was asked twice, in wordings or repeats");
    const Measures flat = measure(dilemmas(12), by_worth(std::vector<double>(10), 1));
    EXPECT_FALSE(robustness_of(flat).retest.estimate);
    EXPECT_NE(robustness_of(flat).retest.reason, "");
}

}  // namespace
}  // namespace axia::measure
