// A CSV of a public data set: columns that must be there, cells with their place for errors.
#pragma once

#include <cstddef>
#include <filesystem>
#include <initializer_list>
#include <string>
#include <vector>

#include "axia/data/battery.h"
#include "axia/data/csv.h"

namespace axia::data {

class SetTable {
  public:
    /// Throws Error{input} naming the first of `columns` that is missing, or when there is no row.
    SetTable(const std::filesystem::path& csv, std::initializer_list<const char*> columns);

    std::size_t rows() const { return table_.rows.size(); }
    std::size_t line(std::size_t row) const { return table_.lines[row]; }
    bool has(const char* column) const { return table_.column(column).has_value(); }
    /// Without outer blanks; may be empty. Empty as well when there is no such column.
    std::string cell(std::size_t row, const char* column) const;
    /// The same; throws when it is empty.
    std::string required(std::size_t row, const char* column) const;
    /// "file:line: field 'x'"
    std::string place(std::size_t row, const char* column) const;
    [[noreturn]] void fail(std::size_t row, const std::string& what,
                           const std::string& hint = {}) const;
    const std::string& name() const { return name_; }
    const std::vector<std::string>& columns() const { return table_.header; }

  private:
    std::string name_;
    CsvTable table_;
};

/// Without outer blanks.
std::string trimmed(std::string_view text);

/// The card of a public set read from `file`.
BatteryCard set_card(const std::filesystem::path& file, std::string name, std::string title,
                     std::string source, Scoring scoring);

/// The texts of a Python list once each, without the empty ones; none for a blank `text`.
std::vector<std::string> list_of(const std::string& text, const std::string& where);

}  // namespace axia::data
