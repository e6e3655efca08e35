#include "axia/data/axis_weights.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/data/csv.h"
#include "data/jsonl.h"
#include "data/set_table.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::uint64_t most_bytes = 1 << 24;

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

/// The weights of one item on one axis as they are read.
struct Row {
    std::array<std::optional<double>, 4> weights;
    std::array<std::size_t, 4> lines{};
    std::size_t line = 0;  // its first
};

using Rows = std::map<std::pair<std::string, std::string>, Row>;  // item, axis

class Reader {
  public:
    Reader(std::string_view text, std::string_view name)
        : name_(name), table_(parse_csv(text, name)) {
        for (std::size_t k = 0; k < columns_.size(); ++k) {
            const auto place = table_.column(names[k]);
            if (!place) {
                fail(1, "has no column " + in_quotes(names[k]), "item, option, axis, weight");
            }
            columns_[k] = *place;
        }
        if (table_.rows.empty()) fail(1, "has no row", "one for each item, option and axis");
    }

    AxisWeights read() {
        for (std::size_t row = 0; row < table_.rows.size(); ++row) add(row);
        for (auto& [at, row] : rows_) complete(at.first, at.second, row);
        check_axes();
        return std::move(result_);
    }

  private:
    static constexpr std::array names{"item", "option", "axis", "weight"};

    [[noreturn]] void fail(std::size_t line, const std::string& what,
                           const std::string& hint = {}) const {
        throw Error(ErrorKind::input, what, core::file_line(name_, line), hint);
    }

    std::string cell(std::size_t row, std::size_t column) const {
        std::string text = trimmed(table_.rows[row][columns_[column]]);
        if (text.empty()) {
            fail(table_.lines[row], "field " + in_quotes(names[column]) + " is empty",
                 "fill it in");
        }
        return text;
    }

    void add(std::size_t row) {
        const std::size_t line = table_.lines[row];
        const std::string item = cell(row, 0), option = cell(row, 1), axis = cell(row, 2);
        const auto* const found =
            std::find(weighed_options.begin(), weighed_options.end(), lower(option));
        if (found == weighed_options.end()) {
            fail(line, "field 'option' is " + in_quotes(option),
                 "strongly disagree, disagree, agree or strongly agree");
        }
        const auto place = static_cast<std::size_t>(found - weighed_options.begin());
        const std::string text = cell(row, 3);
        double weight = 0;
        const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), weight);
        if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(weight)) {
            fail(line, "field 'weight' is " + in_quotes(text) + ", which is no finite number",
                 "such as -0.5");
        }
        Row& known = rows_[{item, axis}];
        if (known.weights[place]) {
            fail(line,
                 "item " + in_quotes(item) + " has a weight for " + in_quotes(option) +
                     " on the axis " + in_quotes(axis) + " on line " +
                     std::to_string(known.lines[place]) + " already",
                 "take one out");
        }
        if (known.line == 0) known.line = line;
        known.weights[place] = weight;
        known.lines[place] = line;
        auto& axes = result_.axes;
        if (std::find(axes.begin(), axes.end(), axis) == axes.end()) axes.push_back(axis);
        of_axis_.try_emplace(axis).first->second.emplace(item, line);
    }

    void complete(const std::string& item, const std::string& axis, Row& row) {
        const bool strong = row.weights[0] || row.weights[3];
        for (const std::size_t option : {1U, 2U, 0U, 3U}) {
            if (row.weights[option] || (!strong && (option == 0 || option == 3))) continue;
            fail(row.line,
                 "item " + in_quotes(item) + " has no weight for " +
                     in_quotes(weighed_options[option]) + " on the axis " + in_quotes(axis),
                 "agree and disagree are wanted, and both of strongly or neither");
        }
        const auto [against, in_favour] = std::pair{*row.weights[1], *row.weights[2]};
        result_.items[item][axis] = {row.weights[0].value_or(against), against, in_favour,
                                     row.weights[3].value_or(in_favour)};
    }

    void check_axes() const {
        for (const auto& [axis, items] : of_axis_) {
            if (items.size() > 1) continue;
            std::vector<std::string> others = result_.axes;
            std::erase(others, axis);
            const std::string near = core::nearest_names(axis, others);
            fail(items.begin()->second, "axis " + in_quotes(axis) + " has one item alone",
                 near.empty() ? "an axis has two items or more" : "did you mean " + near + "?");
        }
    }

    std::string name_;
    CsvTable table_;
    std::array<std::size_t, 4> columns_{};
    Rows rows_;
    std::map<std::string, std::map<std::string, std::size_t>> of_axis_;  // item -> first line
    AxisWeights result_;
};

}  // namespace

void AxisWeights::need(const std::string& item) const {
    if (items.contains(item)) return;
    throw Error(ErrorKind::input, "has no weight for item " + in_quotes(item), name,
                "every proposition wants one");
}

AxisWeights parse_axis_weights(std::string_view text, std::string_view name) {
    AxisWeights weights = Reader(text, name).read();
    weights.name = name;
    weights.sha256 = core::sha256_hex(text);
    return weights;
}

AxisWeights read_axis_weights(const std::filesystem::path& csv) {
    return parse_axis_weights(core::read_file(csv, most_bytes), csv.string());
}

}  // namespace axia::data
