// JSON lines, read strictly: what pairs, texts, dilemmas and controls share.
#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "axia/data/pairs.h"

namespace axia::data {

/// One line's object. Every error names the line and the field.
class JsonRow {
  public:
    JsonRow(std::string_view text, std::string_view name, std::size_t line);

    std::size_t line() const { return line_; }
    /// A string with something in it.
    std::string required(const char* field) const;
    /// Empty when missing, null or blank.
    std::string optional(const char* field) const;
    /// The member object `field`, read as a row of its own.
    JsonRow object(const char* field) const;
    /// A finite number; `fallback` when missing or null.
    double number(const char* field, double fallback) const;
    /// The member as it stands; nothing when missing or null.
    const nlohmann::json* find(const char* field) const;
    /// `object`, found inside this row, as a row; `prefix` stands before its fields in errors.
    JsonRow inner(const nlohmann::json& object, const std::string& prefix) const;
    /// Throws for a field that is none of these, with the nearest names.
    void only(std::initializer_list<const char*> fields) const;
    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const;

  private:
    JsonRow(nlohmann::json object, std::string name, std::size_t line, std::string prefix);

    nlohmann::json object_;
    std::string name_;
    std::size_t line_;
    std::string prefix_;  // "options." inside a member
};

using RowSink = std::function<void(const JsonRow&)>;

/// Calls `row` for each line that is not blank. Error{input} when there is none.
void read_jsonl(const std::filesystem::path& path, std::size_t max_line, const RowSink& row);
void parse_jsonl(std::string_view text, std::string_view name, std::size_t max_line,
                 const RowSink& row);

/// The lines of `text` as core::read_lines gives those of a file.
void split_lines(std::string_view text, std::string_view name, std::size_t limit,
                 const std::function<void(std::string_view, std::size_t)>& line);

/// Nothing for an empty word; Error{input} at file:line for an unknown one.
std::optional<Split> split_of(const std::string& word, std::string_view name, std::size_t line);

/// Error{input} when `id` was seen before.
void check_new_id(std::set<std::string>& seen, const std::string& id, std::string_view name,
                  std::size_t line);

bool is_blank(std::string_view text);

/// `text` cut to about 60 bytes between quotes, for messages.
std::string in_quotes(std::string_view text);

}  // namespace axia::data
