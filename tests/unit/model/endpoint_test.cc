#include "axia/model/endpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>

#include "axia/core/error.h"
#include "support/openai_server.h"

namespace axia::model {
namespace {

using core::Error;
using core::ErrorKind;
using test::OpenAiServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* secret = "sk-quite-secret-0123456789";

EndpointOptions options_of(const OpenAiServer& server) {
    EndpointOptions options;
    options.url = server.url();
    options.model = "planted";
    options.pause_milliseconds = 1;
    options.timeout_milliseconds = 60'000;
    return options;
}

ChatRequest saying(const std::string& text) {
    ChatRequest request;
    request.messages = {{"user", text}};
    return request;
}

std::vector<ChatRequest> numbered(std::size_t count) {
    std::vector<ChatRequest> requests;
    for (std::size_t i = 0; i < count; ++i) requests.push_back(saying("m" + std::to_string(i)));
    return requests;
}

/// How often each message reached the server.
std::map<std::string, int> asked(const OpenAiServer& server) {
    std::map<std::string, int> times;
    for (const auto& one : server.seen()) ++times[one["message"].get<std::string>()];
    return times;
}

std::string error_of(const std::function<void()>& call, ErrorKind kind = ErrorKind::network) {
    try {
        call();
    } catch (const Error& error) {
        std::string line = error.what();
        EXPECT_EQ(core::error_kind_name(error.kind()), core::error_kind_name(kind)) << line;
        EXPECT_THAT(line, Not(HasSubstr("\n")));
        EXPECT_THAT(line, Not(HasSubstr(secret)));
        EXPECT_LT(line.size(), 500u) << line;
        return line;
    }
    ADD_FAILURE() << "no error";
    return {};
}

TEST(Endpoint, RepliesStandInTheOrderOfTheRequestsAndNothingIsAskedTwice) {
    // the first request is answered last
    const OpenAiServer server({"--delay", "0.3"});
    EndpointOptions options = options_of(server);
    options.concurrency = 6;
    Endpoint endpoint(options);
    const std::vector<EndpointReply> replies = endpoint.chat(numbered(40));
    ASSERT_EQ(replies.size(), 40u);
    for (std::size_t i = 0; i < replies.size(); ++i) {
        ASSERT_EQ(replies[i].reason, "");
        EXPECT_EQ(replies[i].choices[0].text, "echo: m" + std::to_string(i));
        EXPECT_EQ(replies[i].choices[0].finish, "stop");
        EXPECT_EQ(replies[i].tries, 1);
        EXPECT_EQ(replies[i].prompt_tokens, 1u);
        EXPECT_EQ(replies[i].answer_tokens, 1u);
    }
    const auto times = asked(server);
    EXPECT_EQ(times.size(), 40u);
    for (const auto& [message, count] : times) EXPECT_EQ(count, 1) << message;
    int most = 0;
    for (const auto& one : server.seen()) most = std::max(most, one["under_way"].get<int>());
    EXPECT_GT(most, 1);
    EXPECT_LE(most, 6);
    EXPECT_EQ(endpoint.counts().sent, 40u);
    EXPECT_EQ(endpoint.counts().retried, 0u);
    EXPECT_EQ(endpoint.counts().failed, 0u);
}

TEST(Endpoint, SendsWhatWasAskedFor) {
    const OpenAiServer server({"--key", secret});
    EndpointOptions options = options_of(server);
    options.key = secret;
    options.url += "/v1/";
    Endpoint endpoint(options);
    ChatRequest request = saying("hello");
    request.messages.insert(request.messages.begin(), {"system", "be kind"});
    request.sampling = {.5, 7, 99};
    request.n = 3;
    request.top_logprobs = 4;
    const auto replies = endpoint.chat({&request, 1});
    ASSERT_EQ(replies[0].reason, "");
    EXPECT_EQ(replies[0].choices.size(), 3u);
    const auto body = server.seen()[0]["body"];
    EXPECT_EQ(body, nlohmann::json::parse(R"({"model": "planted", "max_tokens": 7,
        "messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "hello"}],
        "temperature": 0.5, "top_p": 1, "seed": 99, "n": 3, "logprobs": true, "top_logprobs": 4})"));
    EXPECT_EQ(endpoint.url(), server.url() + "/v1");
}

TEST(Endpoint, ReadsTopLogProbabilities) {
    const OpenAiServer server;
    Endpoint endpoint(options_of(server));
    ChatRequest request = saying("hello");
    request.top_logprobs = 5;
    const auto replies = endpoint.chat({&request, 1});
    ASSERT_EQ(replies[0].reason, "");
    const EndpointChoice& choice = replies[0].choices[0];
    ASSERT_EQ(choice.tokens.size(), 1u);
    ASSERT_EQ(choice.tokens[0].top.size(), 3u);
    EXPECT_FALSE(choice.implausible);
    EXPECT_EQ(choice.tokens[0].top[1].token, " A");
    EXPECT_NEAR(std::exp(choice.tokens[0].top[1].log_probability), .1, 1e-12);
}

TEST(Endpoint, ListsModels) {
    const OpenAiServer server;
    EXPECT_THAT(Endpoint(options_of(server)).models(), ElementsAre("planted", "other"));
}

TEST(Endpoint, EchoesTheTokensOfAText) {
    const OpenAiServer server;
    Endpoint endpoint(options_of(server));
    const EchoRequest request{"one two"};
    const auto replies = endpoint.echo({&request, 1});
    ASSERT_EQ(replies[0].reason, "");
    const auto& tokens = replies[0].choices[0].tokens;
    ASSERT_EQ(tokens.size(), 4u);  // <s>, one, two, and what was generated
    EXPECT_EQ(tokens[2].chosen.token, " two");
    EXPECT_EQ(tokens[2].chosen.log_probability, -.04);
    EXPECT_FALSE(replies[0].choices[0].implausible);
}

TEST(Endpoint, AnEndpointWithoutEchoSaysSoByReply) {
    const OpenAiServer server({"--echo", "lacking"});
    Endpoint endpoint(options_of(server));
    const EchoRequest request{"one two"};
    const auto replies = endpoint.echo({&request, 1});
    EXPECT_TRUE(replies[0].refused);
    EXPECT_TRUE(replies[0].lacking);
    EXPECT_EQ(replies[0].tries, 1);
    EXPECT_THAT(replies[0].reason, HasSubstr("404"));
}

struct Fault {
    std::vector<std::string> server;
    std::string reason;  // when it lasts
};

class PassingFault : public testing::TestWithParam<Fault> {};

TEST_P(PassingFault, IsTriedAgainUntilItPasses) {
    std::vector<std::string> arguments = GetParam().server;
    arguments.insert(arguments.end(), {"--times", "2"});
    const OpenAiServer server(arguments);
    EndpointOptions options = options_of(server);
    options.attempts = 3;
    options.body_bytes = 1 << 16;
    if (arguments[1] == "silence") options.timeout_milliseconds = 2000;
    Endpoint endpoint(options);
    const auto replies = endpoint.chat(numbered(4));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        ASSERT_EQ(replies[i].reason, "");
        EXPECT_EQ(replies[i].choices[0].text, "echo: m" + std::to_string(i));
        EXPECT_EQ(replies[i].tries, 3);
    }
    for (const auto& [message, count] : asked(server)) EXPECT_EQ(count, 3) << message;
    EXPECT_EQ(endpoint.counts().sent, 12u);
    EXPECT_EQ(endpoint.counts().retried, 8u);
    EXPECT_EQ(endpoint.counts().failed, 0u);
}

TEST_P(PassingFault, ThatLastsIsAReplyWithAReason) {
    std::vector<std::string> arguments = GetParam().server;
    arguments.insert(arguments.end(), {"--times", "1000"});
    const OpenAiServer server(arguments);
    EndpointOptions options = options_of(server);
    options.attempts = 2;
    options.body_bytes = 1 << 16;
    options.key = secret;
    if (arguments[1] == "silence") options.timeout_milliseconds = 300;
    Endpoint endpoint(options);
    const auto replies = endpoint.chat(numbered(2));
    for (const EndpointReply& reply : replies) {
        EXPECT_THAT(reply.reason, HasSubstr(GetParam().reason));
        EXPECT_THAT(reply.reason, Not(HasSubstr(secret)));
        EXPECT_THAT(reply.reason, Not(HasSubstr("\n")));
        EXPECT_TRUE(reply.choices.empty());
        EXPECT_FALSE(reply.refused);
        EXPECT_EQ(reply.tries, 2);
    }
    EXPECT_EQ(endpoint.counts().failed, 2u);
}

INSTANTIATE_TEST_SUITE_P(Endpoint, PassingFault,
                         testing::Values(Fault{{"--fault", "status", "--status", "500"}, "500"},
                                         Fault{{"--fault", "status", "--status", "429"}, "429"},
                                         Fault{{"--fault", "status", "--status", "503"}, "503"},
                                         Fault{{"--fault", "status", "--status", "408"}, "408"},
                                         Fault{{"--fault", "cut"}, "cut"},
                                         Fault{{"--fault", "cut-unmeasured"}, "not JSON"},
                                         Fault{{"--fault", "garbage"}, "not JSON"},
                                         Fault{{"--fault", "long"}, "longer than 65536 bytes"},
                                         Fault{{"--fault", "error-in-200", "--message",
                                                "overloaded\nnow"},
                                               "it reports: overloaded now"},
                                         Fault{{"--fault", "silence"}, "no answer within 300 ms"}));

TEST(Endpoint, WaitsAsLongAsRetryAfterSays) {
    const OpenAiServer server({"--fault", "status", "--status", "429", "--retry-after", "1"});
    Endpoint endpoint(options_of(server));
    const auto before = std::chrono::steady_clock::now();
    const auto replies = endpoint.chat(numbered(2));
    for (const EndpointReply& reply : replies) {
        EXPECT_EQ(reply.reason, "");
        EXPECT_EQ(reply.tries, 2);
    }
    // not how fast it is: a second try before a second has passed is the fault
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::seconds(1));
}

