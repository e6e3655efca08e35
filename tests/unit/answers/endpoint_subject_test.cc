#include "axia/answers/endpoint_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <deque>
#include <map>
#include <set>

#include "axia/answers/journal.h"
#include "axia/answers/run.h"
#include "axia/core/error.h"
#include "support/openai_server.h"
#include "unit/data/scratch.h"

namespace axia::answers {
namespace {

using data::ItemKind;
using test::OpenAiServer;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* secret = "sk-quite-secret-0123456789";

model::Endpoint endpoint_of(const OpenAiServer& server, int attempts = 3) {
    model::EndpointOptions options;
    options.url = server.url();
    options.model = "planted";
    options.pause_milliseconds = 1;
    options.attempts = attempts;
    options.key = secret;
    return model::Endpoint(options);
}

/// Items, their questions and the requests that point to them.
struct Page {
    std::deque<data::Item> items;
    std::deque<std::vector<Question>> questions;
    std::vector<Request> requests;

    void add(data::Item item, Wording::Answer answer, std::size_t arm = 0,
             std::size_t repeats = 1) {
        items.push_back(std::move(item));
        const Wording wording{"w", items.back().kind, answer, "{text}\n{options}", "", ""};
        questions.push_back(questions_of(items.back(), {&wording, 1}, repeats));
        for (const Question& question : questions.back()) {
            requests.push_back({&items.back(), &question, arm, 5});
        }
    }
    void add_letters(const std::string& text) { add(pair(text), Wording::Answer::letter); }
    void add_words(const std::string& text) { add(pair(text), Wording::Answer::text); }

    static data::Item pair(const std::string& text) {
        data::Item item;
        item.id = item.stem = text;
        item.text = text;
        item.options = {{"Walk", {}, 0}, {"Take the bus", {}, 0}};
        return item;
    }
};

const std::vector<AskArm> one_arm{{"unsteered", "", "none"}};

/// Drawn in turn: 4 walk, 2 ride, 2 neither.
const std::vector<std::string> drawn_letters{
    "--answers", R"-(["A", "A)", "Neither.", "B", "A", "It must be A.", "B.", "A or B"])-"};
const std::vector<std::string> drawn_words{
    "--answers", R"(["Walk", "I would walk.", "Nothing", "Take the bus!", "**Walk**",
                     "walk, for sure", "take the bus", "Walk or take the bus"])"};

std::vector<std::string> both(std::vector<std::string> a, const std::vector<std::string>& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

TEST(EndpointSubject, LettersByTheFirstTokensLogProbabilities) {
    // "A" .5 and " A" .1 are one answer, "B" .3; .1 is something else
    const OpenAiServer server;
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_letters("how to get there?");
    const std::vector<Record> records = subject.ask(page.requests, {});
    ASSERT_EQ(records.size(), 2u);
    EXPECT_THAT(records[0].p, ElementsAre(DoubleNear(.6 / .9, 1e-9), DoubleNear(.3 / .9, 1e-9)));
    // in the other order the first option is B
    EXPECT_THAT(records[1].p, ElementsAre(DoubleNear(.3 / .9, 1e-9), DoubleNear(.6 / .9, 1e-9)));
    for (const Record& record : records) {
        EXPECT_EQ(record.how, How::logprob);
        EXPECT_EQ(record.reason, "");
        EXPECT_NEAR(record.invalid, .1, 1e-9);
        EXPECT_EQ(record.options.size(), 2u);
    }
    EXPECT_NEAR(records[0].options[1].sum, std::log(.3), 1e-9);
    EXPECT_EQ(server.seen().size(), 2u);
    EXPECT_EQ(subject.answers().by_logprob, 2u);
    EXPECT_EQ(subject.answers().by_samples, 0u);
}

TEST(EndpointSubject, ALetterOutsideTheTopHasNoProbability) {
    const OpenAiServer server({"--first", R"-({"A)": 0.6, "\n\u2581A": 0.1, "Maybe": 0.2})-"});
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_letters("x");
    const Record record = subject.ask(page.requests, {})[0];
    EXPECT_THAT(record.p, ElementsAre(1, 0));
    EXPECT_NEAR(record.invalid, .3, 1e-9);
    EXPECT_THAT(record.options, IsEmpty());
}

