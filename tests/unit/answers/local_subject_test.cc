// A local model as a subject, on a real (tiny, F32) model: scores are those of a decode call of
// their own, whatever else is asked beside them.
#include "axia/answers/local_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "axia/capture/capture.h"
#include "axia/core/error.h"
#include "support/random_vector.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

using model::Token;
using ::testing::HasSubstr;

class Local : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    model::Session session_{model_, {.context = 2048, .sequences = 32, .batch = 512, .threads = 1}};
    std::vector<data::Item> items_;
    std::vector<std::vector<Question>> questions_;

    void SetUp() override {
        const Wording wordings[] = {
            {"text", data::ItemKind::pair, Wording::Answer::text, "{text}\n{options}", "", ""},
            {"lead", data::ItemKind::pair, Wording::Answer::text, "{text}\n{options}", "",
             "I would say: "},
            {"letter", data::ItemKind::pair, Wording::Answer::letter, "{text}\n{options}", "", ""},
            {"plain", data::ItemKind::likelihood, Wording::Answer::text, "{text}", "", ""},
            {"open", data::ItemKind::free, Wording::Answer::text, "{text}", "", ""}};
        for (int i = 0; i < 4; ++i) {
            data::Item item;
            item.id = item.stem = "i" + std::to_string(i);
            item.kind = i == 3 ? data::ItemKind::likelihood : data::ItemKind::pair;
            item.text = "A case of kind " + std::to_string(i * i);
            item.options = {{"stay here", {}, 0}, {"go", {}, 0}};
            items_.push_back(item);
        }
        for (const data::Item& item : items_) questions_.push_back(questions_of(item, wordings));
    }

    std::vector<Request> requests(std::size_t arms) const {
        std::vector<Request> all;
        for (std::size_t i = 0; i < items_.size(); ++i) {
            for (const Question& question : questions_[i]) {
                for (std::size_t arm = 0; arm < arms; ++arm) {
                    all.push_back({&items_[i], &question, arm, 0});
                }
            }
        }
        return all;
    }

    /// ln p of `text` after `context`, by one decode call.
    double direct(const std::vector<Token>& context, const std::vector<Token>& text,
                  bool exact = false) {
        model::Session session(
            model_, {.context = 512, .sequences = 1, .batch = 512, .threads = 1, .exact = exact});
        std::vector<Token> tokens = context;
        tokens.insert(tokens.end(), text.begin(), text.end());
        std::vector<model::Row> rows;
        for (std::size_t p = 0; p < tokens.size(); ++p) {
            rows.push_back({tokens[p], static_cast<std::int32_t>(p), 0, 1, true});
        }
        session.decode(rows);
        double sum = 0;
        for (std::size_t p = context.size(); p < tokens.size(); ++p) {
            sum += session.log_probability(p - 1, tokens[p]);
        }
        return sum;
    }

    /// Whole options asked of `session` against a decode call of their own for each.
    void scores_as_direct(model::Session& session, double tolerance) {
        const bool exact = session.options().exact;
        LocalSubject subject(session, {{{"unsteered", "", "none"}, nullptr, {}},
                                       {{"prompt", "Be brief.", "none"}, nullptr, {}}});
        const std::vector<Request> page = requests(2);
        const std::vector<Record> records = subject.ask(page, {});
        ASSERT_EQ(records.size(), page.size());
        for (std::size_t r = 0; r < page.size(); ++r) {
            const Question& question = *page[r].question;
            ASSERT_EQ(records[r].reason, "");
            double inside = 0;
            for (std::size_t o = 0; o < 2; ++o) {
                double expected = 0;
                const auto text =
                    model_->tokenize((question.plain ? " " : "") + question.answers[o], false);
                if (question.plain) {
                    expected = direct(model_->tokenize(question.message, true), text, exact);
                } else {
                    auto context =
                        capture::context_tokens(*model_, capture::Context::chat, question.message,
                                                page[r].arm == 1 ? "Be brief." : "");
                    const auto lead = model_->tokenize(question.lead, false);
                    context.insert(context.end(), lead.begin(), lead.end());
                    expected = direct(context, text, exact);
                }
                const OptionScore& option = records[r].options[o];
                EXPECT_NEAR(option.sum, expected, tolerance) << question.wording;
                EXPECT_EQ(option.tokens, static_cast<int>(text.size()));
                EXPECT_EQ(option.bytes, static_cast<int>(question.answers[o].size()));
                inside += std::exp(option.sum);
            }
            EXPECT_NEAR(records[r].invalid, question.plain ? 0 : 1 - inside, 1e-12);
            EXPECT_NEAR(records[r].p[0] + records[r].p[1], 1, 1e-12);
        }
        EXPECT_LE(static_cast<double>(subject.rows_decoded()),
                  1.05 * static_cast<double>(subject.rows_least()));
    }
};

