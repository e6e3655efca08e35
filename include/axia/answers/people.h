// People's answers to a battery, from CSV.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/record.h"
#include "axia/data/battery.h"
#include "axia/data/csv.h"

namespace axia::answers {

struct People {
    std::vector<std::string> respondents;                // as they first appear
    std::map<std::string, std::vector<Record>> by_item;  // in the order of the rows

    /// Answers to one item; empty when nobody gave one.
    std::span<const Record> answers(const std::string& item) const;
};

/// Columns respondent, item, answer, and as wanted wording, order and repeat (whole numbers, 0 when
/// empty). An answer is an option's text, its letter or 1-based number in the order shown, or on a
/// rating scale its score in place of the number; of free items any text. A blank answer is a
/// record with a reason. Records get `arm`, and the wording "people" where none is named. Throws
/// Error{input} naming file and line for an unknown item or answer (with the nearest), an order the
/// item does not have, and a second answer of a respondent to the same item, wording, order and
/// repeat; Error{unsupported} for likelihood items; and what read_csv throws.
People read_people(const std::filesystem::path& csv, const data::Battery& battery,
                   std::string_view arm = "people");
/// From memory; `name` stands for the file in errors.
People parse_people(std::string_view csv, std::string_view name, const data::Battery& battery,
                    std::string_view arm = "people");

}  // namespace axia::answers
