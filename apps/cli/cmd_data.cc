// axia data check
#include <iostream>

#include "app.h"
#include "axia/core/error.h"
#include "axia/data/check.h"
#include "output.h"

namespace axia::cli {

void add_data_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* data = commands.group("data", "Check contrast pairs and value systems.",
                                    "  axia data check values/schwartz");
    auto [command, options] = commands.add(
        *data, "check",
        "Duplicates, leaks between splits, length and person imbalance, and how much surface alone "
        "(length, single words) tells the two sides apart.",
        "  axia data check values/schwartz\n  axia data check my-pairs.jsonl", false);
    static std::string path;
    command->add_option("path", path,
                        "Folder of a value system, or a file of pairs (default: the system)");
    commands.on(command, [&app] {
        data::SystemCheck check;
        std::error_code code;
        if (path.empty() || std::filesystem::is_directory(path, code)) {
            check = data::check_value_system(path.empty() ? app.system()
                                                          : data::read_value_system(path));
        } else {
            data::CheckOptions options_check;
            options_check.file = path;
            check.values.push_back(data::check_pairs(data::read_pairs(path), options_check));
        }
        if (app.globals.json) {
            std::cout << data::to_json(check);
        } else {
            Table table({"value", "pairs", "learn", "held out", "length only", "bag of words",
                         "problems", "cue words (positive:negative)"});
            for (const data::PairCheck& value : check.values) {
                std::string cues;
                for (std::size_t i = 0; i < std::min<std::size_t>(4, value.cues.size()); ++i) {
                    const data::CueWord& cue = value.cues[i];
                    cues += (i > 0 ? ", " : "") + cue.word + " " + std::to_string(cue.positive) +
                            ":" + std::to_string(cue.negative);
                }
                const auto index = [](const data::BiasIndex& b) {
                    return number(b.accuracy, 2) + " [" + number(b.ci.lo, 2) + ", " +
                           number(b.ci.hi, 2) + "]";
                };
                table.add({value.value, std::to_string(value.pairs), std::to_string(value.learn),
                           std::to_string(value.heldout), index(value.length_only),
                           index(value.bag_of_words), std::to_string(value.problems.size()), cues});
            }
            std::cout << table.text();
            for (const std::string& problem : check.problems) std::cout << problem << "\n";
            for (const data::PairCheck& value : check.values) {
                for (const std::string& problem : value.problems) std::cout << problem << "\n";
            }
            std::cout.flush();
            for (const data::PairCheck& value : check.values) {
                for (const std::string& warning : value.warnings) app.say("warning: " + warning);
            }
        }
        if (check.problem_count() > 0) {
            throw core::Error(core::ErrorKind::input,
                              std::to_string(check.problem_count()) + " problems in the data");
        }
    });
}

}  // namespace axia::cli
