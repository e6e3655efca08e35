#include "axia/answers/people.h"

#include <algorithm>
#include <charconv>
#include <set>
#include <tuple>

#include "axia/answers/parse_option.h"
#include "axia/answers/question.h"
#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using data::CsvTable;
using data::Item;
using data::ItemKind;

namespace {

constexpr int most_repeats = 1'000'000;
constexpr std::size_t shown_bytes = 60;

/// An item and its options' letters in each order.
struct Asked {
    Item item;
    std::vector<Question> orders;

    explicit Asked(const Item& i) : item(i) {
        const Wording wording{"", item.kind, Wording::Answer::letter, "{options}", "", ""};
        orders = questions_of(item, {&wording, 1});
    }
};

std::string in_quotes(std::string_view text) {
    std::size_t end = std::min(text.size(), shown_bytes);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return "'" + std::string(text.substr(0, end)) + (end < text.size() ? "...'" : "'");
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

template <typename Number>
std::optional<Number> whole(std::string_view text) {
    Number number{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

class Reader {
  public:
    Reader(const CsvTable& table, std::string_view name, const data::Battery& battery,
           std::string_view arm)
        : table_(table), name_(name), arm_(arm) {
        static const std::vector<std::string> known{"respondent", "item",  "answer",
                                                    "wording",    "order", "repeat"};
        for (const std::string& column : table.header) {
            if (std::find(known.begin(), known.end(), column) != known.end()) continue;
            const std::string near = core::nearest_names(column, known);
            throw Error(ErrorKind::input, "unknown column " + in_quotes(column),
                        core::file_line(name, 1),
                        near.empty() ? "take it out" : "did you mean " + near + "?");
        }
        respondent_ = needed("respondent");
        item_ = needed("item");
        answer_ = needed("answer");
        std::set<std::string> wanted;
        for (const auto& row : table.rows) wanted.emplace(trimmed(row[item_]));
        battery.for_each([&](const Item& item) {
            if (wanted.contains(item.id)) items_.emplace(item.id, Asked(item));
        });
        for (const std::string& id : wanted) {
            if (!items_.contains(id)) fail_unknown(id, battery);
        }
    }

    People read() {
        People people;
        std::set<std::string> respondents;
        std::map<std::tuple<std::string, std::string, std::string, int, int>, std::size_t> seen;
        for (std::size_t row = 0; row < table_.rows.size(); ++row) {
            Record record = read_row(row);
            const auto [first, fresh] = seen.try_emplace(
                {record.respondent, record.item, record.wording, record.order, record.repeat},
                table_.lines[row]);
            if (!fresh) {
                fail(row,
                     in_quotes(record.respondent) + " has answered item " + in_quotes(record.item) +
                         " on line " + std::to_string(first->second),
                     "take one out, or number them in a column 'repeat'");
            }
            if (respondents.insert(record.respondent).second) {
                people.respondents.push_back(record.respondent);
            }
            people.by_item[record.item].push_back(std::move(record));
        }
        return people;
    }

  private:
    std::size_t needed(const char* column) const {
        const std::optional<std::size_t> found = table_.column(column);
        if (!found) {
            throw Error(ErrorKind::input, "has no column '" + std::string(column) + "'",
                        core::file_line(name_, 1), "add it");
        }
        return *found;
    }

    [[noreturn]] void fail(std::size_t row, const std::string& what,
                           const std::string& hint) const {
        throw Error(ErrorKind::input, what, core::file_line(name_, table_.lines[row]), hint);
    }

    [[noreturn]] void fail_unknown(const std::string& id, const data::Battery& battery) const {
        std::vector<std::string> ids;
        battery.for_each([&](const Item& item) { ids.push_back(item.id); });
        const std::string near = core::nearest_names(id, ids);
        std::size_t row = 0;
        while (trimmed(table_.rows[row][item_]) != id) ++row;
        fail(row, "the battery has no item " + in_quotes(id),
             near.empty() ? "axia batteries show lists them" : "did you mean " + near + "?");
    }

    std::string_view cell(std::size_t row, std::size_t column) const {
        return trimmed(table_.rows[row][column]);
    }
    std::string_view cell(std::size_t row, const char* column) const {
        const std::optional<std::size_t> found = table_.column(column);
        return found ? cell(row, *found) : std::string_view();
    }
    int number(std::size_t row, const char* column, int end) const {
        const std::string_view text = cell(row, column);
        if (text.empty()) return 0;
        const std::optional<int> found = whole<int>(text);
        if (!found || *found < 0 || *found >= end) {
            fail(row,
                 std::string(column) + " " + in_quotes(text) + " is not a number of 0 to " +
                     std::to_string(end - 1),
                 "0 stands for the item's own");
        }
        return *found;
    }

    Record read_row(std::size_t row) const {
        const Asked& asked = items_.at(std::string(cell(row, item_)));
        const Item& item = asked.item;
        if (item.kind == ItemKind::likelihood) {
            throw Error(
                ErrorKind::unsupported,
                "item " + in_quotes(item.id) + " compares likelihoods, which people have not",
                core::file_line(name_, table_.lines[row]));
        }
        Record record;
        record.item = item.id;
        record.arm = arm_;
        record.respondent = cell(row, respondent_);
        if (record.respondent.empty()) fail(row, "has no respondent", "number them at least");
        record.wording = cell(row, "wording");
        if (record.wording.empty()) record.wording = "people";
        record.order = number(row, "order", static_cast<int>(asked.orders.size()));
        record.repeat = number(row, "repeat", most_repeats);
        record.how = How::person;
        const std::string_view answer = cell(row, answer_);
        if (answer.empty()) {
            record.reason = "a blank answer";
        } else if (item.kind == ItemKind::free) {
            record.text = answer;
        } else {
            const std::optional<std::size_t> option =
                option_of(item, asked.orders[static_cast<std::size_t>(record.order)], answer);
            if (!option) fail_answer(row, item, answer);
            record.p.assign(item.options.size(), 0);
            record.p[*option] = 1;
        }
        return record;
    }

    static std::vector<std::string> texts_of(const Item& item) {
        std::vector<std::string> texts;
        for (const data::ItemOption& option : item.options) texts.push_back(option.text);
        return texts;
    }

    static std::optional<std::size_t> option_of(const Item& item, const Question& question,
                                                std::string_view answer) {
        const std::vector<std::string>& letters = question.answers;
        if (const auto option = parse_option(answer, texts_of(item), letters)) return option;
        for (std::size_t option = 0; option < item.options.size(); ++option) {
            const bool named = item.kind == ItemKind::rating
                                   ? whole<double>(answer) == item.options[option].score
                                   : whole<int>(answer) == letters[option][0] - 'A' + 1;
            if (named) return option;
        }
        return std::nullopt;
    }

    [[noreturn]] void fail_answer(std::size_t row, const Item& item,
                                  std::string_view answer) const {
        const std::vector<std::string> texts = texts_of(item);
        const std::string near = core::nearest_names(answer, texts);
        fail(row, in_quotes(answer) + " is none of the answers to item " + in_quotes(item.id),
             near.empty() ? "its first is " + in_quotes(texts[0]) : "did you mean " + near + "?");
    }

    const CsvTable& table_;
    std::string name_, arm_;
    std::size_t respondent_ = 0, item_ = 0, answer_ = 0;
    std::map<std::string, Asked> items_;
};

}  // namespace

std::span<const Record> People::answers(const std::string& item) const {
    const auto found = by_item.find(item);
    return found == by_item.end() ? std::span<const Record>() : found->second;
}

People read_people(const std::filesystem::path& csv, const data::Battery& battery,
                   std::string_view arm) {
    const CsvTable table = data::read_csv(csv);
    return Reader(table, csv.string(), battery, arm).read();
}

People parse_people(std::string_view csv, std::string_view name, const data::Battery& battery,
                    std::string_view arm) {
    const CsvTable table = data::parse_csv(csv, name);
    return Reader(table, name, battery, arm).read();
}

}  // namespace axia::answers
