#include "axia/data/value_system.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "data/jsonl.h"
#include "data/yaml_map.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t max_line = 1 << 20;
constexpr std::uint64_t max_yaml = 1 << 22;

void check_id(const YamlMap& map, const std::string& id, std::set<std::string>& seen) {
    const bool good =
        id.size() <= 64 && id.front() != '-' && std::all_of(id.begin(), id.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
        });
    if (!good) {
        map.fail("id " + in_quotes(id) + " is ill-formed",
                 "lower-case letters, digits and hyphens; it names files");
    }
    if (!seen.insert(id).second) map.fail("id " + in_quotes(id) + " is used twice");
}

bool contains(const std::vector<std::string>& list, std::string_view one) {
    return std::find(list.begin(), list.end(), one) != list.end();
}

HigherOrder group_of(const YamlMap& map, std::set<std::string>& seen) {
    HigherOrder group;
    group.id = map.required("id");
    check_id(map, group.id, seen);
    group.name = map.required("name");
    group.definition = map.optional("definition");
    group.values = map.names("values");
    return group;
}

Value value_of(const YamlMap& map, std::set<std::string>& seen) {
    Value value;
    value.id = map.required("id");
    check_id(map, value.id, seen);
    value.name = map.required("name");
    value.definition = map.required("definition");
    value.prompt = map.required("prompt");
    value.opposite_prompt = map.required("opposite_prompt");
    value.higher_order = map.names("higher_order");
    value.opposites = map.names("opposites");
    value.neighbours = map.names("neighbours");
    value.angle = map.number("angle", 0);
    if (value.angle < 0 || value.angle >= 360) {
        map.fail("field 'angle' is outside 0 to 360 degrees");
    }
    const std::string ring = map.optional("ring");
    if (!ring.empty() && ring != "inner" && ring != "outer") {
        map.fail("field 'ring' is " + in_quotes(ring), "write inner or outer, or nothing");
    }
    value.outer_ring = ring == "outer";
    return value;
}

/// Every name must be known, and every relation must hold in both directions.
void check_relations(const ValueSystem& system, const std::vector<YamlMap>& value_maps,
                     const std::vector<YamlMap>& group_maps) {
    std::vector<std::string> group_ids;
    for (const HigherOrder& group : system.higher_order) group_ids.push_back(group.id);
    const std::vector<std::string> value_ids = system.ids();
    const auto known = [](const YamlMap& map, const char* field, const std::string& id,
                          const std::vector<std::string>& ids) {
        if (contains(ids, id)) return;
        const std::string near = core::nearest_names(id, ids);
        map.fail(std::string("field '") + field + "' names " + in_quotes(id) +
                     ", which is not defined here",
                 near.empty() ? "" : "did you mean " + near + "?");
    };
    for (std::size_t i = 0; i < system.values.size(); ++i) {
        const Value& value = system.values[i];
        const YamlMap& map = value_maps[i];
        for (const auto& [field, member] : {std::pair{"opposites", &Value::opposites},
                                            std::pair{"neighbours", &Value::neighbours}}) {
            for (const std::string& id : value.*member) {
                known(map, field, id, value_ids);
                if (id == value.id) map.fail("'" + id + "' is among its own " + field);
                if (!contains(system.value(id).*member, value.id)) {
                    map.fail("'" + id + "' is among the " + field + " of '" + value.id +
                                 "', but not the other way round",
                             "name each in the other's list");
                }
            }
        }
        for (const std::string& id : value.higher_order) {
            known(map, "higher_order", id, group_ids);
            const auto group =
                std::find(group_ids.begin(), group_ids.end(), id) - group_ids.begin();
            if (!contains(system.higher_order[static_cast<std::size_t>(group)].values, value.id)) {
                map.fail("'" + value.id + "' names the group '" + id + "', which does not list it");
            }
        }
    }
    for (std::size_t i = 0; i < system.higher_order.size(); ++i) {
        const HigherOrder& group = system.higher_order[i];
        for (const std::string& id : group.values) {
            known(group_maps[i], "values", id, value_ids);
            if (!contains(system.value(id).higher_order, group.id)) {
                group_maps[i].fail("group '" + group.id + "' lists '" + id +
                                   "', which does not name it");
            }
        }
    }
}