// The key-value cache is F16, so that sums of twenty tokens agree to some thousandths.
TEST_F(Local, ScoresWholeOptionsAsADecodeCallOfTheirOwnDoes) {
    scores_as_direct(session_, 2e-2);
}

// With an F32 cache what is left is the order of sums (S121, acceptance 3).
TEST_F(Local, AnExactSessionScoresAsADecodeCallToFourDigits) {
    model::Session exact(
        model_, {.context = 2048, .sequences = 32, .batch = 512, .threads = 1, .exact = true});
    scores_as_direct(exact, 1e-4);
}

// A plan under which every request stands beside unsteered ones changes its own answers alone.
TEST_F(Local, PlansAnswerSideBySide) {
    const vectors::ValueVector vector = test::random_vector(model_->info(), "a", 3);
    const vectors::ValueVector* pool[] = {&vector};
    steer::Plan plan;
    plan.layers = {1, 3};
    plan.values.push_back({"a", "", steer::Rule::at_least, 4, 1});
    const steer::CompiledPlan compiled(plan, pool, model_->info());
    LocalSubject both(session_, {{{"unsteered", "", "none"}, nullptr, {}},
                                 {{"plan", "", compiled.hash()}, &compiled, {}}});
    LocalSubject bare(session_, {{{"unsteered", "", "none"}, nullptr, {}}});
    const auto together = both.ask(requests(2), {});
    const auto alone = bare.ask(requests(1), {});
    double moved = 0;
    for (std::size_t r = 0; r < alone.size(); ++r) {
        for (std::size_t o = 0; o < 2; ++o) {
            EXPECT_NEAR(together[2 * r].options[o].sum, alone[r].options[o].sum, 2e-2);
            moved += std::abs(together[2 * r + 1].options[o].sum - alone[r].options[o].sum);
        }
    }
    EXPECT_GT(moved, 1);
}

TEST_F(Local, WhatDoesNotFitIsARecordWithAReason) {
    items_[1].text = std::string(600, 'x');
    for (Question& question : questions_[1]) question.message = items_[1].text;
    LocalSubject subject(session_, {{{"unsteered", "", "none"}, nullptr, {}}});
    const std::vector<Request> page = requests(1);
    const std::vector<Record> records = subject.ask(page, {});
    for (std::size_t r = 0; r < page.size(); ++r) {
        if (page[r].item == &items_[1]) {
            EXPECT_THAT(records[r].reason, HasSubstr("too long: "));
            EXPECT_TRUE(records[r].p.empty());
        } else {
            EXPECT_EQ(records[r].reason, "");
        }
    }
}

TEST_F(Local, OpenAnswersDependOnTheSeedAlone) {
    data::Item item;
    item.id = item.stem = "open";
    item.kind = data::ItemKind::free;
    item.text = "Tell me.";
    const Wording wording{"open", data::ItemKind::free, Wording::Answer::text, "{text}", "", ""};
    const auto questions = questions_of(item, {&wording, 1}, 3);
    LocalOptions options;
    options.max_tokens = 12;
    options.temperature = 1;
    LocalSubject subject(session_, {{{"unsteered", "", "none"}, nullptr, {}}}, options);
    std::vector<Request> page;
    for (const Question& question : questions) {
        page.push_back({&item, &question, 0, 40 + static_cast<std::uint64_t>(question.repeat)});
    }
    const auto first = subject.ask(page, {});
    const Request last[] = {page[2]};
    EXPECT_EQ(subject.ask(last, {})[0].text, first[2].text);
    EXPECT_EQ(first[0].how, How::text);
    EXPECT_NE(first[0].text, first[1].text);
}

TEST_F(Local, IdentityNamesWhatAnswersDependOn) {
    LocalOptions other;
    other.score = ScoreBy::byte;
    LocalSubject a(session_, {{{"unsteered", "", "none"}, nullptr, {}}}), b(session_, {}, other);
    EXPECT_THAT(a.identity(), HasSubstr(model_->info().source_hash));
    EXPECT_THAT(a.identity(), HasSubstr(model_->info().template_id));
    EXPECT_NE(a.identity(), b.identity());
}

}  // namespace
}  // namespace axia::answers
