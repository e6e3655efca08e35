#include "measure/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace axia::measure {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> typographic{{
    {"\xE2\x80\x98", "'"},
    {"\xE2\x80\x99", "'"},
    {"\xE2\x80\x9C", "\""},
    {"\xE2\x80\x9D", "\""},
    {"\xE2\x80\x93", "-"},
    {"\xE2\x80\x94", " - "},
    {"\xE2\x80\xA6", "..."},
    {"\xC2\xA0", " "},
}};

constexpr std::array<std::string_view, 15> abbreviations{"e.g", "i.e", "etc",  "mr",  "mrs",
                                                         "ms",  "dr",  "prof", "st",  "vs",
                                                         "cf",  "no",  "jr",   "u.s", "approx"};

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> endings{
    {{"'d", "would"}, {"'m", "am"}, {"'ve", "have"}, {"'ll", "will"}, {"'re", "are"}, {"'s", ""}}};

bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 128;
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

void add_word(std::vector<std::string>& words, std::string word) {
    while (!word.empty() && (word.back() == '\'' || word.back() == '-')) word.pop_back();
    if (word.empty()) return;
    if (word == "cannot" || word == "can't") {
        words.insert(words.end(), {"can", "not"});
        return;
    }
    if (word == "won't") {
        words.insert(words.end(), {"will", "not"});
        return;
    }
    if (word.size() > 3 && word.ends_with("n't")) {
        word.resize(word.size() - 3);
        words.insert(words.end(), {word, "not"});
        return;
    }
    for (const auto& [ending, full] : endings) {
        if (word.size() > ending.size() && word.ends_with(ending)) {
            word.resize(word.size() - ending.size());
            words.push_back(word);
            if (!full.empty()) words.emplace_back(full);
            return;
        }
    }
    words.push_back(std::move(word));
}

/// Whether the stop at `at` is inside a number, an abbreviation or after an initial.
bool inside(std::string_view text, std::size_t at) {
    if (text[at] != '.') return false;
    std::size_t first = at;
    while (first > 0 && !is_blank(text[first - 1]) && text[first - 1] != '(') --first;
    std::string word(text.substr(first, at - first));
    std::transform(word.begin(), word.end(), word.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool initial =
        word.size() == 1 && text[first] >= 'A' && text[first] <= 'Z' && word != "i";
    const bool number =
        !word.empty() && word.size() <= 2 && (first == 0 || text[first - 1] == '\n') &&
        std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
    return initial || number ||
           std::find(abbreviations.begin(), abbreviations.end(), word) != abbreviations.end();
}

}  // namespace

std::string plain_text(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto found =
            std::find_if(typographic.begin(), typographic.end(),
                         [&](const auto& pair) { return text.substr(i).starts_with(pair.first); });
        if (found != typographic.end()) {
            plain += found->second;
            i += found->first.size();
            continue;
        }
        const char c = text[i++];
        plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
    return plain;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    for (const char c : text) {
        if (is_word(c) || (!word.empty() && (c == '\'' || c == '-'))) {
            word += c;
            continue;
        }
        add_word(words, std::exchange(word, {}));
        if (c == ',' || c == ';' || c == ':') words.emplace_back(",");
    }
    add_word(words, std::move(word));
    return words;
}

std::vector<std::string> sentences_of(std::string_view text) {
    std::vector<std::string> sentences;
    std::size_t first = 0;
    const auto cut = [&](std::size_t end) {
        const std::string_view sentence = trimmed(text.substr(first, end - first));
        if (!sentence.empty()) sentences.emplace_back(sentence);
        first = end;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            cut(i + 1);
        } else if (c == '.' || c == '!' || c == '?') {
            std::size_t end = i + 1;
            while (end < text.size() &&
                   std::string_view(".!?\"')]").find(text[end]) != std::string_view::npos) {
                ++end;
            }
            if ((end == text.size() || is_blank(text[end])) && !inside(text, i)) cut(end);
            i = end - 1;
        }
    }
    cut(text.size());
    return sentences;
}

}  // namespace axia::measure
