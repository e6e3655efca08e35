// Asking through the journal, with a scripted subject: what is asked, in which pages, and what is
// remembered.
#include "axia/answers/run.h"

#include <gtest/gtest.h>

#include <set>

#include "axia/core/error.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

/// Prefers the option that its item names first, always by the same margin.
class Scripted final : public Subject {
  public:
    std::string identity() const override { return R"({"subject":"scripted"})"; }
    const std::vector<AskArm>& arms() const override { return arms_; }
    std::vector<Record> ask(std::span<const Request> page, const core::Watch&) override {
        pages.push_back(page.size());
        std::vector<Record> records;
        for (const Request& request : page) {
            if (asked.size() == stop_after) throw core::Error(core::ErrorKind::cancelled, "stop");
            EXPECT_TRUE(asked.insert(request_key(*this, request)).second) << "asked twice";
            Record record;
            record.options = {{-1, 1, 1}, {-2, 1, 1}};
            record.p = probabilities(record.options, ScoreBy::sum);
            records.push_back(std::move(record));
        }
        return records;
    }

    std::vector<AskArm> arms_{{"unsteered", "", "none"}, {"prompt", "Be kind.", "none"}};
    std::set<std::string> asked;
    std::vector<std::size_t> pages;
    std::size_t stop_after = static_cast<std::size_t>(-1);
};

data::Battery battery(std::size_t n, bool groups = false) {
    data::BatteryCard card;
    card.name = "b";
    card.licence = "none";
    if (groups) card.scoring = data::Scoring::exact_match;
    std::vector<data::Item> items;
    for (std::size_t i = 0; i < n; ++i) {
        data::Item item;
        item.id = item.stem = "i" + std::to_string(i);
        item.text = "Case " + std::to_string(i);
        item.options = {{"go", {{"a", 1}}, 0}, {"stay", {{"b", 1}}, 0}};
        if (groups) {
            item.tags["group"] = std::to_string(i / 4);
            item.correct = 0;
        }
        items.push_back(std::move(item));
    }
    return {std::move(card), std::move(items)};
}

RunOptions options() {
    RunOptions options;
    for (const char* id : {"w1", "w2", "w3"}) {
        options.wordings.push_back({id, data::ItemKind::pair, Wording::Answer::text,
                                    std::string(id) + " {text} {options}", "", ""});
    }
    options.prompts = 2;
    options.page = 20;
    return options;
}

std::string results(const data::Battery& b, const Subject& subject, const Journal& journal) {
    std::string text;
    for_each_answered(b, subject, journal, options(),
                      [&](const data::Item&, std::span<const Record> records) {
                          for (const Record& record : records) text += to_json_line(record) + "\n";
                      });
    return text;
}

TEST(Run, AsksEveryWordingOrderAndArmOnceInPages) {
    const test::ScratchFolder folder;
    Journal journal(folder.path / "run");
    Scripted subject;
    const RunCounts counts = ask_battery(battery(10), subject, journal, options());
    EXPECT_EQ(counts.asked, 10u * 2 * 2 * 2);  // items, wordings, orders, arms
    EXPECT_EQ(count_requests(battery(10), subject, options()), counts.asked);
    EXPECT_EQ(subject.pages, (std::vector<std::size_t>{24, 24, 24, 8}));  // whole items
    const RunCounts again = ask_battery(battery(10), subject, journal, options());
    EXPECT_EQ(again.asked, 0u);
    EXPECT_EQ(again.remembered, counts.asked);
}

TEST(Run, GoesOnWhereItWasCutOffWithTheSameResult) {
    const test::ScratchFolder folder;
    Scripted whole;
    Journal uncut(folder.path / "whole");
    ask_battery(battery(12), whole, uncut, options());
    const std::string expected = results(battery(12), whole, uncut);

    Journal journal(folder.path / "cut");
    Scripted first;
    first.stop_after = 50;  // inside the third page
    EXPECT_THROW(ask_battery(battery(12), first, journal, options()), core::Error);
    EXPECT_EQ(journal.size(), 48u);
    EXPECT_THROW(results(battery(12), first, journal), core::Error);
    Scripted second;
    const RunCounts counts = ask_battery(battery(12), second, journal, options());
    EXPECT_EQ(counts.remembered, 48u);
    EXPECT_EQ(counts.asked, 48u);
    EXPECT_EQ(results(battery(12), second, journal), expected);
}

