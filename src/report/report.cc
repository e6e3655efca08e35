#include "axia/report/report.h"

#include <system_error>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/resources.h"
#include "report/run_files.h"

namespace axia::report {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr std::string_view marker = "@@AXIA_RUN@@";
constexpr std::uint64_t most_bytes = 64ULL << 20;

fs::path find_template(const ReportOptions& options) {
    if (!options.template_file.empty()) return options.template_file;
    const fs::path folder = core::resource_folder();
    std::error_code code;
    for (const char* place : {"report/report.html", "apps/report_page/dist/report.html"}) {
        if (fs::is_regular_file(folder / place, code)) return folder / place;
    }
    throw Error(ErrorKind::not_found, "the page of the report is not there",
                (folder / "report/report.html").string(), "in a source tree, ./run build makes it");
}

/// Safe inside a script element: no character that could end it or open a comment.
std::string escaped(const std::string& json) {
    std::string out;
    out.reserve(json.size() + json.size() / 16);
    for (const char c : json) {
        switch (c) {
            case '<':
                out += "\\u003c";
                break;
            case '>':
                out += "\\u003e";
                break;
            case '&':
                out += "\\u0026";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// Text at a path of objects; "" where there is none.
std::string text_at(const Json& json, std::initializer_list<const char*> path) {
    const Json* at = &json;
    for (const char* key : path) {
        if (!at->is_object()) return "";
        const auto found = at->find(key);
        if (found == at->end()) return "";
        at = &*found;
    }
    return at->is_string() ? at->get<std::string>() : "";
}

bool is_hash(std::string_view text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

/// A name without any folder in it.
bool is_plain_name(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && fs::path(name).filename() == name;
}

void compare_values(const Json& data, Json& notices) {
    const std::string value = text_at(data, {"run", "value"});
    for (const char* key : {"vector", "tune", "effect"}) {
        const std::string other = text_at(data, {key, "value"});
        if (!other.empty() && other != value) {
            std::string notice(key);
            notice.append(".json is about ").append(other);
            notice.append(", the run about ").append(value).append(".");
            notices.push_back(std::move(notice));
        }
    }
}

void compare_models(const Json& data, Json& notices) {
    const std::string model = text_at(data, {"run", "model", "sha256"});
    const auto compare = [&](const char* what, const std::string& other) {
        if (is_hash(model) && is_hash(other) && other != model) {
            notices.push_back(std::string(what) + " belongs to another model than the run.");
        }
    };
    compare("vector.json", text_at(data, {"vector", "model", "sha256"}));
    compare("plan.json", text_at(data, {"plan", "model_sha256"}));
}

void compare_plans(const Json& data, Json& notices) {
    const std::string tuned = text_at(data, {"tune", "plan_hash"});
    const std::string measured = text_at(data, {"effect", "plan"});
    if (is_hash(tuned) && is_hash(measured) && tuned != measured) {
        notices.push_back("The effect was measured with another plan than the one tuned.");
    }
}

void compare_files(const fs::path& run, const Json& data, Json& notices) {
    if (!data["run"].contains("files") || !data["run"]["files"].is_object()) return;
    std::error_code code;
    for (const auto& item : data["run"]["files"].items()) {
        if (!is_plain_name(item.key()) || !is_hash(item.value().get<std::string>())) continue;
        const fs::path file = run / item.key();
        if (fs::is_regular_file(file, code) && core::sha256_file(file) != item.value()) {
            notices.push_back(item.key() + " has changed since the run was written.");
        }
    }
}

Json read_file(const fs::path& run, const RunFile& known) {
    const fs::path file = run / (std::string(known.key) + ".json");
    std::error_code code;
    if (!fs::exists(file, code)) {
        throw Error(ErrorKind::not_found, "is missing", file.string(),
                    "is this the folder of a run?");
    }
    return parse_checked(core::read_file(file, most_bytes), file.string(), known.schema,
                         known.version, known.shape);
}

/// What run.json says that it is. Throws Error{unsupported} for a run without page.
std::string kind_of(const fs::path& run) {
    const Json json =
        read_file(run, {"run", "axia.run", 1, Shape::object({{"kind?", Shape::text()}})});
    std::string kind = text_at(json, {"kind"});
    if (!kind.empty() && kind != "demo" && kind != "measure" && method_file(kind) == nullptr) {
        throw Error(ErrorKind::unsupported, "is a run of kind '" + kind.substr(0, 60) + "'",
                    (run / "run.json").string(),
                    "axia report makes pages of axia demo and of axia measure");
    }
    return kind;
}

Json read_method(const fs::path& run, const RunFile& method) {
    Json data = {{"schema", "axia.report-data"}, {"version", 1}, {"kind", "method"}};
    data["method"] = std::string(method.key);
    data["run"] = read_file(run, measure_files()[0]);
    data["result"] = read_file(run, method);
    Json notices = Json::array();
    compare_files(run, data, notices);
    data["notices"] = std::move(notices);
    return data;
}

Json read_measurement(const fs::path& run) {
    Json data = {{"schema", "axia.report-data"}, {"version", 1}, {"kind", "measure"}};
    for (const RunFile& known : measure_files()) {
        data[std::string(known.key)] = read_file(run, known);
    }
    if (data["measures"]["arms"].empty()) {
        throw Error(ErrorKind::input, "arms: nothing was measured",
                    (run / "measures.json").string());
    }
    Json notices = Json::array();
    compare_files(run, data, notices);
    data["notices"] = std::move(notices);
    return data;
}

Json read_run(const fs::path& run) {
    std::error_code code;
    if (!fs::is_directory(run, code)) {
        throw Error(ErrorKind::not_found, "is not the folder of a run", run.string());
    }
    const std::string kind = kind_of(run);
    if (kind == "measure") return read_measurement(run);
    if (const RunFile* method = method_file(kind)) return read_method(run, *method);
    Json data = {{"schema", "axia.report-data"}, {"version", 1}};
    for (const RunFile& known : run_files()) {
        const std::string key(known.key);
        const fs::path file = run / (key + ".json");
        data[key] = nullptr;
        if (key != "run" && !fs::exists(file, code)) continue;
        data[key] = read_file(run, known);
    }
    const std::string tuned = text_at(data, {"tune", "plan_hash"});
    const std::string measured = text_at(data, {"effect", "plan"});
    data["plan_hash"] = nullptr;
    if (is_hash(measured)) {
        data["plan_hash"] = measured;
    } else if (is_hash(tuned)) {
        data["plan_hash"] = tuned;
    }
    Json notices = Json::array();
    compare_values(data, notices);
    compare_models(data, notices);
    compare_plans(data, notices);
    compare_files(run, data, notices);
    data["notices"] = std::move(notices);
    return data;
}

}  // namespace

std::string render_report(const fs::path& run, const ReportOptions& options) {
    const Json data = read_run(run);
    const fs::path file = find_template(options);
    std::string page = core::read_file(file, most_bytes);
    const auto at = page.find(marker);
    if (at == page.npos || page.find(marker, at + 1) != page.npos) {
        throw Error(ErrorKind::input,
                    "is no template of a report: it must hold " + std::string(marker) + " once",
                    file.string());
    }
    page.replace(at, marker.size(), escaped(data.dump()));
    return page;
}

}  // namespace axia::report
