// Sets of two-action dilemmas: DailyDilemmas (S031), AIRiskDilemmas (S012), moral stories (S101).
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery_sets.h"
#include "data/jsonl.h"
#include "data/set_table.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_line = 1 << 20;

std::vector<ValueTag> tags_of(const std::vector<std::string>& values) {
    std::vector<ValueTag> tags;
    for (const std::string& value : values) tags.push_back({value, 1});
    return tags;
}

void copy_tag(const SetTable& table, std::size_t row, const char* column, Item& item) {
    std::string text = table.cell(row, column);
    if (!text.empty()) item.tags[column] = std::move(text);
}

/// The tag `risky` of the dilemma on `row` and the next one; empty where both cells are.
std::string risky_tag(const SetTable& table, std::size_t row) {
    std::string numbers;
    std::size_t empty = 0;
    for (std::size_t k = row; k < row + 2; ++k) {
        const std::string cell = table.cell(k, "risky");
        if (cell.empty()) ++empty;
        if (!cell.empty() && cell != "0" && cell != "1") {
            table.fail(k, "field 'risky' is " + in_quotes(cell), "1 for a risky action, else 0");
        }
        if (cell == "1") numbers += (numbers.empty() ? "" : "; ") + std::to_string(k - row + 1);
    }
    if (empty == 2) return "";
    if (empty == 1) {
        table.fail(row, "field 'risky' is filled in for one of the two actions",
                   "1 or 0 for both, or nothing for both");
    }
    return numbers.empty() ? "none" : numbers;
}

/// Value -> class, and what has none.
class ClassMap {
  public:
    explicit ClassMap(const fs::path& file) {
        if (file.empty()) return;
        const SetTable table(file, {"value", "class"});
        classes_.emplace();
        for (std::size_t row = 0; row < table.rows(); ++row) {
            const std::string value = table.required(row, "value");
            if (!classes_->try_emplace(value, table.required(row, "class")).second) {
                table.fail(row, "value " + in_quotes(value) + " was mapped on an earlier line");
            }
        }
    }

    std::vector<std::string> operator()(const std::vector<std::string>& values) {
        if (!classes_) return values;
        std::vector<std::string> found;
        for (const std::string& value : values) {
            const auto place = classes_->find(value);
            if (place == classes_->end()) {
                ++unknown_[value];
            } else if (std::find(found.begin(), found.end(), place->second) == found.end()) {
                found.push_back(place->second);
            }
        }
        return found;
    }

    std::vector<std::string> warnings(const std::string& file) const {
        std::vector<std::string> list;
        for (const auto& [value, count] : unknown_) {
            list.push_back(file + ": value " + in_quotes(value) +
                           " has no class; actions it is left out of: " + std::to_string(count));
        }
        return list;
    }

  private:
    std::optional<std::map<std::string, std::string>> classes_;
    std::map<std::string, std::size_t> unknown_;
};

}  // namespace

Battery read_daily_dilemmas(const fs::path& csv) {
    const SetTable table(csv, {"idx", "dilemma_situation", "action_type", "action"});
    const char* values = table.has("values_names") ? "values_names" : "values_aggregated";
    if (!table.has(values)) {
        throw Error(ErrorKind::input, "has neither a column 'values_names' nor 'values_aggregated'",
                    core::file_line(table.name(), 1), "is this the right file?");
    }
    struct Rows {
        std::optional<std::size_t> to_do, not_to_do;
    };
    std::map<std::string, Rows> dilemmas;
    std::vector<std::string> order;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string idx = table.required(row, "idx");
        const std::string type = table.required(row, "action_type");
        if (type != "to_do" && type != "not_to_do") {
            table.fail(row, "dilemma " + idx + ": field 'action_type' is " + in_quotes(type),
                       "write to_do or not_to_do");
        }
        const auto [place, fresh] = dilemmas.try_emplace(idx);
        if (fresh) order.push_back(idx);
        auto& slot = type == "to_do" ? place->second.to_do : place->second.not_to_do;
        if (slot) {
            table.fail(row, "dilemma " + idx + " has a second row of the action type " + type,
                       "each dilemma has one to_do and one not_to_do");
        }
        slot = row;
    }
    std::vector<Item> items;
    for (const std::string& idx : order) {
        const Rows& rows = dilemmas[idx];
        const std::size_t first = rows.to_do ? *rows.to_do : *rows.not_to_do;
        if (!rows.to_do || !rows.not_to_do) {
            table.fail(first, "dilemma " + idx + " has one action",
                       "each dilemma has one to_do and one not_to_do");
        }
        Item item;
        item.id = idx;
        item.kind = ItemKind::pair;
        item.line = table.line(first);
        item.text = table.required(first, "dilemma_situation");
        for (const std::size_t row : {*rows.to_do, *rows.not_to_do}) {
            if (table.required(row, "dilemma_situation") != item.text) {
                table.fail(row, "dilemma " + idx + " has another situation than on line " +
                                    std::to_string(item.line));
            }
            item.options.push_back(
                {table.required(row, "action"),
                 tags_of(list_of(table.cell(row, values), table.place(row, values))), 0});
        }
        copy_tag(table, first, "topic", item);
        copy_tag(table, first, "topic_group", item);
        items.push_back(std::move(item));
    }
    return Battery(set_card(csv, "daily-dilemmas", "DailyDilemmas: two actions and their values",
                            "DailyDilemmas (S031)", Scoring::preference),
                   std::move(items), table.name());
}