ValueSystem system_of(const YamlMap& map) {
    map.check_schema("axia.value-system");
    ValueSystem system;
    system.version = 1;
    system.name = map.required("name");
    system.title = map.required("title");
    system.licence = map.required("licence");
    system.source = map.optional("source");
    std::set<std::string> value_ids, group_ids;
    const std::vector<YamlMap> group_maps = map.maps("higher_order", "the group");
    const std::vector<YamlMap> value_maps = map.maps("values", "the value");
    for (const YamlMap& one : group_maps) system.higher_order.push_back(group_of(one, group_ids));
    for (const YamlMap& one : value_maps) system.values.push_back(value_of(one, value_ids));
    if (system.values.empty()) map.fail("lists no values", "add field 'values'");
    check_relations(system, value_maps, group_maps);
    return system;
}

class DilemmaCollector {
  public:
    explicit DilemmaCollector(std::string name) : name_(std::move(name)) {}

    void operator()(const JsonRow& row) {
        Dilemma dilemma;
        dilemma.line = row.line();
        dilemma.id = row.required("id");
        dilemma.value = row.required("value");
        dilemma.other = row.required("other");
        dilemma.situation = row.required("situation");
        dilemma.toward = row.required("toward");
        dilemma.away = row.required("away");
        if (dilemma.toward == dilemma.away) {
            row.fail("fields 'toward' and 'away' are the same question",
                     "ask about the two courses, one each");
        }
        const JsonRow options = row.object("options");
        dilemma.option_toward = options.required("toward");
        dilemma.option_away = options.required("away");
        dilemma.split = split_of(row.optional("split"), name_, row.line()).value_or(Split::learn);
        check_new_id(ids_, dilemma.id, name_, row.line());
        dilemmas.push_back(std::move(dilemma));
    }

    std::vector<Dilemma> dilemmas;

  private:
    std::string name_;
    std::set<std::string> ids_;
};

class ControlCollector {
  public:
    explicit ControlCollector(std::string name) : name_(std::move(name)) {}

    void operator()(const JsonRow& row) {
        Control control;
        control.line = row.line();
        control.id = row.required("id");
        control.question = row.required("question");
        control.pair = row.required("pair");
        const std::string answer = row.required("answer");
        if (answer != "yes" && answer != "no") {
            row.fail("field 'answer' is " + in_quotes(answer), "write yes or no");
        }
        control.answer_yes = answer == "yes";
        check_new_id(ids_, control.id, name_, row.line());
        controls.push_back(std::move(control));
    }

    /// Each pair holds one yes and one no.
    std::vector<Control> finish() {
        std::map<std::string, std::pair<int, int>> counts;
        for (const Control& one : controls) {
            auto& [yes, no] = counts[one.pair];
            ++(one.answer_yes ? yes : no);
        }
        for (const Control& one : controls) {
            if (counts[one.pair] != std::pair{1, 1}) {
                throw Error(ErrorKind::input,
                            "pair " + in_quotes(one.pair) + " does not hold one yes and one no",
                            file_line(name_, one.line), "two questions with contrary answers");
            }
        }
        return std::move(controls);
    }

    std::vector<Control> controls;

  private:
    std::string name_;
    std::set<std::string> ids_;
};

}  // namespace

const Value& ValueSystem::value(std::string_view id) const {
    for (const Value& one : values) {
        if (one.id == id) return one;
    }
    const std::string near = core::nearest_names(id, ids());
    std::string hint = "did you mean " + near + "?";
    if (near.empty()) {
        hint = "it has";
        for (const Value& one : values) hint += (&one == &values[0] ? " " : ", ") + one.id;
    }
    throw Error(ErrorKind::not_found,
                "the value system '" + name + "' has no value " + in_quotes(id), {}, hint);
}

