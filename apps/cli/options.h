// Options declared once: flag, environment (AXIA_<NAME>), project file, user file, default, help.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "axia/core/error.h"

namespace axia::cli {

/// Values of `axia.yaml`: top-level `name: value`, or under a command's name for that command only.
class SettingsFiles {
  public:
    /// Reads the project's file (./axia.yaml) and the user's; both may be missing. Throws
    /// core::Error{input} naming file and line.
    void read();

    struct Setting {
        std::string command, name, value;  // command empty = of every command that has the option
        std::string where;                 // file:line
    };
    /// The project's value before the user's; in one file a command's own before the common one.
    const Setting* find(const std::string& command, const std::string& name) const;
    const std::vector<Setting>& all() const { return settings_; }

  private:
    void read_one(const std::filesystem::path& path);
    std::vector<Setting> settings_;  // the project's first, in each file commands' own first
};

/// The options of one command.
class Options {
  public:
    Options(CLI::App& command, const SettingsFiles& files) : command_(command), files_(files) {}

    /// "ask", "plan show"
    std::string path() const;
    /// And no command below it.
    bool parsed() const { return command_.parsed() && command_.get_subcommands().empty(); }
    bool has(const std::string& name) const;
    std::vector<std::string> names() const;

    template <typename T>
    CLI::Option* add(const std::string& flag, T& target, const std::string& help) {
        CLI::Option* option = command_.add_option(flag, target, help);
        // an empty list has no default worth showing
        if constexpr (!requires { typename T::value_type; } || std::is_same_v<T, std::string>) {
            option->capture_default_str();
        }
        declare(option);
        return option;
    }
    CLI::Option* add_flag(const std::string& flag, bool& target, const std::string& help) {
        CLI::Option* option = command_.add_flag(flag, target, help);
        declare(option);
        return option;
    }

    /// Names the environment variables in the help. Not before parsing: CLI11 would read them for
    /// every command, and the commands share their targets.
    void show_environment();

    /// Fills options that no flag gave from the environment, then from the settings files. Throws
    /// core::Error{input} naming the variable, or file and line.
    void apply_settings();

  private:
    void apply(CLI::Option& option, const std::string& value, const std::string& where);
    void declare(CLI::Option* option) { options_.push_back(option); }
    CLI::App& command_;
    const SettingsFiles& files_;
    std::vector<CLI::Option*> options_;
};

/// Throws core::Error{input} for a setting that no command has, with the nearest names.
void check_settings(const SettingsFiles& files,
                    const std::vector<std::unique_ptr<Options>>& options);

/// A parse error of `command` in our words.
core::Error usage_error(const CLI::App& command, const std::string& path,
                        const CLI::ParseError& error);

/// Help that begins with examples and lists commands in one line each.
std::shared_ptr<CLI::Formatter> help_formatter();

}  // namespace axia::cli
