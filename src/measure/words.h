// Texts as sentences and lower-case words, for the parsers of answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace axia::measure {

/// ASCII lower case; curly quotes, apostrophes and dashes as plain ones.
std::string plain_text(std::string_view text);

/// Words of letters, digits and inner hyphens, "n't" and "cannot" as a word "not" of their own,
/// contracted pronouns in full ("i'd" = "i would"). `text` is plain_text. Commas are the word ",".
std::vector<std::string> words_of(std::string_view text);

/// The sentences of a text: ends at . ! ? before a space, and at line ends. Not "e.g. ", "Dr. ",
/// initials or decimals. Without surrounding blanks; none is empty.
std::vector<std::string> sentences_of(std::string_view text);

}  // namespace axia::measure
