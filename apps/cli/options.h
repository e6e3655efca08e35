// Options declared once: flag, environment (AXIA_<NAME>), project file, user file, default, help.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace axia::cli {

/// Values of `axia.yaml`: top-level `name: value`, or under a command's name for that command only.
class SettingsFiles {
  public:
    /// Reads the project's file (./axia.yaml) and the user's; both may be missing. Throws
    /// core::Error{input} naming file and line.
    void read();

    /// The project's value before the user's, a command's own before the common one.
    const std::string* find(const std::string& command, const std::string& name) const;
    /// Every name that stands in the files and the file it stands in.
    std::vector<std::pair<std::string, std::string>> names() const;

  private:
    void read_one(const std::filesystem::path& path);
    std::map<std::string, std::pair<std::string, std::string>> values_;  // "command/name" -> value, file
};

/// The options of one command.
class Options {
  public:
    Options(CLI::App& command, const SettingsFiles& files) : command_(command), files_(files) {}

    template <typename T>
    CLI::Option* add(const std::string& flag, T& target, const std::string& help) {
        CLI::Option* option = command_.add_option(flag, target, help)->capture_default_str();
        declare(option);
        return option;
    }
    CLI::Option* add_flag(const std::string& flag, bool& target, const std::string& help) {
        CLI::Option* option = command_.add_flag(flag, target, help);
        declare(option);
        return option;
    }

    /// Fills options that neither flag nor environment gave from the settings files.
    void apply_files();

  private:
    void declare(CLI::Option* option);
    CLI::App& command_;
    const SettingsFiles& files_;
    std::vector<CLI::Option*> options_;
};

}  // namespace axia::cli
