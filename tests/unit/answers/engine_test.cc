#include "axia/answers/engine.h"

#include <gtest/gtest.h>

#include <cmath>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/math/scalar.h"
#include "support/random_vector.h"
#include "support/tiny_model.h"

namespace axia::answers {
namespace {

/// What a caller of the engine saw.
struct Seen {
    std::mutex mutex;
    std::condition_variable changed;
    std::string text;
    std::vector<TokenScore> scores;
    EngineAnswer answer;
    int done = 0;

    EngineSink sink() {
        return {[this](std::string_view piece, std::vector<TokenScore> more) {
                    EXPECT_TRUE(core::is_utf8(piece));
                    const std::lock_guard lock(mutex);
                    text += piece;
                    scores.insert(scores.end(), more.begin(), more.end());
                    changed.notify_all();
                },
                [this](EngineAnswer whole) {
                    const std::lock_guard lock(mutex);
                    answer = std::move(whole);
                    ++done;
                    changed.notify_all();
                }};
    }
    const EngineAnswer& wait() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return done > 0; });
        return answer;
    }
    void wait_for_text() {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return !text.empty(); });
    }
};

class Serving : public ::testing::Test {
  protected:
    static constexpr model::SessionOptions limits{
        .context = 2048, .sequences = 4, .batch = 96, .threads = 1, .exact = true};
    std::shared_ptr<const model::Model> model_ = test::tiny_model();
    std::vector<vectors::ValueVector> vectors_{test::random_vector(model_->info(), "a", 3),
                                               test::random_vector(model_->info(), "b", 4)};

    std::unique_ptr<Engine> engine(std::size_t prompt_rows = 8, std::size_t queue = 64,
                                   model::SessionOptions options = limits) {
        return std::make_unique<Engine>(std::make_unique<model::Session>(model_, options),
                                        EngineOptions{.queue = queue, .prompt_rows = prompt_rows});
    }

    std::shared_ptr<const steer::CompiledPlan> plan(const std::vector<std::string>& values,
                                                    double p0,
                                                    steer::Amount amount = steer::Amount::row,
                                                    steer::Rows rows = steer::Rows::onward) const {
        steer::Plan plan;
        plan.model_hash = model_->info().source_hash;
        plan.layers = {2, 3, 5};
        plan.amount = amount;
        plan.rows = rows;
        for (const std::string& value : values) {
            plan.values.emplace_back().value = value;
            plan.values.back().log_odds = math::logit(p0);
        }
        const std::vector<const vectors::ValueVector*> pool{&vectors_[0], &vectors_[1]};
        return std::make_shared<steer::CompiledPlan>(plan, pool, model_->info());
    }

    EngineRequest request(const std::string& text, int max_tokens,
                          std::shared_ptr<const steer::CompiledPlan> plan = nullptr) const {
        EngineRequest request;
        request.prompt = model_->tokenize(text, true);
        request.plan = std::move(plan);
        request.options.max_tokens = max_tokens;
        return request;
    }

    Generated alone(const EngineRequest& request) const {
        model::Session session(
            model_, {.context = 2048, .sequences = 1, .batch = 512, .threads = 1, .exact = true});
        const GenerateRequest requests[] = {{request.prompt, request.plan.get()}};
        return generate(session, requests, request.options)[0];
    }
};

