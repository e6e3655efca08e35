#include "axia/answers/question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "source_dir.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

data::Item pair_item() {
    data::Item item;
    item.id = item.stem = "p1";
    item.kind = data::ItemKind::pair;
    item.text = "A {options} in the text stays.";
    item.options = {{"walk", {}, 0}, {"ride", {}, 0}};
    return item;
}

Wording wording(Wording::Answer answer) {
    return {"w", data::ItemKind::pair, answer, "{text}\n{question}\n{options}", "What now?", ""};
}

TEST(Questions, BothOrdersOfAPairAndAnswersInTheItemsOrder) {
    const Wording text[] = {wording(Wording::Answer::text)};
    const auto questions = questions_of(pair_item(), text);
    ASSERT_EQ(questions.size(), 2u);
    EXPECT_EQ(questions[0].message, "A {options} in the text stays.\nWhat now?\n- walk\n- ride");
    EXPECT_EQ(questions[1].message, "A {options} in the text stays.\nWhat now?\n- ride\n- walk");
    EXPECT_THAT(questions[1].answers, ElementsAre("walk", "ride"));

    const Wording letter[] = {wording(Wording::Answer::letter)};
    const auto letters = questions_of(pair_item(), letter);
    EXPECT_THAT(letters[0].message, HasSubstr("A) walk\nB) ride"));
    EXPECT_THAT(letters[0].answers, ElementsAre("A", "B"));
    EXPECT_THAT(letters[1].message, HasSubstr("A) ride\nB) walk"));
    EXPECT_THAT(letters[1].answers, ElementsAre("B", "A"));
}

// Every option stands at every place once over the cyclic orders.
TEST(Questions, CyclicOrdersOfManyOptions) {
    data::Item item = pair_item();
    item.kind = data::ItemKind::choice;
    item.options = {{"ant", {}, 0}, {"bee", {}, 0}, {"cow", {}, 0}, {"dog", {}, 0}};
    Wording w = wording(Wording::Answer::letter);
    w.kind = data::ItemKind::choice;
    const auto questions = questions_of(item, {&w, 1});
    ASSERT_EQ(questions.size(), 4u);
    for (std::size_t option = 0; option < 4; ++option) {
        std::set<std::string> places;
        for (const Question& question : questions) places.insert(question.answers[option]);
        EXPECT_EQ(places.size(), 4u);
    }
    EXPECT_THAT(questions[1].message, HasSubstr("A) bee\nB) cow\nC) dog\nD) ant"));
}

TEST(Questions, AScaleIsShownForthAndBack) {
    data::Item item = pair_item();
    item.kind = data::ItemKind::rating;
    item.options = {{"never", {}, 1}, {"often", {}, 2}, {"always", {}, 3}};
    Wording w = wording(Wording::Answer::letter);
    w.kind = data::ItemKind::rating;
    const auto questions = questions_of(item, {&w, 1});
    ASSERT_EQ(questions.size(), 2u);
    EXPECT_THAT(questions[1].message, HasSubstr("A) always\nB) often\nC) never"));
    EXPECT_THAT(questions[1].answers, ElementsAre("C", "B", "A"));
}

TEST(Questions, OpenAndLikelihoodItems) {
    data::Item item = pair_item();
    item.kind = data::ItemKind::free;
    item.options.clear();
    Wording w{"f", data::ItemKind::free, Wording::Answer::text, "{text}", "", ""};
    const auto open = questions_of(item, {&w, 1}, 3);
    ASSERT_EQ(open.size(), 3u);
    EXPECT_EQ(open[2].repeat, 2);
    EXPECT_TRUE(open[2].answers.empty());

    item = pair_item();
    item.kind = data::ItemKind::likelihood;
    w.kind = data::ItemKind::likelihood;
    const auto plain = questions_of(item, {&w, 1}, 3);
    ASSERT_EQ(plain.size(), 1u);
    EXPECT_TRUE(plain[0].plain);
    EXPECT_EQ(plain[0].message, item.text);
}

TEST(Questions, TheirOwnWordsBeforeTheWordings) {
    data::Item item = pair_item();
    item.question = "Which?";
    const Wording w = wording(Wording::Answer::text);
    EXPECT_THAT(questions_of(item, {&w, 1})[0].message, HasSubstr("Which?"));
    item.options.assign(27, {"x", {}, 0});
    item.kind = data::ItemKind::choice;
    Wording c = w;
    c.kind = data::ItemKind::choice;
    EXPECT_THROW(questions_of(item, {&c, 1}), core::Error);
}

// What is shipped: at least five neutral wordings of each kind that is asked in words.
TEST(Wordings, ShippedOnesAreEnough) {
    const auto all =
        read_wordings(std::filesystem::path(AXIA_SOURCE_DIR) / "batteries" / "wordings.yaml");
    for (const data::ItemKind kind : {data::ItemKind::pair, data::ItemKind::choice,
                                      data::ItemKind::rating, data::ItemKind::free}) {
        EXPECT_EQ(wordings_of(all, kind, 5).size(), 5u) << data::kind_name(kind);
    }
    EXPECT_EQ(wordings_of(all, data::ItemKind::likelihood, 5).size(), 1u);
    bool letters = false, text = false;
    for (const Wording& w : wordings_of(all, data::ItemKind::pair, 5)) {
        (w.answer == Wording::Answer::letter ? letters : text) = true;
    }
    EXPECT_TRUE(letters && text) << "the format gap needs both";
}

TEST(Wordings, BadFilesNameTheLine) {
    const test::ScratchFolder folder;
    const auto file = folder.path / "w.yaml";
    const std::string head = "schema: axia.wordings\nversion: 1\nwordings:\n";
    const std::vector<std::pair<std::string, std::string>> bad = {
        {"wordings: 3\n", "not a file of wordings"},
        {head + "  - {id: a, kind: pear, text: '{text} {options}'}\n", "w.yaml:4: 'pear'"},
        {head + "  - {id: a, kind: pair, text: '{text}'}\n", "lacks the slot {options}"},
        {head + "  - {id: a, kind: free, text: 'hello'}\n", "lacks the slot {text}"},
        {head + "  - {id: a, kind: free}\n", "no 'text'"},
        {head +
             "  - {id: a, kind: free, text: '{text}'}\n  - {id: a, kind: free, text: '{text}'}\n",
         "w.yaml:5: two wordings"},
        {head + "  - {id: a, kind: free, text: '{text}', answer: song}\n", "form of answer"},
        {head + "  - [\n", "w.yaml:"},
    };
    for (const auto& [text, expected] : bad) {
        core::write_file(file, text);
        try {
            read_wordings(file);
            FAIL() << "taken: " << text;
        } catch (const core::Error& error) {
            EXPECT_THAT(error.what(), HasSubstr(expected));
        }
    }
}

}  // namespace
}  // namespace axia::answers
