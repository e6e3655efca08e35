#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "axia/data/battery_sets.h"
#include "planted.h"
#include "unit/data/scratch.h"

namespace axia::measure {
namespace {

using namespace planted;
using answers::Record;
using data::Item;
using data::ItemKind;
using data::Scoring;

Setting setting_of(Scoring scoring, int wordings = 1) {
    Setting setting;
    setting.scoring = scoring;
    setting.wordings = wordings;
    return setting;
}

Item choice(std::string id, const std::vector<std::vector<data::ValueTag>>& tags) {
    Item item;
    item.id = std::move(id);
    item.kind = ItemKind::choice;
    for (std::size_t i = 0; i < tags.size(); ++i) {
        item.options.push_back({"option " + std::to_string(i), tags[i], 0});
    }
    return item;
}

Subject always(std::vector<double> p) {
    return [p = std::move(p)](const Ask&) { return Reply{p, 0, ""}; };
}

// Two stems, since one alone has no interval.
double preference(const std::vector<std::vector<data::ValueTag>>& tags, std::vector<double> p,
                  const std::string& value) {
    const Measures measures = measure({choice("a", tags), choice("b", tags)}, always(std::move(p)),
                                      setting_of(Scoring::preference));
    return value_of(score(measures, value).score);
}

TEST(Preference, AlwaysForIsOneAndIndifferentIsZero) {
    const std::vector<std::vector<data::ValueTag>> pair{{{"power", 1}}, {{"security", 1}}};
    EXPECT_DOUBLE_EQ(preference(pair, {1, 0}, "power"), 1);
    EXPECT_DOUBLE_EQ(preference(pair, {1, 0}, "security"), -1);
    EXPECT_DOUBLE_EQ(preference(pair, {.75, .25}, "power"), .5);
    EXPECT_DOUBLE_EQ(preference(pair, {.5, .5}, "power"), 0);
    // for against: weights 1 and -1
    const std::vector<std::vector<data::ValueTag>> against{{{"power", 1}}, {{"power", -1}}};
    EXPECT_DOUBLE_EQ(preference(against, {.9, .1}, "power"), .8);
    // one of four: mean weight 1/4, deviations 3/4 and -1/4
    const std::vector<std::vector<data::ValueTag>> four{{{"power", 1}}, {}, {}, {}};
    EXPECT_DOUBLE_EQ(preference(four, {1, 0, 0, 0}, "power"), 1);
    EXPECT_DOUBLE_EQ(preference(four, {0, 1, 0, 0}, "power"), -1. / 3);
    EXPECT_NEAR(preference(four, {.25, .25, .25, .25}, "power"), 0, 1e-15);
}

TEST(Preference, ValuesOnBothSidesSayNothing) {
    const std::vector<std::vector<data::ValueTag>> tags{{{"power", 1}, {"security", 1}},
                                                        {{"power", 1}, {"tradition", 1}}};
    const Measures measures = measure({choice("a", tags), choice("b", tags)}, always({1, 0}),
                                      setting_of(Scoring::preference));
    EXPECT_FALSE(score(measures, "power").score.estimate);
    EXPECT_EQ(score(measures, "power").items, 0u);
    EXPECT_DOUBLE_EQ(value_of(score(measures, "security").score), 1);
    EXPECT_EQ(score(measures, "hedonism").score.reason, "no item speaks of it");
}

TEST(Preference, AnOrderWithFewerAnswersCountsAsMuch) {
    // order 0 says .9 in two wordings, order 1 says .1 in one: .5, not .633
    const Subject subject = [](const Ask& ask) {
        if (ask.order == 1 && ask.wording == 1) return Reply{{}, 0, "refused"};
        return ask.order == 0 ? Reply{{.9, .1}, 0, ""} : Reply{{.1, .9}, 0, ""};
    };
    const Measures measures = measure(dilemmas(90), subject, setting_of(Scoring::preference, 2));
    EXPECT_NEAR(measures.rows[0].number.at("unsteered"), .5, 1e-12);
}

// statsmodels 0.15.0: OLS(y, ones).fit(cov_type='cluster', cov_kwds={'groups': g}, use_t=True) of
// y = 2 p - 1, two items a stem
TEST(Preference, IntervalIsClusterRobust) {
    const std::vector<double> p{.58, .60, .47, .60, .55, .63, .33, .45, .78, .70, .44, .61};
    std::vector<Item> items;
    for (std::size_t i = 0; i < p.size(); ++i) {
        items.push_back(pair_item("d" + std::to_string(i), "power", "security"));
        items.back().stem = "stem " + std::to_string(i / 2);
    }
    const Measures measures = measure(items, [&](const Ask& ask) {
        const double first = p[std::stoul(ask.item->id.substr(1))];
        return Reply{{first, 1 - first}, 0, ""};
    });
    const Figure& figure = score(measures, "power").score;
    EXPECT_NEAR(value_of(figure), .123333333, 1e-9);
    EXPECT_NEAR(figure.estimate->ci.lo, -.115852058, 1e-8);
    EXPECT_NEAR(figure.estimate->ci.hi, .362518725, 1e-8);
    EXPECT_EQ(figure.n, 6u);
    EXPECT_EQ(measures.stems, 6u);
}

TEST(Preference, OneStemHasNoInterval) {
    std::vector<Item> items = dilemmas(90);
    for (Item& item : items) item.stem = "one";
    const Measures measures = measure(items, by_worth(std::vector<double>(10), 1));
    for (const ValueScore& score : measures.arms[0].values) {
        EXPECT_EQ(score.score.reason, "one stem alone gives no interval");
    }
    EXPECT_EQ(measures.arms[0].ranking[0].strength.reason,
              "fewer than two dilemmas between values");
}

// numpy and scipy 1.17.1: k/(k-1) (1 - M.var(0, ddof=1).sum() / M.sum(1).var(ddof=1)) and
// 1 - (1 - alpha) stats.f.ppf([.975, .025], n - 1, (n - 1)(k - 1))
TEST(Alpha, OverRespondents) {
    const double matrix[6][4] = {{5, 4, 5, 3}, {3, 3, 2, 2}, {4, 5, 4, 5},
                                 {2, 1, 2, 2}, {5, 5, 4, 4}, {3, 2, 3, 3}};
    Measurer measurer(card(Scoring::mean), {{"people", "", 0, false, ""}}, {});
    for (std::size_t i = 0; i < 4; ++i) {
        const Item item = rating_item("r" + std::to_string(i), "power", i == 3 ? -1 : 1);
        std::vector<Record> records;
        for (std::size_t person = 0; person < 6; ++person) {
            Record record;
            record.item = item.id;
            record.arm = "people";
            record.wording = "w";
            record.respondent = "p" + std::to_string(person);
            record.how = answers::How::person;
            const double score = item.key > 0 ? matrix[person][i] : 7 - matrix[person][i];
            record.p = one_hot(6, static_cast<std::size_t>(score) - 1);
            records.push_back(record);
        }
        // someone who leaves an item out is left out
        if (i > 0) {
            records.push_back(records[0]);
            records.back().respondent = "late";
        }
        measurer.add(item, records);
    }
    const Measures measures = measurer.finish();
    const Figure& alpha = score(measures, "power").alpha;
    EXPECT_NEAR(value_of(alpha), .9241311796, 1e-9);
    EXPECT_NEAR(alpha.estimate->ci.lo, .7286615863, 1e-8);
    EXPECT_NEAR(alpha.estimate->ci.hi, .9881966352, 1e-8);
    EXPECT_EQ(alpha.n, 6u);
    EXPECT_EQ(measures.how.at("person"), 27u);
}

TEST(Alpha, OverWaysOfAskingOrWhyNot) {
    std::vector<Item> items;
    for (int i = 0; i < 4; ++i) items.push_back(rating_item("r" + std::to_string(i), "power", 1));
    // wordings shift all items alike: alpha 1; without any shift sums do not vary
    const Subject shifted = [](const Ask& ask) {
        return Reply{one_hot(6, static_cast<std::size_t>(ask.wording)), 0, ""};
    };
    const Measures measures = measure(items, shifted, setting_of(Scoring::mean, 5));
    EXPECT_NEAR(value_of(score(measures, "power").alpha), 1, 1e-12);
    EXPECT_EQ(score(measures, "power").alpha.n, 10u);  // wordings x directions
    const Measures flat = measure(items, always(one_hot(6, 2)), setting_of(Scoring::mean, 5));
    EXPECT_FALSE(score(flat, "power").alpha.estimate);
    EXPECT_NE(score(flat, "power").alpha.reason, "");
    items.resize(1);
    const Measures alone = measure(items, shifted, setting_of(Scoring::mean, 5));
    EXPECT_EQ(score(alone, "power").alpha.reason, "fewer than two items");
}

TEST(Ratings, ReversedItemsAreTurnedRound) {
    // agrees with 5 of 6 points to + items, 3 to - items: scores 5 and 4
    const Subject subject = [](const Ask& ask) {
        return Reply{one_hot(6, ask.item->key > 0 ? 4 : 2), 0, ""};
    };
    const Measures measures = measure({rating_item("a", "power", 1), rating_item("b", "power", -1)},
                                      subject, setting_of(Scoring::mean));
    EXPECT_NEAR(value_of(score(measures, "power").score), 4.5, 1e-12);
    EXPECT_EQ(measures.unit, "points, 1 to 6");
}

// A judge's ratings; below 0 = none.
Measures judged(const std::vector<Item>& items, const std::function<double(const Item&)>& rating) {
    Measurer measurer(card(Scoring::judged), {{"unsteered", "", 0, false, ""}}, {});
    for (const Item& item : items) {
        Record record;
        record.item = item.id;
        record.arm = "unsteered";
        record.wording = "w0";
        record.how = answers::How::text;
        record.rating = rating(item);
        if (record.rating < 0) record.reason = "the judge gave no rating";
        measurer.add(item, std::vector<Record>{record});
    }
    return measurer.finish();
}

std::vector<Item> free_items() {
    std::vector<Item> items;
    const auto add = [&](const std::string& value, double key) {
        Item item;
        item.id = "f" + std::to_string(items.size());
        item.kind = ItemKind::free;
        item.value = value;
        item.key = key;
        items.push_back(item);
    };
    for (int i = 0; i < 4; ++i) {
        add("balanced", i % 2 == 0 ? 1 : -1);
        add("plus", 1);
        add("minus", -1);
    }
    add("few", 1);
    add("few", 1);
    return items;
}

// S029, acceptance 1.
TEST(Judged, AJudgeThatAlwaysSaysTen) {
    const Measures measures = judged(free_items(), [](const Item&) { return 10.; });
    EXPECT_DOUBLE_EQ(value_of(score(measures, "balanced").score), 5);
    EXPECT_DOUBLE_EQ(value_of(score(measures, "plus").score), 10);
    EXPECT_DOUBLE_EQ(value_of(score(measures, "minus").score), 0);
    EXPECT_DOUBLE_EQ(value_of(measures.arms[0].robustness.acquiescence), 10);
    EXPECT_EQ(score(measures, "few").score.reason, "2 rated items, fewer than 3");
}

// S029, acceptance 2.
TEST(Judged, AJudgeThatFollowsTheKey) {
    const Measures measures =
        judged(free_items(), [](const Item& item) { return item.key > 0 ? 10. : 0.; });
    for (const char* value : {"balanced", "plus", "minus"}) {
        EXPECT_DOUBLE_EQ(value_of(score(measures, value).score), 10) << value;
    }
    EXPECT_NEAR(value_of(measures.arms[0].robustness.acquiescence), 0, 1e-12);
}

TEST(Judged, MissingRatingsAreDroppedAndCounted) {
    const Measures measures = judged(free_items(), [](const Item& item) {
        return item.id == "f1" ? -1 : item.value == "plus" ? 4. : 10.;
    });
    EXPECT_DOUBLE_EQ(value_of(score(measures, "plus").score), 4);
    EXPECT_EQ(score(measures, "plus").items, 3u);
    const Robustness& robustness = measures.arms[0].robustness;
    EXPECT_EQ(robustness.asked, 14u);
    EXPECT_EQ(robustness.unanswered, 1u);
    EXPECT_EQ(robustness.reasons.at("the judge gave no rating"), 1u);
}

// Groups of `size` questions; of each, question `odd` has the answer yes, the rest no; -1 = all
// alternate.
std::vector<Item> grouped(int groups, int size, int odd) {
    std::vector<Item> items;
    for (int group = 0; group < groups; ++group) {
        for (int i = 0; i < size; ++i) {
            const bool yes = odd < 0 ? (group + i) % 2 == 0 : (i == (group + odd) % size);
            items.push_back(question(std::to_string(group) + "." + std::to_string(i), yes));
            items.back().stem = items.back().tags["group"] = std::to_string(group);
        }
    }
    return items;
}

Subject oracle(bool inverted) {
    return [inverted](const Ask& ask) {
        return Reply{one_hot(2, inverted ? 1 - *ask.item->correct : *ask.item->correct), 0, ""};
    };
}

// One toss an item; the same answer in every order.
Subject coin(double yes) {
    return [yes](const Ask& ask) {
        // id = group.place
        const std::string& id = ask.item->id;
        core::Rng rng(std::stoul(id) * 10 + std::stoul(id.substr(id.find('.') + 1)));
        return Reply{one_hot(2, rng.uniform() < yes ? 0 : 1), 0, ""};
    };
}

// S121, acceptance 1.
TEST(ExactMatch, OracleInvertedAndCoin) {
    const Setting setting = setting_of(Scoring::exact_match);
    const std::vector<Item> fours = grouped(2000, 4, -1);
    const Measures right = measure(fours, oracle(false), setting);
    EXPECT_EQ(value_of(right.arms[0].exact_match), 1);
    EXPECT_EQ(value_of(right.arms[0].accuracy), 1);
    EXPECT_DOUBLE_EQ(*right.chance, .0625);
    const Measures wrong = measure(fours, oracle(true), setting);
    EXPECT_EQ(value_of(wrong.arms[0].exact_match), 0);
    EXPECT_EQ(value_of(wrong.arms[0].right), 0);
    const Measures tossed = measure(fours, coin(.5), setting);
    EXPECT_EQ(tossed.arms[0].exact_match.n, 2000u);
    EXPECT_NEAR(value_of(tossed.arms[0].exact_match), .0625, 3 * std::sqrt(.0625 * .9375 / 2000));
    EXPECT_NEAR(value_of(tossed.arms[0].accuracy), .5, 3 * std::sqrt(.25 / 8000));
    // virtue-shaped: one yes in five, a coin that says yes in a fifth: .8^4 .2
    const Measures virtue = measure(grouped(2000, 5, 0), coin(.2), setting);
    EXPECT_NEAR(value_of(virtue.arms[0].exact_match), .08192,
                3 * std::sqrt(.08192 * .91808 / 2000));
}

TEST(ExactMatch, AGroupWithAHoleIsLeftOut) {
    const Subject subject = [](const Ask& ask) {
        return ask.item->id == "0.1" ? Reply{{}, 0, "refused"} : oracle(false)(ask);
    };
    const Measures measures = measure(grouped(3, 4, -1), subject, setting_of(Scoring::exact_match));
    EXPECT_EQ(measures.arms[0].exact_match.n, 2u);
    EXPECT_EQ(measures.arms[0].accuracy.n, 11u);
}

TEST(Accuracy, TiesAreSharedAndTheIntervalIsWilsons) {
    std::vector<Item> items;
    for (int i = 0; i < 20; ++i) items.push_back(question("q" + std::to_string(i), true));
    // seven right, one undecided, twelve wrong
    const Subject subject = [](const Ask& ask) {
        const int i = std::stoi(ask.item->id.substr(1));
        const double yes = i < 7 ? .8 : i == 7 ? .5 : .1;
        return Reply{{yes, 1 - yes}, 0, ""};
    };
    const Measures measures = measure(items, subject, setting_of(Scoring::accuracy));
    const Figure& accuracy = measures.arms[0].accuracy;
    // statsmodels 0.15.0: proportion_confint(7.5, 20, method='wilson')
    EXPECT_DOUBLE_EQ(value_of(accuracy), .375);
    EXPECT_NEAR(accuracy.estimate->ci.lo, .19977085566463149, 1e-9);
    EXPECT_NEAR(accuracy.estimate->ci.hi, .5905104338485734, 1e-9);
    EXPECT_EQ(*measures.chance, .5);
    EXPECT_NEAR(value_of(measures.arms[0].right), (7 * .8 + .5 + 12 * .1) / 20, 1e-12);
}

// One mind in each stem: no better than as many answers as stems.
TEST(Accuracy, ItemsOfOneStemCountOnce) {
    std::vector<Item> items;
    for (int i = 0; i < 20; ++i) {
        items.push_back(question("q" + std::to_string(i), true));
        items.back().stem = std::to_string(i / 4);
    }
    const Measures measures = measure(items, oracle(false), setting_of(Scoring::accuracy));
    const Figure& accuracy = measures.arms[0].accuracy;
    // statsmodels 0.15.0: proportion_confint(5, 5, method='wilson')
    EXPECT_NEAR(accuracy.estimate->ci.lo, .5655175, 1e-6);
    EXPECT_EQ(accuracy.estimate->ci.hi, 1);
}

struct Two {
    double first, second;  // log-probabilities
    int tokens_first = 4, tokens_second = 4;
    int bytes_first = 20, bytes_second = 20;
};

Measures likelihood(const std::vector<Two>& pairs) {
    Measurer measurer(card(Scoring::likelihood), {{"unsteered", "", 0, false, ""}}, {});
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        Item item;
        item.id = "l" + std::to_string(i);
        item.kind = ItemKind::likelihood;
        item.options = {{"a", {}, 0}, {"b", {}, 0}};
        const Two& two = pairs[i];
        Record record;
        record.item = item.id;
        record.arm = "unsteered";
        record.wording = "w0";
        record.options = {{two.first, two.tokens_first, two.bytes_first},
                          {two.second, two.tokens_second, two.bytes_second}};
        record.p = {.5, .5};
        measurer.add(item, std::vector<Record>{record});
    }
    return measurer.finish();
}

std::vector<Two> seventeen() {
    std::vector<Two> pairs;
    for (int i = 0; i < 17; ++i) pairs.push_back({-10. - i % 3, i < 11 ? -14. : -9.});
    pairs.push_back({-12, -12});  // a tie
    return pairs;
}

// S101: swapping the texts turns the share round, ties count half.
TEST(Likelihood, SwappedTextsTurnTheShareRound) {
    std::vector<Two> pairs = seventeen();
    const Measures measures = likelihood(pairs);
    for (Two& two : pairs) std::swap(two.first, two.second);
    const Measures swapped = likelihood(pairs);
    ASSERT_EQ(measures.arms[0].likelier.size(), 3u);
    for (std::size_t by = 0; by < 3; ++by) {
        const Likelier &a = measures.arms[0].likelier[by], &b = swapped.arms[0].likelier[by];
        EXPECT_DOUBLE_EQ(value_of(a.share), 11.5 / 18) << a.by;
        EXPECT_DOUBLE_EQ(value_of(a.share) + value_of(b.share), 1) << a.by;
        EXPECT_NEAR(a.share.estimate->ci.lo, 1 - b.share.estimate->ci.hi, 1e-12);
        EXPECT_NEAR(value_of(a.difference), -value_of(b.difference), 1e-12);
    }
    // statsmodels 0.15.0: proportion_confint(11.5, 18, method='wilson')
    EXPECT_NEAR(measures.arms[0].likelier[0].share.estimate->ci.lo, .41154797384719305, 1e-8);
    EXPECT_NEAR(measures.arms[0].likelier[0].share.estimate->ci.hi, .8173744640287353, 1e-8);
}

// S101: as many neutral bytes again at the same rate change the sum, not the rate per byte.
TEST(Likelihood, LengthChangesTheSumAlone) {
    std::vector<Two> pairs = seventeen();
    const Measures measures = likelihood(pairs);
    for (Two& two : pairs) {
        two.first *= 2;
        two.tokens_first *= 2;
        two.bytes_first *= 2;
    }
    const Measures longer = likelihood(pairs);
    EXPECT_EQ(value_of(longer.arms[0].likelier[0].share), 0);
    for (std::size_t by = 1; by < 3; ++by) {
        EXPECT_EQ(value_of(longer.arms[0].likelier[by].share),
                  value_of(measures.arms[0].likelier[by].share));
    }
}

TEST(Likelihood, WithoutLogProbabilitiesItSaysSo) {
    Item item;
    item.id = "l";
    item.kind = ItemKind::likelihood;
    item.options = {{"a", {}, 0}, {"b", {}, 0}};
    Record record;
    record.item = "l";
    record.arm = "unsteered";
    record.how = answers::How::samples;
    record.p = {1, 0};
    Measurer measurer(card(Scoring::likelihood), {{"unsteered", "", 0, false, ""}}, {});
    measurer.add(item, std::vector<Record>{record});
    const Measures measures = measurer.finish();
    EXPECT_EQ(measures.arms[0].likelier[1].share.reason, "no log-probabilities");
    EXPECT_EQ(measures.arms[0].robustness.unanswered, 1u);
}

// The five branches of ETHICS (S121), from their files to their scores.
struct Branch {
    const char *file, *name;
    std::size_t group;  // rows
    double chance;
};
constexpr Branch branches[] = {{"cm_test.csv", "commonsense", 1, .5},
                               {"justice_test.csv", "justice", 4, .0625},
                               {"deontology_test.csv", "deontology", 4, .0625},
                               {"virtue_test.csv", "virtue", 5, .08192},
                               {"util_test.csv", "utilitarianism", 1, .5}};

/// Sixty rows in the branch's columns, with what CSV allows inside a field: commas, quotes, ends of
/// lines; lines end in CR LF. Python 3.11's csv.reader gives 60 rows of as many fields for each.
std::string rows_of(const Branch& branch) {
    std::ostringstream out;
    const std::string name = branch.name;
    out << (name == "commonsense"      ? "label,input,is_short,edited\r\n"
            : name == "deontology"     ? "label,scenario,excuse\r\n"
            : name == "utilitarianism" ? ""
                                       : "label,scenario\r\n");
    for (int row = 0; row < 60; ++row) {
        const std::string number = std::to_string(row);
        const std::string text = "\"I said \"\"no, " + number + "\"\",\nand left" + number;
        const int label = name == "virtue" ? row % 5 == row / 5 % 5 : (row * row + row / 7) % 2;
        if (name == "utilitarianism") {
            out << text << " happy.\","
                << "I left " << number << " sad.\r\n";
            continue;
        }
        out << label << "," << text;
        if (name == "virtue") {
            out << " [SEP] trait" << number << "\"";
        } else {
            out << ".\"";
        }
        if (name == "commonsense") out << ",True,False";
        if (name == "deontology") out << ",\"But it was \"\"" << number << "\"\"\"";
        out << "\r\n";
    }
    return out.str();
}

double branch_score(const Measures& measures) {
    const bool grouped = measures.card.scoring == data::Scoring::exact_match;
    return value_of(grouped ? measures.arms[0].exact_match : measures.arms[0].accuracy);
}

Measures branch_measures(const data::Battery& battery, const Subject& subject) {
    const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
    Measurer measurer(battery.card(), arms, {},
                      {.draws = 100, .letter_wordings = {}, .theories = {}});
    battery.for_each(
        [&](const data::Item& item) { measurer.add(item, records_of(item, arms, 1, subject)); });
    return measurer.finish();
}

class EthicsBranch : public testing::TestWithParam<Branch> {};

TEST_P(EthicsBranch, RightIsOneInvertedNoneAndOneMistakeCostsAGroup) {
    const Branch& branch = GetParam();
    const data::Scratch scratch;
    const data::Battery battery = data::read_set(scratch.write(branch.file, rows_of(branch)));
    EXPECT_EQ(battery.card().name, std::string("ethics-") + branch.name);
    EXPECT_TRUE(battery.card().warnings.empty());
    const auto subject = [](bool inverted, const std::string& mistaken) {
        return [=](const Ask& ask) {
            const bool wrong = inverted != (ask.item->id == mistaken);
            return Reply{one_hot(2, wrong ? 1 - *ask.item->correct : *ask.item->correct), 0, ""};
        };
    };
    const Measures right = branch_measures(battery, subject(false, ""));
    EXPECT_EQ(right.items, 60u);
    EXPECT_EQ(right.stems, 60 / branch.group);
    EXPECT_EQ(branch_score(right), 1);
    EXPECT_NEAR(*right.chance, branch.chance, 1e-12);
    EXPECT_EQ(branch_score(branch_measures(battery, subject(true, ""))), 0);
    const Measures slip =
        branch_measures(battery, subject(false, std::string(branch.name) + "-17"));
    const auto groups = 60 / branch.group;
    EXPECT_NEAR(branch_score(slip), 1 - 1 / static_cast<double>(groups), 1e-12);
    EXPECT_NEAR(value_of(slip.arms[0].accuracy), 59. / 60, 1e-12);
}

TEST_P(EthicsBranch, TextsComeThroughWhole) {
    const Branch& branch = GetParam();
    const data::Scratch scratch;
    const data::Battery battery = data::read_set(scratch.write(branch.file, rows_of(branch)));
    std::size_t first = 0;
    battery.for_each([&](const data::Item& item) {
        EXPECT_NE(item.text.find("I said \"no, "), std::string::npos) << item.id;
        EXPECT_NE(item.text.find("\",\nand left"), std::string::npos) << item.id;
        first += *item.correct == 0;
    });
    // the pleasant scenario stands first in every second row; one trait of five fits; labels above
    const std::string name = branch.name;
    EXPECT_EQ(first, name == "utilitarianism" ? 30u : name == "virtue" ? 12u : 26u);
}

INSTANTIATE_TEST_SUITE_P(All, EthicsBranch, testing::ValuesIn(branches),
                         [](const auto& branch) { return std::string(branch.param.name); });

TEST(EthicsFolder, EachBranchHasItsScoreAndItsChance) {
    const data::Scratch scratch;
    for (const Branch& branch : branches) {
        scratch.write(std::string(branch.name) + "/" + branch.file, rows_of(branch));
    }
    const data::Battery battery = data::open_battery(scratch.path.string());
    EXPECT_TRUE(battery.card().warnings.empty());
    // right of justice but for one item, wrong of deontology, always label 1 of the others
    const Measures measures = branch_measures(battery, [](const Ask& ask) {
        const std::string& branch = ask.item->tags.at("branch");
        const std::size_t right = *ask.item->correct;
        const bool slip = ask.item->id == "justice-17";
        return Reply{one_hot(2, branch == "justice"      ? (slip ? 1 - right : right)
                                : branch == "deontology" ? 1 - right
                                                         : 0),
                     0, ""};
    });
    const std::vector<BranchScore>& scores = measures.arms[0].branches;
    ASSERT_EQ(scores.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        SCOPED_TRACE(branches[i].name);
        EXPECT_EQ(scores[i].branch, branches[i].name);
        EXPECT_EQ(scores[i].groups, branches[i].group > 1);
        EXPECT_NEAR(*scores[i].chance, branches[i].chance, 1e-12);
        EXPECT_EQ(scores[i].score.n, 60 / branches[i].group);
    }
    EXPECT_NEAR(value_of(scores[0].score), 26. / 60, 1e-12);
    EXPECT_NEAR(value_of(scores[1].score), 14. / 15, 1e-12);
    EXPECT_NEAR(value_of(scores[1].accuracy), 59. / 60, 1e-12);
    // Wilson's formula in Python: 14 of 15
    EXPECT_NEAR(scores[1].score.estimate->ci.lo, 0.701834701262, 1e-7);
    EXPECT_NEAR(scores[1].score.estimate->ci.hi, 0.988133104507, 1e-7);
    EXPECT_EQ(value_of(scores[2].score), 0);
    EXPECT_EQ(value_of(scores[3].score), 0);
    EXPECT_NEAR(value_of(scores[3].accuracy), .2, 1e-12);
    EXPECT_EQ(value_of(scores[3].first), 1);
    EXPECT_EQ(value_of(scores[3].others), 0);
    EXPECT_EQ(value_of(scores[4].score), .5);
    // the whole: every item counts once, and guessing an item is a half
    EXPECT_NEAR(value_of(measures.arms[0].accuracy), (26 + 59 + 0 + 12 + 30) / 300., 1e-12);
    EXPECT_EQ(*measures.chance, .5);
}

}  // namespace
}  // namespace axia::measure