TEST_F(Serving, EachAnswerIsTheOneGivenAloneWhateverItsNeighbours) {
    const std::vector<std::shared_ptr<const steer::CompiledPlan>> plans{
        nullptr,
        plan({"a"}, .99),
        plan({"b"}, .3),
        plan({"a", "b"}, .9),
        plan({"a"}, .95, steer::Amount::prompt, steer::Rows::onward),
        plan({"b"}, .9, steer::Amount::prompt, steer::Rows::all),
        plan({"b"}, .999, steer::Amount::row, steer::Rows::all)};
    const auto engine = this->engine();
    constexpr std::size_t count = 28;
    std::vector<EngineRequest> requests;
    for (std::size_t i = 0; i < count; ++i) {
        // prompts shorter and longer than a step's share; answers that end at different times
        const std::string text(3 + 11 * (i % 7), static_cast<char>('a' + i % 26));
        requests.push_back(request(text, 4 + static_cast<int>(5 * i % 29), plans[i % 7]));
        requests.back().options.trace = i % 3 == 0;
        if (i % 5 == 4) {
            requests.back().options.sampler = {.temperature = 1, .seed = 17};
        }
    }
    std::vector<Seen> seen(count);
    for (std::size_t i = 0; i < count; ++i) engine->submit({requests[i]}, {seen[i].sink()});
    bool differ = false;
    for (std::size_t i = 0; i < count; ++i) {
        const EngineAnswer& answer = seen[i].wait();
        ASSERT_FALSE(answer.error) << i;
        const Generated expected = alone(requests[i]);
        EXPECT_EQ(answer.generated.text, expected.text) << i;
        EXPECT_EQ(seen[i].text, expected.text) << i;
        EXPECT_EQ(answer.generated.finish, expected.finish) << i;
        EXPECT_EQ(answer.generated.tokens, expected.tokens) << i;
        EXPECT_EQ(answer.generated.prompt_tokens, expected.prompt_tokens) << i;
        EXPECT_EQ(answer.generated.rows_seen, expected.rows_seen) << i;
        EXPECT_EQ(answer.generated.rows_shifted, expected.rows_shifted) << i;
        EXPECT_EQ(answer.generated.trace.size(), expected.trace.size()) << i;
        EXPECT_EQ(seen[i].done, 1) << i;
        EngineRequest bare = requests[i];
        bare.plan = nullptr;
        differ = differ || alone(bare).text != expected.text;
    }
    EXPECT_TRUE(differ) << "no plan changed any answer: the test shows nothing";
    const EngineCounts counts = engine->counts();
    EXPECT_EQ(counts.finished, count);
    EXPECT_EQ(counts.accepted, count);
    EXPECT_EQ(counts.waiting + counts.running, 0u);
    EXPECT_LT(counts.steps, counts.rows) << "nothing was batched";
}

TEST_F(Serving, ALongPromptDoesNotHoldUpTheAnswers) {
    const auto engine =
        this->engine(8, 8, {.context = 2048, .sequences = 2, .batch = 64, .exact = true});
    Seen first, second;
    engine->submit({request("short", 400)}, {first.sink()});
    first.wait_for_text();
    engine->submit({request(std::string(160, 'x'), 1)}, {second.sink()});
    second.wait();
    std::size_t during = 0;
    {
        const std::lock_guard lock(first.mutex);
        during = first.text.size();
    }
    first.wait();
    // 161 rows of 8 a step: at least 20 tokens of the first came meanwhile, unless it had ended
    const EngineCounts counts = engine->counts();
    EXPECT_GE(counts.steps, 21u);
    EXPECT_GT(during, 0u);
    EXPECT_EQ(first.answer.generated.text, alone(request("short", 400)).text);
}

TEST_F(Serving, StopTextsEndTheAnswerAndItsScores) {
    const auto engine = this->engine();
    EngineRequest asked = request("Go", 60);
    asked.scores = true;
    asked.options.sampler = {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0};
    Seen whole, stopped;
    engine->submit({asked}, {whole.sink()});
    const std::string text = whole.wait().generated.text;
    ASSERT_GT(text.size(), 8u);
    const std::size_t at = whole_utf8(text.substr(0, text.size() / 2));
    std::size_t end = at + 1;
    while (!core::is_utf8(text.substr(at, end - at))) ++end;
    asked.options.stop = {text.substr(at, end - at)};
    engine->submit({asked}, {stopped.sink()});
    const EngineAnswer& answer = stopped.wait();
    EXPECT_EQ(answer.generated.finish, "stop");
    EXPECT_EQ(answer.generated.text, text.substr(0, text.find(asked.options.stop[0])));
    EXPECT_EQ(stopped.text, answer.generated.text);
    EXPECT_LT(stopped.scores.size(), whole.scores.size());
    EXPECT_LE(stopped.scores.size(), static_cast<std::size_t>(answer.generated.tokens));
    // without a stop text every token has its score, with the one that ends the answer if any
    EXPECT_EQ(whole.scores.size(), static_cast<std::size_t>(whole.answer.generated.tokens) +
                                       (whole.answer.generated.finish == "stop" ? 1 : 0));
}

