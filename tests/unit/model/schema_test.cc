#include "model/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/model/sampler.h"
#include "model/schema_pattern.h"

namespace axia::model {
namespace {

/// Where a schema is refused; "taken" when it is not.
std::string refused(const std::string& schema) {
    try {
        schema_grammar(schema);
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::input) << schema;
        EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
        return error.where().empty() ? "the whole" : error.where();
    }
    return "taken";
}

TEST(Schema, WhatAnAnswerCannotBeHeldToIsRefusedByName) {
    const std::vector<std::pair<const char*, const char*>> cases = {
        {R"({"type": "number", "minimum": 0})", "minimum"},
        {R"({"type": "integer", "multipleOf": 5})", "multipleOf"},
        {R"({"type": "integer", "minimum": 1, "exclusiveMinimum": 1})", "exclusiveMinimum"},
        {R"({"type": "integer", "minimum": 3, "maximum": 2})", "the whole"},
        {R"({"type": "integer", "minimum": "3"})", "minimum"},
        {R"({"minimum": 3})", "minimum"},
        {R"({"type": "array", "uniqueItems": true})", "uniqueItems"},
        {R"({"type": "array", "contains": {"type": "null"}})", "contains"},
        {R"({"type": "array", "minItems": 3, "maxItems": 2})", "minItems"},
        {R"({"type": "array", "maxItems": 1000000000})", "maxItems"},
        {R"({"type": "array", "items": [{"type": "null"}], "minItems": 2})", "items"},
        {R"({"type": "array", "items": {}, "prefixItems": [{}]})", "prefixItems"},
        {R"({"type": "array", "items": {"type": "string", "format": "email"}})", "items.format"},
        {R"({"type": "string", "format": "date", "maxLength": 4})", "maxLength"},
        {R"({"type": "string", "pattern": "^a$", "minLength": 4})", "minLength"},
        {R"({"type": "object", "minProperties": 2})", "minProperties"},
        {R"({"type": "object", "patternProperties": {"a": {}}})", "patternProperties"},
        {R"({"type": "object", "required": ["a"]})", "required"},
        {R"({"properties": {"a": true}})", "properties.a"},
        {R"({"properties": {"a": {"not": {"type": "null"}}}})", "properties.a.not"},
        {R"({"properties": {"a": {}}, "allOf": [{"properties": {"b": {}}}]})", "properties"},
        {R"({"type": "object", "anyOf": [{"properties": {"a": {}}}]})", "type"},
        {R"({"anyOf": [{"type": "null"}], "oneOf": [{"type": "null"}]})", "anyOf"},
        {R"({"anyOf": [{"type": "null"}, {"type": "number", "maximum": 1}]})", "anyOf.1.maximum"},
        {R"({"allOf": [{"type": "string"}, {"enum": ["a"]}]})", "allOf.0"},
        {R"({"allOf": [{"properties": {"a": {}}}, {"properties": {"a": {}}}]})", "allOf.1"},
        {R"({"type": ["string", "number"], "maximum": 2})", "maximum"},
        {R"({"type": []})", "type"},
        {R"({"type": "wheel"})", "type"},
        {R"({"type": "string", "enum": ["a", 1]})", "enum"},
        {R"({"const": 1, "enum": [2]})", "enum"},
        {R"({"enum": []})", "enum"},
        {R"({"$ref": "http://example.com/s"})", "$ref"},
        {R"({"properties": {"next": {"$ref": "#"}}})", "properties.next.$ref"},
        {R"({"$ref": "#/$defs/b", "$defs": {"a": {}}})", "$ref"},
        {R"({"$ref": "#/$defs/a", "maxLength": 2, "$defs": {"a": {"type": "string"}}})",
         "maxLength"},
        {R"({"$ref": "#/$defs/a", "$defs": {"a": {"type": "number", "maximum": 2}}})",
         "$defs.a.maximum"},
        {R"([])", "the whole"},
        {R"({"type": "object)", "the whole"},
    };
    for (const auto& [schema, where] : cases) EXPECT_EQ(refused(schema), where) << schema;
}

TEST(Schema, WhatIsTaken) {
    for (const char* schema : {
             R"({})",
             R"({"type": "object", "minProperties": 0, "x-of-ours": 1})",
             R"({"type": "number", "format": "double", "minLength": 4})",
             R"({"type": "integer", "minimum": -3, "exclusiveMaximum": 2.5, "multipleOf": 1})",
             R"({"type": ["string", "null"], "enum": ["a", null], "title": "A"})",
             R"({"const": "a", "enum": ["a"], "type": "string"})",
             R"({"type": "array", "prefixItems": [{}, {}], "minItems": 2, "maxItems": 2})",
             R"({"type": "string", "minLength": 0, "format": "uuid4"})",
             R"({"oneOf": [{"type": "string"}, {"type": "null"}], "discriminator": {}})",
             R"({"allOf": [{"properties": {"a": {}}}, {"$ref": "#/$defs/b"}],
                 "$defs": {"b": {"properties": {"b": {}}}, "unused": {"not": {}}}})",
         }) {
        EXPECT_EQ(refused(schema), "taken") << schema;
    }
}

TEST(Schema, OneSchemaOfAllOfStandsInItsPlace) {
    const std::string held = held_schema(
        R"({"properties": {"a": {"title": "A", "allOf": [{"$ref": "#/$defs/b"}]}},
            "$defs": {"b": {"allOf": [{"type": "string"}]}}})");
    EXPECT_EQ(nlohmann::json::parse(held), nlohmann::json::parse(R"(
        {"properties": {"a": {"title": "A", "$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "string"}}})"));
}

TEST(Schema, ReferencesToThemselvesEnd) {
    EXPECT_EQ(refused(R"({"properties": {"a": {"$ref": "#/$defs/a"}},
        "$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}}}}})"),
              "taken");
    EXPECT_EQ(refused(R"({"allOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}],
        "$defs": {"a": {"$ref": "#/$defs/a"}}})"),
              "allOf.0");
}

TEST(SchemaPattern, IsNarrowedToWhatStandsInATextAsItIs) {
    const auto held = [](const char* pattern) { return held_pattern(pattern, "pattern"); };
    EXPECT_EQ(held("^[a-z]{2,4}(-x|y)?$"), "^[a-z]{2,4}(-x|y)?$");
    EXPECT_EQ(held("^\\d+\\w$"), "^[0-9]+[A-Za-z0-9_]$");
    EXPECT_EQ(held("^[\\d.]\\.$"), "^[0-9.]\\.$");
    EXPECT_EQ(held("^.*$"), "^[^\\x22\\x5C\\x00-\\x1F]*$");
    EXPECT_EQ(held("^[^,\"]$"), "^[^,\"\\x22\\x5C\\x00-\\x1F]$");
    EXPECT_EQ(held("^\\x41\\u00e9[^\\n]$"), "^\\x41\\u00e9[^\\n\\x22\\x5C\\x00-\\x1F]$");
    EXPECT_NO_THROW(held(held("^.\\d[^a]$").c_str()));
}

TEST(SchemaPattern, WhatWouldLeaveTheTextOrTheConverterIsRefused) {
    for (const char* pattern :
         {"a",      "^a",    "^a(?=b)$", "^a\\b$",          "^(a)\\1$",  "^\\s$",     "^\"$",
          "^\\\\$", "^\\n$", "^[ -~]$",  "^[\\x20-\\x7e]$", "^\\u0022$", "^\\u00$",   "^[a$",
          "^(a$",   "^a)$",  "^*$",      "^a^b$",           "^\t$",      "^[\\d-x]$", "\\",
          "^a{x}$"}) {
        EXPECT_THROW(held_pattern(pattern, "pattern"), core::Error) << pattern;
    }
    ::testing::internal::CaptureStderr();
    EXPECT_EQ(refused(R"({"type": "string", "pattern": "^a(?=b)$"})"), "pattern");
    EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace axia::model