TEST(EndpointSubject, WithoutALetterInTheTopAnswersAreDrawn) {
    // the same server that gives log-probabilities answers in words when asked for several
    const OpenAiServer server(both({"--first", R"({"The": 0.9})"}, drawn_letters));
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_letters("x");
    const Record record = subject.ask({page.requests.data(), 1}, {})[0];
    EXPECT_EQ(record.how, How::samples);
    EXPECT_EQ(subject.answers().implausible, 0u);
    EXPECT_EQ(subject.answers().by_samples, 1u);
}

TEST(EndpointSubject, DrawnLettersWhereThereAreNoLogProbabilities) {
    const OpenAiServer server(both({"--logprobs", "no"}, drawn_letters));
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    for (const char* text : {"x", "y", "z"}) page.add_letters(text);
    const std::vector<Record> records = subject.ask(page.requests, {});
    ASSERT_EQ(records.size(), 6u);
    for (std::size_t i = 0; i < records.size(); ++i) {
        const Record& record = records[i];
        EXPECT_EQ(record.how, How::samples);
        EXPECT_EQ(record.reason, "");
        const double walk = i % 2 == 0 ? 4. / 6 : 2. / 6;
        EXPECT_THAT(record.p, ElementsAre(DoubleNear(walk, 1e-12), DoubleNear(1 - walk, 1e-12)));
        EXPECT_EQ(record.invalid, .25);
        EXPECT_EQ(record.text, "Neither.");
    }
    // that there are none is found out with the first question
    int with_logprobs = 0;
    for (const auto& one : server.seen()) with_logprobs += one["body"].contains("logprobs") ? 1 : 0;
    EXPECT_EQ(with_logprobs, 1);
    EXPECT_EQ(server.seen().size(), 1u + 6);
    EXPECT_EQ(subject.answers().by_samples, 6u);
    EXPECT_EQ(subject.answers().by_logprob, 0u);
}

TEST(EndpointSubject, ARefusalOfLogProbabilitiesIsFoundOutOnce) {
    const OpenAiServer server(both({"--logprobs", "refuse"}, drawn_letters));
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    // a question that is itself refused says nothing of log-probabilities
    for (const char* text : {"REFUSED", "y", "z"}) page.add_letters(text);
    const std::vector<Record> records = subject.ask(page.requests, {});
    EXPECT_THAT(records[0].reason, HasSubstr("the prompt is not allowed"));
    EXPECT_THAT(records[1].reason, HasSubstr("the prompt is not allowed"));
    for (std::size_t i = 2; i < 6; ++i) {
        EXPECT_EQ(records[i].how, How::samples);
        EXPECT_EQ(records[i].invalid, .25);
    }
    int with_logprobs = 0;
    for (const auto& one : server.seen()) with_logprobs += one["body"].contains("logprobs") ? 1 : 0;
    EXPECT_EQ(with_logprobs, 3);  // of both orders of the first, and one of the second
}

TEST(EndpointSubject, LogProbabilitiesThatAreNoneAreCountedAndAnswersDrawn) {
    for (const char* lie : {"positive", "nan", "sum"}) {
        const OpenAiServer server(both({"--logprobs", lie}, drawn_letters));
        model::Endpoint endpoint = endpoint_of(server);
        EndpointSubject subject(endpoint, one_arm);
        Page page;
        page.add_letters("x");
        page.add_letters("y");
        core::Watch watch;
        std::vector<std::string> words;
        watch.log = [&](core::LogLevel, std::string_view text) { words.emplace_back(text); };
        for (const Record& record : subject.ask(page.requests, watch)) {
            EXPECT_EQ(record.how, How::samples) << lie;
            EXPECT_EQ(record.reason, "") << lie;
            EXPECT_GT(record.invalid, 0) << lie;
        }
        EXPECT_EQ(subject.answers().implausible, 4u) << lie;
        EXPECT_EQ(subject.answers().by_samples, 4u) << lie;
        EXPECT_THAT(words, ElementsAre(HasSubstr("log-probabilities are not probabilities")));
    }
}