TEST_F(Serving, ScoresAreThoseOfTheModelUnderThePlan) {
    const auto with = plan({"a"}, .99);
    const auto engine = this->engine();
    EngineRequest asked = request(std::string(70, 'q') + "uestion", 0, with);
    asked.prompt_scores = true;
    asked.top = 3;
    Seen seen;
    engine->submit({asked}, {seen.sink()});
    const EngineAnswer& answer = seen.wait();
    EXPECT_EQ(answer.generated.finish, "length");
    EXPECT_EQ(answer.generated.tokens, 0);
    ASSERT_EQ(answer.prompt_scores.size(), asked.prompt.size() - 1);
    model::Session session(
        model_, {.context = 512, .sequences = 1, .batch = 512, .threads = 1, .exact = true});
    std::vector<model::Row> rows;
    for (std::size_t i = 0; i < asked.prompt.size(); ++i) {
        rows.push_back({asked.prompt[i], static_cast<std::int32_t>(i), 0, 0, true});
    }
    session.decode(rows);  // rows onward: the prompt's prefix is not steered
    for (std::size_t i = 0; i + 1 < asked.prompt.size(); ++i) {
        const TokenScore& score = answer.prompt_scores[i];
        EXPECT_EQ(score.token, asked.prompt[i + 1]);
        EXPECT_NEAR(score.log_probability, session.log_probability(i, score.token), 1e-4);
        ASSERT_EQ(score.top.size(), 3u);
        EXPECT_GE(score.top[0].second, score.top[1].second);
        EXPECT_GE(score.top[0].second, score.log_probability);
    }
    // the answer's first token is drawn from the steered row
    asked.options.max_tokens = 1;
    asked.prompt_scores = false;
    asked.scores = true;
    Seen steered, bare;
    engine->submit({asked}, {steered.sink()});
    asked.plan = nullptr;
    engine->submit({asked}, {bare.sink()});
    steered.wait(), bare.wait();
    ASSERT_EQ(steered.scores.size(), 1u);
    EXPECT_EQ(steered.scores[0].token, steered.scores[0].top[0].first);
    EXPECT_NE(steered.scores[0].log_probability, bare.scores[0].log_probability);
}

TEST_F(Serving, RowsOfEarlierPromptsAreUsedAgainWhereTheirSteeringIsEqual) {
    const auto engine = this->engine();
    const std::string text(60, 'p');
    const auto onward = plan({"a"}, .99),
               whole = plan({"b"}, .99, steer::Amount::row, steer::Rows::all),
               measured = plan({"b"}, .9, steer::Amount::prompt, steer::Rows::all);
    const auto ask = [&](const EngineRequest& asked) {
        Seen seen;
        engine->submit({asked}, {seen.sink()});
        EXPECT_EQ(seen.wait().generated.text, alone(asked).text);
        return std::pair{seen.answer.cached, seen.answer.tokens};
    };
    const EngineRequest bare = request(text, 10);
    const int prompt = static_cast<int>(bare.prompt.size());
    const auto [none, answer] = ask(bare);
    EXPECT_EQ(none, 0);
    EXPECT_EQ(ask(bare).first, prompt - 1);
    EXPECT_EQ(ask(request(text, 10, onward)).first, prompt - 1) << "the prefix is untouched";
    EXPECT_EQ(ask(request(text, 10, whole)).first, 0) << "every row is steered";
    EXPECT_EQ(ask(request(text, 10, whole)).first, prompt - 1);
    EXPECT_EQ(ask(request(text, 10, measured)).first, 0);
    EXPECT_EQ(ask(request(text, 10, measured)).first, 0) << "depends on the last row";
    // the next turn of a chat begins with prompt and answer
    EngineRequest next = bare;
    next.prompt.insert(next.prompt.end(), answer.begin(), answer.end());
    next.prompt.insert(next.prompt.end(), 20, bare.prompt.back());
    EXPECT_GE(ask(next).first, prompt + static_cast<int>(answer.size()) - 1);
    EngineRequest scored = bare;
    scored.prompt_scores = true;
    Seen seen;
    engine->submit({scored}, {seen.sink()});
    EXPECT_EQ(seen.wait().cached, 0) << "logits of every row are wanted";
    EXPECT_EQ(seen.answer.prompt_scores.size(), bare.prompt.size() - 1);
}