TEST(Endpoint, DoesNotWaitForHours) {
    const OpenAiServer server({"--fault", "status", "--status", "429", "--retry-after", "3600"});
    Endpoint endpoint(options_of(server));
    EXPECT_THAT(error_of([&] { endpoint.chat(numbered(1)); }), HasSubstr("asks to wait 3600 s"));
}

TEST(Endpoint, KeepsToTheRateLimitRetriesIncluded) {
    const OpenAiServer server({"--fault", "status", "--status", "500"});
    EndpointOptions options = options_of(server);
    options.requests_per_minute = 1200;  // one in 50 ms
    Endpoint endpoint(options);
    const auto before = std::chrono::steady_clock::now();
    endpoint.chat(numbered(5));
    // ten requests have nine gaps; only too fast is wrong
    EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(9 * 50));
    EXPECT_EQ(server.seen().size(), 10u);
}

TEST(Endpoint, StopsWhenNothingIsAnsweredAnyMore) {
    const OpenAiServer server({"--fault", "status", "--status", "500", "--times", "1000"});
    EndpointOptions options = options_of(server);
    options.attempts = 2;
    Endpoint endpoint(options);
    EXPECT_THAT(error_of([&] { endpoint.chat(numbered(100)); }),
                HasSubstr("8 requests in a row had to be given up"));
    EXPECT_LE(server.seen().size(), 2u * 16);  // those under way included
}

