#include <algorithm>
#include <cmath>
#include <cstdio>

#include "axia/core/error.h"
#include "axia/data/battery.h"
#include "axia/model/catalogue.h"
#include "axia/steer/plan.h"
#include "server/jobs.h"
#include "server/own_values.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

/// The members of a request, each taken by name.
class Request {
  public:
    explicit Request(const ordered_json& json) : json_(json) {}

    const ordered_json* find(const char* name) const {
        const auto found = json_.find(name);
        return found == json_.end() || found->is_null() ? nullptr : &*found;
    }
    std::string text(const char* name) const {
        const ordered_json* value = find(name);
        if (value == nullptr) throw Error(ErrorKind::input, "is missing", name);
        if (!value->is_string()) throw Error(ErrorKind::input, "must be a text", name);
        return value->get<std::string>();
    }
    std::string name(const char* field) const {
        std::string value = text(field);
        if (!model::is_model_name(value)) {
            throw Error(ErrorKind::input, "must be a name of letters, digits, '.', '-' and '_'",
                        field);
        }
        return value;
    }
    void number(const char* name, double least, double most, bool whole, const char* option,
                std::vector<std::string>& words) const {
        const ordered_json* value = find(name);
        if (value == nullptr) return;
        char text[96];
        if (!value->is_number() || (whole && !value->is_number_integer()) ||
            !(value->get<double>() >= least && value->get<double>() <= most)) {
            std::snprintf(text, sizeof text, "must be a %snumber from %g to %g",
                          whole ? "whole " : "", least, most);
            throw Error(ErrorKind::input, text, name);
        }
        std::snprintf(text, sizeof text, whole ? "%.0f" : "%.17g", value->get<double>());
        words.insert(words.end(), {option, text});
    }
    void only(std::vector<std::string> known) const {
        known.emplace_back("kind");
        for (const auto& [name, value] : json_.items()) require_name(name, known, "field", name);
    }

  private:
    const ordered_json& json_;
};

void add_sweep(const ordered_json& steer, std::vector<std::string>& words) {
    if (!steer.is_object() || steer.size() != 1) {
        throw Error(ErrorKind::input, "must be an object of one value with its targets", "steer");
    }
    const std::string value = steer.begin().key();
    if (!model::is_model_name(value)) {
        throw Error(ErrorKind::input, "'" + value + "' cannot name a value", "steer");
    }
    const ordered_json targets =
        steer.begin()->is_number() ? ordered_json::array({*steer.begin()}) : *steer.begin();
    if (!targets.is_array() || targets.empty() || targets.size() > 12) {
        throw Error(ErrorKind::input, "must hold 1 to 12 targets", "steer." + value);
    }
    std::string text = value;
    for (const ordered_json& target : targets) {
        const double p = target.is_number() ? target.get<double>() : 0;
        if (!(std::abs(p) > 0 && std::abs(p) < 1)) {
            throw Error(ErrorKind::input,
                        "must lie strictly between 0 and 1, or between -1 and 0 to lower the value",
                        "steer." + value);
        }
        text += (text == value ? "=" : ",") + target.dump();  // as short as it can be told
    }
    words.insert(words.end(), {"--steer", text});
}

/// The pairs that a client brought for a value; those of the system's own are found by the command.
void add_own_pairs(const std::string& value, const Library& library, const std::string& where,
                   std::vector<std::string>& words) {
    const std::filesystem::path file = library.paths().own_pairs / (value + ".jsonl");
    std::error_code code;
    if (!std::filesystem::exists(file, code)) {
        require_name(value, library.system().ids(), "value", where);
        return;
    }
    words.insert(words.end(), {"--pairs", file.string()});
}

}  // namespace

std::vector<std::string> job_command(const ordered_json& json, const Library& library,
                                     const std::filesystem::path& pairs_file, std::string& pairs) {
    const Request request(json);
    const std::string kind = request.text("kind");
    std::vector<std::string> words{kind, "--json"};
    const auto plan_file = [&](const std::string& name, const char* where) {
        require_name(name, library.plan_names(), "plan", where);
        return (library.paths().plans / (name + ".json")).string();
    };
    if (kind == "learn") {
        request.only({"value", "pairs", "context", "about"});
        const std::string value = request.name("value");
        if (const ordered_json* about = request.find("about")) {
            if (library.system().has(value)) {
                throw Error(ErrorKind::input, "is for a value of your own", "about");
            }
            parse_own_value(*about, library.system(), "about");
        }
        if (const ordered_json* own = request.find("pairs")) {
            pairs = pairs_jsonl(*own, value);
            data::ReadPairsOptions reading;
            reading.value = value;
            data::parse_pairs_jsonl(pairs, "pairs", reading);
            words.insert(words.end(), {"--pairs", pairs_file.string()});
        } else if (!library.system().has(value)) {  // whose own are found by the command
            add_own_pairs(value, library, "value", words);
        }
        if (request.find("context") != nullptr) {
            const std::string context = request.text("context");
            require_name(context, {"chat", "bare"}, "context", "context");
            words.insert(words.end(), {"--context", context});
        }
        words.insert(words.begin() + 1, value);
    } else if (kind == "tune") {
        request.only({"value", "budget", "tokens", "pairs"});
        const std::string value = request.name("value");
        if (const ordered_json* own = request.find("pairs")) {
            pairs = pairs_jsonl(*own, value);
            words.insert(words.end(), {"--pairs", pairs_file.string()});
        } else {
            add_own_pairs(value, library, "value", words);
        }
        request.number("budget", .001, 10, false, "--budget", words);
        request.number("tokens", 1000, 10'000'000, true, "--tokens", words);
        words.insert(words.begin() + 1, value);
    } else if (kind == "effect") {
        request.only({"plan"});
        const std::string file = plan_file(request.text("plan"), "plan");
        const steer::Plan plan = steer::read_plan(file);
        if (!plan.values.empty()) add_own_pairs(plan.values[0].value, library, "plan", words);
        words.insert(words.begin() + 1, file);
    } else if (kind == "measure") {
        request.only({"battery", "steer", "plans", "prompts", "limit", "run"});
        const std::string battery = request.text("battery");
        require_name(battery, data::shipped_batteries(), "battery", "battery");
        words.insert(words.end(), {"--battery", battery});
        if (const ordered_json* steer = request.find("steer")) add_sweep(*steer, words);
        if (const ordered_json* plans = request.find("plans")) {
            if (!plans->is_array() || plans->empty() || plans->size() > 16) {
                throw Error(ErrorKind::input, "must be a list of 1 to 16 names", "plans");
            }
            for (const ordered_json& plan : *plans) {
                if (!plan.is_string()) throw Error(ErrorKind::input, "must hold names", "plans");
                words.insert(words.end(), {"--plan", plan_file(plan.get<std::string>(), "plans")});
            }
        }
        request.number("prompts", 1, 24, true, "--prompts", words);
        request.number("limit", 1, 1e9, true, "--limit", words);
        if (request.find("run") != nullptr) {
            words.insert(words.end(),
                         {"--run", (library.paths().runs / request.name("run")).string()});
        }
    } else {
        require_name(kind, {"learn", "tune", "effect", "measure"}, "kind of job", "kind");
    }
    return words;
}

}  // namespace axia::server
