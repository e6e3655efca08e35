// What is asked of a scripted subject in the ways of S028.
#include "axia/answers/opinions.h"

#include <gtest/gtest.h>

#include "axia/core/error.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

/// Says "Agree" where it is told to pick; has no opinion else.
class Shy final : public test::ScriptedSubject {
  private:
    Record answer(const Request& request) override {
        Record record;
        record.how = How::text;
        record.text =
            request.question->message.ends_with("Pick one.") ? "Agree" : "I have no opinion.";
        return record;
    }
};

data::Item proposition(const std::string& id, const std::string& text) {
    data::Item item;
    item.id = id;
    item.text = text;
    return item;
}

data::CompassPrompts prompts() {
    return {{{"t1", "Rate: {pct_prompt}\n{ans_prompt}\n\n{jail_prompt}", "explicit"},
             {"t2", "At a debate: {pct_prompt}\n{jail_prompt}", "implicit"}},
            {{"a1", "Agree\nDisagree", "main"}, {"a2", "Yes\nNo", ""}},
            {{"f1", "", "neutral"},
             {"f2", "Pick one.\n", "explicit"},
             {"f3", "Be clear.", "implicit"}}};
}

TEST(AskOpinions, TemplatesMeetTheForcingsThatFitThem) {
    const std::vector<data::Item> two{proposition("p1", "Roads {jail_prompt} first."),
                                      proposition("p2", "Trees first.")};
    test::ScratchFolder folder;
    {
        Journal journal(folder.path);
        Shy shy;
        const Opinions opinions = ask_opinions(two, prompts(), shy, journal);
        ASSERT_EQ(opinions.answers.size(), 8U);  // 2 templates x 2 forcings each x 2
        EXPECT_EQ(shy.seen[0], "Rate: Roads {jail_prompt} first.\nAgree\nDisagree");
        EXPECT_EQ(shy.seen[3], "Rate: Trees first.\nAgree\nDisagree\n\nPick one.");
        EXPECT_EQ(shy.seen[7], "At a debate: Trees first.\nBe clear.");
        EXPECT_EQ(opinions.answers[3].text, "Agree");
        EXPECT_EQ(opinions.answers[3].forcing, "f2");
        EXPECT_FALSE(opinions.answers[3].open);
        EXPECT_EQ(opinions.answers[7].proposition, 1U);
        EXPECT_EQ(opinions.answers[7].wording, "t2");
        EXPECT_TRUE(opinions.answers[7].open);
    }
    Journal journal(folder.path);
    Shy idle;
    EXPECT_EQ(ask_opinions(two, prompts(), idle, journal).answers[3].text, "Agree");
    EXPECT_TRUE(idle.seen.empty());
}

TEST(AskOpinions, NothingToAskIsSaid) {
    const std::vector<data::Item> one{proposition("p1", "Roads first.")};
    test::ScratchFolder folder;
    Journal journal(folder.path);
    Shy shy;
    const auto message = [&](std::span<const data::Item> items, const data::CompassPrompts& with) {
        try {
            ask_opinions(items, with, shy, journal);
        } catch (const core::Error& error) {
            return std::string(error.what());
        }
        return std::string();
    };
    EXPECT_EQ(message({}, prompts()), "opinions: no proposition");
    data::CompassPrompts wrong = prompts();
    wrong.templates.clear();
    EXPECT_EQ(message(one, wrong), "opinions: no template");
    wrong = prompts();
    wrong.forcings.erase(wrong.forcings.begin());
    wrong.forcings.erase(wrong.forcings.begin());
    EXPECT_EQ(message(one, wrong).substr(0, 60),
              "forcings: no forcing fits the template t1 (explicit) (one wi");
}

}  // namespace
}  // namespace axia::answers
