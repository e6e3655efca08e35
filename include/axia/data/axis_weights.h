// What an answer to a proposition adds to the axes of a compass (S028): a table of the user's own,
// since none is published.
#pragma once

#include <array>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

/// The answers that a table weighs, from least to most agreement.
inline constexpr std::array<std::string_view, 4> weighed_options{"strongly disagree", "disagree",
                                                                 "agree", "strongly agree"};

struct AxisWeights {
    std::string name, sha256;       // of the file
    std::vector<std::string> axes;  // in order of appearance
    /// Proposition -> axis -> weight of each of `weighed_options`. Where a table has no "strongly"
    /// it weighs as much as the plain option.
    std::map<std::string, std::map<std::string, std::array<double, 4>>> items;

    /// Throws Error{input} when the table does not weigh this proposition.
    void need(const std::string& item) const;
};

/// CSV with the columns item, option, axis, weight. Of every item and axis both "agree" and
/// "disagree" are wanted, and both of "strongly" or neither; every axis has two items or more.
/// Throws Error{not_found|input|io} naming file, line and field, also for a weight that is not
/// finite and for a row that stands there twice.
AxisWeights read_axis_weights(const std::filesystem::path& csv);
AxisWeights parse_axis_weights(std::string_view text, std::string_view name);

}  // namespace axia::data
