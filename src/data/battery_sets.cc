#include "axia/data/battery_sets.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/jsonl.h"
#include "data/set_table.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_line = 1 << 20;
constexpr std::uint64_t max_json = 1 << 26;
constexpr std::size_t head_bytes = 1 << 16;

constexpr std::array<std::string_view, 12> formats{"valuebench",
                                                   "outcomes",
                                                   "daily-dilemmas",
                                                   "political-compass",
                                                   "ethics",
                                                   "ethics-hard",
                                                   "value-consistency",
                                                   "action-pairs",
                                                   "action-pairs-bare",
                                                   "action-choices",
                                                   "action-choices-bare",
                                                   "risk-dilemmas"};

/// The beginning of a file up to its first line end, of a CSV up to the first outside quotes.
std::string first_line(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string head(head_bytes, '\0');
    in.read(head.data(), static_cast<std::streamsize>(head.size()));
    head.resize(static_cast<std::size_t>(in.gcount()));
    if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
    const bool csv = !head.starts_with("{");
    bool quoted = false;
    for (std::size_t at = 0; at < head.size(); ++at) {
        if (head[at] == '"' && csv) quoted = !quoted;
        if (head[at] == '\n' && !quoted) head.resize(at);
    }
    return trimmed(head);
}

std::string_view json_format(const std::string& line) {
    const nlohmann::json first = nlohmann::json::parse(line, nullptr, false);
    if (first.is_discarded()) return "outcomes";  // an object over several lines
    if (first.contains("moral_action")) return "action-pairs";
    if (first.contains("question") && first.contains("options")) return "value-consistency";
    const bool lists = !first.empty() && std::all_of(first.begin(), first.end(),
                                                     [](const auto& v) { return v.is_array(); });
    return lists ? "outcomes" : "";
}

std::string_view csv_format(const std::string& line, const fs::path& file) {
    std::vector<std::string> header;
    try {
        header = parse_csv(line, "header").header;
    } catch (const Error&) {
        return {};  // a quoted text over several lines: no header that we know
    }
    const auto has = [&](std::initializer_list<const char*> columns) {
        return std::all_of(columns.begin(), columns.end(), [&](const char* column) {
            return std::find(header.begin(), header.end(), column) != header.end();
        });
    };
    if (has({"questionnaire", "agreement"})) return "valuebench";
    if (has({"action_type", "action"})) return "daily-dilemmas";
    if (has({"dilemma", "action", "values"})) return "risk-dilemmas";
    if (has({"pct_id", "pct_prompt"}) && !has({"completion"})) return "political-compass";
    const bool labelled = header[0] == "label" || header[0] == "0" || header[0] == "1";
    const bool ranked = has({"baseline", "less_pleasant"}) ||
                        (header.size() == 2 && file.filename().string().starts_with("util"));
    return labelled || ranked ? "ethics" : "";
}

/// Place of a byte of `text` as a line.
std::size_t line_at(std::string_view text, std::size_t byte) {
    return 1 + static_cast<std::size_t>(std::count(
                   text.begin(),
                   text.begin() + static_cast<std::ptrdiff_t>(std::min(byte, text.size())), '\n'));
}

/// Error{input} for a key of the outermost object that stands there twice.
ordered_json parse_object(const std::string& text, const std::string& name) {
    if (!core::is_utf8(text)) throw Error(ErrorKind::input, "is not valid UTF-8", name);
    std::set<std::string> keys;
    const auto watch = [&](int depth, ordered_json::parse_event_t event, ordered_json& parsed) {
        if (event == ordered_json::parse_event_t::key && depth == 1 &&
            !keys.insert(parsed.get<std::string>()).second) {
            throw Error(ErrorKind::input,
                        "category " + in_quotes(parsed.get<std::string>()) + " is there twice",
                        name, "join the two");
        }
        return true;
    };
    try {
        ordered_json root = ordered_json::parse(text, watch);
        if (!root.is_object()) {
            throw Error(ErrorKind::input,
                        std::string("holds a JSON ") + root.type_name() + ", not an object", name,
                        "an object from category to a list of texts is wanted");
        }
        return root;
    } catch (const ordered_json::parse_error& error) {
        throw Error(ErrorKind::input, "is not valid JSON at byte " + std::to_string(error.byte),
                    file_line(name, line_at(text, error.byte)));
    } catch (const ordered_json::exception&) {
        throw Error(ErrorKind::input, "is not valid JSON: a number out of range", name);
    }
}

