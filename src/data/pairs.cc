#include "axia/data/pairs.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"
#include "axia/data/csv.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;

namespace {

void check_options(const ReadPairsOptions& options) {
    if (!(options.heldout_fraction >= 0) || !(options.heldout_fraction < 1)) {
        throw Error(ErrorKind::usage, "must be at least 0 and below 1", "heldout_fraction");
    }
}

/// Gathers rows, then checks what only the whole can tell.
class PairCollector {
  public:
    PairCollector(std::string name, const ReadPairsOptions& options)
        : name_(std::move(name)), options_(options) {
        check_options(options);
    }

    const ReadPairsOptions& options() const { return options_; }

    void add(ContrastPair pair, const std::string& split) {
        if (pair.value.empty()) {
            if (options_.value.empty()) {
                throw Error(ErrorKind::input, "has no field 'value'", file_line(name_, pair.line),
                            "add it, or name the value when reading");
            }
            pair.value = options_.value;
        }
        if (pair.id.empty()) pair.id = pair.value + "-" + std::to_string(pair.line);
        check_new_id(ids_, pair.id, name_, pair.line);
        if (pair.positive == pair.negative) {
            throw Error(ErrorKind::input, "fields 'positive' and 'negative' are the same text",
                        file_line(name_, pair.line), "the two sides must differ in the value");
        }
        pair.group = pair.scene.empty() ? pair.id : pair.scene;
        const std::optional<Split> said = split_of(split, name_, pair.line);
        if (said) {
            const auto [place, fresh] = said_.try_emplace(pair.group, *said);
            if (!fresh && place->second != *said) {
                throw Error(ErrorKind::input,
                            "scene " + in_quotes(pair.group) + " is in both splits",
                            file_line(name_, pair.line), "keep all its pairs in one split");
            }
        }
        pairs_.push_back(std::move(pair));
    }

    std::vector<ContrastPair> finish() {
        if (pairs_.empty()) {
            throw Error(ErrorKind::input, "holds no pairs", name_, "is this the right file?");
        }
        divide();
        std::vector<ContrastPair> kept;
        for (ContrastPair& pair : pairs_) {
            if (options_.value.empty() || pair.value == options_.value) kept.push_back(pair);
        }
        if (kept.empty()) fail_unknown_value();
        if (kept.size() < options_.min_pairs) {
            throw Error(ErrorKind::input,
                        "holds " + std::to_string(kept.size()) + " pairs" +
                            (options_.value.empty() ? "" : " of '" + options_.value + "'") +
                            ", at least " + std::to_string(options_.min_pairs) + " are needed",
                        name_, "add pairs");
        }
        return kept;
    }

  private:
    /// Gives every pair its split. Groups that no row assigns are drawn per value, so that the
    /// split of a value does not depend on what else is in the file.
    void divide() {
        std::map<std::string, std::vector<std::string>> open;  // value -> groups, file order
        std::map<std::string, std::size_t> size, total;        // of a group; open, of a value
        std::map<std::string, std::string> owner;              // group -> value of its first row
        for (const ContrastPair& pair : pairs_) {
            if (said_.contains(pair.group)) continue;
            const auto [place, fresh] = owner.try_emplace(pair.group, pair.value);
            if (fresh) open[pair.value].push_back(pair.group);
            ++size[pair.group];
            ++total[place->second];
        }
        for (auto& [value, groups] : open) {
            core::Rng rng(options_.seed ^
                          std::stoull(core::sha256_hex(value).substr(0, 16), nullptr, 16));
            rng.shuffle(groups);
            const auto wanted = static_cast<std::size_t>(
                std::llround(options_.heldout_fraction * static_cast<double>(total[value])));
            std::size_t held = 0;
            for (const std::string& group : groups) {
                // never all of them: something must be left to learn from
                const bool take = held + size[group] <= wanted && held + size[group] < total[value];
                if (take) held += size[group];
                said_[group] = take ? Split::heldout : Split::learn;
            }
        }
        for (ContrastPair& pair : pairs_) pair.split = said_.at(pair.group);
    }

    [[noreturn]] void fail_unknown_value() const {
        std::set<std::string> names;
        for (const ContrastPair& pair : pairs_) names.insert(pair.value);
        const std::vector<std::string> all(names.begin(), names.end());
        std::string near = core::nearest_names(options_.value, all);
        std::string hint;
        if (!near.empty()) {
            hint = "did you mean " + near + "?";
        } else {
            for (std::size_t i = 0; i < all.size() && i < 10; ++i) {
                hint += (i > 0 ? ", " : "it has ") + all[i];
            }
        }
        throw Error(ErrorKind::not_found, "has no pair of the value " + in_quotes(options_.value),
                    name_, hint);
    }

