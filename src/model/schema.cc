#include "schema.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <vector>

#include "axia/core/error.h"
#include "schema_pattern.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
using json = nlohmann::ordered_json;  // answers keep the order of the properties
using Names = std::vector<std::string>;

namespace {

/// The assertions of one type of values.
struct Kind {
    const char* type;
    Names held, left_out;
};

const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all = {
        {"object",
         {"properties", "required", "additionalProperties"},
         {"patternProperties", "propertyNames", "minProperties", "maxProperties",
          "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"}},
        {"array",
         {"items", "prefixItems", "minItems", "maxItems"},
         {"contains", "minContains", "maxContains", "uniqueItems", "additionalItems",
          "unevaluatedItems"}},
        {"string", {"pattern", "format", "minLength", "maxLength"}, {}},
        {"integer", {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}, {"multipleOf"}},
        {"number",
         {},
         {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}},
        {"boolean", {}, {}},
        {"null", {}, {}},
    };
    return all;
}

const Names& of_any_type() {
    static const Names names = {"not", "if", "then", "else", "$dynamicRef", "$recursiveRef"};
    return names;
}

bool holds(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_assertion(std::string_view name) {
    static const Names others = {"$ref", "anyOf", "oneOf", "allOf", "const", "enum", "type"};
    if (holds(others, name) || holds(of_any_type(), name)) return true;
    return std::any_of(kinds().begin(), kinds().end(), [&](const Kind& kind) {
        return holds(kind.held, name) || holds(kind.left_out, name);
    });
}

/// Whether an assertion with this value lets everything pass.
bool says_nothing(std::string_view name, const json& value, std::string_view type) {
    if (name == "uniqueItems") return value == false;
    if (name.starts_with("unevaluated") || name == "additionalItems") return value == true;
    if (name == "minProperties" || name == "minItems" || name == "minLength") return value == 0;
    if (name == "multipleOf") return type == "integer" && value == 1;
    if (name == "format") return type != "string";  // those of numbers say how wide they are
    return name.starts_with("depend") || name == "patternProperties" ? value.empty() : false;
}

bool is_of(const json& value, std::string_view type) {
    if (type == "integer") {
        return value.is_number_integer() ||
               (value.is_number() && std::trunc(value.get<double>()) == value.get<double>());
    }
    return (type == "number" && value.is_number()) || (type == "string" && value.is_string()) ||
           (type == "boolean" && value.is_boolean()) || (type == "null" && value.is_null()) ||
           (type == "array" && value.is_array()) || (type == "object" && value.is_object());
}

std::string beside(const std::string& path, const std::string& name) {
    return path.empty() ? name : path + "." + name;
}

[[noreturn]] void refuse(const std::string& what, const std::string& where,
                         const std::string& hint = {}) {
    throw Error(ErrorKind::input, what, where, hint);
}

constexpr const char* leave_out = "leave it out, and check the answer yourself";

class SchemaReader {
  public:
    explicit SchemaReader(json root) : root_(std::move(root)) {}

    std::string read() {
        node(root_, "");
        return root_.dump();
    }

  private:
    void node(json& schema, const std::string& path) {
        if (!schema.is_object()) refuse("must be an object", path, "true and false are not taken");
        for (const std::string& name : of_any_type()) {
            if (schema.contains(name)) {
                refuse("an answer cannot be held to it", beside(path, name), leave_out);
            }
        }
        if (schema.contains("$ref")) {
            alone(schema, path, {"$ref"});
            follow(schema["$ref"], beside(path, "$ref"));
        } else if (schema.contains("oneOf") || schema.contains("anyOf")) {
            const std::string name = schema.contains("oneOf") ? "oneOf" : "anyOf";
            alone(schema, path, {name});
            each(schema[name], beside(path, name));
        } else if (schema.contains("allOf")) {
            all_of(schema, path);
        } else {
            const Names types = types_of(schema, path);
            if (schema.contains("const") || schema.contains("enum")) {
                values(schema, path, types);
            } else if (types.empty()) {
                untyped(schema, path);
            } else {
                for (const std::string& type : types) typed(schema, path, type);
            }
        }
    }

    /// Refuses what the converter would pass over because one of `names` is there.
    static void alone(const json& schema, const std::string& path, const Names& names) {
        for (const auto& [name, value] : schema.items()) {
            if (holds(names, name) || !is_assertion(name)) continue;
            refuse("cannot stand beside " + names[0], beside(path, name),
                   names[0] == "$ref"         ? "write it where the reference points"
                   : names[0].ends_with("Of") ? "write it into each schema of " + names[0]
                                              : leave_out);
        }
    }

    void each(json& list, const std::string& path) {
        if (!list.is_array() || list.empty()) refuse("must be a list of schemas", path);
        for (std::size_t i = 0; i < list.size(); ++i)
            node(list[i], beside(path, std::to_string(i)));
    }

    json& target(const json& reference, const std::string& where) {
        const std::string text = reference.is_string() ? reference.get<std::string>() : "";
        if (!text.starts_with("#/")) refuse("must point into this schema, as #/$defs/NAME", where);
        json* at = &root_;
        for (std::size_t begin = 2; begin <= text.size();) {
            const std::size_t end = std::min(text.find('/', begin), text.size());
            const std::string name = text.substr(begin, end - begin);
            std::size_t index = 0;
            const auto [last, code] =
                std::from_chars(name.data(), name.data() + name.size(), index);
            const bool number = code == std::errc() && last == name.data() + name.size();
            if (at->is_object() && at->contains(name)) {
                at = &(*at)[name];
            } else if (at->is_array() && number && index < at->size()) {
                at = &(*at)[index];
            } else {
                refuse("points to nothing: " + text, where);
            }
            begin = end + 1;
        }
        return *at;
    }

    void follow(const json& reference, const std::string& where) {
        json& found = target(reference, where);
        std::string path = reference.get<std::string>().substr(2);
        if (!read_.insert(path).second) return;
        std::replace(path.begin(), path.end(), '/', '.');
        node(found, path);
    }

    /// One schema is put in its place. Several must be objects of different properties, all of
    /// which then come.
    void all_of(json& schema, const std::string& path) {
        json& list = schema["allOf"];
        const std::string where = beside(path, "allOf");
        if (!list.is_array() || list.empty()) refuse("must be a list of schemas", where);
        if (list.size() == 1) {
            alone(schema, path, {"allOf"});
            json only = list[0];
            if (!only.is_object()) refuse("must be an object", beside(where, "0"));
            schema.erase("allOf");
            schema.update(only);
            return node(schema, path);
        }
        if (schema.contains("type") && schema["type"] != "object") {
            refuse("must be object beside allOf", beside(path, "type"));
        }
        alone(schema, path, {"allOf", "type"});
        each(list, where);
        std::set<std::string> seen;
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string at = beside(where, std::to_string(i));
            const json* part = &list[i];
            for (int hops = 0; part->contains("$ref"); ++hops) {
                if (hops == 64) refuse("refers to itself", at);
                part = &target((*part)["$ref"], at);
            }
            const bool open =
                !part->contains("additionalProperties") || (*part)["additionalProperties"] == true;
            if (!part->contains("properties") || !open || part->contains("anyOf") ||
                part->contains("oneOf") || part->contains("allOf")) {
                refuse("must be an object with properties, and open for others", at,
                       "write the schemas of allOf together as one");
            }
            for (const auto& [name, value] : (*part)["properties"].items()) {
                if (!seen.insert(name).second) refuse("has " + name + " once more", at);
            }
        }
    }

    static Names types_of(const json& schema, const std::string& path) {
        if (!schema.contains("type")) return {};
        const json& type = schema["type"];
        const json list = type.is_array() ? type : json::array({type});
        Names types;
        for (const json& one : list) {
            const std::string name = one.is_string() ? one.get<std::string>() : "";
            if (std::none_of(kinds().begin(), kinds().end(),
                             [&](const Kind& kind) { return name == kind.type; })) {
                refuse("is not known: " + one.dump().substr(0, 40), beside(path, "type"),
                       "it can be object, array, string, integer, number, boolean and null");
            }
            types.push_back(name);
        }
        if (types.empty()) refuse("names no type", beside(path, "type"));
        return types;
    }

    static void values(const json& schema, const std::string& path, const Names& types) {
        const std::string name = schema.contains("const") ? "const" : "enum";
        const json list = name == "const" ? json::array({schema["const"]}) : schema["enum"];
        if (!list.is_array() || list.empty()) {
            refuse("must be a list of values", beside(path, name));
        }
        if (name == "const" && schema.contains("enum") && schema["enum"] != list) {
            refuse("is another than const", beside(path, "enum"));
        }
        alone(schema, path, {name, "const", "enum", "type"});
        for (const json& value : list) {
            if (types.empty() || std::any_of(types.begin(), types.end(), [&](const auto& type) {
                    return is_of(value, type);
                })) {
                continue;
            }
            refuse("holds " + value.dump().substr(0, 40) + ", which is of another type",
                   beside(path, name));
        }
    }

    /// The converter goes by what stands there; a value of any type comes when it is nothing of
    /// these.
    void untyped(json& schema, const std::string& path) {
        const auto any = [&](std::initializer_list<const char*> names) {
            return std::any_of(names.begin(), names.end(),
                               [&](const char* name) { return schema.contains(name); });
        };
        if (any({"properties"}) ||
            (any({"additionalProperties"}) && schema["additionalProperties"] != true)) {
            typed(schema, path, "object");
        } else if (any({"items", "prefixItems"})) {
            typed(schema, path, "array");
        } else if (any({"pattern", "minLength", "maxLength", "format"})) {
            typed(schema, path, "string");
        } else {
            for (const auto& [name, value] : schema.items()) {
                if (is_assertion(name) && !says_nothing(name, value, "")) {
                    refuse("needs a type beside it", beside(path, name));
                }
            }
        }
    }

    void typed(json& schema, const std::string& path, const std::string& type) {
        const Kind& kind = *std::find_if(kinds().begin(), kinds().end(),
                                         [&](const Kind& one) { return type == one.type; });
        for (const std::string& name : kind.left_out) {
            if (!schema.contains(name) || says_nothing(name, schema[name], type)) continue;
            refuse("an answer cannot be held to it" +
                       (type == "number" ? std::string(" for a number that is no integer") : ""),
                   beside(path, name), leave_out);
        }
        if (type == "object") object(schema, path);
        if (type == "array") array(schema, path);
        if (type == "string") text(schema, path);
        if (type == "integer") integer(schema, path);
    }

    void object(json& schema, const std::string& path) {
        const bool named = schema.contains("properties");
        if (named) {
            const std::string where = beside(path, "properties");
            if (!schema["properties"].is_object()) refuse("must be an object", where);
            for (auto& [name, value] : schema["properties"].items())
                node(value, beside(where, name));
        }
        if (schema.contains("additionalProperties")) {
            json& more = schema["additionalProperties"];
            if (!more.is_boolean()) node(more, beside(path, "additionalProperties"));
        }
        if (!schema.contains("required")) return;
        const std::string where = beside(path, "required");
        if (!schema["required"].is_array()) refuse("must be a list of names", where);
        for (const json& name : schema["required"]) {
            if (!name.is_string()) refuse("must be a list of names", where);
            if (named && schema["properties"].contains(name.get<std::string>())) continue;
            refuse("names " + name.dump().substr(0, 40) + ", which is not among properties", where);
        }
    }

    void array(json& schema, const std::string& path) {
        if (schema.contains("items") && schema.contains("prefixItems")) {
            refuse("cannot stand beside items", beside(path, "prefixItems"));
        }
        const char* const name = schema.contains("items") ? "items" : "prefixItems";
        const std::size_t least = count(schema, path, "minItems", 0);
        const std::size_t most = count(schema, path, "maxItems", std::string::npos);
        if (least > most) refuse("is more than maxItems", beside(path, "minItems"));
        if (!schema.contains(name)) return;
        json& items = schema[name];
        if (!items.is_array()) return node(items, beside(path, name));
        for (std::size_t i = 0; i < items.size(); ++i) {
            node(items[i], beside(beside(path, name), std::to_string(i)));
        }
        if (items.size() < least || items.size() > most) {
            refuse(
                "holds " + std::to_string(items.size()) + " items, and minItems or maxItems differ",
                beside(path, name));
        }
    }

    void text(json& schema, const std::string& path) {
        const std::size_t least = count(schema, path, "minLength", 0);
        const std::size_t most = count(schema, path, "maxLength", std::string::npos);
        if (least > most) refuse("is more than maxLength", beside(path, "minLength"));
        const char* const first = schema.contains("pattern") ? "pattern" : "format";
        for (const char* other : {"format", "minLength", "maxLength"}) {
            if (!schema.contains(first) || !schema.contains(other) ||
                std::string_view(other) == first || says_nothing(other, schema[other], "string")) {
                continue;
            }
            refuse(std::string("cannot stand beside ") + first, beside(path, other));
        }
        const std::string where = beside(path, first);
        if (!schema.contains(first)) return;
        if (!schema[first].is_string()) refuse("must be a text", where);
        const std::string value = schema[first].get<std::string>();
        if (std::string_view(first) == "pattern") {
            schema["pattern"] = held_pattern(value, where);  // once more changes nothing
            return;
        }
        const bool uuid =
            value.starts_with("uuid") &&
            (value.size() == 4 || (value.size() == 5 && value[4] >= '1' && value[4] <= '5'));
        if (!uuid && value != "date" && value != "time" && value != "date-time") {
            refuse("an answer cannot be held to '" + value.substr(0, 40) + "'", where,
                   "it can be date, time, date-time and uuid");
        }
    }

    static void integer(const json& schema, const std::string& path) {
        for (const auto& [open, closed] :
             {std::pair{"exclusiveMinimum", "minimum"}, std::pair{"exclusiveMaximum", "maximum"}}) {
            if (schema.contains(open) && schema.contains(closed)) {
                refuse(std::string("cannot stand beside ") + closed, beside(path, open));
            }
            for (const char* name : {open, closed}) {
                if (!schema.contains(name)) continue;
                if (!schema[name].is_number() || std::abs(schema[name].get<double>()) > 9e15) {
                    refuse("must be a number within 9e15", beside(path, name));
                }
            }
        }
        double least = -HUGE_VAL, most = HUGE_VAL;
        if (schema.contains("minimum")) least = std::ceil(schema["minimum"].get<double>());
        if (schema.contains("exclusiveMinimum")) {
            least = std::floor(schema["exclusiveMinimum"].get<double>()) + 1;
        }
        if (schema.contains("maximum")) most = std::floor(schema["maximum"].get<double>());
        if (schema.contains("exclusiveMaximum")) {
            most = std::ceil(schema["exclusiveMaximum"].get<double>()) - 1;
        }
        if (least > most) refuse("no integer lies between its bounds", path);
    }

    static std::size_t count(const json& schema, const std::string& path, const char* name,
                             std::size_t otherwise) {
        if (!schema.contains(name)) return otherwise;
        const json& value = schema[name];
        if (!value.is_number_integer() || value < 0 || value > 2000) {
            refuse("must be a whole number from 0 to 2000", beside(path, name));
        }
        return value.get<std::size_t>();
    }

    json root_;
    std::set<std::string> read_;  // references
};

}  // namespace

std::string held_schema(const std::string& json_schema) {
    json root;
    try {
        root = json::parse(json_schema);
    } catch (const json::exception&) {
        refuse("is not JSON", "");
    }
    return SchemaReader(std::move(root)).read();
}

}  // namespace axia::model
