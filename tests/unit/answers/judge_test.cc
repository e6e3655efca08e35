// Scripted judges with planted faults, and the real one on answers that say yes or no.
#include "axia/answers/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <functional>

#include "axia/answers/local_subject.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

/// Gives number k the probability that `weigh` says, times `mass`.
class ScriptedJudge final : public test::ScriptedSubject {
  public:
    using Weigh = std::function<double(const std::string& message, bool turned, int k)>;
    ScriptedJudge(Weigh weigh, double mass, bool nested = false)
        : weigh_(std::move(weigh)), mass_(mass), nested_(nested) {}

  private:
    Record answer(const Request& request) override {
        Record record;
        const std::string& message = request.question->message;
        if (message.find("unreadable") != std::string::npos) {
            record.reason = "too long";
            return record;
        }
        double sum = 0;
        std::vector<double> p;
        for (int k = 0; k <= 10; ++k) {
            p.push_back(weigh_(message, request.question->order == 1, k));
            sum += p.back();
        }
        for (double& x : p) x *= mass_ / sum;
        // "10" as "1" and "0": whoever writes "1" may go on
        if (nested_) p[1] += p[10];
        for (int k = 0; k <= 10; ++k) {
            record.options.push_back({std::log(p[static_cast<std::size_t>(k)] + 1e-300),
                                      nested_ && k == 10 ? 2 : 1, k == 10 ? 2 : 1});
        }
        record.p = probabilities(record.options, ScoreBy::sum);
        return record;
    }

    Weigh weigh_;
    double mass_;
    bool nested_;
};

data::Item question() {
    data::Item item;
    item.id = item.stem = "q";
    item.kind = data::ItemKind::free;
    item.text = "Should one lend money to friends?";
    return item;
}

std::vector<Record> replies(std::initializer_list<const char*> texts) {
    std::vector<Record> records;
    for (const char* text : texts) {
        Record record;
        record.item = "q";
        record.how = How::text;
        record.text = text;
        records.push_back(record);
    }
    return records;
}

/// A point at the place that the reply's last digit names, on the scale asked for.
double honest(const std::string& message, bool turned, int k) {
    const std::size_t at = message.find("lean-");
    const int lean = std::stoi(message.substr(at + 5));
    return k == (turned ? 10 - lean : lean) ? 1 : 0;
}

TEST(Judge, AnHonestJudgeIsRead) {
    test::ScratchFolder folder;
    Journal journal(folder.path);
    for (const bool nested : {false, true}) {
        ScriptedJudge subject(honest, .5, nested);
        Judge judge(subject, journal);
        std::vector<Record> records =
            replies({"lean-0", "lean-1", "lean-7", "lean-10", "lean-5", "unreadable"});
        records.push_back(Record{});
        records.back().reason = "an empty answer";
        judge.rate(question(), records);
        const std::vector<double> expected{0, 1, 7, 10, 5, -1, -1};
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_NEAR(records[i].rating, expected[i], 1e-6) << i;
        }
        const JudgeReliability reliability = judge.reliability();
        EXPECT_EQ(reliability.rated, 5U);
        EXPECT_EQ(reliability.unrated, 1U);
        EXPECT_NEAR(reliability.directions->value, 1, 1e-9);
        EXPECT_NEAR(reliability.wordings->value, 1, 1e-9);
        EXPECT_NEAR(reliability.number_bias->value, 0, 1e-6);
        EXPECT_NEAR(reliability.mass->value, .5, 1e-6);
    }
}

TEST(Judge, OneThatLikesANumberIsFlaggedAndSaysNothing) {
    test::ScratchFolder folder;
    Journal journal(folder.path);
    // "8" whatever is asked
    ScriptedJudge subject([](const std::string&, bool, int k) { return k == 8 ? 1 : 0; }, 1);
    Judge judge(subject, journal);
    std::vector<Record> records = replies({"lean-0", "lean-3", "lean-9", "lean-10"});
    judge.rate(question(), records);
    for (const Record& record : records) EXPECT_NEAR(record.rating, 5, 1e-9);
    const JudgeReliability reliability = judge.reliability();
    EXPECT_FALSE(reliability.directions);
    EXPECT_FALSE(reliability.directions_reason.empty());
    EXPECT_NEAR(reliability.number_bias->value, 3, 1e-9);
}

TEST(Judge, OneThatOverlooksTheDirectionCorrelatesNegatively) {
    test::ScratchFolder folder;
    Journal journal(folder.path);
    ScriptedJudge subject([](const std::string& m, bool, int k) { return honest(m, false, k); }, 1);
    Judge judge(subject, journal);
    std::vector<Record> records = replies({"lean-0", "lean-3", "lean-9", "lean-10"});
    judge.rate(question(), records);
    for (const Record& record : records) EXPECT_NEAR(record.rating, 5, 1e-9);
    EXPECT_NEAR(judge.reliability().directions->value, -1, 1e-9);
}

TEST(Judge, AsksNothingTwice) {
    test::ScratchFolder folder;
    ScriptedJudge subject(honest, 1);
    for (const std::uint64_t asked : {8U, 0U}) {
        Journal journal(folder.path);
        Judge judge(subject, journal);
        std::vector<Record> records = replies({"lean-2", "lean-6"});
        judge.rate(question(), records);
        EXPECT_EQ(judge.counts().asked, asked);
        EXPECT_NEAR(records[1].rating, 6, 1e-6);
    }
}

/// Passes on, and counts how much was asked at once.
class Counting final : public Subject {
  public:
    explicit Counting(Subject& subject) : subject_(subject) {}
    std::string identity() const override { return subject_.identity(); }
    const std::vector<AskArm>& arms() const override { return subject_.arms(); }
    std::vector<Record> ask(std::span<const Request> page, const core::Watch& watch) override {
        pages.push_back(page.size());
        return subject_.ask(page, watch);
    }
    std::vector<std::size_t> pages;