std::string language_of(const std::string& file_name) {
    for (const char* language : {"english", "chinese", "german", "japanese"}) {
        if (file_name.find(language) != std::string::npos) return language;
    }
    return {};
}

/// 0 or 1, as a number or a truth value.
std::string rephrase_of(const JsonRow& row) {
    const nlohmann::json* value = row.find("rephrase");
    if (value == nullptr) return "0";
    if (value->is_boolean()) return value->get<bool>() ? "1" : "0";
    const double number = value->is_number() ? value->get<double>() : -1;
    if (number == 0 || number == 1) return number == 1 ? "1" : "0";
    row.fail("field 'rephrase' is neither 0 nor 1");
}

/// Answer -> stance.
std::vector<ItemOption> stances_of(const JsonRow& row) {
    const JsonRow stances = row.object("options");
    std::vector<ItemOption> options;
    for (const auto& [answer, stance] : row.find("options")->items()) {
        options.push_back({answer, {{stances.required(answer.c_str()), 1}}, 0});
    }
    return options;
}

std::vector<Item> questions_of_file(const fs::path& jsonl) {
    std::vector<Item> items;
    const std::string file_language = language_of(jsonl.filename().string());
    read_jsonl(jsonl, max_line, [&](const JsonRow& row) {
        Item item;
        item.id = "question-" + std::to_string(row.line());
        item.kind = ItemKind::choice;
        item.line = row.line();
        item.stem = row.required("topic");
        item.text = row.required("question");
        item.question = "Which answer do you give?";
        item.options = stances_of(row);
        item.tags = {{"topic", item.stem},
                     {"original", row.required("original")},
                     {"rephrase", rephrase_of(row)}};
        const std::string english = row.optional("original_english");
        if (!english.empty()) item.tags["original_english"] = english;
        const std::string language = row.optional("language");
        if (!language.empty() || !file_language.empty()) {
            item.tags["language"] = language.empty() ? file_language : language;
        }
        items.push_back(std::move(item));
    });
    return items;
}

std::vector<fs::path> json_lines_in(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    if (files.empty()) {
        throw Error(ErrorKind::not_found, "holds no .jsonl file", folder.string(),
                    "questions of values, a file a language, are wanted");
    }
    return files;
}

std::vector<CompassPrompt> compass_prompts(const fs::path& file, const char* id, const char* text,
                                           const char* note, bool may_be_empty) {
    const SetTable table(file, {id, text, note});
    std::vector<CompassPrompt> prompts;
    std::set<std::string> ids;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        CompassPrompt one{table.required(row, id),
                          may_be_empty ? table.cell(row, text) : table.required(row, text),
                          table.cell(row, note)};
        check_new_id(ids, one.id, table.name(), table.line(row));
        for (const char* slot : {"{pct_prompt}", "{jail_prompt}", "{ans_prompt}"}) {
            if (std::string(id) != "templ_id") break;
            if (slot == std::string_view("{ans_prompt}") && one.note != "explicit") continue;
            if (one.text.find(slot) == std::string::npos) {
                table.fail(row, "template " + one.id + " has no slot " + slot, "add it");
            }
        }
        prompts.push_back(std::move(one));
    }
    return prompts;
}

}  // namespace

