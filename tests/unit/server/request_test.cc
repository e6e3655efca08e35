#include "server/request.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "axia/core/error.h"
#include "server/library.h"

namespace axia::server {
namespace {

std::string object_of(int members) {
    std::string text = "{";
    for (int i = 0; i < members; ++i) text += (i > 0 ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
    return text + "}";
}

std::string chat(const std::string& more) {
    return R"({"messages": [{"role": "user", "content": "a:{[\"]}:"}])" + more + "}";
}

TEST(Request, nested_to_its_bound_and_no_deeper) {
    EXPECT_NO_THROW(require_bounded_json(std::string(64, '[') + std::string(64, ']')));
    EXPECT_THROW(require_bounded_json(std::string(65, '[')), core::Error);
    EXPECT_THROW(parse_chat_request(std::string(4'000'000, '[')), core::Error);
}

TEST(Request, members_to_their_bound_and_no_more) {
    EXPECT_NO_THROW(require_bounded_json(object_of(1024)));
    EXPECT_THROW(require_bounded_json(object_of(1025)), core::Error);
    // lists have no such bound, and each object counts for itself
    std::string many = "[";
    for (int i = 0; i < 3000; ++i) many += "{\"a\":1},";
    EXPECT_NO_THROW(require_bounded_json(many + "{}]"));
}

TEST(Request, what_looks_like_structure_within_a_text_is_none) {
    EXPECT_NO_THROW(require_bounded_json("{\"a\":\"" + std::string(5000, '[') + "\"}"));
    EXPECT_NO_THROW(require_bounded_json("{\"a\":\"\\\"" + std::string(5000, ':') + "\"}"));
    EXPECT_NO_THROW(parse_chat_request(chat("")));
    EXPECT_NO_THROW(require_bounded_json("]]}}\"\\"));
}

TEST(Request, many_messages_are_read_in_a_time_that_grows_with_them) {
    std::string body = R"({"messages":[)";
    for (int i = 0; i < 200'000; ++i) {
        body += R"({"role":"user","content":"Hi"},)";
    }
    body += R"({"role":"user","content":"Hi"}]})";
    EXPECT_EQ(parse_chat_request(body).messages.size(), 200'001U);  // minutes, were it the square
}

TEST(Request, a_schema_beyond_its_bound_is_refused_unread) {
    const auto with = [](std::size_t length) {
        return chat(
            R"(,"response_format":{"type":"json_schema","json_schema":{"schema":{"const":")" +
            std::string(length, 'x') + R"("}}})");
    };
    EXPECT_FALSE(parse_chat_request(with(60'000)).options.sampler.grammar.empty());
    EXPECT_THROW(parse_chat_request(with(70'000)), core::Error);
}

TEST(Request, the_other_reader_is_bounded_too) {
    EXPECT_THROW(parse_object(object_of(1025)), core::Error);
    EXPECT_THROW(parse_object(std::string(65, '[')), core::Error);
}

}  // namespace
}  // namespace axia::server
