// The check of a whole value system, and the checks as JSON.
#include <nlohmann/json.hpp>
#include <set>

#include "axia/core/error.h"
#include "axia/data/check.h"
#include "data/jsonl.h"

namespace axia::data {

using core::Error;
using core::file_line;
using nlohmann::ordered_json;

namespace {

void check_other(const ValueSystem& system, const std::string& file, std::size_t line,
                 const std::string& value, const std::string& other,
                 std::vector<std::string>& problems) {
    if (other == value) {
        problems.push_back(file_line(file, line) + ": other is the same value, " +
                           in_quotes(other));
    } else if (!system.has(other)) {
        problems.push_back(file_line(file, line) + ": other is " + in_quotes(other) +
                           ", which is no value of the system");
    }
}

PairCheck check_value(const ValueSystem& system, const Value& value, CheckOptions options) {
    options.file = system.pairs_file(value.id).string();
    PairCheck check;
    try {
        const std::vector<ContrastPair> pairs = read_pairs(options.file);
        check = check_pairs(pairs, options);
        for (const ContrastPair& pair : pairs) {
            if (pair.value != value.id && check.value == pair.value) {
                check.problems.push_back(file_line(options.file, pair.line) + ": value is " +
                                         in_quotes(pair.value) + " in the file of " +
                                         in_quotes(value.id));
            }
            if (!pair.other.empty() && pair.other != pair.value) {
                check_other(system, options.file, pair.line, pair.value, pair.other,
                            check.problems);
            }
        }
    } catch (const Error& error) {
        check.problems.emplace_back(error.what());
    }
    check.value = value.id;
    return check;
}

void check_dilemmas(const ValueSystem& system, const Value& value, const CheckOptions& options,
                    std::vector<std::string>& problems) {
    const std::string file = system.dilemmas_file(value.id).string();
    const std::vector<Dilemma> dilemmas = system.dilemmas(value.id);
    if (dilemmas.size() < options.min_dilemmas) {
        problems.push_back(file + ": holds " + std::to_string(dilemmas.size()) +
                           " dilemmas, at least " + std::to_string(options.min_dilemmas) +
                           " are wanted");
    }
    std::set<std::string> situations;
    for (const Dilemma& dilemma : dilemmas) {
        check_other(system, file, dilemma.line, dilemma.value, dilemma.other, problems);
        if (!situations.insert(dilemma.situation).second) {
            problems.push_back(file_line(file, dilemma.line) +
                               ": the situation stands on an earlier line too");
        }
    }
}

ordered_json index_json(const BiasIndex& index) {
    return {{"accuracy", index.accuracy}, {"ci", {index.ci.lo, index.ci.hi}}};
}

ordered_json pair_json(const PairCheck& check) {
    ordered_json cues = ordered_json::array();
    for (const CueWord& cue : check.cues) {
        cues.push_back({{"word", cue.word},
                        {"weight", cue.weight},
                        {"positive", cue.positive},
                        {"negative", cue.negative}});
    }
    return {{"value", check.value},
            {"pairs", check.pairs},
            {"learn", check.learn},
            {"heldout", check.heldout},
            {"problems", check.problems},
            {"warnings", check.warnings},
            {"length_only", index_json(check.length_only)},
            {"bag_of_words", index_json(check.bag_of_words)},
            {"bag_of_words_paired", check.bag_of_words_paired},
            {"mean_length_ratio", check.mean_length_ratio},
            {"persons", check.persons},
            {"forms", check.forms},
            {"others", check.others},
            {"cues", cues}};
}

std::string dumped(const ordered_json& json) {
    return json.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

}  // namespace

std::size_t SystemCheck::problem_count() const {
    std::size_t count = problems.size();
    for (const PairCheck& check : values) count += check.problems.size();
    return count;
}

SystemCheck check_value_system(const ValueSystem& system, const CheckOptions& options) {
    CheckOptions named = options;
    for (const Value& value : system.values) {
        named.value_words.push_back(value.id);
        named.value_words.push_back(value.name);
    }
    SystemCheck check;
    const auto attempt = [&](const auto& work) {
        try {
            work();
        } catch (const Error& error) {
            check.problems.emplace_back(error.what());
        }
    };
    for (const Value& value : system.values) {
        check.values.push_back(check_value(system, value, named));
        attempt([&] { check_dilemmas(system, value, options, check.problems); });
    }
    attempt([&] { system.neutral_prompts(); });
    attempt([&] { system.neutral_texts(); });
    attempt([&] { system.controls(); });
    return check;
}

std::string to_json(const PairCheck& check) {
    ordered_json json = {{"schema", "axia.pair-check"}, {"version", 1}};
    json.update(pair_json(check));
    return dumped(json);
}

std::string to_json(const SystemCheck& check) {
    ordered_json json = {{"schema", "axia.data-check"},
                         {"version", 1},
                         {"problem_count", check.problem_count()},
                         {"problems", check.problems},
                         {"values", ordered_json::array()}};
    for (const PairCheck& one : check.values) json["values"].push_back(pair_json(one));
    return dumped(json);
}

}  // namespace axia::data
