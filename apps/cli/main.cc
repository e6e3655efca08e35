// axia: options -> call -> print.
#include <cstdio>
#include <exception>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "axia/core/files.h"

namespace {

using namespace axia;

int report_error(const cli::App& app, const core::Error& error) {
    app.end_progress();
    if (app.globals.json) {
        nlohmann::ordered_json json;
        json["error"] = {{"kind", core::error_kind_name(error.kind())},
                         {"message", error.message()},
                         {"where", error.where()},
                         {"hint", error.hint()}};
        std::fprintf(stderr, "%s\n", json.dump().c_str());
    } else {
        std::fprintf(stderr, "axia: %s\n", error.what());
    }
    return error.kind() == core::ErrorKind::cancelled ? 130 : core::exit_code(error.kind());
}

/// The command that the words name, and its path: "axia plan show". Throws core::Error{usage} with
/// the nearest names: "axia tun" -> did you mean tune?
std::pair<const CLI::App*, std::string> command_of(const CLI::App& root, int argc, char** argv) {
    const CLI::App* at = &root;
    std::string path = "axia";
    for (int i = 1; i <= argc; ++i) {
        std::vector<std::string> names;
        const CLI::App* next = nullptr;
        const std::string word = i < argc ? argv[i] : "";
        for (const CLI::App* command : at->get_subcommands([](const CLI::App*) { return true; })) {
            names.push_back(command->get_name());
            if (command->get_name() == word) next = command;
        }
        if (names.empty() || word.starts_with("-")) break;
        if (word.empty() && at->get_require_subcommand_min() == 0) break;
        if (word.empty()) {
            std::string list;
            for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
            throw core::Error(core::ErrorKind::usage, "a command is missing", path,
                              "one of " + list);
        }
        if (next == nullptr) {
            const std::string near = core::nearest_names(word, names);
            throw core::Error(
                core::ErrorKind::usage, "'" + word + "' is not a command of " + path, "",
                near.empty() ? path + " --help lists them" : "did you mean " + near + "?");
        }
        at = next;
        path += " " + word;
    }
    return {at, path};
}

void flush_stdout() {
    std::cout.flush();
    if (!std::cout) throw core::Error(core::ErrorKind::io, "writing to stdout failed");
}

}  // namespace

int main(int argc, char** argv) {
    cli::App app(argc, argv);
    cli::install_signal_handlers();
    CLI::App root(
        "Examples:\n"
        "  axia pull smollm2                          get the small model\n"
        "  axia learn security                        pairs -> value vector\n"
        "  axia tune security                         layers and target -> plan\n"
        "  axia ask \"Should I quit my job?\" --steer security=0.99 --compare\n"
        "  axia demo                                  all of it, with a report\n\n"
        "axia finds a value inside an open-weight model, holds the model to it, and measures what "
        "that does.",
        "axia");
    root.set_version_flag("--version", "axia " AXIA_VERSION);
    root.require_subcommand(1);
    root.formatter(cli::help_formatter());
    cli::Commands commands{app, root, {}, {}};
    try {
        app.files.read();
        cli::add_model_commands(commands);
        cli::add_data_commands(commands);
        cli::add_battery_commands(commands);
        cli::add_learn_commands(commands);
        cli::add_plan_commands(commands);
        cli::add_ask_commands(commands);
        cli::add_serve_commands(commands);
        cli::add_keys_commands(commands);
        cli::add_vector_commands(commands);
        cli::add_measure_commands(commands);
        cli::add_run_commands(commands);
        cli::add_report_commands(commands);
        const auto [command_named, path] = command_of(root, argc, argv);
        try {
            root.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            if (error.get_exit_code() != 0) throw cli::usage_error(*command_named, path, error);
            for (const auto& options : commands.options) options->show_environment();
            root.exit(error);
            flush_stdout();
            return 0;
        }
        cli::check_settings(app.files, commands.options);
        for (const auto& options : commands.options) {
            if (options->parsed()) options->apply_settings();
        }
        for (const auto& [command, run] : commands.runs) {
            if (command->parsed() && command->get_subcommands().empty()) {
                run();
                app.end_progress();
                flush_stdout();
                return 0;
            }
        }
        throw core::Error(core::ErrorKind::usage, "a sub-command is missing", "", "see --help");
    } catch (const core::Error& error) {
        return report_error(app, error);
    } catch (const std::exception& error) {
        app.end_progress();
        std::fprintf(stderr, "axia: internal error: %s\n", error.what());
        return 1;
    }
}