TEST_F(Serving, RequestsThatComeTogetherShareTheirPrompt) {
    const auto engine = this->engine(16, 64);
    const auto with = plan({"a"}, .99);
    std::vector<EngineRequest> requests;
    std::vector<Seen> seen(4);
    std::vector<EngineSink> sinks;
    for (std::size_t i = 0; i < seen.size(); ++i) {
        requests.push_back(request(std::string(90, 'z'), 6, i % 2 == 0 ? nullptr : with));
        sinks.push_back(seen[i].sink());
    }
    const auto asked = requests;
    engine->submit(std::move(requests), std::move(sinks));
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].wait().generated.text, alone(asked[i]).text) << i;
    }
    const EngineCounts counts = engine->counts();
    EXPECT_LE(counts.rows, asked[0].prompt.size() + 3 + 4 * 6);
    EXPECT_EQ(counts.cached_tokens, 3 * (asked[0].prompt.size() - 1));
}

TEST_F(Serving, KeptRowsGiveWayToNewPrompts) {
    const auto engine = this->engine(
        8, 64, {.context = 256, .sequences = 3, .batch = 64, .threads = 1, .exact = true});
    for (int i = 0; i < 12; ++i) {
        const EngineRequest asked = request(
            std::string(40 + 13 * static_cast<std::size_t>(i % 5), static_cast<char>('a' + i)), 30);
        Seen seen;
        engine->submit({asked}, {seen.sink()});
        ASSERT_FALSE(seen.wait().error);
        EXPECT_EQ(seen.answer.generated.text, alone(asked).text) << i;
    }
    // the longest that fits takes everything
    const EngineRequest asked = request(std::string(200, 'a'), 55);
    Seen seen;
    engine->submit({asked}, {seen.sink()});
    EXPECT_EQ(seen.wait().generated.text, alone(asked).text);
}

TEST_F(Serving, WatchingReadsTheProbesAndLeavesTheAnswerAlone) {
    const auto engine = this->engine();
    EngineRequest bare = request("What do you think of the plan?", 12);
    EngineRequest watched = bare;
    watched.watched = plan({"a", "b"}, .99);
    watched.options.trace_answer = true;
    watched.scores = bare.scores = true;
    Seen first, second;
    engine->submit({bare}, {first.sink()});
    first.wait();
    engine->submit({watched}, {second.sink()});
    second.wait();
    EXPECT_EQ(second.answer.generated.text, first.answer.generated.text);
    EXPECT_EQ(second.answer.generated.rows_shifted, 0u);
    // one row of the prompt and one for each token that was decoded, on three layers, of two values
    const auto& trace = second.answer.generated.trace;
    EXPECT_EQ(trace.size(), second.answer.tokens.size() * 3 * 2);
    for (const steer::TraceEntry& entry : trace) {
        EXPECT_EQ(entry.d, 0);
        EXPECT_EQ(entry.p_before, entry.p_after);
    }
}

TEST_F(Serving, AGrammarHoldsTheAnswerAndBiasMovesIt) {
    const auto engine = this->engine();
    for (const double temperature : {0.0, 1.0}) {
        EngineRequest asked = request("Answer", 40);
        asked.options.sampler = {.temperature = temperature, .top_k = 0, .top_p = 1, .min_p = 0};
        asked.options.sampler.grammar = "root ::= (\"ab\" | \"cd\") \"!\"";
        Seen seen;
        engine->submit({asked}, {seen.sink()});
        ASSERT_FALSE(seen.wait().error);
        EXPECT_TRUE(seen.answer.generated.text == "ab!" || seen.answer.generated.text == "cd!")
            << seen.answer.generated.text;
        EXPECT_EQ(seen.answer.generated.finish, "stop");
    }
    EngineRequest biased = request("Answer", 5);
    const model::Token wanted = model_->tokenize("q", false).back();
    biased.options.sampler.bias = {{wanted, 100.0F}};
    Seen seen;
    engine->submit({biased}, {seen.sink()});
    EXPECT_EQ(seen.wait().tokens, std::vector<model::Token>(5, wanted));
    biased.options.sampler.grammar = "root ::= (";
    EXPECT_THROW(engine->submit({biased}, {seen.sink()}), core::Error);
}

TEST(SchemaGrammar, IsMadeOfASchemaAndRefusesOthers) {
    const std::string grammar = model::schema_grammar(
        R"({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]})");
    EXPECT_NE(grammar.find("root"), std::string::npos);
    EXPECT_THROW(model::schema_grammar("{\"type\": \"wheel\"}"), core::Error);
    EXPECT_THROW(model::schema_grammar("not JSON"), core::Error);
}

