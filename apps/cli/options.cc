#include "options.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;

void SettingsFiles::read() {
    read_one("axia.yaml");
    read_one(core::config_folder() / "axia.yaml");
}

void SettingsFiles::read_one(const std::filesystem::path& path) {
    std::error_code code;
    if (!std::filesystem::exists(path, code)) return;
    YAML::Node root;
    try {
        root = YAML::Load(core::read_file(path, 1 << 20));
    } catch (const YAML::Exception& error) {
        throw Error(ErrorKind::input, error.msg,
                    core::file_line(path.string(), static_cast<std::size_t>(error.mark.line) + 1));
    }
    if (root.IsNull()) return;
    if (!root.IsMap()) {
        throw Error(ErrorKind::input, "is not a list of `name: value` lines", path.string());
    }
    std::vector<Setting> own, common;
    const auto put = [&](const std::string& command, const std::string& name,
                         const YAML::Node& value) {
        const std::string where =
            core::file_line(path.string(), static_cast<std::size_t>(value.Mark().line) + 1);
        if (!value.IsScalar()) {
            throw Error(ErrorKind::input, "'" + name + "' is not a plain value", where);
        }
        (command.empty() ? common : own).push_back({command, name, value.Scalar(), where});
    };
    for (const auto& entry : root) {
        const auto name = entry.first.as<std::string>();
        if (entry.second.IsMap()) {
            for (const auto& inner : entry.second) {
                put(name, inner.first.as<std::string>(), inner.second);
            }
        } else {
            put("", name, entry.second);
        }
    }
    settings_.insert(settings_.end(), own.begin(), own.end());
    settings_.insert(settings_.end(), common.begin(), common.end());
}

const SettingsFiles::Setting* SettingsFiles::find(const std::string& command,
                                                  const std::string& name) const {
    for (const Setting& setting : settings_) {
        if (setting.name == name && (setting.command.empty() || setting.command == command)) {
            return &setting;
        }
    }
    return nullptr;
}

namespace {

std::string variable_of(const CLI::Option& option) {
    std::string name = option.get_lnames().empty() ? "" : "AXIA_" + option.get_lnames()[0];
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    return name;
}

}  // namespace

void Options::show_environment() {
    for (CLI::Option* option : options_) option->envname(variable_of(*option));
}

std::string Options::path() const {
    std::string path = command_.get_name();
    for (const CLI::App* parent = command_.get_parent();
         parent != nullptr && parent->get_parent() != nullptr; parent = parent->get_parent()) {
        path = parent->get_name() + " " + path;
    }
    return path;
}

std::vector<std::string> Options::names() const {
    std::vector<std::string> names;
    for (const CLI::Option* option : options_) {
        if (!option->get_lnames().empty()) names.push_back(option->get_lnames()[0]);
    }
    return names;
}

bool Options::has(const std::string& name) const {
    const std::vector<std::string> known = names();
    return std::find(known.begin(), known.end(), name) != known.end();
}

void Options::apply(CLI::Option& option, const std::string& value, const std::string& where) {
    try {
        option.add_result(value);
        option.run_callback();
    } catch (const CLI::Error&) {
        throw Error(ErrorKind::input,
                    "'" + value + "' does not suit the option " + option.get_name(), where,
                    "see axia " + path() + " --help");
    }
}

void Options::apply_settings() {
    for (CLI::Option* option : options_) {
        if (option->count() > 0 || option->get_lnames().empty()) continue;
        const std::string variable = variable_of(*option);
        const char* given = std::getenv(variable.c_str());
        if (given != nullptr && *given != '\0') {
            apply(*option, given, variable);
        } else if (const auto* setting = files_.find(path(), option->get_lnames()[0])) {
            apply(*option, setting->value, setting->where);
        }
    }
}

