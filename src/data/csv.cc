#include "axia/data/csv.h"

#include <algorithm>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;

namespace {

/// Walks the text once; one call of `next` is one row.
class CsvParser {
  public:
    CsvParser(std::string_view text, std::string_view name, const CsvLimits& limits)
        : text_(text), name_(name), limits_(limits) {
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
    }

    /// False at the end. Blank lines are passed over; `line` is where the row starts.
    bool next(std::vector<std::string>& row, std::size_t& line) {
        while (at_ < text_.size() && line_end()) skip_line_end();
        if (at_ >= text_.size()) return false;
        line = line_;
        row.clear();
        for (;;) {
            if (row.size() == limits_.columns) {
                fail("has more than " + std::to_string(limits_.columns) + " columns",
                     "is this the right file?");
            }
            row.push_back(field());
            if (!core::is_utf8(row.back())) fail("is not valid UTF-8", "save the file as UTF-8");
            if (at_ >= text_.size()) return true;
            if (text_[at_] == ',') {
                ++at_;
                continue;
            }
            skip_line_end();
            return true;
        }
    }

    [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
        fail(what, hint, line_);
    }
    [[noreturn]] void fail(const std::string& what, const std::string& hint,
                           std::size_t line) const {
        throw Error(ErrorKind::input, what, file_line(name_, line), hint);
    }

  private:
    bool line_end() const {
        return text_[at_] == '\n' ||
               (text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n');
    }

    void skip_line_end() {
        at_ += text_[at_] == '\r' ? 2 : 1;
        ++line_;
    }

    void append(std::string& to, std::string_view part) const {
        if (to.size() + part.size() > limits_.field_bytes) {
            fail("has a field longer than " + std::to_string(limits_.field_bytes) + " bytes",
                 "is a closing quote missing?");
        }
        to += part;
    }

    std::string field() {
        if (at_ < text_.size() && text_[at_] == '"') return quoted_field();
        std::string value;
        const std::size_t start = at_;
        while (at_ < text_.size() && text_[at_] != ',' && !line_end()) ++at_;
        append(value, text_.substr(start, at_ - start));
        return value;
    }

    std::string quoted_field() {
        std::string value;
        const std::size_t opened = line_;
        ++at_;
        for (;;) {
            const std::size_t end = text_.find('"', at_);
            if (end == std::string_view::npos) {
                fail("opens a quote that is never closed", "close it, or double the quotes inside",
                     opened);
            }
            const std::string_view part = text_.substr(at_, end - at_);
            append(value, part);
            line_ += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
            at_ = end + 1;
            if (at_ >= text_.size() || text_[at_] != '"') break;
            append(value, "\"");
            ++at_;
        }
        if (at_ < text_.size() && text_[at_] != ',' && !line_end()) {
            fail("has text after a closing quote", "double the quotes inside a quoted field");
        }
        return value;
    }

    std::string_view text_;
    std::string_view name_;
    const CsvLimits& limits_;
    std::size_t at_ = 0;
    std::size_t line_ = 1;
};

}  // namespace

std::optional<std::size_t> CsvTable::column(std::string_view name) const {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
}

CsvTable parse_csv(std::string_view text, std::string_view name, const CsvLimits& limits) {
    CsvTable table;
    CsvParser parser(text, name, limits);
    std::size_t line = 0;
    if (!parser.next(table.header, line)) {
        throw Error(ErrorKind::input, "is empty", std::string(name),
                    "a row of column names is wanted");
    }
    std::set<std::string> seen;
    for (const std::string& column : table.header) {
        if (!seen.insert(column).second) {
            parser.fail("names the column " + in_quotes(column) + " twice", "rename one", line);
        }
    }
    std::vector<std::string> row;
    while (parser.next(row, line)) {
        if (row.size() != table.header.size()) {
            parser.fail("has " + std::to_string(row.size()) + " fields where the header has " +
                            std::to_string(table.header.size()),
                        "quote fields that hold commas", line);
        }
        if (table.rows.size() == limits.rows) {
            parser.fail("is past the limit of " + std::to_string(limits.rows) + " rows",
                        "is this the right file?", line);
        }
        table.rows.push_back(row);
        table.lines.push_back(line);
    }
    return table;
}

CsvTable read_csv(const std::filesystem::path& path, const CsvLimits& limits) {
    return parse_csv(core::read_file(path, limits.file_bytes), path.string(), limits);
}

}  // namespace axia::data
