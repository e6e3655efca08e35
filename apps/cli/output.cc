#include "output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace axia::cli {

namespace {

std::size_t columns(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

bool colour() {
    static const bool wanted = ::isatty(1) != 0 && std::getenv("NO_COLOR") == nullptr;
    return wanted;
}

}  // namespace

std::string number(double x, int digits) {
    if (!std::isfinite(x)) return "-";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%.*f", digits, x);
    return text.data();
}

std::string estimate(const math::Estimate& e, int digits) {
    std::array<char, 128> text{};
    std::snprintf(text.data(), text.size(), "%+.*f [%+.*f, %+.*f]", digits, e.value, digits,
                  e.ci.lo, digits, e.ci.hi);
    return text.data();
}

std::string percent(double share) {
    return std::isfinite(share) ? number(100 * share, 0) + "%" : "-";
}

std::string sparkline(const std::vector<double>& values, double lo, double hi) {
    static const char* const bars[] = {"\xE2\x96\x81", "\xE2\x96\x82", "\xE2\x96\x83",
                                       "\xE2\x96\x84", "\xE2\x96\x85", "\xE2\x96\x86",
                                       "\xE2\x96\x87", "\xE2\x96\x88"};
    std::string text;
    for (const double x : values) {
        if (!std::isfinite(x)) {
            text += ".";
            continue;
        }
        const double share = (x - lo) / (hi - lo);
        text += bars[std::clamp(static_cast<int>(share * 8), 0, 7)];
    }
    return text;
}

std::string Table::text() const {
    std::vector<std::size_t> width;
    for (const auto& row : rows_) {
        width.resize(std::max(width.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            width[i] = std::max(width[i], columns(row[i]));
        }
    }
    std::string out;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
        std::string line;
        for (std::size_t i = 0; i < rows_[r].size(); ++i) {
            const std::string pad(width[i] - columns(rows_[r][i]), ' ');
            if (i > 0) line += "  ";
            line += i == 0 ? rows_[r][i] + pad : pad + rows_[r][i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out += (r == 0 ? bold(line) : line) + "\n";
    }
    return out;
}

std::string wrapped(const std::string& text, std::size_t width, const std::string& indent) {
    std::string out;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string current;
        for (std::string word; words >> word;) {
            if (!current.empty() && columns(current) + 1 + columns(word) > width) {
                out += indent + current + "\n";
                current.clear();
            }
            current += (current.empty() ? "" : " ") + word;
        }
        out += (current.empty() ? "" : indent + current) + "\n";
    }
    return out;
}

std::string bold(const std::string& text) {
    return colour() ? "\x1b[1m" + text + "\x1b[0m" : text;
}
std::string dim(const std::string& text) {
    return colour() ? "\x1b[2m" + text + "\x1b[0m" : text;
}

}  // namespace axia::cli
