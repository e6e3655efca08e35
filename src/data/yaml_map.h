// A map of a YAML file, read strictly: every error names the line and the field.
#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

class YamlMap {
  public:
    /// `name` stands for the file in errors, `what` for the map ("the value").
    YamlMap(const YAML::Node& node, std::string_view name, std::string what);

    /// A text with something in it; trailing blanks are cut.
    std::string required(const char* field) const;
    /// Empty when missing or null.
    std::string optional(const char* field) const;
    /// A finite number; `fallback` when missing or null.
    double number(const char* field, double fallback) const;
    /// One name or a list of names; none when missing.
    std::vector<std::string> names(const char* field) const;
    /// A list of maps, each called `each` in errors; none when missing.
    std::vector<YamlMap> maps(const char* field, const std::string& each) const;
    /// Fields `schema` and `version` must say `wanted` and 1. Error{input|unsupported}.
    void check_schema(const std::string& wanted) const;
    /// Throws for a field that is none of these, with the nearest names.
    void only(std::initializer_list<const char*> fields) const;

    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;
    std::size_t line() const { return static_cast<std::size_t>(node_.Mark().line) + 1; }

  private:
    YAML::Node member(const char* field) const;
    std::string scalar(const YAML::Node& node, const char* field) const;

    YAML::Node node_;
    std::string name_, what_;
};

/// Calls `use` with the file's root map. Error{input} naming the line for what is no YAML or no
/// UTF-8.
void parse_yaml(std::string_view yaml, std::string_view name, const std::string& what,
                const std::function<void(const YamlMap&)>& use);

}  // namespace axia::data