TEST(EndpointSubject, WordsAreDrawnInOneRequest) {
    const OpenAiServer server(drawn_words);
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_words("x");
    page.add_words("y");
    const std::vector<Record> records = subject.ask(page.requests, {});
    ASSERT_EQ(records.size(), 4u);
    for (const Record& record : records) {
        EXPECT_EQ(record.how, How::samples);
        EXPECT_THAT(record.p, ElementsAre(DoubleNear(4. / 6, 1e-12), DoubleNear(2. / 6, 1e-12)));
        EXPECT_EQ(record.invalid, .25);
        EXPECT_EQ(record.text, "Nothing");
    }
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 4u);
    std::set<std::uint64_t> seeds;
    for (const auto& one : seen) {
        EXPECT_EQ(one["body"]["n"], 8);
        EXPECT_EQ(one["body"]["temperature"], 1);
        seeds.insert(one["body"]["seed"].get<std::uint64_t>());
    }
    EXPECT_EQ(seeds.size(), 4u);
}

TEST(EndpointSubject, WordsAreDrawnOneByOneWhereOnlyOneIsGiven) {
    for (const char* many : {"ignore", "refuse"}) {
        const OpenAiServer server(both({"--many", many}, drawn_words));
        model::Endpoint endpoint = endpoint_of(server);
        EndpointSubject subject(endpoint, one_arm);
        Page page;
        page.add_words("x");
        const std::vector<Record> records = subject.ask(page.requests, {});
        for (const Record& record : records) {
            EXPECT_THAT(record.p, ElementsAre(DoubleNear(4. / 6, 1e-12), DoubleNear(2. / 6, 1e-12)))
                << many;
            EXPECT_EQ(record.invalid, .25) << many;
        }
        const auto seen = server.seen();
        // eight answers to each of both orders; the request that was refused gave none
        EXPECT_EQ(seen.size(), many == std::string("ignore") ? 16u : 17u);
        std::set<std::uint64_t> seeds;
        int together = 0;
        for (const auto& one : seen) {
            together += one["body"].contains("n") ? 1 : 0;
            seeds.insert(one["body"]["seed"].get<std::uint64_t>());
        }
        EXPECT_EQ(together, 1) << many;
        EXPECT_EQ(seeds.size(), 16u) << many;
    }
}

TEST(EndpointSubject, AnswersThatNameNoOptionAreNoAnswer) {
    const OpenAiServer server({"--answers", R"(["I cannot help with that."])"});
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_words("x");
    for (const Record& record : subject.ask(page.requests, {})) {
        EXPECT_THAT(record.p, IsEmpty());
        EXPECT_EQ(record.invalid, 1);
        EXPECT_EQ(record.text, "I cannot help with that.");
        EXPECT_EQ(record.reason, "no drawn answer names one of the options");
    }
}

TEST(EndpointSubject, AFailureIsTheReasonOfItsRecordAlone) {
    const OpenAiServer server({"--fault", "status", "--times", "1"});
    model::Endpoint endpoint = endpoint_of(server, 1);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.add_letters("x");
    const std::vector<Record> records = subject.ask(page.requests, {});
    EXPECT_THAT(records[0].reason, HasSubstr("500"));
    EXPECT_THAT(records[0].p, IsEmpty());
    const std::vector<Record> again = subject.ask(page.requests, {});
    EXPECT_EQ(again[0].reason, "");
    EXPECT_EQ(again[0].how, How::logprob);
}

