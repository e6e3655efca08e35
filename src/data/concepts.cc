#include "axia/data/concepts.h"

#include <map>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery_sets.h"
#include "data/jsonl.h"

namespace axia::data {

namespace {

constexpr std::size_t max_line = 64 << 10;

}  // namespace

std::vector<Concept> parse_concepts(std::string_view text, std::string_view name) {
    std::vector<Concept> concepts;
    std::set<std::string> ids;
    parse_jsonl(text, name, max_line, [&](const JsonRow& row) {
        row.only({"id", "domain", "text", "unit"});
        Concept one;
        one.id = row.required("id");
        one.domain = row.optional("domain");
        one.text = row.required("text");
        one.unit = row.required("unit");
        one.line = row.line();
        check_new_id(ids, one.id, name, row.line());
        concepts.push_back(std::move(one));
    });
    return concepts;
}

std::vector<Concept> read_concepts(const std::filesystem::path& file) {
    return parse_concepts(core::read_file(file, 1 << 24), file.string());
}

std::vector<ComparedOption> parse_options(std::string_view text, std::string_view name) {
    std::vector<ComparedOption> options;
    std::set<std::string> ids;
    std::map<std::string, std::size_t> lines;
    parse_jsonl(text, name, max_line, [&](const JsonRow& row) {
        row.only({"id", "category", "text", "good", "amount"});
        ComparedOption option;
        option.id = row.optional("id");
        if (option.id.empty()) option.id = "option-" + std::to_string(row.line());
        option.category = row.optional("category");
        option.text = row.required("text");
        option.good = row.optional("good");
        option.amount = row.number("amount", 0);
        if (option.good.empty() != (row.find("amount") == nullptr)) {
            row.fail("good and amount go together", "so much of something, or neither");
        }
        if (!option.good.empty() && option.amount <= 0) {
            row.fail("amount is not above 0", "leave out good and amount where there is none");
        }
        check_new_id(ids, option.id, name, row.line());
        const auto [known, fresh] = lines.try_emplace(option.text, row.line());
        if (!fresh) {
            row.fail("text stands on line " + std::to_string(known->second) + " already",
                     "take one out");
        }
        options.push_back(std::move(option));
    });
    if (options.size() < 3) {
        throw core::Error(core::ErrorKind::input,
                          "holds " + std::to_string(options.size()) + " options", std::string(name),
                          "at least 3 are wanted");
    }
    return options;
}

std::vector<ComparedOption> read_options(const std::filesystem::path& file) {
    const std::string text = core::read_file(file, 1 << 24);
    const nlohmann::json whole = nlohmann::json::parse(text, nullptr, false);
    if (!whole.is_object() || (whole.contains("text") && whole["text"].is_string())) {
        return parse_options(text, file.string());
    }
    std::vector<ComparedOption> options;
    for (Outcome& outcome : read_outcomes(file)) {
        options.push_back(
            {std::move(outcome.id), std::move(outcome.category), std::move(outcome.text), "", 0});
    }
    return options;
}

}  // namespace axia::data
