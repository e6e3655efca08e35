#include "axia/answers/export.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <ostream>
#include <set>
#include <tuple>

#include "axia/answers/journal.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"

namespace axia::answers {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

std::string digits(double value) {
    std::array<char, 32> text{};
    const auto end =
        std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, 9);
    return {text.data(), end.ptr};
}

/// A field after RFC 4180.
std::string quoted(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string field = "\"";
    for (const char c : text) field += c == '"' ? std::string("\"\"") : std::string(1, c);
    return field + "\"";
}

constexpr std::string_view csv_header =
    "item,arm,wording,order,repeat,respondent,how,option,log_probability,tokens,bytes,p,invalid,"
    "rating,text,reason\n";

void write_csv(std::ostream& out, const Record& record) {
    const std::string head = quoted(record.item) + "," + quoted(record.arm) + "," +
                             quoted(record.wording) + "," + std::to_string(record.order) + "," +
                             std::to_string(record.repeat) + "," + quoted(record.respondent) + "," +
                             std::string(how_name(record.how)) + ",";
    const std::string tail = digits(record.invalid) + "," +
                             (record.rating >= 0 ? digits(record.rating) : "") + "," +
                             quoted(record.text) + "," + quoted(record.reason) + "\n";
    const std::size_t options = std::max(record.options.size(), record.p.size());
    if (options == 0) out << head << ",,,,," << tail;
    for (std::size_t i = 0; i < options; ++i) {
        out << head << i << ",";
        if (i < record.options.size()) {
            const OptionScore& score = record.options[i];
            out << digits(score.sum) << "," << score.tokens << "," << score.bytes << ",";
        } else {
            out << ",,,";
        }
        out << (i < record.p.size() ? digits(record.p[i]) : "") << "," << tail;
    }
}

/// Samples as lm-evaluation-harness logs them: one object a question and arm, every inner value of
/// `resps` as text. The same question under several arms has one doc_id.
class LmEvalWriter {
  public:
    LmEvalWriter(std::ostream& out, const CorrectOption& correct) : out_(out), correct_(correct) {}

    void operator()(const JournalEntry& entry) {
        const Record& record = entry.record;
        const ordered_json request = ordered_json::parse(entry.request, nullptr, false);
        std::vector<std::string> answers;
        std::string message, lead;
        try {
            message = request.at("message").get<std::string>();
            lead = request.value("lead", "");
            answers = request.value("answers", answers);
        } catch (const ordered_json::exception&) {
            throw Error(ErrorKind::input, "has no question that can be read",
                        "answer " + entry.key);
        }
        ordered_json doc;
        doc["item"] = record.item;
        doc["wording"] = record.wording;
        doc["order"] = record.order;
        doc["repeat"] = record.repeat;
        doc["message"] = message;
        doc["lead"] = lead;
        doc["answers"] = answers;

        ordered_json sample;
        sample["doc_id"] = id_of(record);
        sample["doc"] = doc;
        const std::optional<std::size_t> right =
            correct_ && !answers.empty() ? correct_(record.item) : std::nullopt;
        const std::string target = right ? std::to_string(*right) : "";
        sample["target"] = target;
        sample["arm"] = record.arm;
        for (const char* name : {"system", "plan"}) {
            if (request.contains(name)) sample[name] = request[name];
        }
        if (!record.reason.empty()) sample["reason"] = record.reason;
        sample["arguments"] = ordered_json::object();
        std::vector<std::string> metrics{"invalid"};
        if (record.options.empty()) {
            const std::string said = said_by(record, answers);
            sample["arguments"]["gen_args_0"] = {{"arg_0", message},
                                                 {"arg_1", ordered_json::object()}};
            sample["resps"] = {{said}};
            sample["filtered_resps"] = {said};
        } else {
            sample["resps"] = ordered_json::array();
            sample["filtered_resps"] = ordered_json::array();
            for (std::size_t i = 0; i < record.options.size(); ++i) {
                sample["arguments"]["gen_args_" + std::to_string(i)] = {
                    {"arg_0", message}, {"arg_1", lead + (i < answers.size() ? answers[i] : "")}};
                // whether it is the likeliest text of all is not known
                const std::vector<std::string> score{digits(record.options[i].sum), "None"};
                sample["resps"].push_back(ordered_json::array({score}));
                sample["filtered_resps"].push_back(score);
            }
        }
        sample["filter"] = "none";
        if (right && !record.p.empty()) metrics.insert(metrics.begin(), "acc");
        sample["metrics"] = metrics;
        sample["doc_hash"] = core::sha256_hex(doc.dump());
        sample["prompt_hash"] = core::sha256_hex(message);
        sample["target_hash"] = core::sha256_hex(target);
        if (right && !record.p.empty()) sample["acc"] = likeliest(record) == *right ? 1 : 0;
        sample["invalid"] = record.invalid;
        out_ << sample.dump() << "\n";
    }

