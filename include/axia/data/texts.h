// Single texts: neutral prompts, neutral replies, any corpus of one text per line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/pairs.h"

namespace axia::data {

struct NamedText {
    std::string id;  // unique in its file; "text-<line>" when the file has none
    std::string text;
    std::string prompt;  // the request `text` replies to; may be empty
    std::string kind;
    Split split = Split::learn;
    std::size_t line = 0;  // 1-based
};

/// JSON lines of {"text"} and, when wanted, "id", "prompt", "kind", "split". Throws
/// Error{not_found|input|io} naming file, line and field, as read_pairs does.
std::vector<NamedText> read_texts(const std::filesystem::path& path,
                                  std::size_t max_line = 1 << 20);

/// The same from memory; `name` stands for the file in errors.
std::vector<NamedText> parse_texts(std::string_view text, std::string_view name,
                                   std::size_t max_line = 1 << 20);

}  // namespace axia::data
