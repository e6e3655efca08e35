// Tables, numbers and small pictures for the terminal.
#pragma once

#include <string>
#include <vector>

#include "axia/math/statistics.h"

namespace axia::cli {

/// "0.123", "-" when not finite.
std::string number(double x, int digits = 3);
/// "+0.123 [+0.050, +0.200]"
std::string estimate(const math::Estimate& e, int digits = 3);
std::string percent(double share);

/// A sparkline of values between lo and hi; "." for what is not finite.
std::string sparkline(const std::vector<double>& values, double lo, double hi);

/// Columns aligned by their displayed width; the first column to the left, others to the right.
class Table {
  public:
    explicit Table(std::vector<std::string> header) : rows_{std::move(header)} {}
    void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
    std::string text() const;

  private:
    std::vector<std::vector<std::string>> rows_;
};

/// Words of `text` in lines of at most `width` columns, each after `indent`.
std::string wrapped(const std::string& text, std::size_t width, const std::string& indent);

/// Bold or dim on a terminal that wants colour (NO_COLOR unset), else unchanged.
std::string bold(const std::string& text);
std::string dim(const std::string& text);

}  // namespace axia::cli
