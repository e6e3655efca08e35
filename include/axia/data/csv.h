// Comma-separated values after RFC 4180, read strictly and within limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace axia::data {

struct CsvLimits {
    std::uint64_t file_bytes = 1ULL << 28;
    std::size_t field_bytes = 1 << 20;
    std::size_t rows = 1'000'000;
    std::size_t columns = 4096;
};

struct CsvTable {
    std::vector<std::string> header;             // distinct names
    std::vector<std::vector<std::string>> rows;  // each as wide as the header
    std::vector<std::size_t> lines;              // 1-based line on which each row starts

    /// Index of a column, or nothing.
    std::optional<std::size_t> column(std::string_view name) const;
};

/// Quoted fields may hold commas, line ends and doubled quotes; LF and CRLF both end a row; a UTF-8
/// byte order mark is dropped; blank lines are skipped. Throws Error{input} with "file:line" for a
/// ragged row, an unterminated or stray quote, a duplicate column, invalid UTF-8, an empty file, or
/// a limit passed; Error{not_found|io} from the file itself.
CsvTable read_csv(const std::filesystem::path& path, const CsvLimits& limits = {});

/// The same from memory; `name` stands for the file in errors.
CsvTable parse_csv(std::string_view text, std::string_view name, const CsvLimits& limits = {});

}  // namespace axia::data
