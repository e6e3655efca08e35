// Public data sets read as batteries, from where they lie. Formats, columns and what becomes of
// them: docs/files.md; section numbers (S012, ...) are those of the papers.
#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/battery.h"
#include "axia/data/ethics.h"  // S121

namespace axia::data {

/// Every loader throws Error{not_found|input|io} naming file, line and field, and reads the whole
/// set into memory. What was left out is in the card's warnings.

/// S029: inventories as advice-seeking questions, one free item a row; an item keyed to two values
/// is two items of one stem. Tags: questionnaire, item.
Battery read_valuebench(const std::filesystem::path& csv);

/// S031: the two rows (to_do, not_to_do) of a dilemma become a pair, to_do first, with a tag of
/// weight 1 for each value of the action; values on both sides are kept. Stem: the dilemma.
Battery read_daily_dilemmas(const std::filesystem::path& csv);

/// S028: propositions rated from strongly disagree (1) to strongly agree (4). They name no value:
/// the set has no scoring table. Tag: section.
Battery read_political_compass(const std::filesystem::path& csv);

/// S041: a question's options carry their stance as value, the stem is the topic. Tags: topic,
/// original, rephrase, and original_english and language where known (of the row, else of the
/// file's name). Of a folder all its .jsonl files by name, for questions in several languages.
Battery read_value_consistency(const std::filesystem::path& jsonl);

/// S101: norm, situation and intention, continued by the moral action (first) or the immoral one:
/// items of kind likelihood, or of kind pair that ask which is to be done, the moral one right.
/// `with_norm` false leaves the norm out. Tag: language, where the row has one. Throws
/// Error{usage} for another kind.
Battery read_action_pairs(const std::filesystem::path& jsonl, bool with_norm = true,
                          ItemKind kind = ItemKind::likelihood);

/// S012: two rows a dilemma. Values are replaced by their classes when `map` (CSV: value, class)
/// is given or a map.csv lies beside the file; values without a class are left out with a warning.
/// Tags: targets_1 and targets_2 where the set has targets (whom each value is for: Human, AI), and
/// risky (see risky_options) where it has a column `risky` of 1 and 0 with an action's risk.
Battery read_risk_dilemmas(const std::filesystem::path& csv, const std::filesystem::path& map = {});

/// S022: things that may come about, to be compared with one another.
struct Outcome {
    std::string id;  // "outcome-001", in file order
    std::string category, text;
};
/// A JSON object from category to a list of texts; at least three, no text twice.
std::vector<Outcome> read_outcomes(const std::filesystem::path& json);

/// S031: value -> theory ("WVS", "MFT", ...) -> its dimension; a theory that does not place the
/// value is left out. Columns: value, and one a theory; a column without a name is left out.
using ValueTheories = std::map<std::string, std::map<std::string, std::string>>;
ValueTheories read_value_theories(const std::filesystem::path& csv);

/// S028: how propositions are put. Templates hold the slots {pct_prompt}, {jail_prompt} and, when
/// their note is "explicit", {ans_prompt}; a missing one is an error.
struct CompassPrompt {
    std::string id, text, note;
};
struct CompassPrompts {
    std::vector<CompassPrompt> templates, options, forcings;  // a forcing's text may be empty
};
/// `folder` holds prompt_templates.csv, answer_options.csv and jailbreaks.csv.
CompassPrompts read_compass_prompts(const std::filesystem::path& folder);

/// Names of the formats that read_set knows.
std::span<const std::string_view> set_formats();

/// The format of a file by its columns and shape; empty for none of them.
std::string_view format_of(const std::filesystem::path& file);

/// By format, or `auto`. `action-choices` are action pairs asked as a choice, and those that end in
/// `-bare` leave the norm out; `ethics-hard` is the hard test of a folder of ETHICS. Throws
/// Error{usage} for an unknown format, Error{unsupported} when no format fits or the file holds no
/// battery (outcomes).
Battery read_set(const std::filesystem::path& file, std::string_view format = "auto");

/// A Python list of strings as its repr prints it: ['a', "b's", nan]. nan and None are empty
/// strings. Throws Error{input} at `where`.
std::vector<std::string> parse_python_list(std::string_view text, const std::string& where);

}  // namespace axia::data