data::Item likelihood(const std::string& text) {
    data::Item item;
    item.id = item.stem = text;
    item.kind = ItemKind::likelihood;
    item.text = text;
    item.options = {{"good day", {}, 0}, {"bad", {}, 0}};
    return item;
}

TEST(EndpointSubject, LikelihoodsByEchoedTexts) {
    // planted: -.01 a letter of a token, its blank included
    const OpenAiServer server;
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    Page page;
    page.items.push_back(likelihood("It was a"));
    const Wording wording{"w", ItemKind::likelihood, Wording::Answer::text, "{text}", "", ""};
    page.questions.push_back(questions_of(page.items[0], {&wording, 1}));
    page.requests.push_back({&page.items[0], &page.questions[0][0], 0, 0});
    const Record record = subject.ask(page.requests, {})[0];
    ASSERT_EQ(record.reason, "");
    ASSERT_EQ(record.options.size(), 2u);
    EXPECT_NEAR(record.options[0].sum, -.09, 1e-12);  // " good", " day"
    EXPECT_EQ(record.options[0].tokens, 2);
    EXPECT_EQ(record.options[0].bytes, 8);
    EXPECT_NEAR(record.options[1].sum, -.04, 1e-12);  // " bad"
    EXPECT_EQ(record.options[1].tokens, 1);
    // per token: e^-.045 and e^-.04
    EXPECT_NEAR(record.p[0], std::exp(-.045) / (std::exp(-.045) + std::exp(-.04)), 1e-12);
    EXPECT_EQ(record.invalid, 0);
    std::vector<std::string> texts;
    for (const auto& one : server.seen()) texts.push_back(one["message"]);
    EXPECT_THAT(texts, testing::UnorderedElementsAre("It was a good day", "It was a bad"));
}

TEST(EndpointSubject, NoLikelihoodsIsAReasonAndAskedOnce) {
    for (const auto& [server_says, reason] : std::map<std::vector<std::string>, std::string>{
             {{"--echo", "lacking"}, "gives no log-probabilities of a text"},
             {{"--logprobs", "no"}, "gives no log-probabilities of a text"},
             {{"--logprobs", "positive"}, "are not probabilities"},
             {{"--echo", "no"}, "tokens are not those of the text"}}) {
        const OpenAiServer server(server_says);
        model::Endpoint endpoint = endpoint_of(server);
        EndpointSubject subject(endpoint, one_arm);
        Page page;
        const Wording wording{"w", ItemKind::likelihood, Wording::Answer::text, "{text}", "", ""};
        for (const char* text : {"It was a", "They had a", "What a"}) {
            const data::Item& item = page.items.emplace_back(likelihood(text));
            page.questions.push_back(questions_of(item, {&wording, 1}));
            page.requests.push_back({&item, &page.questions.back()[0], 0, 0});
        }
        for (const Record& record : subject.ask(page.requests, {})) {
            EXPECT_THAT(record.reason, HasSubstr(reason)) << server_says[1];
            EXPECT_THAT(record.p, IsEmpty());
            EXPECT_THAT(record.options, IsEmpty());
        }
        if (server_says[1] == "lacking") {
            EXPECT_EQ(server.seen().size(), 2u);
        }
    }
}

TEST(EndpointSubject, OpenAnswersAndSystemMessages) {
    const OpenAiServer server;
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint,
                            {{"unsteered", "", "none"}, {"prompt:care", "Be kind.", "none"}});
    data::Item item;
    item.id = item.stem = "f";
    item.kind = ItemKind::free;
    item.text = "What matters?";
    Page page;
    page.add(item, Wording::Answer::text, 0, 2);
    page.add(item, Wording::Answer::text, 1, 2);
    const std::vector<Record> records = subject.ask(page.requests, {});
    ASSERT_EQ(records.size(), 4u);
    for (const Record& record : records) {
        EXPECT_EQ(record.how, How::text);
        EXPECT_THAT(record.text, HasSubstr("echo: What matters?"));
    }
    int with_system = 0;
    std::set<std::uint64_t> seeds;
    for (const auto& one : server.seen()) {
        const auto& messages = one["body"]["messages"];
        if (messages[0]["role"] == "system") {
            ++with_system;
            EXPECT_EQ(messages[0]["content"], "Be kind.");
        }
        EXPECT_EQ(one["body"]["max_tokens"], 120);
        seeds.insert(one["body"]["seed"].get<std::uint64_t>());
    }
    EXPECT_EQ(with_system, 2);
    EXPECT_EQ(seeds.size(), 4u);
}