TEST(Endpoint, NobodyListens) {
    EndpointOptions options;
    {
        const OpenAiServer server;
        options = options_of(server);
    }
    options.attempts = 2;
    options.key = secret;
    Endpoint endpoint(options);
    EXPECT_THAT(error_of([&] { endpoint.models(); }), HasSubstr("is the endpoint running"));
    const auto replies = endpoint.chat(numbered(1));
    EXPECT_NE(replies[0].reason, "");
    EXPECT_EQ(replies[0].tries, 2);
}

TEST(Endpoint, AWrongKeyStopsAtOnceAndIsNotRepeated) {
    const OpenAiServer server({"--key", "another"});
    EndpointOptions options = options_of(server);
    options.concurrency = 1;
    Endpoint without(options);
    EXPECT_THAT(error_of([&] { without.chat(numbered(5)); }), HasSubstr("it wants a key"));
    options.key = secret;
    Endpoint with(options);
    EXPECT_THAT(error_of([&] { with.chat(numbered(5)); }), HasSubstr("it refuses the key"));
    EXPECT_EQ(server.seen().size(), 2u);
    EXPECT_EQ(server.seen()[1]["authorization"], std::string("Bearer ") + secret);
}

TEST(Endpoint, StatusesThatEndTheRun) {
    for (const auto& [status, words] :
         std::map<std::string, std::string>{{"402", "paid"},
                                            {"403", "it wants a key"},
                                            {"404", "no model 'planted'"},
                                            {"307", "it has moved"}}) {
        const OpenAiServer server({"--fault", "status", "--status", status});
        EndpointOptions options = options_of(server);
        options.concurrency = 1;
        Endpoint endpoint(options);
        EXPECT_THAT(error_of([&] { endpoint.chat(numbered(3)); }), HasSubstr(words));
        EXPECT_EQ(server.seen().size(), 1u) << status;
    }
}

TEST(Endpoint, ARefusedRequestIsAReplyAndTheOthersGoOn) {
    const OpenAiServer server;
    Endpoint endpoint(options_of(server));
    const std::vector<ChatRequest> requests{saying("one"), saying("REFUSED"), saying("three")};
    const auto replies = endpoint.chat(requests);
    EXPECT_EQ(replies[0].reason, "");
    EXPECT_EQ(replies[1].reason, "the endpoint answers 400: the prompt is not allowed");
    EXPECT_TRUE(replies[1].refused);
    EXPECT_EQ(replies[1].tries, 1);
    EXPECT_EQ(replies[2].choices[0].text, "echo: three");
}

TEST(Endpoint, AKeyThatTheServerRepeatsIsTakenOut) {
    const OpenAiServer server(
        {"--fault", "status", "--status", "422", "--message", "bad {authorization} indeed"});
    EndpointOptions options = options_of(server);
    options.key = secret;
    Endpoint endpoint(options);
    EXPECT_EQ(endpoint.chat(numbered(1))[0].reason,
              "the endpoint answers 422: bad Bearer *** indeed");
}