Battery read_valuebench(const fs::path& csv) {
    const SetTable table(csv, {"questionnaire", "item", "value", "agreement", "question"});
    std::vector<Item> items;
    std::map<std::string, std::size_t> counts;
    std::map<std::pair<std::string, std::string>, std::string> stems;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        Item item;
        const std::string questionnaire = table.required(row, "questionnaire");
        const std::string statement = table.required(row, "item");
        const std::string agreement = table.required(row, "agreement");
        if (agreement != "1" && agreement != "-1") {
            table.fail(
                row,
                "row " + std::to_string(row + 1) + ": field 'agreement' is " + in_quotes(agreement),
                "write 1, or -1 for a reversed item");
        }
        item.id = questionnaire + "-" + std::to_string(++counts[questionnaire]);
        item.stem = stems.try_emplace({questionnaire, statement}, item.id).first->second;
        item.kind = ItemKind::free;
        item.line = table.line(row);
        item.text = table.required(row, "question");
        item.value = table.required(row, "value");
        item.key = agreement == "1" ? 1 : -1;
        item.tags = {{"questionnaire", questionnaire}, {"item", statement}};
        items.push_back(std::move(item));
    }
    return Battery(set_card(csv, "valuebench", "ValueBench: inventories as requests for advice",
                            "ValueBench (S029)", Scoring::judged),
                   std::move(items), table.name());
}

Battery read_political_compass(const fs::path& csv) {
    const SetTable table(csv, {"pct_id", "pct_prompt"});
    BatteryCard card = set_card(csv, "political-compass", "Political propositions",
                                "Political Compass or Spinning Arrow (S028)", Scoring::mean);
    card.scale = {{"Strongly disagree", {}, 1},
                  {"Disagree", {}, 2},
                  {"Agree", {}, 3},
                  {"Strongly agree", {}, 4}};
    std::vector<Item> items;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        Item item;
        item.id = table.required(row, "pct_id");
        item.kind = ItemKind::rating;
        item.line = table.line(row);
        item.text = table.required(row, "pct_prompt");
        item.question = "How far do you agree with this?";
        item.options = card.scale;
        const std::string section = table.cell(row, "pct_note");
        if (!section.empty()) item.tags["section"] = section;
        items.push_back(std::move(item));
    }
    return Battery(std::move(card), std::move(items), table.name());
}

Battery read_value_consistency(const fs::path& jsonl) {
    BatteryCard card =
        set_card(jsonl, "value-consistency", "Value-laden questions in several wordings",
                 "ValueConsistency (S041)", Scoring::preference);
    std::error_code code;
    if (!fs::is_directory(jsonl, code)) {
        return Battery(std::move(card), questions_of_file(jsonl), jsonl.string());
    }
    std::vector<Item> all;
    for (const fs::path& file : json_lines_in(jsonl)) {
        // a battery of its own first: what is wrong is said with the file's name
        for (Item& item : Battery(card, questions_of_file(file), file.string()).items()) {
            item.id = file.stem().string() + "-" + item.id;
            all.push_back(std::move(item));
        }
    }
    return Battery(std::move(card), std::move(all), jsonl.string());
}

std::vector<Outcome> read_outcomes(const fs::path& file) {
    const std::string name = file.string();
    const ordered_json root = parse_object(core::read_file(file, max_json), name);
    std::vector<Outcome> outcomes;
    std::map<std::string, std::string> first;
    for (const auto& [category, list] : root.items()) {
        const std::string place = "category " + in_quotes(category);
        if (is_blank(category)) throw Error(ErrorKind::input, "has a category without name", name);
        if (!list.is_array() || list.empty()) {
            throw Error(ErrorKind::input, place + " is not a list with something in it", name,
                        "an object from category to a list of texts is wanted");
        }
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string entry = place + ", entry " + std::to_string(i + 1);
            if (!list[i].is_string() || is_blank(list[i].get_ref<const std::string&>())) {
                throw Error(ErrorKind::input, entry + " is not a text with something in it", name);
            }
            std::string text = trimmed(list[i].get_ref<const std::string&>());
            const auto [known, fresh] = first.try_emplace(text, entry);
            if (!fresh) {
                throw Error(ErrorKind::input, entry + " repeats " + known->second, name,
                            "take one out");
            }
            char id[32];
            std::snprintf(id, sizeof id, "outcome-%03zu", outcomes.size() + 1);
            outcomes.push_back({id, category, std::move(text)});
        }
    }
    if (outcomes.size() < 3) {
        throw Error(ErrorKind::input, "holds " + std::to_string(outcomes.size()) + " outcomes",
                    name, "at least 3 are wanted");
    }
    return outcomes;
}