    std::string name_;
    const ReadPairsOptions& options_;
    std::vector<ContrastPair> pairs_;
    std::set<std::string> ids_;
    std::map<std::string, Split> said_;  // group -> split
};

void add_json(PairCollector& collector, const JsonRow& row) {
    ContrastPair pair;
    pair.line = row.line();
    pair.id = row.optional("id");
    pair.value = collector.options().value.empty() ? row.required("value") : row.optional("value");
    pair.other = row.optional("other");
    pair.scene = row.optional("scene");
    pair.form = row.optional("form");
    pair.person = row.optional("person");
    pair.positive = row.required("positive");
    pair.negative = row.required("negative");
    collector.add(std::move(pair), row.optional("split"));
}

/// The texts of S001's files are wrapped in one more pair of quotes.
std::string unwrapped(std::string text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string::npos) return {};
    const std::size_t last = text.find_last_not_of(" \t\r\n");
    text = text.substr(first, last - first + 1);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
    }
    return text;
}

std::vector<ContrastPair> pairs_of_table(const CsvTable& table, std::string_view name,
                                         const ReadPairsOptions& options) {
    PairCollector collector(std::string(name), options);
    const bool own = table.column("positive") || table.column("negative");
    const char* positive = own ? "positive" : "question_1";
    const char* negative = own ? "negative" : "question_2";
    for (const char* column : {positive, negative}) {
        if (!table.column(column)) {
            throw Error(ErrorKind::input, std::string("has no column '") + column + "'",
                        file_line(name, 1),
                        "wanted: positive and negative, or question_1 and question_2");
        }
    }
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
        const auto cell = [&](const char* column) {
            const std::optional<std::size_t> at = table.column(column);
            if (!at) return std::string();
            const std::string& text = table.rows[i][*at];
            if (text.find('\0') != std::string::npos) {
                throw Error(ErrorKind::input,
                            std::string("field '") + column + "' holds a NUL character",
                            file_line(name, table.lines[i]), "take it out");
            }
            return is_blank(text) ? std::string() : text;
        };
        ContrastPair pair;
        pair.line = table.lines[i];
        pair.id = cell("id");
        pair.value = cell("value");
        pair.other = cell("other");
        pair.scene = cell("scene");
        pair.form = cell("form");
        pair.person = cell("person");
        pair.positive = own ? cell(positive) : unwrapped(cell(positive));
        pair.negative = own ? cell(negative) : unwrapped(cell(negative));
        for (const auto& [column, text] :
             {std::pair{positive, &pair.positive}, std::pair{negative, &pair.negative}}) {
            if (is_blank(*text)) {
                throw Error(ErrorKind::input, std::string("field '") + column + "' is empty",
                            file_line(name, pair.line), "fill it in, or take the line out");
            }
        }
        collector.add(std::move(pair), cell("split"));
    }
    return collector.finish();
}

CsvLimits csv_limits(const ReadPairsOptions& options) {
    CsvLimits limits;
    limits.field_bytes = options.max_line;
    return limits;
}

bool is_csv(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    for (char& c : extension) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return extension == ".csv";
}

}  // namespace

std::string_view split_name(Split split) {
    return split == Split::learn ? "learn" : "heldout";
}

std::vector<ContrastPair> parse_pairs_jsonl(std::string_view text, std::string_view name,
                                            const ReadPairsOptions& options) {
    PairCollector collector(std::string(name), options);
    parse_jsonl(text, name, options.max_line,
                [&](const JsonRow& row) { add_json(collector, row); });
    return collector.finish();
}

std::vector<ContrastPair> parse_pairs_csv(std::string_view text, std::string_view name,
                                          const ReadPairsOptions& options) {
    check_options(options);
    return pairs_of_table(parse_csv(text, name, csv_limits(options)), name, options);
}

std::vector<ContrastPair> read_pairs(const std::filesystem::path& path,
                                     const ReadPairsOptions& options) {
    check_options(options);
    if (is_csv(path)) {
        return pairs_of_table(read_csv(path, csv_limits(options)), path.string(), options);
    }
    PairCollector collector(path.string(), options);
    read_jsonl(path, options.max_line, [&](const JsonRow& row) { add_json(collector, row); });
    return collector.finish();
}

std::vector<ContrastPair> pairs_of(const std::vector<ContrastPair>& pairs, Split split) {
    std::vector<ContrastPair> some;
    for (const ContrastPair& pair : pairs) {
        if (pair.split == split) some.push_back(pair);
    }
    return some;
}

}  // namespace axia::data
