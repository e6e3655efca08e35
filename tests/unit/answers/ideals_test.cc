// Scripted answers to the questions of S018: what is asked, what is asked again.
#include "axia/answers/ideals.h"

#include <gtest/gtest.h>

#include "axia/core/error.h"
#include "support/scripted_subject.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

/// Averages are 5, ideals 9; a named value is "many" the first time and 6 with the second seed.
class Speaker final : public test::ScriptedSubject {
  private:
    Record answer(const Request& request) override {
        Record record;
        record.how = How::text;
        const std::string& wording = request.question->wording;
        if (wording == "ideal-average") record.text = "5";
        if (wording == "ideal-ideal") record.text = "9 hours";
        if (wording == "ideal-sample") record.text = request.seed < 103 ? "many" : "6";
        return record;
    }
};

bool has_digit(std::string_view text) {
    return text.find_first_of("0123456789") != std::string_view::npos;
}

TEST(Ideals, AsksThreeQuestionsAndOnceMoreWithoutANumber) {
    const std::vector<data::Concept> concepts{{"sleep", "", "number of hours of sleep", "hours", 1},
                                              {"tea", "", "number of cups of tea", "cups", 2}};
    test::ScratchFolder folder;
    {
        Journal journal(folder.path);
        Speaker speaker;
        const Ideals ideals = ask_ideals(concepts, 3, has_digit, speaker, journal, 100);
        ASSERT_EQ(ideals.concepts.size(), 2U);
        EXPECT_EQ(ideals.concepts[1].average, (std::vector<std::string>{"5", "5", "5"}));
        EXPECT_EQ(ideals.concepts[1].ideal.size(), 3U);
        EXPECT_EQ(ideals.concepts[0].sample, (std::vector<std::string>{"6", "6", "6"}));
        // 2 x 3 x 3, and each named value again
        EXPECT_EQ(speaker.seen.size(), 24U);
        EXPECT_EQ(speaker.seen[0],
                  "What is the average number of hours of sleep? Answer with one number, in hours, "
                  "and nothing else.");
    }
    Journal journal(folder.path);
    Speaker idle;
    ask_ideals(concepts, 3, has_digit, idle, journal, 100);
    EXPECT_TRUE(idle.seen.empty());
    EXPECT_THROW(ask_ideals(concepts, 0, has_digit, idle, journal), core::Error);
}

}  // namespace
}  // namespace axia::answers
