// What a classifier that sees only words or only length makes of the two sides.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/check.h"

namespace axia::data {

/// [a-z]+('[a-z]+)? of the lower-cased text, in order.
std::vector<std::string> words_of(std::string_view text);

/// Unicode characters of well-formed UTF-8.
std::size_t characters_of(std::string_view text);

/// Fills length_only, bag_of_words, bag_of_words_paired and cues.
void measure_surface(std::span<const ContrastPair> pairs, const CheckOptions& options,
                     PairCheck& check);

}  // namespace axia::data
