#include "data/yaml_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;

YamlMap::YamlMap(const YAML::Node& node, std::string_view name, std::string what)
    : node_(node), name_(name), what_(std::move(what)) {
    if (!node_.IsMap()) fail(what_ + " is not a map of fields");
}

std::string YamlMap::required(const char* field) const {
    const YAML::Node node = member(field);
    if (!node.IsDefined()) fail(what_ + " has no field '" + field + "'", "add it");
    return scalar(node, field);
}

std::string YamlMap::optional(const char* field) const {
    const YAML::Node node = member(field);
    return node.IsDefined() && !node.IsNull() ? scalar(node, field) : std::string();
}

double YamlMap::number(const char* field, double fallback) const {
    const std::string text = optional(field);
    if (text.empty()) return fallback;
    double value = 0;
    if (!YAML::convert<double>::decode(member(field), value) || !std::isfinite(value)) {
        fail("field '" + std::string(field) + "' is " + in_quotes(text) + ", not a number");
    }
    return value;
}

std::vector<std::string> YamlMap::names(const char* field) const {
    const YAML::Node node = member(field);
    std::vector<std::string> list;
    if (!node.IsDefined() || node.IsNull()) return list;
    if (!node.IsSequence()) {
        list.push_back(scalar(node, field));
        return list;
    }
    for (const YAML::Node& one : node) list.push_back(scalar(one, field));
    return list;
}

std::vector<YamlMap> YamlMap::maps(const char* field, const std::string& each) const {
    const YAML::Node node = member(field);
    std::vector<YamlMap> list;
    if (!node.IsDefined() || node.IsNull()) return list;
    if (!node.IsSequence()) fail("field '" + std::string(field) + "' is not a list");
    for (const YAML::Node& one : node) list.emplace_back(one, name_, each);
    return list;
}

void YamlMap::check_schema(const std::string& wanted) const {
    const std::string schema = required("schema");
    if (schema != wanted) {
        fail("schema is " + in_quotes(schema) + ", not '" + wanted + "'",
             "is this the right file?");
    }
    const std::string version = required("version");
    if (version != "1") {
        throw Error(ErrorKind::unsupported,
                    "version is " + in_quotes(version) + ", this axia reads version 1",
                    file_line(name_, line()));
    }
}

void YamlMap::only(std::initializer_list<const char*> fields) const {
    for (const auto& member : node_) {
        const std::string field = member.first.IsScalar() ? member.first.Scalar() : "";
        if (std::find(fields.begin(), fields.end(), field) != fields.end()) continue;
        const std::string near = core::nearest_names(field, {fields.begin(), fields.end()});
        fail(what_ + " has an unknown field " + in_quotes(field),
             near.empty() ? "" : "did you mean " + near + "?");
    }
}

void YamlMap::fail(const std::string& what, const std::string& hint) const {
    const int line = node_.Mark().line;
    throw Error(ErrorKind::input, what,
                file_line(name_, line < 0 ? 0 : static_cast<std::size_t>(line) + 1), hint);
}

YAML::Node YamlMap::member(const char* field) const {
    const YAML::Node& node = node_;  // the const operator[] adds nothing
    return node[field];
}

std::string YamlMap::scalar(const YAML::Node& node, const char* field) const {
    if (!node.IsScalar() || is_blank(node.Scalar())) {
        fail(what_ + ": field '" + field + "' is not a text with something in it");
    }
    std::string text = node.Scalar();
    while (is_blank(text.substr(text.size() - 1))) text.pop_back();  // the end of a folded block
    return text;
}

void parse_yaml(std::string_view yaml, std::string_view name, const std::string& what,
                const std::function<void(const YamlMap&)>& use) {
    if (!core::is_utf8(yaml)) {
        throw Error(ErrorKind::input, "is not valid UTF-8", std::string(name),
                    "save the file as UTF-8");
    }
    try {
        use(YamlMap(YAML::Load(std::string(yaml)), name, what));
    } catch (const YAML::Exception& error) {
        const bool placed = !error.mark.is_null();
        throw Error(ErrorKind::input, "is not valid YAML: " + error.msg,
                    file_line(name, placed ? static_cast<std::size_t>(error.mark.line) + 1 : 0));
    }
}

}  // namespace axia::data