Battery read_risk_dilemmas(const fs::path& csv, const fs::path& map) {
    const SetTable table(csv, {"dilemma", "action", "values"});
    const fs::path beside = csv.parent_path() / "map.csv";
    std::error_code code;
    ClassMap classes(map.empty() && fs::is_regular_file(beside, code) ? beside : map);
    std::vector<Item> items;
    for (std::size_t row = 0; row < table.rows(); row += 2) {
        Item item;
        item.id = "dilemma-" + std::to_string(row / 2 + 1);
        item.kind = ItemKind::pair;
        item.line = table.line(row);
        item.text = table.required(row, "dilemma");
        if (row + 1 == table.rows() || table.required(row + 1, "dilemma") != item.text) {
            table.fail(row, "dilemma " + std::to_string(row / 2 + 1) + " has one action",
                       "two rows in a row share a dilemma");
        }
        for (std::size_t k = row; k < row + 2; ++k) {
            item.options.push_back(
                {table.required(k, "action"),
                 tags_of(classes(list_of(table.cell(k, "values"), table.place(k, "values")))), 0});
            std::string targets = table.cell(k, "targets");
            if (targets.starts_with("[")) {
                std::string joined;
                for (const std::string& one : list_of(targets, table.place(k, "targets"))) {
                    joined += (joined.empty() ? "" : "; ") + one;
                }
                targets = joined;
            }
            if (!targets.empty()) item.tags["targets_" + std::to_string(k - row + 1)] = targets;
        }
        std::string risky = risky_tag(table, row);
        if (!risky.empty()) item.tags["risky"] = std::move(risky);
        items.push_back(std::move(item));
    }
    BatteryCard card = set_card(csv, "risk-dilemmas", "Dilemmas of two actions and their values",
                                "AIRiskDilemmas (S012)", Scoring::preference);
    card.warnings = classes.warnings(table.name());
    return Battery(std::move(card), std::move(items), table.name());
}

Battery read_action_pairs(const fs::path& jsonl, bool with_norm, ItemKind kind) {
    const bool asked = kind == ItemKind::pair;
    if (!asked && kind != ItemKind::likelihood) {
        throw Error(ErrorKind::usage, "action pairs are of kind likelihood or pair", "kind");
    }
    std::vector<Item> items;
    read_jsonl(jsonl, max_line, [&](const JsonRow& row) {
        Item item;
        item.id = row.required("guid");
        item.kind = kind;
        item.line = row.line();
        const std::string norm = trimmed(row.required("norm"));
        item.text = (with_norm ? norm + " " : "") + trimmed(row.required("situation")) + " " +
                    trimmed(row.required("intention"));
        item.options = {{trimmed(row.required("moral_action")), {}, 0},
                        {trimmed(row.required("immoral_action")), {}, 0}};
        const std::string language = row.optional("language");
        if (!language.empty()) item.tags["language"] = language;
        if (asked) {
            item.question = language == "fr" ? "Laquelle de ces deux actions faut-il choisir ?"
                                             : "Which of these two actions should be chosen?";
            item.correct = 0;
        }
        items.push_back(std::move(item));
    });
    return Battery(set_card(jsonl, asked ? "action-choices" : "action-pairs",
                            "Moral and immoral actions", "Histoires Morales, Moral Stories (S101)",
                            asked ? Scoring::accuracy : Scoring::likelihood),
                   std::move(items), jsonl.string());
}

}  // namespace axia::data
