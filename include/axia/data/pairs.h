// Contrast pairs: two texts in the same scene that differ in the value that moves them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

enum class Split { learn, heldout };

/// "learn" or "heldout".
std::string_view split_name(Split split);

struct ContrastPair {
    std::string id;     // unique in its file; "<value>-<line>" when the file has none
    std::string value;  // the value that moves `positive`
    std::string other;  // the value that moves `negative`; may be empty
    std::string scene;  // the request both texts reply to; may be empty
    std::string form, person;
    std::string positive, negative;
    Split split = Split::learn;
    std::size_t line = 0;  // 1-based line in its file
    std::string group;  // what may not be divided between splits: the scene, or the id without one
};

struct ReadPairsOptions {
    std::string value;  // only this value's rows, and the value of rows without one; empty = all
    std::uint64_t seed = 0;          // of the split of rows that name none
    double heldout_fraction = 0.2;   // of the pairs of each value, in [0, 1); whole groups only
    std::size_t max_line = 1 << 20;  // bytes of one line (JSONL) or one field (CSV)
    std::size_t min_pairs = 0;       // fewer pairs than this are an error
};

/// Reads `.csv` as CSV and anything else as JSON lines.
///
/// JSONL: {"value","positive","negative"} and, when wanted, "scene","split","other","id","form",
/// "person"; further fields are left alone. CSV: the same column names, or the two columns
/// question_1 (positive) and question_2 (negative), as the published data of S001 has them (a pair
/// of double quotes around a whole text is dropped). Split words: learn, train; heldout, held_out,
/// held-out, test. Rows without one take the split of their group, or a seeded one.
///
/// Throws Error{not_found|input|io} naming file, line and field; Error{not_found} with the nearest
/// names when no row has `options.value`; Error{usage} for options out of range.
std::vector<ContrastPair> read_pairs(const std::filesystem::path& path,
                                     const ReadPairsOptions& options = {});

/// The same from memory; `name` stands for the file in errors.
std::vector<ContrastPair> parse_pairs_jsonl(std::string_view text, std::string_view name,
                                            const ReadPairsOptions& options = {});
std::vector<ContrastPair> parse_pairs_csv(std::string_view text, std::string_view name,
                                          const ReadPairsOptions& options = {});

/// The pairs of one split, in file order.
std::vector<ContrastPair> pairs_of(const std::vector<ContrastPair>& pairs, Split split);

}  // namespace axia::data
