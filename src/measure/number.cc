// parse_number: digits first, number words where there are none.
#include <array>
#include <cmath>
#include <utility>

#include "axia/measure/pull.h"
#include "measure/words.h"

namespace axia::measure {

namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 128;
}

/// Factor of a word of size; 0 for other words.
double scale_of(std::string_view word) {
    constexpr std::array<std::pair<std::string_view, double>, 6> scales{{{"k", 1e3},
                                                                         {"thousand", 1e3},
                                                                         {"million", 1e6},
                                                                         {"millions", 1e6},
                                                                         {"billion", 1e9},
                                                                         {"trillion", 1e12}}};
    for (const auto& [name, factor] : scales) {
        if (name == word) return factor;
    }
    return 0;
}

/// Reads numbers written in digits.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    std::optional<double> read() {
        if (!find_first()) return std::nullopt;
        const bool between = word_before("between");
        std::optional<double> first = number(true);
        if (!first) return std::nullopt;
        double factor = scale();
        const std::size_t after = at_;
        if (range_mark(between)) {
            const std::optional<double> second = number(false);
            if (!second) return std::nullopt;
            const double second_factor = scale();
            if (factor == 1) factor = second_factor;
            return (*first * factor + *second * second_factor) / 2;
        }
        at_ = after;
        return *first * factor;
    }

  private:
    char here(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    /// The first number that is no mark of a list ("1. ", "2) " with a number after it).
    bool find_first() {
        for (; at_ < text_.size(); ++at_) {
            if (!is_digit(here())) continue;
            if (at_ > 0 && is_letter(text_[at_ - 1])) {  // "b12"
                while (is_digit(here(1))) ++at_;
                continue;
            }
            const bool begins = at_ == 0 || text_[at_ - 1] == '\n' || text_[at_ - 1] == '(';
            const bool mark = (here(1) == '.' || here(1) == ')') && here(2) == ' ';
            const std::string_view line = text_.substr(at_, text_.find('\n', at_) - at_);
            if (begins && mark && line.find_first_of("0123456789", 1) != std::string_view::npos) {
                continue;
            }
            return true;
        }
        return false;
    }

    bool word_before(std::string_view word) const {
        std::size_t end = at_;
        while (end > 0 && (text_[end - 1] == ' ' || text_[end - 1] == '$')) --end;
        return text_.substr(0, end).ends_with(word);
    }

    std::optional<double> number(bool may_be_negative) {
        double sign = 1;
        if (may_be_negative && at_ > 0 && text_[at_ - 1] == '-' &&
            (at_ == 1 || text_[at_ - 2] == ' ' || text_[at_ - 2] == '\n')) {
            sign = -1;
        }
        std::string digits;
        while (is_digit(here())) {
            digits += text_[at_++];
            if (here() != ',') continue;
            const bool group = is_digit(here(1)) && is_digit(here(2)) && is_digit(here(3)) &&
                               !is_digit(here(4)) && digits.size() <= 15;
            if (group) {
                ++at_;
            } else if (is_digit(here(1))) {
                return std::nullopt;  // a decimal comma, or a list without blanks
            }
        }
        if (here() == '.' && is_digit(here(1))) {
            digits += text_[at_++];
            while (is_digit(here())) digits += text_[at_++];
        }
        if ((here() == '/' || here() == ':') && is_digit(here(1))) return std::nullopt;
        constexpr std::size_t longest = 30;
        if (digits.size() > longest) return std::nullopt;
        return sign * std::strtod(digits.c_str(), nullptr);
    }

    double scale() {
        std::size_t first = at_;
        if (here() == ' ') ++first;
        std::size_t end = first;
        while (end < text_.size() && is_letter(text_[end])) ++end;
        const std::string_view word = text_.substr(first, end - first);
        const double factor = scale_of(word);
        if (factor == 0 || (word == "k" && first != at_)) return 1;
        at_ = end;
        return factor;
    }

    /// "-", "to", "or", and "and" after "between": then a number has to follow.
    bool range_mark(bool between) {
        while (here() == ' ' || here() == '%') ++at_;
        const std::string_view rest = text_.substr(at_);
        std::size_t length = 0;
        if (rest.starts_with("-")) length = 1;
        if (rest.starts_with("to ") || rest.starts_with("or ")) length = 2;
        if (between && rest.starts_with("and ")) length = 3;
        if (length == 0) return false;
        at_ += length;
        while (here() == ' ' || here() == '$') ++at_;
        return is_digit(here());
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// A word that stands for a number below a hundred; negative for other words.
double small_number(std::string_view word) {
    constexpr std::array<std::string_view, 20> ones{
        "zero",     "one",     "two",     "three",     "four",     "five",    "six",
        "seven",    "eight",   "nine",    "ten",       "eleven",   "twelve",  "thirteen",
        "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
    constexpr std::array<std::string_view, 8> tens{"twenty", "thirty",  "forty",  "fifty",
                                                   "sixty",  "seventy", "eighty", "ninety"};
    for (std::size_t i = 0; i < ones.size(); ++i) {
        if (ones[i] == word) return static_cast<double>(i);
    }
    for (std::size_t i = 0; i < tens.size(); ++i) {
        if (tens[i] == word) return 20 + 10 * static_cast<double>(i);
    }
    const std::size_t hyphen = word.find('-');
    if (hyphen == std::string_view::npos) return -1;
    const double ten = small_number(word.substr(0, hyphen));
    const double one = small_number(word.substr(hyphen + 1));
    return ten >= 20 && one > 0 && one < 10 ? ten + one : -1;
}

/// A number in words at `at`, which moves behind it.
std::optional<double> spelled(const std::vector<std::string>& words, std::size_t& at) {
    double total = 0, part = small_number(words[at]);
    if (part < 0) return std::nullopt;
    for (++at; at < words.size(); ++at) {
        const double more = small_number(words[at]);
        if (words[at] == "hundred") {
            part *= 100;
        } else if (words[at] == "dozen") {
            part *= 12;
        } else if (const double factor = scale_of(words[at]); factor > 0) {
            total += part * factor;
            part = 0;
        } else if (more >= 0 && (part == 0 || (part >= 20 && std::fmod(part, 10) == 0 &&
                                               more < (std::fmod(part, 100) == 0 ? 100 : 10)))) {
            part += more;
        } else if (words[at] == "and" && at + 1 < words.size() && part >= 100 &&
                   small_number(words[at + 1]) > 0) {
            continue;
        } else {
            break;
        }
    }
    if (at + 2 < words.size() && words[at] == "and" && words[at + 1] == "a" &&
        words[at + 2] == "half") {
        total += .5;
        at += 3;
    }
    return total + part;
}

std::optional<double> in_words(std::string_view text) {
    const std::vector<std::string> words = words_of(text);
    for (std::size_t i = 0; i < words.size(); ++i) {
        // "one" is a pronoun in longer answers
        constexpr std::size_t short_answer = 4;
        if (words[i] == "one" && words.size() > short_answer) continue;
        std::size_t at = i;
        const std::optional<double> first = spelled(words, at);
        if (!first) continue;
        const bool between = i > 0 && words[i - 1] == "between";
        if (at + 1 < words.size() &&
            (words[at] == "to" || words[at] == "or" || (between && words[at] == "and"))) {
            std::size_t next = at + 1;
            if (const std::optional<double> second = spelled(words, next)) {
                return (*first + *second) / 2;
            }
        }
        return first;
    }
    return std::nullopt;
}

}  // namespace

std::optional<double> parse_number(std::string_view answer) {
    const std::string text = plain_text(answer);
    const bool digits = text.find_first_of("0123456789") != std::string::npos;
    const std::optional<double> number = digits ? Reader(text).read() : in_words(text);
    return number && std::isfinite(*number) ? number : std::nullopt;
}

}  // namespace axia::measure
