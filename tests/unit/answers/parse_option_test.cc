#include "axia/answers/parse_option.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace axia::answers {
namespace {

constexpr int none = -1;

struct Case {
    std::string answer;
    int option = none;
};

/// Every expected option was written by hand.
void expect_all(const std::vector<Case>& cases, const std::vector<std::string>& texts,
                const std::vector<std::string>& letters = {}) {
    for (const Case& one : cases) {
        const std::optional<std::size_t> found = parse_option(one.answer, texts, letters);
        EXPECT_EQ(found ? static_cast<int>(*found) : none, one.option) << "'" << one.answer << "'";
    }
}

TEST(ParseOption, YesAndNo) {
    expect_all(
        {
            {"Yes", 0},
            {" no.\n", 1},
            {"**No**", 1},
            {"YES!", 0},
            {"\"Yes\"", 0},
            {"No, that would be wrong. Yes is what others say.", 1},
            {"No\nThere is a yes in everybody, though.", 1},
            {"My answer is yes", 0},
            {"I would say: no", 1},
            {"Yes or no? Hard to tell.", none},
            {"I can't say yes", none},
            {"Not yes, but no", 1},
            {"Yesterday I knew", none},
            {"It depends.", none},
            {"", none},
            {"A", none},  // no letter was shown
        },
        {"Yes", "No"});
}

TEST(ParseOption, TheLongestMatchCounts) {
    const std::vector<std::string> scale{"Strongly disagree", "Disagree", "Agree",
                                         "Strongly agree"};
    expect_all(
        {
            {"strongly agree", 3},
            {"I strongly agree with this.", 3},
            {"I agree.", 2},
            {"I disagree", 1},
            {"I Strongly Disagree!", 0},
            {"I do not agree", none},
            {"I don\xE2\x80\x99t strongly agree", none},
            {"I never said so; agree", 2},
            {"agree / disagree", none},
            {"strongly", none},
        },
        scale);
    expect_all(
        {
            {"Not like me at all", 0},
            {"not like me.", 1},
            {"This is a little like me", 2},
            {"Like me", 3},
            {"It's like me, really", 3},
            {"very much like me", 4},
            {"This is not a little like me", none},
        },
        {"Not like me at all", "Not like me", "A little like me", "Like me", "Very much like me"});
}

TEST(ParseOption, Letters) {
    const std::vector<std::string> texts{"Tell the truth", "Keep quiet", "Ask a friend"};
    const std::vector<std::string> letters{"A", "B", "C"};
    expect_all(
        {
            {"B", 1},
            {"b", 1},
            {" (c)", 2},
            {"**A**", 0},
            {"B.", 1},
            {"C: Ask a friend", 2},
            {"B) Keep quiet", 1},
            {"Answer: A", 0},
            {"The answer is B because it hurts nobody", 1},
            {"I would choose option C.", 2},
            {"B is the kinder one", 1},
            {"A is the kinder one", 0},
            {"A good question. I would keep quiet.", 1},
            {"A friend would be of use here", none},
            {"A - Tell the truth", 0},
            {"B. Option A would hurt.", 1},
            {"It is not A, it is C", 2},
            {"A or B", none},
            {"Both A) and B)", none},
            {"B) Tell the truth", none},
            {"keep quiet", 1},
            {"I could tell the truth or keep quiet, so C", 2},
            {"D", none},
            {"I refuse to answer.", none},
        },
        texts, letters);
}

TEST(ParseOption, LettersInTheOrderShown) {
    // of a pair in its other order: the first option is shown as B
    expect_all({{"A", 1}, {"B) Go", 0}, {"B) Stay", none}}, {"Go", "Stay"}, {"B", "A"});
}

TEST(ParseOption, TheNinthLetterIsAlsoAWord) {
    std::vector<std::string> texts, letters;
    for (char c = 'A'; c <= 'J'; ++c) {
        letters.emplace_back(1, c);
        texts.push_back(std::string("place number ") + c);
    }
    expect_all(
        {{"I would go to J", 9}, {"I", 8}, {"I)", 8}, {"Option I", 8}, {"I cannot say", none}},
        texts, letters);
}

TEST(ParseOption, NumbersKeepSignAndFraction) {
    expect_all({{"-1", 0}, {"I'd say -1.", 0}, {"1", 2}, {"0", 1}, {"1.5 it is", 3}, {"15", none}},
               {"-1", "0", "1", "1.5"});
}

TEST(ParseOption, OptionsOfPunctuationAlone) {
    expect_all({{"++", 0}, {" -- ", 1}, {"+", none}}, {"++", "--"});
}

TEST(ParseOption, OptionsOfTheSameWordsAreNeverTold) {
    expect_all({{"go", none}, {"Go!", 1}}, {"Go", "Go!"});
}

}  // namespace
}  // namespace axia::answers
