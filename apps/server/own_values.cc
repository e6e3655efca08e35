#include "server/own_values.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "server/library.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_title = 100, most_definition = 2000;
constexpr std::uintmax_t most_file = 1 << 16;
constexpr const char* schema = "axia.own-value";

std::string text_of(const ordered_json& text, std::size_t most, const std::string& where) {
    if (!text.is_string() || text.get_ref<const std::string&>().size() > most) {
        throw Error(ErrorKind::input,
                    "must be a text of at most " + std::to_string(most) + " bytes", where);
    }
    const auto& plain = text.get_ref<const std::string&>();
    const bool printable = std::none_of(plain.begin(), plain.end(), [](unsigned char c) {
        return c < 0x20 || c == 0x7f;  // one line
    });
    if (!printable) throw Error(ErrorKind::input, "must be one line of text", where);
    return plain;
}

}  // namespace

OwnValue parse_own_value(const ordered_json& json, const data::ValueSystem& system,
                         const std::string& where) {
    if (!json.is_object()) throw Error(ErrorKind::input, "must be a JSON object", where);
    const std::string prefix = where.empty() ? "" : where + ".";
    OwnValue value;
    for (const auto& [name, member] : json.items()) {
        require_name(name, {"title", "definition", "group", "order"}, "field", prefix + name);
        if (member.is_null()) continue;
        if (name == "title") value.title = text_of(member, most_title, prefix + name);
        if (name == "definition")
            value.definition = text_of(member, most_definition, prefix + name);
        if (name == "group") value.group = text_of(member, most_title, prefix + name);
        if (name == "group" && !value.group.empty()) {
            std::vector<std::string> groups;
            for (const data::HigherOrder& group : system.higher_order) groups.push_back(group.id);
            require_name(value.group, groups, "group", prefix + name);
        }
        if (name == "order") {
            const auto last = static_cast<double>(system.values.size()) - 1;
            if (!member.is_number_integer() ||
                !(member.get<double>() >= 0 && member.get<double>() <= last)) {
                throw Error(ErrorKind::input,
                            "must be a place on the circle, from 0 to " +
                                std::to_string(system.values.size() - 1),
                            prefix + name);
            }
            value.order = member.get<int>();
        }
    }
    return value;
}

OwnValue read_own_value(const std::filesystem::path& folder, const std::string& name,
                        const data::ValueSystem& system) {
    try {
        auto json = ordered_json::parse(core::read_file(folder / (name + ".json"), most_file));
        if (json.at("schema") != schema || json.at("version") != 1) return {};
        json.erase("schema");
        json.erase("version");
        return parse_own_value(json, system, "");
    } catch (const Error&) {
    } catch (const nlohmann::json::exception&) {  // NOLINT(bugprone-empty-catch): as documented
    }
    return {};
}

void write_own_value(const std::filesystem::path& folder, const std::string& name,
                     const OwnValue& value) {
    ordered_json json = {{"schema", schema}, {"version", 1}};
    if (!value.title.empty()) json["title"] = value.title;
    if (!value.definition.empty()) json["definition"] = value.definition;
    if (!value.group.empty()) json["group"] = value.group;
    if (value.order) json["order"] = *value.order;
    core::write_file(folder / (name + ".json"), json.dump(2) + "\n");
}

}  // namespace axia::server