TEST_F(Serving, CancelledAnswersLeaveTheirPlace) {
    const auto engine =
        this->engine(8, 64, {.context = 1024, .sequences = 1, .batch = 64, .exact = true});
    std::vector<Seen> seen(3);
    const std::uint64_t running = engine->submit({request("a", 900)}, {seen[0].sink()})[0];
    const std::uint64_t waiting = engine->submit({request("b", 900)}, {seen[1].sink()})[0];
    engine->submit({request("c", 5)}, {seen[2].sink()});
    seen[0].wait_for_text();
    engine->cancel(waiting);
    engine->cancel(running);
    engine->cancel(12345);
    EXPECT_EQ(seen[0].wait().generated.finish, "cancelled");
    EXPECT_EQ(seen[1].wait().generated.finish, "cancelled");
    EXPECT_EQ(seen[1].wait().generated.tokens, 0);
    EXPECT_EQ(seen[2].wait().generated.text, alone(request("c", 5)).text);
    EXPECT_EQ(engine->counts().cancelled, 2u);
}

TEST_F(Serving, AFullQueueRefusesAndWhatDoesNotFitIsNeverCut) {
    const auto engine =
        this->engine(8, 2, {.context = 256, .sequences = 1, .batch = 64, .exact = true});
    std::vector<Seen> seen(4);
    const std::uint64_t first = engine->submit({request("a", 250)}, {seen[0].sink()})[0];
    seen[0].wait_for_text();
    engine->submit({request("b", 3)}, {seen[1].sink()});
    try {  // two do not fit beside the one that waits: none of them is taken
        engine->submit({request("c", 3), request("d", 3)}, {seen[2].sink(), seen[3].sink()});
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::busy);
    }
    EXPECT_THROW(engine->submit({request(std::string(300, 'x'), 3)}, {seen[2].sink()}),
                 core::Error);
    EXPECT_THROW(engine->submit({EngineRequest{}}, {seen[2].sink()}), core::Error);
    EngineRequest bad = request("x", 3);
    bad.prompt[0] = 1 << 20;
    EXPECT_THROW(engine->submit({bad}, {seen[2].sink()}), core::Error);
    bad = request("x", 3);
    bad.options.sampler.temperature = -1;
    EXPECT_THROW(engine->submit({bad}, {seen[2].sink()}), core::Error);
    bad =
        request(std::string(100, 'x'), 3, plan({"a"}, .9, steer::Amount::prompt, steer::Rows::all));
    EXPECT_THROW(engine->submit({bad}, {seen[2].sink()}), core::Error);
    engine->cancel(first);
    seen[1].wait();
    EXPECT_EQ(seen[2].done + seen[3].done, 0);
    EXPECT_EQ(engine->counts().refused, 2u);
}

TEST_F(Serving, AnAnswerStopsWhereTheContextEnds) {
    const auto engine =
        this->engine(8, 4, {.context = 256, .sequences = 2, .batch = 64, .exact = true});
    EngineRequest asked = request("fill it", 4000);
    asked.options.sampler = {.temperature = 1, .top_k = 0, .top_p = 1, .min_p = 0};
    Seen seen;
    engine->submit({asked}, {seen.sink()});
    const EngineAnswer& answer = seen.wait();
    ASSERT_FALSE(answer.error);
    EXPECT_LE(answer.generated.prompt_tokens + answer.generated.tokens, 257);
    EXPECT_TRUE(answer.generated.finish == "length" || answer.generated.finish == "stop");
}

TEST_F(Serving, TheEndOfTheEngineEndsEveryAnswer) {
    std::vector<Seen> seen(9);
    {
        const auto engine = this->engine();
        for (Seen& one : seen) engine->submit({request("on and on", 300)}, {one.sink()});
    }
    for (Seen& one : seen) EXPECT_EQ(one.done, 1);
}

TEST_F(Serving, ManyThreadsMaySubmitAndCancel) {
    const auto engine = this->engine(8, 512);
    const std::string expected = alone(request("thread", 12)).text;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (int i = 0; i < 12; ++i) {
                Seen seen;
                const bool leaves = (i + t) % 3 == 0;
                const std::uint64_t number =
                    engine->submit({request("thread", 12)}, {seen.sink()})[0];
                if (leaves) engine->cancel(number);
                const std::string text = seen.wait().generated.text;
                if (leaves) continue;
                EXPECT_EQ(text, expected);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    const EngineCounts counts = engine->counts();
    EXPECT_EQ(counts.finished + counts.cancelled, 48u);
}

}  // namespace
}  // namespace axia::answers