  private:
    static std::size_t likeliest(const Record& record) {
        return static_cast<std::size_t>(std::max_element(record.p.begin(), record.p.end()) -
                                        record.p.begin());
    }
    static std::string said_by(const Record& record, const std::vector<std::string>& answers) {
        if (record.p.empty()) return record.text;
        const std::size_t best = likeliest(record);
        return best < answers.size() ? answers[best] : record.text;
    }
    std::size_t id_of(const Record& record) {
        if (record.item != item_) questions_.clear();
        item_ = record.item;
        const auto [found, fresh] =
            questions_.try_emplace({record.wording, record.order, record.repeat}, next_);
        if (fresh) ++next_;
        return found->second;
    }

    std::ostream& out_;
    const CorrectOption& correct_;
    std::string item_;  // entries of one item follow each other
    std::map<std::tuple<std::string, int, int>, std::size_t> questions_;
    std::size_t next_ = 0;
};

}  // namespace

ExportFormat parse_export_format(std::string_view name) {
    if (name == "jsonl") return ExportFormat::jsonl;
    if (name == "csv") return ExportFormat::csv;
    if (name == "lm-eval") return ExportFormat::lm_eval;
    if (name == "parquet") {
        throw Error(ErrorKind::unsupported, "this build writes no Parquet", "format",
                    "export csv and convert it, with duckdb or pyarrow for instance");
    }
    throw Error(ErrorKind::usage, "'" + std::string(name) + "' is not known", "format",
                "it can be jsonl, csv, lm-eval");
}

void export_answers(const fs::path& folder, ExportFormat format, std::ostream& out,
                    const CorrectOption& correct) {
    const auto check = [&] {
        if (!out) throw Error(ErrorKind::io, "writing the answers failed");
    };
    const auto write = [&](const Record& record) {
        if (format == ExportFormat::csv) {
            write_csv(out, record);
        } else {
            out << to_json_line(record) << "\n";
        }
        check();
    };
    const fs::path results = folder / "answers.jsonl";
    const auto read_results = [&](const std::function<void(const Record&)>& use) {
        core::read_lines(
            results,
            [&](std::string_view line, std::size_t number) {
                use(parse_record(line, core::file_line(results.string(), number)));
            },
            std::size_t{16} << 20);
    };
    std::error_code code;
    if (format == ExportFormat::csv) out << csv_header;
    if (format == ExportFormat::lm_eval) {
        // a journal holds the answers to controls too
        std::set<std::string> items;
        const bool finished = fs::is_regular_file(results, code);
        if (finished) read_results([&](const Record& record) { items.insert(record.item); });
        LmEvalWriter writer(out, correct);
        Journal(folder, Journal::Mode::read).for_each([&](const JournalEntry& entry) {
            if (finished && !items.contains(entry.record.item)) return;
            writer(entry);
            check();
        });
    } else if (fs::is_regular_file(results, code)) {
        read_results(write);
    } else {
        Journal(folder, Journal::Mode::read).for_each([&](const JournalEntry& entry) {
            write(entry.record);
        });
    }
}

}  // namespace axia::answers