bool ValueSystem::has(std::string_view id) const {
    return std::any_of(values.begin(), values.end(), [&](const Value& v) { return v.id == id; });
}

std::vector<std::string> ValueSystem::ids() const {
    std::vector<std::string> list;
    for (const Value& one : values) list.push_back(one.id);
    return list;
}

fs::path ValueSystem::pairs_file(std::string_view id) const {
    return folder / "pairs" / (value(id).id + ".jsonl");
}

fs::path ValueSystem::dilemmas_file(std::string_view id) const {
    return folder / "dilemmas" / (value(id).id + ".jsonl");
}

std::vector<ContrastPair> ValueSystem::pairs(std::string_view id) const {
    ReadPairsOptions options;
    options.value = value(id).id;
    return read_pairs(pairs_file(id), options);
}

std::vector<Dilemma> ValueSystem::dilemmas(std::string_view id) const {
    const fs::path file = dilemmas_file(id);
    DilemmaCollector collect(file.string());
    read_jsonl(file, max_line, [&](const JsonRow& row) {
        collect(row);
        const Dilemma& last = collect.dilemmas.back();
        if (last.value != id) {
            row.fail("field 'value' is " + in_quotes(last.value) + " in the file of '" +
                     std::string(id) + "'");
        }
    });
    return std::move(collect.dilemmas);
}

std::vector<NamedText> ValueSystem::neutral_prompts() const {
    return read_texts(folder / "neutral_prompts.jsonl", max_line);
}

std::vector<NamedText> ValueSystem::neutral_texts() const {
    return read_texts(folder / "neutral_texts.jsonl", max_line);
}

std::vector<Control> ValueSystem::controls() const {
    const fs::path file = folder / "controls.jsonl";
    ControlCollector collect(file.string());
    read_jsonl(file, max_line, [&](const JsonRow& row) { collect(row); });
    return collect.finish();
}

ValueSystem parse_value_system(std::string_view yaml, std::string_view name) {
    ValueSystem system;
    parse_yaml(yaml, name, "the value system",
               [&](const YamlMap& map) { system = system_of(map); });
    return system;
}

std::vector<Dilemma> parse_dilemmas(std::string_view text, std::string_view name) {
    DilemmaCollector collect{std::string(name)};
    parse_jsonl(text, name, max_line, [&](const JsonRow& row) { collect(row); });
    return std::move(collect.dilemmas);
}

std::vector<Control> parse_controls(std::string_view text, std::string_view name) {
    ControlCollector collect{std::string(name)};
    parse_jsonl(text, name, max_line, [&](const JsonRow& row) { collect(row); });
    return collect.finish();
}

ValueSystem read_value_system(const fs::path& folder) {
    std::error_code code;
    if (!fs::exists(folder, code)) {
        throw Error(ErrorKind::not_found, "no such folder", folder.string());
    }
    if (!fs::is_directory(folder, code)) {
        throw Error(ErrorKind::input, "is a file, the folder of a value system is wanted",
                    folder.string(), "name the folder that holds it");
    }
    std::vector<fs::path> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
        if (entry.path().extension() == ".yaml") found.push_back(entry.path());
    }
    if (code) {
        throw Error(ErrorKind::io, "cannot be listed: " + code.message(), folder.string());
    }
    if (found.size() != 1) {
        throw Error(found.empty() ? ErrorKind::not_found : ErrorKind::input,
                    "holds " + std::to_string(found.size()) + " .yaml files, one is wanted",
                    folder.string(), "its schema is axia.value-system");
    }
    ValueSystem system = parse_value_system(core::read_file(found[0], max_yaml), found[0].string());
    system.folder = folder;
    return system;
}

}  // namespace axia::data
