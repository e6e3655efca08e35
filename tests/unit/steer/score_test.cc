// Scoring through the prefix tree on a real (tiny, F32) model: the same numbers as one text at a
// time, no row decoded twice.
#include "axia/steer/score.h"

#include <gtest/gtest.h>

#include <set>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "support/random_vector.h"
#include "support/tiny_model.h"

namespace axia::steer {
namespace {

using model::Token;

class Scoring : public ::testing::Test {
  protected:
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    model::Session session_{model_, {.context = 512, .sequences = 16, .batch = 256, .threads = 1}};
    vectors::ValueVector vector_ = test::random_vector(model_->info(), "a", 3);
    std::vector<CompiledPlan> plans_;

    const CompiledPlan* plan(Rows rows, Amount amount) {
        const vectors::ValueVector* pool[] = {&vector_};
        Plan plan;
        plan.layers = {1, 3};
        plan.rows = rows;
        plan.amount = amount;
        plan.values.push_back({"a", "", Rule::at_least, 2, 1});
        plans_.emplace_back(plan, pool, model_->info());
        return &plans_.back();
    }

    void SetUp() override { plans_.reserve(8); }

    /// Contexts that begin alike in several ways, as questions in a few wordings do.
    std::vector<ScoringItem> items(std::size_t n) {
        core::Rng rng(11);
        std::vector<ScoringItem> made;
        const std::string wordings[] = {"system: what would you do? ", "system: choose one. "};
        for (std::size_t i = 0; i < n; ++i) {
            std::string text = wordings[rng.below(2)] + "case " + std::to_string(7 * i);
            ScoringItem item;
            item.context = model_->tokenize(text, true);
            for (const char* option : {"stay here", "stay there", "go"}) {
                item.continuations.push_back(model_->tokenize(option, false));
            }
            made.push_back(std::move(item));
        }
        return made;
    }
};

TEST_F(Scoring, CarriedPrefixesDoNotChangeScores) {
    const CompiledPlan* const arms[] = {
        nullptr, plan(Rows::onward, Amount::row), plan(Rows::all, Amount::row),
        plan(Rows::onward, Amount::prompt), plan(Rows::all, Amount::prompt)};
    std::vector<ScoringRequest> requests;
    for (const ScoringItem& item : items(12)) {
        for (const CompiledPlan* arm : arms) requests.push_back({item, arm});
    }
    const RequestScores packed = score_requests(session_, requests, {.pack_rows = 64});
    for (std::size_t r = 0; r < requests.size(); ++r) {
        for (std::size_t c = 0; c < 3; ++c) {
            const ScoringRequest single{
                {requests[r].item.context, {requests[r].item.continuations[c]}}, requests[r].plan};
            const RequestScores alone = score_requests(session_, {&single, 1});
            EXPECT_NEAR(packed.log_probability[r][c], alone.log_probability[0][0], 2e-2)
                << "request " << r << " option " << c;
        }
    }
}

// The least number of rows is the number of distinct prefixes, without the rows after the last
// token that is conditioned on: counted here by brute force.
TEST_F(Scoring, DecodesTheRowsOfThePrefixTreeAndFewMore) {
    std::vector<ScoringRequest> requests;
    std::set<std::vector<Token>> prefixes;
    for (const ScoringItem& item : items(60)) {
        requests.push_back({item, nullptr});
        for (const auto& continuation : item.continuations) {
            std::vector<Token> text = item.context;
            text.insert(text.end(), continuation.begin(), continuation.end());
            for (std::size_t n = 1; n < text.size(); ++n) {
                prefixes.insert(std::vector<Token>(text.begin(), text.begin() + n));
            }
        }
    }
    const RequestScores scores = score_requests(session_, requests, {.pack_rows = 200});
    EXPECT_EQ(scores.rows_least, prefixes.size());
    EXPECT_GE(scores.rows_decoded, scores.rows_least);
    EXPECT_LE(static_cast<double>(scores.rows_decoded),
              1.03 * static_cast<double>(scores.rows_least));
}

TEST_F(Scoring, OrderOfRequestsDoesNotMatter) {
    std::vector<ScoringRequest> requests;
    for (const ScoringItem& item : items(20)) requests.push_back({item, nullptr});
    const RequestScores forth = score_requests(session_, requests);
    std::reverse(requests.begin(), requests.end());
    const RequestScores back = score_requests(session_, requests);
    for (std::size_t r = 0; r < requests.size(); ++r) {
        EXPECT_EQ(forth.log_probability[r], back.log_probability[requests.size() - 1 - r]);
    }
}

TEST_F(Scoring, SaysWhichRequestDoesNotFit) {
    std::vector<ScoringRequest> requests(2);
    requests[0].item = {{1, 2}, {{3}}};
    requests[1].item = {std::vector<Token>(300, 5), {{3}}};
    try {
        score_requests(session_, requests);
        FAIL() << "a text longer than a batch was taken";
    } catch (const core::Error& error) {
        EXPECT_EQ(error.where(), "item 1");
    }
    requests[1].item = {{1}, {{}}};
    EXPECT_THROW(score_requests(session_, requests), core::Error);
}

}  // namespace
}  // namespace axia::steer
