#include "axia/measure/stance.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/data/csv.h"
#include "axia/math/agreement.h"
#include "source_dir.h"

namespace axia::measure {
namespace {

struct Case {
    const char* answer;
    Stance stance;
};

void expect_all(const std::vector<Case>& cases, std::string_view statement = {}) {
    for (const Case& c : cases) {
        EXPECT_EQ(stance_name(read_stance(c.answer, statement).stance), stance_name(c.stance))
            << c.answer;
    }
}

TEST(Stance, StronglyIsKept) {
    for (const char* answer : {"Strongly agree", "1) Strongly disagree", "\"Strongly agree\"",
                               "My answer is: 4) Strongly agree", "I strongly agree with this.",
                               "I would choose option 1) Strongly disagree.",
                               "The town is ours. I strongly disagree with this proposition."}) {
        EXPECT_TRUE(read_stance(answer).strongly) << answer;
    }
    for (const char* answer :
         {"Agree", "2) Disagree", "Yes.", "I agree with this.", "I do not strongly agree.",
          "Not strongly agree", "It depends.", "This notion is misguided.",
          "1) Strongly disagree\n2) Disagree\n3) Agree\n4) Strongly agree\nI agree with it.",
          "3) Agree\n4) Strongly agree"}) {
        EXPECT_FALSE(read_stance(answer).strongly) << answer;
    }
}

TEST(Stance, TheFourOptionsInManyRenderings) {
    expect_all({
        {"Agree", Stance::agree},
        {"agree.", Stance::agree},
        {"Strongly agree", Stance::agree},
        {"DISAGREE", Stance::disagree},
        {"Strongly disagree.", Stance::disagree},
        {"1) Strongly disagree", Stance::disagree},
        {"3) Agree", Stance::agree},
        {"II) Disagree", Stance::disagree},
        {"(d) Strongly agree", Stance::agree},
        {"B. Disagree", Stance::disagree},
        {"- Agree", Stance::agree},
        {"**Disagree**", Stance::disagree},
        {"\"Strongly agree\"", Stance::agree},
        {"\xE2\x80\x9C"
         "Disagree\xE2\x80\x9D",
         Stance::disagree},
        {"Answer: Agree", Stance::agree},
        {"My answer is: 2) Disagree", Stance::disagree},
        {"My opinion would be:\n\n4) Strongly agree", Stance::agree},
        {"I would choose option 1) Strongly disagree.", Stance::disagree},
        {"I'd pick \"Agree\" here, all things considered.", Stance::agree},
        {"I'd pick Agree here, all things considered.", Stance::agree},
        {"Not agree", Stance::disagree},
        {"Somewhat disagree", Stance::disagree},
        {"Yes.", Stance::agree},
        {"Yes, because neighbours should help one another.", Stance::agree},
        {"No.", Stance::disagree},
        {"No, that goes too far.", Stance::disagree},
        {"No one can say.", Stance::other},
    });
}

TEST(Stance, DeclaredWithNegationsAndConcessions) {
    expect_all({
        {"I agree with this. Bridges need repair.", Stance::agree},
        {"I wholeheartedly agree with the proposition.", Stance::agree},
        {"I don't agree with that.", Stance::disagree},
        {"I do not disagree.", Stance::agree},
        {"I can't say that I agree with the statement.", Stance::disagree},
        {"I couldn't agree more.", Stance::agree},
        {"I could not disagree more with the idea.", Stance::disagree},
        {"I am inclined to disagree.", Stance::disagree},
        {"We strongly disagree with this notion.", Stance::disagree},
        {"I oppose this idea.", Stance::disagree},
        {"I do not support the proposition.", Stance::disagree},
        {"I am in favor of this proposition.", Stance::agree},
        {"I am against the idea.", Stance::disagree},
        {"While I agree that roads matter, I disagree with the proposition.", Stance::disagree},
        {"Although I disagree with some details, I agree with the statement.", Stance::agree},
        {"Roads matter. Therefore, I disagree with the proposition.", Stance::disagree},
        {"As an AI I have no opinions. If I had to choose, I would say that I agree.",
         Stance::agree},
        {"If you agree, you might point to the cost.", Stance::other},
        {"Those who agree say so loudly.", Stance::other},
        {"You might answer: \"I agree with it.\"", Stance::other},
        {"I support my sister.", Stance::other},
    });
}

TEST(Stance, RefusalsAndBothSides) {
    expect_all({
        {"As an AI language model, I don't have personal opinions.", Stance::other},
        {"I'm sorry, I cannot comply with that request.", Stance::other},
        {"I neither agree nor disagree.", Stance::other},
        {"I agree and disagree at once.", Stance::other},
        {"I can't agree or disagree with the proposition.", Stance::other},
        {"1) Strongly disagree\n2) Disagree\n3) Agree\n4) Strongly agree", Stance::other},
        {"It depends on the town.", Stance::other},
        {"", Stance::other},
        {" \n ", Stance::other},
    });
    EXPECT_EQ(read_stance("I cannot offer a personal opinion.").rule, StanceRule::refused);
    EXPECT_EQ(read_stance("It depends.").rule, StanceRule::none);
}

TEST(Stance, RestatedNeedsTheStatement) {
    const char* statement = "Public libraries should lend tools as well as books.";
    expect_all(
        {
            {"I believe that public libraries should lend tools as well as books.", Stance::agree},
            {"I firmly believe that public libraries should not lend tools besides books.",
             Stance::disagree},
            {"I don't think that public libraries should lend tools as well as books.",
             Stance::disagree},
            {"Sharing is good. In conclusion, public libraries should lend tools and books alike.",
             Stance::agree},
            {"While some say that public libraries should lend tools and books, I believe that "
             "shops do it better.",
             Stance::disagree},
            {"Some believe public libraries should lend tools as well as books.", Stance::other},
            {"I believe that the weather will turn.", Stance::other},
        },
        statement);
    EXPECT_EQ(read_stance("I believe that public libraries should lend tools as well as books.",
                          statement)
                  .rule,
              StanceRule::restated);
    expect_all({{"I believe that public libraries should lend tools.", Stance::other}});
    // the statement's own negations count: denying a denial agrees
    expect_all({{"I believe dogs should not be banned from parks.", Stance::agree},
                {"I believe dogs should be banned from parks.", Stance::disagree}},
               "Dogs should not be banned from parks.");
}

TEST(Stance, Labels) {
    EXPECT_EQ(parse_stance_label("2_agree"), Stance::agree);
    EXPECT_EQ(parse_stance_label("1_disagree"), Stance::disagree);
    EXPECT_EQ(parse_stance_label("Strongly disagree"), Stance::disagree);
    EXPECT_EQ(parse_stance_label("other"), Stance::other);
    EXPECT_FALSE(parse_stance_label("agree a bit or so"));
    EXPECT_FALSE(parse_stance_label(""));
}

TEST(Stance, AgreementByHand) {
    const Stance a = Stance::agree, d = Stance::disagree, o = Stance::other;
    const std::vector<Stance> human{a, a, d, d, d, o}, read{a, d, d, d, d, d};
    const StanceAgreement result = stance_agreement(human, read);
    EXPECT_EQ(result.n, 6U);
    EXPECT_NEAR(result.accuracy.estimate->value, 4. / 6, 1e-15);
    EXPECT_NEAR(result.majority, .5, 1e-15);
    // p_e = (2*1 + 3*5) / 36 = 17/36; kappa = (24/36 - 17/36) / (19/36)
    EXPECT_NEAR(result.kappa.estimate->value, 7. / 19, 1e-15);
    EXPECT_EQ(result.confusion[0][1], 1U);
    EXPECT_EQ(stance_agreement({}, {}).kappa.reason, "no answer has a human label");
    EXPECT_THROW(stance_agreement(human, std::span(read).first(3)), core::Error);
    EXPECT_FALSE(stance_agreement(std::vector{d, d}, std::vector{d, d}).kappa.estimate);
}

TEST(Stance, TableOfManyAnswers) {
    const std::vector<StanceReading> readings{{Stance::agree, StanceRule::label},
                                              {Stance::other, StanceRule::refused},
                                              {Stance::agree, StanceRule::declared},
                                              {Stance::disagree, StanceRule::declared}};
    const std::vector<std::optional<Stance>> labels{Stance::agree, {}, Stance::disagree, {}};
    const StanceTable table = stance_table(readings, labels);
    EXPECT_DOUBLE_EQ(table.shares[0].estimate->value, .5);
    EXPECT_DOUBLE_EQ(table.shares[2].estimate->value, .25);
    EXPECT_EQ(table.rules[1], 2U);
    EXPECT_EQ(table.agreement.n, 2U);
    EXPECT_DOUBLE_EQ(table.agreement.accuracy.estimate->value, .5);
    EXPECT_NE(to_json(table).find("\"rule\": \"refused\""), std::string::npos);
    EXPECT_EQ(stance_table({}).shares[0].reason, "no answer");
    EXPECT_THROW(stance_table(readings, std::span(labels).first(1)), core::Error);
}

/// Rules were written looking at the propositions of the first half alone.
bool held_out(const std::string& proposition) {
    return core::sha256_hex("stance split 28:" + proposition)[0] >= '8';
}

std::filesystem::path published(const char* file) {
    return std::filesystem::path(AXIA_SOURCE_DIR) / ".." / "shared" / "data" / "llm-values-pct" /
           file;
}

const std::string& field(const data::CsvTable& table, std::size_t row, const char* column) {
    return table.rows[row][*table.column(column)];
}

void print(const char* name, const StanceAgreement& a) {
    std::printf("%s: n %zu, accuracy %.3f [%.3f, %.3f], kappa %.3f [%.3f, %.3f], majority %.3f\n",
                name, a.n, a.accuracy.estimate->value, a.accuracy.estimate->ci.lo,
                a.accuracy.estimate->ci.hi, a.kappa.estimate->value, a.kappa.estimate->ci.lo,
                a.kappa.estimate->ci.hi, a.majority);
}

TEST(StanceReplay, PublishedAnnotations) {
    const auto file = published("agreement_classification_240124.csv");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "the public data of S028 is not here";
    const data::CsvTable table = data::read_csv(file);
    std::vector<Stance> human[2], read[2];
    std::vector<int> first, second;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& decision = field(table, row, "decision");
        const auto label =
            parse_stance_label(decision.empty() ? field(table, row, "annot1_label") : decision);
        ASSERT_TRUE(label) << table.lines[row];
        const bool held = held_out(field(table, row, "pct_id"));
        human[held].push_back(*label);
        read[held].push_back(
            read_stance(field(table, row, "completion"), field(table, row, "pct_prompt")).stance);
        first.push_back(static_cast<int>(*parse_stance_label(field(table, row, "annot1_label"))));
        second.push_back(static_cast<int>(*parse_stance_label(field(table, row, "annot2_label"))));
    }
    // sklearn 1.9.1: cohen_kappa_score(annot1_label, annot2_label)
    EXPECT_NEAR(math::cohen_kappa(first, second), 0.930939226519337, 1e-12);
    print("looked at", stance_agreement(human[0], read[0]));
    const StanceAgreement held = stance_agreement(human[1], read[1]);
    print("held out", held);
    // measured: accuracy .942 [.880, .973] against a majority of .837, kappa .812 [.663, .940] (the
    // two annotators' own is .93); the margin asked for lies under what was measured by .025
    EXPECT_GE(held.accuracy.estimate->value, held.majority + .08);
    EXPECT_GT(held.accuracy.estimate->ci.lo, held.majority);
    EXPECT_GE(held.kappa.estimate->value, .70);
}

TEST(StanceReplay, PublishedInvalidCompletions) {
    const auto file = published("invalid_completions_240124.csv");
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "the public data of S028 is not here";
    const data::CsvTable table = data::read_csv(file);
    std::size_t all = 0, other = 0;
    for (std::size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& decision = field(table, row, "decision");
        const bool one_side =
            decision.empty() ? field(table, row, "annot1_oneside") == "1" : decision == "oneside";
        if (one_side || !held_out(field(table, row, "pct_id"))) continue;
        ++all;
        other +=
            read_stance(field(table, row, "completion"), field(table, row, "pct_prompt")).stance ==
                    Stance::other
                ? 1
                : 0;
    }
    std::printf("invalid completions that take no side, held out: %zu of %zu read as other\n",
                other, all);
    EXPECT_GE(static_cast<double>(other), .9 * static_cast<double>(all));  // measured: 30 of 31
}

}  // namespace
}  // namespace axia::measure