TEST(Endpoint, AKeyThatAModelSaysIsTakenOut) {
    const OpenAiServer server;
    EndpointOptions options = options_of(server);
    options.key = secret;
    Endpoint endpoint(options);
    const auto replies = endpoint.chat(std::vector{saying(std::string("say ") + secret)});
    ASSERT_EQ(replies[0].reason, "");
    EXPECT_EQ(replies[0].choices[0].text, "echo: say ***");
}

TEST(Endpoint, GivesTheNewNameOfTheLimitWhereItIsWanted) {
    const OpenAiServer server({"--new-limit"});
    EndpointOptions options = options_of(server);
    options.concurrency = 1;
    Endpoint endpoint(options);
    const auto replies = endpoint.chat(numbered(3));
    for (const EndpointReply& reply : replies) EXPECT_EQ(reply.reason, "");
    EXPECT_EQ(server.seen().size(), 4u);
    EXPECT_EQ(server.seen()[3]["body"]["max_completion_tokens"], 16);
    EXPECT_FALSE(server.seen()[3]["body"].contains("max_tokens"));
}

TEST(Endpoint, StopsOnRequest) {
    const OpenAiServer server({"--fault", "silence", "--times", "1000"});
    Endpoint endpoint(options_of(server));
    core::Watch watch;
    int looks = 0;
    watch.cancelled = [&] { return ++looks > 3; };
    error_of([&] { endpoint.chat(numbered(3), watch); }, ErrorKind::cancelled);
}

TEST(Endpoint, SaysWhichOptionIsWrong) {
    const auto error = [](const std::function<void(EndpointOptions&)>& change) {
        EndpointOptions options;
        options.url = "http://localhost:1/api";
        options.model = "m";
        change(options);
        return error_of([&] { Endpoint endpoint(options); }, ErrorKind::usage);
    };
    EXPECT_THAT(error([](auto& o) { o.url = "localhost:8080"; }), HasSubstr("http://HOST:PORT"));
    EXPECT_THAT(error([](auto& o) { o.url = std::string("http://me:") + secret + "@host"; }),
                HasSubstr("url: holds a user"));
    EXPECT_THAT(error([](auto& o) { o.url = "http://host/v1?x=1"; }), HasSubstr("url: "));
    EXPECT_THAT(error([](auto& o) { o.url = "http://"; }), HasSubstr("names no host"));
    EXPECT_THAT(error([](auto& o) { o.model = ""; }), HasSubstr("model: "));
    EXPECT_THAT(error([](auto& o) { o.key = std::string(secret) + "\r\nX: y"; }),
                HasSubstr("key: "));
    EXPECT_THAT(error([](auto& o) { o.concurrency = 0; }), HasSubstr("concurrency: "));
    EXPECT_THAT(error([](auto& o) { o.attempts = 0; }), HasSubstr("attempts: "));
}

TEST(Endpoint, AddsTheVersionWhereThereIsNone) {
    const auto url = [](const std::string& given) {
        EndpointOptions options;
        options.url = given;
        options.model = "m";
        return Endpoint(options).url();
    };
    EXPECT_EQ(url("http://localhost:8080"), "http://localhost:8080/v1");
    EXPECT_EQ(url("http://localhost:8080/v1/"), "http://localhost:8080/v1");
    EXPECT_EQ(url("https://host/api/paas/v4"), "https://host/api/paas/v4");
    EXPECT_EQ(url("https://host/v1beta/openai"), "https://host/v1beta/openai");
    EXPECT_EQ(url("https://host/vllm"), "https://host/vllm/v1");
}

TEST(FindKey, FromAFileOrTheEnvironment) {
    const std::string file = testing::TempDir() + "/axia-key-" + std::to_string(::getpid());
    const auto write = [&](const std::string& text) { std::ofstream(file) << text; };
    write(std::string("  ") + secret + "\n");
    EXPECT_EQ(find_key(file), secret);
    write(std::string(secret) + "\nanother\n");
    EXPECT_THAT(error_of([&] { find_key(file); }, ErrorKind::input), HasSubstr("is no key"));
    write("\n");
    EXPECT_THAT(error_of([&] { find_key(file); }, ErrorKind::input), HasSubstr("holds no key"));
    ::unlink(file.c_str());
    error_of([&] { find_key(file); }, ErrorKind::not_found);

    ::setenv("AXIA_API_KEY", secret, 1);
    EXPECT_EQ(find_key(), secret);
    ::unsetenv("AXIA_API_KEY");
    EXPECT_EQ(find_key(), "");
}

}  // namespace
}  // namespace axia::model
