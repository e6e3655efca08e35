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

/// "axia tun" -> did you mean tune?
std::string unknown_command(const CLI::App& root, int argc, char** argv) {
    std::vector<std::string> names;
    for (const CLI::App* command : root.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(command->get_name());
    }
    if (argc > 1 && argv[1][0] != '-' &&
        std::find(names.begin(), names.end(), argv[1]) == names.end()) {
        const std::string near = core::nearest_names(argv[1], names);
        return std::string("'") + argv[1] + "' is not a command" +
               (near.empty() ? " (axia --help lists them)" : "; did you mean " + near + "?");
    }
    return {};
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
    cli::Commands commands{app, root, {}, {}};
    try {
        app.files.read();
        cli::add_model_commands(commands);
        cli::add_data_commands(commands);
        cli::add_learn_commands(commands);
        cli::add_plan_commands(commands);
        cli::add_ask_commands(commands);
        cli::add_vector_commands(commands);
        cli::add_report_commands(commands);
        if (const std::string text = unknown_command(root, argc, argv); !text.empty()) {
            throw core::Error(core::ErrorKind::usage, text);
        }
        try {
            root.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            if (error.get_exit_code() == 0) return root.exit(error);
            throw core::Error(core::ErrorKind::usage, error.what(), "", "see --help");
        }
        for (const auto& options : commands.options) options->apply_files();
        for (const auto& [command, run] : commands.runs) {
            if (command->parsed()) {
                run();
                app.end_progress();
                std::cout.flush();
                if (!std::cout) throw core::Error(core::ErrorKind::io, "writing to stdout failed");
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
