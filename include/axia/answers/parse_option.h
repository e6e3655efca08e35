// Which of the options an answer in free words names.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace axia::answers {

/// Index of the option that `answer` names, or nothing when it names none or several.
/// `texts` are the options' words; `letters` their letters as shown, in the same order, or empty
/// when none were shown. A letter counts when it is the whole answer, is set off ("B)", "(b)",
/// "**b**") or stands alone as a capital that is not the word "A" or "I". Words count whatever
/// their case and punctuation: the answer is, or holds, the option; "strongly agree" is not "agree"
/// (longest match), and what "not" stands before does not count. What opens the answer and is
/// followed by punctuation ("No, ...") decides over what comes later. A letter and words that name
/// different options name none. English.
std::optional<std::size_t> parse_option(std::string_view answer, std::span<const std::string> texts,
                                        std::span<const std::string> letters = {});

}  // namespace axia::answers
