#include "axia/answers/parse_option.h"

#include <algorithm>
#include <set>
#include <vector>

namespace axia::answers {

namespace {

constexpr std::size_t negation_reach = 3;  // words

struct Word {
    std::string text;                // lower case
    std::size_t begin = 0, end = 0;  // bytes of the answer
    bool stop = false;               // punctuation, a line's end or the answer's follows
};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_upper(char c) {
    return c >= 'A' && c <= 'Z';
}
char lower(char c) {
    return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_word(char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
           static_cast<unsigned char>(c) >= 128;
}

/// Typographic quotes, dashes and dots as ASCII of the same meaning.
std::string plain_punctuation(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        // U+2010 to U+203F are E2 80 90 to E2 80 BF
        if (text.substr(i).starts_with("\xE2\x80") && i + 2 < text.size()) {
            const auto last = static_cast<unsigned char>(text[i + 2]);
            const char c = last == 0x98 || last == 0x99   ? '\''
                           : last == 0x9C || last == 0x9D ? '"'
                           : last == 0xA6                 ? '.'
                           : last >= 0x90 && last <= 0x95 ? ';'
                                                          : ' ';
            plain += c;
            i += 2;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

/// Apostrophes, decimal points and signs belong to their word.
std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> words;
    for (std::size_t i = 0; i < text.size();) {
        const auto at = [&](std::size_t k) { return k < text.size() ? text[k] : ' '; };
        const bool sign =
            text[i] == '-' && is_digit(at(i + 1)) && (i == 0 || !is_word(text[i - 1]));
        if (!is_word(text[i]) && !sign) {
            if (!words.empty() &&
                std::string_view(".,;:!?\n").find(text[i]) != std::string_view::npos) {
                words.back().stop = true;
            }
            ++i;
            continue;
        }
        Word word;
        word.begin = i++;
        while (i < text.size() &&
               (is_word(text[i]) || (text[i] == '\'' && is_word(at(i + 1))) ||
                (text[i] == '.' && is_digit(text[i - 1]) && is_digit(at(i + 1))))) {
            ++i;
        }
        word.end = i;
        for (const char c : text.substr(word.begin, word.end - word.begin)) word.text += lower(c);
        words.push_back(std::move(word));
    }
    if (!words.empty()) words.back().stop = true;
    return words;
}

/// Whether "not" or its like stands before word `at` in the same clause.
bool is_negated(const std::vector<Word>& words, std::size_t at) {
    static const std::set<std::string_view> negations{"not", "never", "neither", "nor", "cannot"};
    for (std::size_t back = 1; back <= std::min(at, negation_reach); ++back) {
        const Word& word = words[at - back];
        if (word.stop) return false;
        if (negations.contains(word.text) || word.text.ends_with("n't")) return true;
    }
    return false;
}

/// Where an option's words stand in the answer.
struct Place {
    std::size_t option = 0, first = 0, count = 0;

    std::size_t end() const { return first + count; }
    bool inside(const Place& other) const {
        return count < other.count && first >= other.first && end() <= other.end();
    }
};

std::vector<Place> places_of(const std::vector<Word>& answer, std::span<const std::string> texts) {
    std::vector<Place> all;
    for (std::size_t option = 0; option < texts.size(); ++option) {
        const std::vector<Word> words = words_of(plain_punctuation(texts[option]));
        if (words.empty()) continue;
        const auto same = [](const Word& a, const Word& b) { return a.text == b.text; };
        for (auto at = answer.begin();; ++at) {
            at = std::search(at, answer.end(), words.begin(), words.end(), same);
            if (at == answer.end()) break;
            all.push_back({option, static_cast<std::size_t>(at - answer.begin()), words.size()});
        }
    }
    std::vector<Place> longest;
    for (const Place& place : all) {
        if (std::none_of(all.begin(), all.end(), [&](const Place& p) { return place.inside(p); })) {
            longest.push_back(place);
        }
    }
    return longest;
}

/// What speaks for an option: all that are named, and the one that opens the answer.
struct Named {
    std::set<std::size_t> options;
    std::optional<std::size_t> opening;

    std::optional<std::size_t> one() const {
        if (opening) return opening;
        return options.size() == 1 ? std::optional(*options.begin()) : std::nullopt;
    }
};

Named named_by_words(const std::vector<Word>& answer, const std::vector<Place>& places) {
    Named named;
    for (const Place& place : places) {
        if (is_negated(answer, place.first)) continue;
        named.options.insert(place.option);
        if (place.first != 0 || !answer[place.end() - 1].stop) continue;
        const bool twice = std::any_of(places.begin(), places.end(), [&](const Place& other) {
            return other.option != place.option && other.first == 0 && other.count == place.count;
        });
        if (!twice) named.opening = place.option;
    }
    return named;
}

/// Whether the letter of word `at` is meant as a letter.
bool is_letter(std::string_view answer, const std::vector<Word>& words, std::size_t at) {
    static const std::set<std::string_view> markers{"option", "answer", "choice", "letter",
                                                    "choose", "pick",   "is"};
    static const std::set<std::string_view> no_nouns{"or", "and", "is", "because"};
    const Word& word = words[at];
    const char before = word.begin > 0 ? answer[word.begin - 1] : ' ';
    const char after = word.end < answer.size() ? answer[word.end] : ' ';
    if (words.size() == 1 || after == ')' || after == ']') return true;
    if (before == after && (after == '*' || after == '"' || after == '\'')) return true;
    if (!is_upper(answer[word.begin])) return false;
    const bool opens = at == 0 || words[at - 1].stop;
    const bool set_off = opens && (word.stop || answer.substr(word.end).starts_with(" -"));
    if (word.text == "a") {
        return !opens || set_off ||
               (at + 1 < words.size() && no_nouns.contains(words[at + 1].text));
    }
    if (word.text == "i")
        return (at == 0 && set_off) || (!opens && markers.contains(words[at - 1].text));
    return true;
}

Named named_by_letter(std::string_view answer, const std::vector<Word>& words,
                      const std::vector<Place>& places, std::span<const std::string> letters) {
    Named named;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto letter = std::find_if(letters.begin(), letters.end(), [&](const std::string& l) {
            return l.size() == 1 && words[at].text == std::string(1, lower(l[0]));
        });
        const bool in_words = std::any_of(places.begin(), places.end(), [&](const Place& place) {
            return place.count > 1 && at >= place.first && at < place.end();
        });
        if (letter == letters.end() || in_words || !is_letter(answer, words, at) ||
            is_negated(words, at)) {
            continue;
        }
        const auto option = static_cast<std::size_t>(letter - letters.begin());
        named.options.insert(option);
        const char after = words[at].end < answer.size() ? answer[words[at].end] : ' ';
        if (at == 0 && (words[at].stop || after == ')')) named.opening = option;
    }
    return named;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<std::size_t> parse_option(std::string_view answer, std::span<const std::string> texts,
                                        std::span<const std::string> letters) {
    const std::string_view whole = trimmed(answer);
    if (std::count_if(texts.begin(), texts.end(),
                      [&](const std::string& text) { return trimmed(text) == whole; }) == 1) {
        const auto found = std::find_if(texts.begin(), texts.end(), [&](const std::string& text) {
            return trimmed(text) == whole;
        });
        return static_cast<std::size_t>(found - texts.begin());
    }
    const std::string plain = plain_punctuation(whole);
    const std::vector<Word> words = words_of(plain);
    const std::vector<Place> places = places_of(words, texts);
    const Named by_words = named_by_words(words, places);
    const Named by_letter = named_by_letter(plain, words, places, letters);
    const std::optional<std::size_t> word = by_words.one(), letter = by_letter.one();
    if (by_letter.options.empty()) return word;
    if (letter && word && *letter != *word) return std::nullopt;
    return letter;
}

}  // namespace axia::answers
