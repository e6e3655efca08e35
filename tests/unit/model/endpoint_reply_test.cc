#include "axia/model/endpoint_reply.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"

namespace axia::model {
namespace {

using testing::ElementsAre;

std::string problem_of(const std::string& body) {
    try {
        parse_chat_reply(body);
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::network);
        return error.message();
    }
    return "none";
}

/// A chat reply whose first token has these as "top_logprobs".
EndpointChoice with_top(const std::string& chosen, const std::string& top) {
    return parse_chat_reply(R"({"choices": [{"message": {"content": "A"}, "logprobs": {"content": [
                                {"token": "A", "logprob": )" +
                            chosen + R"(, "top_logprobs": [)" + top + "]}]}}]}")
        .choices[0];
}

TEST(ParseChatReply, TextFinishAndUsage) {
    const EndpointReply reply = parse_chat_reply(
        R"({"choices": [{"message": {"role": "assistant", "content": "one"}, "finish_reason": "length"},
                        {"message": {"content": [{"type": "text", "text": "t"}, {"type": "text", "text": "wo"}]}},
                        {"message": {"content": null, "refusal": "I will not"}, "finish_reason": null}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 3}})");
    ASSERT_EQ(reply.choices.size(), 3u);
    EXPECT_EQ(reply.choices[0].text, "one");
    EXPECT_EQ(reply.choices[0].finish, "length");
    EXPECT_EQ(reply.choices[1].text, "two");
    EXPECT_EQ(reply.choices[2].text, "I will not");
    EXPECT_EQ(reply.choices[2].finish, "");
    EXPECT_TRUE(reply.choices[0].tokens.empty());
    EXPECT_EQ(reply.prompt_tokens, 12u);
    EXPECT_EQ(reply.answer_tokens, 3u);
}

TEST(ParseChatReply, LogProbabilitiesOfBothForms) {
    const EndpointChoice chat = with_top("-0.5", R"({"token": "A", "logprob": -0.5},
                                                    {"token": " B", "logprob": -9999.0})");
    ASSERT_EQ(chat.tokens.size(), 1u);
    EXPECT_EQ(chat.tokens[0].chosen.log_probability, -.5);
    EXPECT_EQ(chat.tokens[0].top[1].token, " B");
    EXPECT_FALSE(chat.implausible);

    const EndpointChoice completion =
        parse_chat_reply(R"({"choices": [{"message": {"content": "A"}, "logprobs": {
            "tokens": ["A"], "token_logprobs": [-0.25], "top_logprobs": [{"A": -0.25, "B": -2}],
            "text_offset": [0]}}]})")
            .choices[0];
    ASSERT_EQ(completion.tokens.size(), 1u);
    EXPECT_EQ(completion.tokens[0].chosen.log_probability, -.25);
    EXPECT_EQ(completion.tokens[0].top.size(), 2u);
    EXPECT_FALSE(completion.implausible);
}

TEST(ParseChatReply, LogProbabilitiesThatAreNone) {
    const std::string fine = R"({"token": "A", "logprob": -0.5})";
    EXPECT_FALSE(with_top("-0.5", fine).implausible);
    EXPECT_TRUE(with_top("0.5", fine).implausible);
    EXPECT_TRUE(with_top("-0.5", R"({"token": "A", "logprob": 0.1})").implausible);
    EXPECT_TRUE(with_top("-0.5", R"({"token": "A", "logprob": NaN})").implausible);
    EXPECT_TRUE(with_top("-0.5", R"({"token": "A", "logprob": Infinity})").implausible);
    EXPECT_TRUE(with_top("-0.5", R"({"token": "A"})").implausible);
    EXPECT_TRUE(with_top("NaN", fine).implausible);
    // e^-.5 + e^-.5 = 1.21
    EXPECT_TRUE(with_top("-0.5", fine + "," + fine).implausible);
    // rounding: ln(.5) = -.6931 as -.69 gives 1.003
    EXPECT_FALSE(
        with_top("-0.69", R"({"token": "A", "logprob": -0.69}, {"token": "B", "logprob": -0.69})")
            .implausible);
    // what cannot be has no probability
    const EndpointChoice never =
        with_top("-0.5", fine + R"(, {"token": "B", "logprob": -Infinity})");
    EXPECT_FALSE(never.implausible);
    EXPECT_EQ(std::exp(never.tokens[0].top[1].log_probability), 0);
}