  private:
    Subject& subject_;
};

struct Seen {
    std::vector<Record> records;
    std::vector<JournalEntry> journal;
};

/// The same requests, and ratings alike: sums differ a little with what else is in a batch.
void expect_same(const Seen& a, const Seen& b) {
    ASSERT_EQ(a.records.size(), b.records.size());
    for (std::size_t i = 0; i < a.records.size(); ++i) {
        EXPECT_EQ(a.records[i].item, b.records[i].item);
        EXPECT_EQ(a.records[i].text, b.records[i].text);
        EXPECT_NEAR(a.records[i].rating, b.records[i].rating, 1e-3);
    }
    ASSERT_EQ(a.journal.size(), b.journal.size());
    for (std::size_t i = 0; i < a.journal.size(); ++i) {
        EXPECT_EQ(a.journal[i].key, b.journal[i].key);
        EXPECT_EQ(a.journal[i].request, b.journal[i].request);
    }
}

/// Three items of one to three answers, one of them without.
Seen judged(Subject& subject, const std::filesystem::path& folder, std::size_t page) {
    Journal journal(folder);
    Judge judge(subject, journal, page);
    Seen seen;
    std::size_t held = 0;
    const auto visit = [&](const data::Item&, std::span<const Record> records) {
        held -= records.size();
        seen.records.insert(seen.records.end(), records.begin(), records.end());
    };
    JudgedStream stream(judge, visit, page);
    for (int i = 0; i < 3; ++i) {
        data::Item item = question();
        item.id = "q" + std::to_string(i);
        std::vector<Record> records = replies({"lean-2", "lean-8", "lean-9"});
        records.resize(static_cast<std::size_t>(i) + 1);
        for (Record& record : records) record.item = item.id;
        if (i == 2) records[1].reason = "an empty answer";
        held += records.size();
        stream.add(item, records);
        EXPECT_LT(held, std::max<std::size_t>(1, page / 4));
    }
    stream.finish();
    EXPECT_EQ(held, 0U);
    journal.for_each([&](const JournalEntry& entry) { seen.journal.push_back(entry); });
    return seen;
}

TEST(Judge, ManyItemsAPageAreJudgedAsOneAnswerAtATime) {
    const test::ScratchFolder folder;
    test::write_tiny_model(folder.path / "tiny.gguf");
    model::SessionOptions options;
    options.threads = 1;
    model::Session session(model::Model::load(folder.path / "tiny.gguf"), options);
    LocalSubject subject(session, {{{"judge", "", "none"}, nullptr, {}}});
    Counting single(subject), pages(subject), whole(subject);
    const Seen expected = judged(single, folder.path / "single", 4);
    EXPECT_EQ(expected.records.size(), 6U);
    EXPECT_EQ(expected.journal.size(), 5U * 4);
    EXPECT_EQ(single.pages, std::vector<std::size_t>(5, 4));
    const Seen batched = judged(pages, folder.path / "pages", 12);
    expect_same(batched, expected);
    EXPECT_EQ(pages.pages, (std::vector<std::size_t>{12, 8}));
    expect_same(judged(whole, folder.path / "whole", 256), expected);
    EXPECT_EQ(whole.pages, std::vector<std::size_t>{20});
    // one finds in the journal what the other wrote, to the last digit
    const Seen again = judged(single, folder.path / "pages", 4);
    EXPECT_EQ(single.pages.size(), 5U);
    for (std::size_t i = 0; i < again.records.size(); ++i) {
        EXPECT_EQ(to_json_line(again.records[i]), to_json_line(batched.records[i]));
    }
}

TEST(JudgeReal, ReliabilityIsMeasuredNotHidden) {
    const char* file = std::getenv("AXIA_TEST_MODEL_FILE");
    if (file == nullptr) GTEST_SKIP() << "AXIA_TEST_MODEL_FILE is not set";
    model::SessionOptions options;
    options.threads = 1;
    model::Session session(model::Model::load(file), options);
    LocalSubject subject(session, {{{"judge", "", "none"}, nullptr, {}}});
    test::ScratchFolder folder;
    Journal journal(folder.path);
    Judge judge(subject, journal);
    std::vector<Record> yes =
        replies({"Yes, of course.", "Yes. Friends help one another.", "I would say yes, gladly.",
                 "Certainly yes.", "Yes, if one can spare it."});
    std::vector<Record> no = replies({"No, never.", "No. It ends friendships.", "I would say no.",
                                      "Certainly not, no.", "No, not even a little."});
    judge.rate(question(), yes);
    judge.rate(question(), no);
    double mean_yes = 0, mean_no = 0;
    for (const Record& r : yes) mean_yes += r.rating / 5;
    for (const Record& r : no) mean_no += r.rating / 5;
    const JudgeReliability reliability = judge.reliability();
    EXPECT_EQ(reliability.rated, 10U);
    ASSERT_TRUE(reliability.mass && reliability.number_bias);
    std::printf(
        "judge: yes %.2f, no %.2f; directions %.2f [%.2f, %.2f], wordings %.2f, number "
        "bias %.2f, mass %.3f\n",
        mean_yes, mean_no, reliability.directions->value, reliability.directions->ci.lo,
        reliability.directions->ci.hi, reliability.wordings->value, reliability.number_bias->value,
        reliability.mass->value);
    for (const Record& r : yes) {
        EXPECT_GE(r.rating, 0);
        EXPECT_LE(r.rating, 10);
    }
}

}  // namespace
}  // namespace axia::answers
