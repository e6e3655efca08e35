#include "data/set_table.h"

#include <algorithm>
#include <utility>

#include "axia/core/error.h"
#include "axia/data/battery_sets.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;

SetTable::SetTable(const std::filesystem::path& csv, std::initializer_list<const char*> columns)
    : name_(csv.string()), table_(read_csv(csv)) {
    for (const char* column : columns) {
        if (!has(column)) {
            throw Error(ErrorKind::input, std::string("has no column '") + column + "'",
                        file_line(name_, 1), "is this the right file?");
        }
    }
    if (rows() == 0) throw Error(ErrorKind::input, "holds no row but its header", name_);
}

std::string SetTable::cell(std::size_t row, const char* column) const {
    const std::optional<std::size_t> at = table_.column(column);
    return at ? trimmed(table_.rows[row][*at]) : std::string();
}

std::string SetTable::required(std::size_t row, const char* column) const {
    std::string text = cell(row, column);
    if (text.empty()) fail(row, std::string("field '") + column + "' is empty", "fill it in");
    return text;
}

std::string SetTable::place(std::size_t row, const char* column) const {
    return file_line(name_, line(row)) + ": field '" + column + "'";
}

void SetTable::fail(std::size_t row, const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::input, what, file_line(name_, line(row)), hint);
}

std::string trimmed(std::string_view text) {
    constexpr const char* blanks = " \t\r\n\v\f";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(blanks) - first + 1));
}

BatteryCard set_card(const std::filesystem::path& file, std::string name, std::string title,
                     std::string source, Scoring scoring) {
    BatteryCard card;
    card.name = std::move(name);
    card.title = std::move(title);
    card.licence = "that of the data set";
    card.source = std::move(source);
    card.scoring = scoring;
    card.folder = file;
    return card;
}

std::vector<std::string> list_of(const std::string& text, const std::string& where) {
    std::vector<std::string> list;
    if (is_blank(text)) return list;
    for (const std::string& one : parse_python_list(text, where)) {
        std::string word = trimmed(one);
        if (!word.empty() && std::find(list.begin(), list.end(), word) == list.end()) {
            list.push_back(std::move(word));
        }
    }
    return list;
}

}  // namespace axia::data
