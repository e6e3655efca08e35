#include "options.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>

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
                    core::file_line(path.string(), static_cast<std::size_t>(error.mark.line + 1)));
    }
    if (root.IsNull()) return;
    if (!root.IsMap()) {
        throw Error(ErrorKind::input, "is not a list of `name: value` lines", path.string());
    }
    const auto put = [&](const std::string& key, const YAML::Node& value) {
        if (!value.IsScalar()) {
            throw Error(ErrorKind::input, "'" + key + "' is not a plain value",
                        core::file_line(path.string(),
                                        static_cast<std::size_t>(value.Mark().line + 1)));
        }
        values_.emplace(key, std::make_pair(value.Scalar(), path.string()));
    };
    for (const auto& entry : root) {
        const auto name = entry.first.as<std::string>();
        if (entry.second.IsMap()) {
            for (const auto& inner : entry.second) {
                put(name + "/" + inner.first.as<std::string>(), inner.second);
            }
        } else {
            put("/" + name, entry.second);
        }
    }
}

const std::string* SettingsFiles::find(const std::string& command, const std::string& name) const {
    for (const std::string& key : {command + "/" + name, "/" + name}) {
        if (const auto found = values_.find(key); found != values_.end()) {
            return &found->second.first;
        }
    }
    return nullptr;
}

std::vector<std::pair<std::string, std::string>> SettingsFiles::names() const {
    std::vector<std::pair<std::string, std::string>> names;
    for (const auto& [key, value] : values_) names.emplace_back(key, value.second);
    return names;
}

void Options::declare(CLI::Option* option) {
    options_.push_back(option);
    if (option->get_lnames().empty()) return;
    std::string name = option->get_lnames()[0];
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) {
        return c == '-' ? '_' : static_cast<char>(std::toupper(c));
    });
    option->envname("AXIA_" + name);
}

void Options::apply_files() {
    for (CLI::Option* option : options_) {
        if (option->count() > 0 || option->get_lnames().empty()) continue;
        const std::string& name = option->get_lnames()[0];
        const std::string* value = files_.find(command_.get_name(), name);
        if (value == nullptr) continue;
        try {
            option->add_result(*value);
            option->run_callback();
        } catch (const CLI::Error& error) {
            throw Error(ErrorKind::input, std::string("'") + name + "': " + error.what(),
                        "axia.yaml");
        }
    }
}

}  // namespace axia::cli
