// A value system: a folder that names the values, how they stand to one another, and their texts.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/pairs.h"
#include "axia/data/texts.h"

namespace axia::data {

struct Value {
    std::string id;  // lower-case letters, digits and hyphens; also the name of its files
    std::string name, definition;
    std::string prompt, opposite_prompt;    // system messages asking for the value and its contrary
    std::vector<std::string> higher_order;  // ids of groups
    std::vector<std::string> opposites;     // ids, most opposed first
    std::vector<std::string> neighbours;    // ids
    double angle = 0;                       // degrees on the circle, [0, 360)
    bool outer_ring = false;
};

struct HigherOrder {
    std::string id, name, definition;
    std::vector<std::string> values;  // ids
};

/// A request for advice where two values pull apart.
struct Dilemma {
    std::string id, value, other;
    std::string situation;
    std::string toward;  // a yes/no question where yes favours `value`
    std::string away;    // ... where yes favours `other`
    std::string option_toward, option_away;
    Split split = Split::learn;
    std::size_t line = 0;
};

/// An easy yes/no question about a fact. Two questions share a `pair` and have contrary answers.
struct Control {
    std::string id, question, pair;
    bool answer_yes = false;
    std::size_t line = 0;
};

class ValueSystem {
  public:
    std::string name, title, licence, source;
    int version = 0;
    std::vector<Value> values;
    std::vector<HigherOrder> higher_order;
    std::filesystem::path folder;

    /// Throws Error{not_found} with the nearest names.
    const Value& value(std::string_view id) const;
    bool has(std::string_view id) const;
    std::vector<std::string> ids() const;

    std::filesystem::path pairs_file(std::string_view value) const;
    std::filesystem::path dilemmas_file(std::string_view value) const;

    /// Each call reads its file: pairs/<value>.jsonl, dilemmas/<value>.jsonl,
    /// neutral_prompts.jsonl, neutral_texts.jsonl, controls.jsonl. Throws Error{not_found|input|io}
    /// naming file and line.
    std::vector<ContrastPair> pairs(std::string_view value) const;
    std::vector<Dilemma> dilemmas(std::string_view value) const;
    std::vector<NamedText> neutral_prompts() const;
    std::vector<NamedText> neutral_texts() const;
    std::vector<Control> controls() const;
};

/// `folder` holds one *.yaml with `schema: axia.value-system`, `version: 1`. Throws
/// Error{not_found|input} naming file, line and field: no such file or more than one, another
/// schema or version, a missing field, a duplicate or ill-formed id, a reference to an unknown
/// value or group, opposites or neighbours that are not mutual, a value missing from a group it
/// names.
ValueSystem read_value_system(const std::filesystem::path& folder);

/// From memory; `name` stands for the file in errors. The result's folder is empty.
ValueSystem parse_value_system(std::string_view yaml, std::string_view name);
std::vector<Dilemma> parse_dilemmas(std::string_view text, std::string_view name);
std::vector<Control> parse_controls(std::string_view text, std::string_view name);

}  // namespace axia::data