TEST(Run, ALimitDrawsFromTheWholeBatteryAndKeepsGroupsWhole) {
    const test::ScratchFolder folder;
    Scripted subject;
    RunOptions some = options();
    some.limit = 5;
    Journal journal(folder.path / "run");
    ask_battery(battery(100), subject, journal, some);
    std::set<std::string> items;
    for_each_answered(battery(100), subject, journal, some,
                      [&](const data::Item& item, std::span<const Record>) {
                          const int n = std::stoi(item.id.substr(1));
                          EXPECT_EQ(n / 20, static_cast<int>(items.size()));
                          items.insert(item.id);
                      });
    EXPECT_EQ(items.size(), 5u);

    Journal grouped(folder.path / "groups");
    Scripted other;
    ask_battery(battery(40, true), other, grouped, some);
    std::map<std::string, int> members;
    for_each_answered(
        battery(40, true), subject, grouped, some,
        [&](const data::Item& item, std::span<const Record>) { ++members[item.tags.at("group")]; });
    EXPECT_EQ(members.size(), 5u);
    for (const auto& [group, n] : members) EXPECT_EQ(n, 4) << group;
}

// Two branches of twenty groups of two and one of four single items.
data::Battery branches() {
    data::BatteryCard card;
    card.name = "b";
    card.licence = "none";
    card.scoring = data::Scoring::accuracy;
    std::vector<data::Item> items;
    for (int i = 0; i < 84; ++i) {
        data::Item item;
        item.id = item.stem = "i" + std::to_string(i);
        item.text = "Case " + std::to_string(i);
        item.options = {{"go", {}, 0}, {"stay", {}, 0}};
        item.correct = 0;
        item.tags["branch"] = i < 40 ? "first" : i < 80 ? "second" : "few";
        if (i < 80) item.tags["group"] = std::to_string(i / 2);
        items.push_back(std::move(item));
    }
    return {std::move(card), std::move(items)};
}

TEST(Run, ALimitIsSharedByBranchesAndKeepsTheirGroupsWhole) {
    const auto drawn = [](std::size_t limit) {
        const test::ScratchFolder folder;
        Scripted subject;
        RunOptions some = options();
        some.limit = limit;
        Journal journal(folder.path / "run");
        ask_battery(branches(), subject, journal, some);
        std::map<std::string, std::map<std::string, int>> units;
        for_each_answered(
            branches(), subject, journal, some,
            [&](const data::Item& item, std::span<const Record>) {
                const auto group = item.tags.find("group");
                ++units[item.tags.at("branch")][group == item.tags.end() ? item.id : group->second];
            });
        return units;
    };
    const auto nine = drawn(9);
    EXPECT_EQ(nine.at("first").size(), 3u);
    EXPECT_EQ(nine.at("second").size(), 3u);
    EXPECT_EQ(nine.at("few").size(), 3u);
    for (const auto& [group, items] : nine.at("first")) EXPECT_EQ(items, 2) << group;
    // what the small branch leaves over goes to the others
    const auto twenty = drawn(20);
    EXPECT_EQ(twenty.at("few").size(), 4u);
    EXPECT_EQ(twenty.at("first").size(), 8u);
    EXPECT_EQ(twenty.at("second").size(), 8u);
    EXPECT_EQ(drawn(44).at("second").size(), 20u);
    EXPECT_EQ(drawn(3).at("few").size(), 1u);
    EXPECT_THROW(drawn(2), core::Error);
}

TEST(Run, KeysTellApartWhatAnAnswerDependsOn) {
    Scripted subject;
    const data::Item item = battery(1).items()[0];
    const auto questions = questions_of(item, options().wordings);
    std::set<std::string> keys;
    for (const Question& question : questions) {
        for (std::size_t arm = 0; arm < 2; ++arm) {
            keys.insert(request_key(subject, {&item, &question, arm, 0}));
        }
    }
    EXPECT_EQ(keys.size(), questions.size() * 2);
    subject.arms_[0].plan_hash = "abc";
    EXPECT_TRUE(keys.insert(request_key(subject, {&item, &questions[0], 0, 0})).second);
    // a seed counts where answers are drawn, and only there
    EXPECT_EQ(request_key(subject, {&item, &questions[0], 0, 0}),
              request_key(subject, {&item, &questions[0], 0, 1}));
}

TEST(Run, AnItemOfAKindWithoutWordingsIsSaid) {
    const test::ScratchFolder folder;
    Journal journal(folder.path / "run");
    Scripted subject;
    RunOptions none = options();
    none.wordings.clear();
    EXPECT_THROW(ask_battery(battery(1), subject, journal, none), core::Error);
    EXPECT_EQ(journal.size(), 0u);
}

TEST(Probabilities, SumTokenAndByte) {
    const OptionScore options[] = {{-2, 1, 4}, {-3, 3, 6}};
    EXPECT_NEAR(probabilities(options, ScoreBy::sum)[0], 1 / (1 + std::exp(-1.0)), 1e-12);
    EXPECT_NEAR(probabilities(options, ScoreBy::token)[0], 1 / (1 + std::exp(1.0)), 1e-12);
    EXPECT_NEAR(probabilities(options, ScoreBy::byte)[0], .5, 1e-12);
    const OptionScore far[] = {{-2000, 1, 1}, {-1000, 1, 1}};
    EXPECT_EQ(probabilities(far, ScoreBy::sum)[1], 1);
}

}  // namespace
}  // namespace axia::answers
