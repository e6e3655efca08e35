// The controlled form of S018 with a scripted subject that follows the grades as far as planted.
#include "axia/measure/novel.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/measure/pull.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::measure {
namespace {

using answers::NovelOptions;
using answers::NovelTexts;
using answers::Record;
using answers::Request;

/// Answers the mean of the amounts shown, moved by `pull` toward the mean of those graded A.
class Watcher final : public test::ScriptedSubject {
  public:
    explicit Watcher(double pull) : pull_(pull) {}

  private:
    Record answer(const Request& request) override {
        const std::string& message = request.question->message;
        double sum = 0, count = 0, best = 0, bests = 0;
        for (std::size_t at = message.find('\n') + 1; at < message.find("\nName");) {
            std::size_t used = 0;
            const double amount = std::stod(message.substr(at), &used);
            at += used;
            sum += amount;
            count += 1;
            if (message.compare(at, 4, " (A)") == 0) {
                best += amount;
                bests += 1;
            }
            at = std::min(message.find(", ", at), message.size() - 2) + 2;
        }
        const double mean = sum / count;
        const double ideal = bests > 0 ? best / bests : mean;
        Record record;
        record.how = answers::How::text;
        record.text = std::to_string(mean + pull_ * (ideal - mean)) + " minutes";
        if (request.question->repeat == 0 && seen.size() % 5 == 0) record.text = "many";
        return record;
    }

    double pull_;
};

bool numeric(std::string_view text) {
    return parse_number(text).has_value();
}

NovelPull asked(Watcher& watcher) {
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    NovelOptions options;
    options.lists = 40;
    return measure_novel(answers::ask_novel(options, numeric, watcher, journal).lists);
}

TEST(Novel, ThePlantedPullComesBack) {
    Watcher half(.5), none(0);
    const NovelPull pulled = asked(half);
    EXPECT_EQ(half.seen.size(), 144U);  // 40 x 3, a fifth of them again
    for (const std::size_t numbers : pulled.numbers) EXPECT_EQ(numbers, 40U);
    // N(45, 15^2) beyond one deviation: 15 * pdf(1) / cdf(-1) = 22.88 from the mean, half of it
    // either way
    EXPECT_NEAR(pulled.effect.estimate->value, 22.88, 1);
    EXPECT_NEAR(pulled.up.estimate->value, 11.44, 1);
    EXPECT_NEAR(pulled.down.estimate->value, 11.44, 1);
    EXPECT_LT(*pulled.p, 1e-10);
    EXPECT_NEAR(pulled.plain.estimate->value, 0, 1e-4);
    const NovelPull still = asked(none);
    EXPECT_NEAR(still.effect.estimate->value, 0, 1e-9);
    EXPECT_GE(*still.p, .05);
}

TEST(Novel, NoPullIsRarelyFound) {
    std::size_t rejected = 0;
    for (std::uint64_t run = 0; run < 1000; ++run) {
        core::Rng rng(run);
        std::vector<NovelTexts> lists(20);
        for (NovelTexts& list : lists) {
            list.shown_mean = 45;
            for (std::string& text : list.texts) text = std::to_string(45 + 15 * rng.normal());
        }
        rejected += *measure_novel(lists).p < .05 ? 1 : 0;
    }
    EXPECT_LE(rejected, 70U);
    EXPECT_GE(rejected, 30U);  // nor is the test blind
}

TEST(Novel, WithoutNumbersItSaysWhy) {
    std::vector<NovelTexts> lists(3);
    lists[0] = {45, {"50", "60", "many"}};
    lists[1] = {45, {"50", "", "40"}};
    lists[2] = {45, {"46 minutes", "58", ""}};
    const NovelPull pull = measure_novel(lists);
    EXPECT_EQ(pull.numbers[0], 3U);
    EXPECT_EQ(pull.numbers[1], 2U);
    EXPECT_EQ(pull.effect.reason, "fewer than two lists have both numbers");
    EXPECT_FALSE(pull.p);
    EXPECT_DOUBLE_EQ(pull.up.estimate->value, 11);
    EXPECT_NE(to_json(pull).find("\"p\": null"), std::string::npos);
    EXPECT_THROW(measure_novel(lists, 0), core::Error);
    Watcher watcher(0);
    test::ScratchFolder folder;
    answers::Journal journal(folder.path);
    NovelOptions options;
    options.deviation = 0;
    EXPECT_THROW(answers::ask_novel(options, numeric, watcher, journal), core::Error);
    options = {};
    options.lists = 0;
    EXPECT_THROW(answers::ask_novel(options, numeric, watcher, journal), core::Error);
}

}  // namespace
}  // namespace axia::measure