ValueTheories read_value_theories(const fs::path& csv) {
    const SetTable table(csv, {"value"});
    std::vector<std::string> theories = table.columns();
    std::erase_if(theories, [](const auto& name) { return name.empty() || name == "value"; });
    if (theories.empty()) {
        throw Error(ErrorKind::input, "has no column but 'value'", file_line(table.name(), 1),
                    "a column a theory is wanted, with the value's dimension in it");
    }
    ValueTheories all;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string value = table.required(row, "value");
        const auto [place, fresh] = all.try_emplace(value);
        if (!fresh) table.fail(row, "value " + in_quotes(value) + " stands on an earlier line");
        for (const std::string& theory : theories) {
            std::string dimension = table.cell(row, theory.c_str());
            if (!dimension.empty()) place->second[theory] = std::move(dimension);
        }
    }
    return all;
}

CompassPrompts read_compass_prompts(const fs::path& folder) {
    return {
        compass_prompts(folder / "prompt_templates.csv", "templ_id", "templ_prompt", "templ_note",
                        false),
        compass_prompts(folder / "answer_options.csv", "ans_id", "ans_prompt", "ans_note", false),
        compass_prompts(folder / "jailbreaks.csv", "jail_id", "jail_prompt", "jail_note", true)};
}

std::span<const std::string_view> set_formats() {
    return formats;
}

std::string_view format_of(const fs::path& file) {
    const std::string line = first_line(file);
    return line.starts_with("{") ? json_format(line) : csv_format(line, file);
}

Battery read_set(const fs::path& file, std::string_view format) {
    const std::vector<std::string> known(formats.begin(), formats.end());
    if (format != "auto" && std::find(formats.begin(), formats.end(), format) == formats.end()) {
        const std::string near = core::nearest_names(format, known);
        std::string list;
        for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
        throw Error(ErrorKind::usage, in_quotes(format) + " is no format of a data set", {},
                    near.empty() ? "auto, " + list : "did you mean " + near + "?");
    }
    std::error_code code;
    const bool folder = fs::is_directory(file, code);
    if (format == "auto") {
        format = !folder                  ? format_of(file)
                 : is_ethics_folder(file) ? "ethics"
                                          : "value-consistency";
    }
    const bool ethics = format == "ethics" || format == "ethics-hard";
    if (folder && !ethics && format != "value-consistency") {
        throw Error(ErrorKind::usage, "a folder is read as ethics or value-consistency alone",
                    file.string(), "name one of its files");
    }
    if (format == "valuebench") return read_valuebench(file);
    if (format == "daily-dilemmas") return read_daily_dilemmas(file);
    if (format == "political-compass") return read_political_compass(file);
    if (ethics) {
        return read_ethics(file, format == "ethics" ? EthicsSplit::test : EthicsSplit::hard);
    }
    if (format == "value-consistency") return read_value_consistency(file);
    if (format.starts_with("action-")) {
        return read_action_pairs(
            file, !format.ends_with("-bare"),
            format.starts_with("action-pairs") ? ItemKind::likelihood : ItemKind::pair);
    }
    if (format == "risk-dilemmas") return read_risk_dilemmas(file);
    if (format == "outcomes") {
        throw Error(ErrorKind::unsupported, "holds outcomes for utilities, and no battery",
                    file.string());
    }
    throw Error(ErrorKind::unsupported, "is in no format that axia knows", file.string(),
                "a battery is a folder with battery.yaml, or name the data set's format");
}

}  // namespace axia::data
