// The answers of a run in the forms that other programs read.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "axia/answers/record.h"

namespace axia::answers {

enum class ExportFormat {
    jsonl,    // a record a line
    csv,      // long: a row for each option of each answer
    lm_eval,  // a line for each answer, as in samples_*.jsonl of lm-evaluation-harness 0.4
};

/// "jsonl", "csv", "lm-eval". Throws Error{unsupported} for "parquet", Error{usage} else.
ExportFormat parse_export_format(std::string_view name);

/// Of an item by its id: which option is right, or nothing.
using CorrectOption = std::function<std::optional<std::size_t>(const std::string& item)>;

/// Writes the answers of the run in `folder`: those of answers.jsonl in its order, or of an
/// unfinished run the journal's, item by item. lm_eval always reads the journal, where the
/// questions are; `correct` gives its targets. Same run, same bytes. Throws Error{not_found} when
/// the folder has neither, Error{input} for a bad line, Error{io} when `out` fails.
void export_answers(const std::filesystem::path& folder, ExportFormat format, std::ostream& out,
                    const CorrectOption& correct = {});

}  // namespace axia::answers