TEST(EndpointSubject, ASingleAnswerIsNotAsked) {
    const OpenAiServer server;
    model::Endpoint endpoint = endpoint_of(server);
    EndpointSubject subject(endpoint, one_arm);
    data::Item item = Page::pair("x");
    item.kind = ItemKind::choice;
    item.options.resize(1);
    Page page;
    page.add(item, Wording::Answer::text);
    EXPECT_THAT(subject.ask(page.requests, {})[0].reason, HasSubstr("single answer"));
    EXPECT_EQ(server.seen().size(), 0u);
}

TEST(EndpointSubject, IdentityNamesEverythingButTheKey) {
    model::EndpointOptions options;
    options.url = "https://host/api";
    options.model = "some-model";
    options.key = secret;
    model::Endpoint endpoint(options);
    const std::string identity = EndpointSubject(endpoint, one_arm, {.samples = 3}).identity();
    EXPECT_THAT(identity, HasSubstr("https://host/api/v1"));
    EXPECT_THAT(identity, HasSubstr("some-model"));
    EXPECT_THAT(identity, HasSubstr("\"samples\":3"));
    EXPECT_THAT(identity, Not(HasSubstr(secret)));
    EXPECT_NE(identity, EndpointSubject(endpoint, one_arm, {.samples = 4}).identity());

    data::expect_error(
        [&] {
            EndpointSubject(endpoint, {{"care=1", "", "0123"}});
        },
        core::ErrorKind::usage, "arm 'care=1'", "a plan cannot act");
    data::expect_error([&] { EndpointSubject(endpoint, one_arm, {.samples = 0}); },
                       core::ErrorKind::usage, "samples", "must be 1");
}

// Through the journal: asked once, then remembered, whatever the endpoint would say by now.
TEST(EndpointSubject, ABatteryIsAskedOnce) {
    const OpenAiServer server(drawn_words);
    const data::Scratch scratch;
    data::BatteryCard card;
    card.name = "ways";
    const data::Battery battery(card, {Page::pair("x"), Page::pair("y")});
    RunOptions options;
    options.wordings = {
        {"letters", ItemKind::pair, Wording::Answer::letter, "{text}\n{options}", "", ""},
        {"words", ItemKind::pair, Wording::Answer::text, "{text}\n{options}", "", ""}};
    const auto lines = [&](std::uint64_t asked) {
        model::Endpoint endpoint = endpoint_of(server);
        EndpointSubject subject(endpoint, one_arm);
        Journal journal(scratch.path);
        EXPECT_EQ(ask_battery(battery, subject, journal, options).asked, asked);
        std::string text;
        for_each_answered(battery, subject, journal, options,
                          [&](const data::Item&, std::span<const Record> records) {
                              for (const Record& r : records) text += to_json_line(r) + "\n";
                          });
        return text;
    };
    const std::string first = lines(8);
    EXPECT_EQ(server.seen().size(), 8u);
    EXPECT_EQ(lines(0), first);
    EXPECT_EQ(server.seen().size(), 8u);
    EXPECT_THAT(first, HasSubstr("\"how\":\"logprob\""));
    EXPECT_THAT(first, HasSubstr("\"how\":\"samples\""));
    EXPECT_THAT(first, Not(HasSubstr(secret)));
}

}  // namespace
}  // namespace axia::answers