TEST(ParseCompletionReply, TheFirstTokenOfATextHasNoLogProbability) {
    const EndpointReply reply = parse_completion_reply(
        R"({"choices": [{"text": "a b", "logprobs": {"tokens": ["a", " b"], "token_logprobs": [null, -1.5],
            "top_logprobs": null}}]})");
    ASSERT_EQ(reply.choices[0].tokens.size(), 2u);
    EXPECT_TRUE(std::isnan(reply.choices[0].tokens[0].chosen.log_probability));
    EXPECT_EQ(reply.choices[0].tokens[1].chosen.log_probability, -1.5);
    EXPECT_FALSE(reply.choices[0].implausible);
    const EndpointReply second = parse_completion_reply(
        R"({"choices": [{"text": "a b", "logprobs": {"tokens": ["a", " b"], "token_logprobs": [null, null]}}]})");
    EXPECT_TRUE(second.choices[0].implausible);
    // lists that do not fit one another are none
    const EndpointReply ragged = parse_completion_reply(
        R"({"choices": [{"text": "a b", "logprobs": {"tokens": ["a", " b"], "token_logprobs": [null]}}]})");
    EXPECT_TRUE(ragged.choices[0].tokens.empty());
}

TEST(ParseChatReply, NamesInTextsStayAsTheyAre) {
    const EndpointReply reply = parse_chat_reply(
        R"({"choices": [{"message": {"content": "NaN \"Infinity\" -Infinity \\"}}]})");
    EXPECT_EQ(reply.choices[0].text, R"(NaN "Infinity" -Infinity \)");
}

TEST(ParseChatReply, WhatIsNoReply) {
    EXPECT_EQ(problem_of(""), "its reply is not JSON");
    EXPECT_EQ(problem_of("<html>busy</html>"), "its reply is not JSON");
    EXPECT_EQ(problem_of(R"({"choices": [{"message": {"content": "cut)"), "its reply is not JSON");
    EXPECT_EQ(problem_of("{\"choices\": [{\"message\": {\"content\": \"\xff\"}}]}"),
              "its reply is not JSON");
    EXPECT_EQ(problem_of(R"({"choices": 1e999})"), "its reply is not JSON");
    EXPECT_EQ(problem_of("[]"), "its reply is no JSON object");
    EXPECT_EQ(problem_of("{}"), "its reply holds no choices");
    EXPECT_EQ(problem_of(R"({"choices": []})"), "its reply holds no choices");
    EXPECT_EQ(problem_of(R"({"choices": [{"text": "x"}]})"),
              "its reply holds a choice without a message");
    EXPECT_EQ(problem_of(R"({"error": {"message": "too\nbusy", "code": 1}})"),
              "it reports: too busy");
    EXPECT_EQ(problem_of(R"({"error": "plain"})"), "it reports: plain");
    EXPECT_EQ(problem_of(std::string(100'000, '[')), "its reply nests too deep");
    // bytes of another type where a text is wanted
    EXPECT_EQ(parse_chat_reply(R"({"choices": [{"message": {"content": 7}, "finish_reason": [],
                                    "logprobs": "x"}], "usage": -3})")
                  .choices[0]
                  .text,
              "");
}

TEST(ParseModelsReply, Names) {
    EXPECT_THAT(parse_models_reply(R"({"data": [{"id": "a"}, {"id": "b", "owner": 1}]})"),
                ElementsAre("a", "b"));
    EXPECT_THROW(parse_models_reply(R"({"data": [{"name": "a"}]})"), core::Error);
    EXPECT_THROW(parse_models_reply(R"({"models": []})"), core::Error);
}

TEST(ParseErrorReply, OneShortLine) {
    EXPECT_EQ(parse_error_reply(R"({"detail": "Not Found"})"), "Not Found");
    EXPECT_EQ(parse_error_reply(R"({"message": "a\tb"})"), "a b");
    EXPECT_EQ(parse_error_reply(R"({"error": {"code": 3}})"), "");
    EXPECT_EQ(parse_error_reply("no JSON"), "");
    // 200 bytes at most, and no half of a character
    std::string text;
    for (int i = 0; i < 150; ++i) text += "\xC3\xA4";
    const std::string cut = parse_error_reply("{\"error\": \"" + text + "\"}");
    EXPECT_EQ(cut, text.substr(0, 196) + "...");
}

}  // namespace
}  // namespace axia::model