void check_settings(const SettingsFiles& files,
                    const std::vector<std::unique_ptr<Options>>& options) {
    for (const SettingsFiles::Setting& setting : files.all()) {
        std::vector<std::string> commands, names;
        for (const auto& each : options) {
            commands.push_back(each->path());
            if (!setting.command.empty() && each->path() != setting.command) continue;
            const std::vector<std::string> more = each->names();
            names.insert(names.end(), more.begin(), more.end());
        }
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        if (std::find(names.begin(), names.end(), setting.name) != names.end()) continue;
        const bool command_known =
            setting.command.empty() ||
            std::find(commands.begin(), commands.end(), setting.command) != commands.end();
        const std::string& word = command_known ? setting.name : setting.command;
        const std::string near = core::nearest_names(word, command_known ? names : commands);
        throw Error(ErrorKind::input,
                    "'" + word + "' is not " + (command_known ? "a setting" : "a command"),
                    setting.where,
                    near.empty() ? "axia --help lists commands, axia COMMAND --help their options"
                                 : "did you mean " + near + "?");
    }
}

Error usage_error(const CLI::App& command, const std::string& path, const CLI::ParseError& error) {
    const std::string help = "see " + path + " --help";
    std::string text = error.what();
    const auto usage = [](const std::string& what, const std::string& where,
                          const std::string& hint) {
        return Error(ErrorKind::usage, what, where, hint);
    };
    if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
        const std::vector<std::string> extras = command.remaining();
        const auto flag = std::find_if(extras.begin(), extras.end(), [](const std::string& word) {
            return word.size() > 1 && word[0] == '-';
        });
        if (flag == extras.end()) {
            return usage(
                "'" + (extras.empty() ? std::string() : extras[0]) + "' is one word too many", "",
                "put a text of several words in quotes; " + help);
        }
        const std::string word = flag->substr(0, flag->find('='));
        std::vector<std::string> names;
        for (const CLI::Option* option : command.get_options()) {
            for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
        }
        const std::string near = core::nearest_names(word, names);
        return usage("'" + word + "' is not an option of " + path, "",
                     near.empty() ? help : "did you mean " + near + "?");
    }
    if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
        // "Could not convert: --threads = abc"
        const std::size_t colon = text.find(": "), equals = text.find(" = ");
        if (colon != std::string::npos && equals != std::string::npos) {
            return usage("'" + text.substr(equals + 3) + "' is not a usable value",
                         text.substr(colon + 2, equals - colon - 2), help);
        }
    }
    if (const std::size_t at = text.find(" is required"); at != std::string::npos) {
        return usage(text.substr(0, at) + " is missing", "", help);
    }
    // "--ctx: Value 3 not in range 64 to 1048576"
    if (const std::size_t at = text.find(": Value "); at != std::string::npos) {
        std::string what = text.substr(at + 8);
        if (const std::size_t range = what.find(" not in range "); range != std::string::npos) {
            what.replace(range, 14, " is not within ");
        }
        return usage(what, text.substr(0, at), help);
    }
    // "--model: 1 required TEXT missing"
    if (const std::size_t at = text.find(": 1 required "); at != std::string::npos) {
        return usage("needs a value", text.substr(0, at), help);
    }
    text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
    return usage(text, "", help);
}

namespace {

class HelpFormatter : public CLI::Formatter {
  public:
    // the first sentence of what follows the examples
    std::string make_subcommand(const CLI::App* command) const override {
        std::string text = command->get_description();
        if (const std::size_t at = text.rfind("\n\n"); at != std::string::npos) {
            text = text.substr(at + 2);
        }
        std::replace(text.begin(), text.end(), '\n', ' ');
        if (const std::size_t end = text.find_first_of(".:;"); end != std::string::npos) {
            text.resize(end);
        }
        return "  " + command->get_name() + std::string(12 - command->get_name().size(), ' ') +
               text + "\n";
    }
};

}  // namespace

std::shared_ptr<CLI::Formatter> help_formatter() {
    return std::make_shared<HelpFormatter>();
}

}  // namespace axia::cli
