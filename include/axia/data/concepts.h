// Things of everyday life that have an average and an ideal amount (S018), and things to be
// compared with one another (S022), as JSON lines.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

struct Concept {
    std::string id;      // unique in the file
    std::string domain;  // "health"; may be empty
    std::string text;    // after "the average ...": "number of hours an adult sleeps in a night"
    std::string unit;    // "hours"
    std::size_t line = 0;
};

/// Fields id, domain (optional), text, unit. Throws Error{not_found|input|io} naming file, line
/// and field, for a duplicate id, and for an empty file.
std::vector<Concept> read_concepts(const std::filesystem::path& file);
std::vector<Concept> parse_concepts(std::string_view text, std::string_view name);

/// Something that may be had or come true; so much of a good where it is one.
struct ComparedOption {
    std::string id;  // unique
    std::string category, text;
    std::string good;   // "money"; empty = none
    double amount = 0;  // > 0 with a good
};

/// Fields id (optional), category (optional), text, and good with amount. At least three, no text
/// twice. Throws as read_concepts.
std::vector<ComparedOption> parse_options(std::string_view text, std::string_view name);

/// A file of such lines, or one JSON object from category to a list of texts (read_outcomes).
std::vector<ComparedOption> read_options(const std::filesystem::path& file);

}  // namespace axia::data
