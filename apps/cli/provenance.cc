#include "provenance.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <thread>

#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/model/prepare.h"

namespace axia::cli {

using nlohmann::ordered_json;

namespace {

std::string first_line_with(const char* file, const std::string& key) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(key)) {
            const std::size_t colon = line.find(':');
            return colon == std::string::npos
                       ? line
                       : line.substr(line.find_first_not_of(" \t", colon + 1));
        }
    }
    return "";
}

ordered_json machine() {
    ordered_json json;
    json["processor"] = first_line_with("/proc/cpuinfo", "model name");
    json["cores"] = std::thread::hardware_concurrency();
    const std::string memory = first_line_with("/proc/meminfo", "MemTotal");
    json["memory_bytes"] = memory.empty() ? 0 : std::strtoull(memory.c_str(), nullptr, 10) * 1024;
    return json;
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

}  // namespace

ordered_json provenance(const App& app, const std::string& kind) {
    ordered_json json;
    json["schema"] = "axia.run";
    json["version"] = 1;
    json["kind"] = kind;
    json["created"] = utc_now();
    json["command"] = app.command_line;
    json["seed"] = app.globals.seed;
    json["axia_version"] = AXIA_VERSION;
    json["libllama"] = model::library_version();
    json["machine"] = machine();
    return json;
}

ordered_json model_provenance(const model::ModelInfo& info) {
    return {{"name", info.name},
            {"sha256", info.source_hash},
            {"architecture", info.architecture},
            {"layers", info.layers},
            {"width", info.width}};
}

ordered_json weights_provenance(const model::ModelInfo& info) {
    for (const model::PreparedCard& card : model::show_prepared(info.source_hash)) {
        if (card.file.empty() || card.file != info.file) continue;
        return {{"format", card.format},
                {"mean_kl", card.mean_kl},
                {"prompt_speedup", card.gain(model::Purpose::prompt)}};
    }
    return {{"format", info.weights}, {"mean_kl", nullptr}, {"prompt_speedup", nullptr}};
}

void finish_run(ordered_json json, const std::filesystem::path& folder) {
    json["files"] = ordered_json::object();
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::filesystem::path extension = entry.path().extension();
        if ((extension == ".json" || extension == ".jsonl" || extension == ".csv" ||
             extension == ".md") &&
            entry.path().filename() != "run.json") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const std::filesystem::path& file : files) {
        json["files"][file.filename().string()] = core::sha256_file(file);
    }
    core::write_file(folder / "run.json", json.dump(2) + "\n");
}

}  // namespace axia::cli
