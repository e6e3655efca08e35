#include "app.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/resources.h"
#include "axia/model/catalogue.h"
#include "axia/model/open.h"
#include "output.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;

namespace {

std::atomic<int> stops{0};

void on_signal(int) {
    if (stops.fetch_add(1) > 0) std::_Exit(130);
}

/// One progress line, redrawn on a terminal, and nothing at all elsewhere.
struct Bar {
    bool shown = false;
    std::string last;

    void draw(const core::Progress& p) {
        if (p.total == 0) return;
        const int width = 24;
        const double share = static_cast<double>(p.done) / static_cast<double>(p.total);
        const int filled = static_cast<int>(share * width);
        std::string line = "\r\x1b[K" + std::string(p.stage) + "  ";
        for (int i = 0; i < width; ++i) line += i < filled ? "\xE2\x96\x88" : "\xE2\x96\x91";
        line += "  " + std::to_string(static_cast<int>(share * 100)) + "%";
        if (line == last) return;
        last = line;
        std::fputs(line.c_str(), stderr);
        std::fflush(stderr);
        shown = true;
    }
    void end() {
        if (shown) std::fputs("\r\x1b[K", stderr);
        shown = false;
        last.clear();
    }
};

Bar bar;

/// For a program that reads stderr (AXIA_PROGRESS=json): one JSON object a line.
bool talks_json() {
    static const bool wanted = [] {
        const char* const value = std::getenv("AXIA_PROGRESS");
        return value != nullptr && std::string_view(value) == "json";
    }();
    return wanted;
}

void print_json(const nlohmann::ordered_json& json) {
    const std::string line =
        json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    std::fputs(line.c_str(), stderr);
    std::fflush(stderr);
}

/// At most ten a second, but always the last of a stage.
void print_progress(const core::Progress& p) {
    static std::chrono::steady_clock::time_point last;
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::milliseconds(100) && p.done != p.total) return;
    last = now;
    print_json({{"stage", p.stage}, {"done", p.done}, {"total", p.total}, {"unit", p.unit}});
}

}  // namespace

bool stop_requested() {
    return stops.load() > 0;
}

void install_signal_handlers() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

App::App(int argc, char** argv) {
    for (int i = 0; i < argc; ++i) {
        std::string word = i == 0 ? std::filesystem::path(argv[0]).filename().string() : argv[i];
        if (word.find_first_of(" '\"$") != std::string::npos) {
            std::string quoted = "'";
            for (const char c : word)
                quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
            word = quoted + "'";
        }
        command_line += (i > 0 ? " " : "") + word;
    }
    watch_.cancelled = stop_requested;
    watch_.log = [this](core::LogLevel level, std::string_view text) {
        if (level == core::LogLevel::debug) return;
        say((level == core::LogLevel::warning ? "warning: " : "") + std::string(text));
    };
    watch_.progress = [this](const core::Progress& progress) {
        if (talks_json()) {
            print_progress(progress);
        } else if (!globals.quiet && ::isatty(2) != 0) {
            bar.draw(progress);
        }
    };
}

void App::say(const std::string& text) const {
    if (talks_json()) {
        print_json({{"line", text}});
        return;
    }
    if (globals.quiet) return;
    bar.end();
    std::fprintf(stderr, "%s\n", text.c_str());
}

void App::point(const std::string& json) const {
    if (talks_json()) print_json({{"point", nlohmann::ordered_json::parse(json)}});
}

void App::end_progress() const {
    bar.end();
}

void App::add_common(Options& options) {
    options.add_flag("--json", globals.json, "Print JSON on stdout");
    options.add_flag("--quiet,-q", globals.quiet, "No talk and no progress on stderr");
    options.add("--seed", globals.seed, "Seed of everything random");
    options.add("--values", globals.values, "Folder of a value system (default: Schwartz)");
    options.add("--threads", globals.threads, "Threads; 0 = every core");
    options.add_flag("--offline", globals.offline, "Never use the network");
}

void App::add_model_options(Options& options) {
    options.add("--model,-m", globals.model, "Model: catalogue name, hf:user/repo:file, or a path");
    options.add("--weights", globals.weights,
                "auto = the fastest near-lossless copy, file = as downloaded, or a format");
    options.add("--ctx", globals.context, "Context in tokens")->check(CLI::Range(64, 1 << 20));
    options.add("--batch", globals.batch, "Tokens per batch at most")->check(CLI::Range(16, 8192));
}

std::shared_ptr<const model::Model> App::model(const std::string& purpose) {
    if (!model_) {
        model::OpenOptions options;
        options.weights = globals.weights;
        options.purpose = model::purpose_of(purpose);
        options.prepare.threads = globals.threads;
        options.pull.offline = globals.offline;
        options.allow_download = !globals.offline;
        model_ = model::open_model(globals.model, options, watch_);
        end_progress();
    }
    return model_;
}

std::unique_ptr<model::Session> App::measuring_session() {
    model::SessionOptions options;
    options.batch = globals.batch;
    options.context = std::max(1024, globals.batch);
    options.sequences = 64;
    options.threads = globals.threads;
    return std::make_unique<model::Session>(model(), options);
}

const data::ValueSystem& App::system() {
    if (!system_) {
        system_ = data::read_value_system(globals.values.empty()
                                              ? core::resource_folder() / "values" / "schwartz"
                                              : std::filesystem::path(globals.values));
    }
    return *system_;
}

std::filesystem::path App::vectors_folder(const model::ModelInfo& info) const {
    return core::data_folder() / "vectors" / info.source_hash.substr(0, 12);
}

std::filesystem::path App::plans_folder(const model::ModelInfo& info) const {
    return core::data_folder() / "plans" / info.source_hash.substr(0, 12);
}

std::filesystem::path App::vector_file(const model::ModelInfo& info, const std::string& value,
                                       capture::Context context) const {
    return vectors_folder(info) /
           (value + "." + std::string(capture::context_name(context)) + ".gguf");
}

std::vector<vectors::ValueVector> App::stored_vectors(const model::ModelInfo& info) const {
    std::vector<vectors::ValueVector> found;
    std::error_code code;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(vectors_folder(info), code)) {
        if (entry.path().extension() == ".gguf") paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const std::filesystem::path& file : paths) {
        try {
            found.push_back(vectors::read_value_vector(file));
        } catch (const Error& error) {
            say(std::string("warning: passed over ") + error.what());
        }
    }
    return found;
}

void check_name(const std::string& value) {
    if (!model::is_model_name(value)) {
        throw Error(ErrorKind::usage, "'" + value + "' cannot name a value", "",
                    "letters, digits, '.', '-' and '_'");
    }
}

std::string App::pairs_name(const std::string& file) {
    return file.empty() ? system().name : std::filesystem::path(file).filename().string();
}

std::string App::learn_hint(const std::string& value) {
    if (system().has(value)) return "run axia learn " + value;
    const std::string near = core::nearest_names(value, system().ids());
    return near.empty() ? "run axia learn " + value + " --pairs FILE"
                        : "did you mean " + near + "?";
}

std::vector<data::ContrastPair> App::pairs(const std::string& value, const std::string& file) {
    check_name(value);
    if (file.empty()) {
        system().value(value);
        return system().pairs(value);
    }
    data::ReadPairsOptions options;
    options.value = value;
    options.seed = globals.seed;
    return data::read_pairs(file, options);
}

std::pair<CLI::App*, Options*> Commands::add(CLI::App& parent, const std::string& name,
                                             const std::string& help, const std::string& examples,
                                             bool uses_model) {
    CLI::App* command = parent.add_subcommand(name, help);
    // examples come first in the help
    command->description("Examples:\n" + examples + "\n\n" + wrapped(help, 96, ""));
    command->formatter(help_formatter());
    options.push_back(std::make_unique<Options>(*command, app.files));
    app.add_common(*options.back());
    if (uses_model) app.add_model_options(*options.back());
    return {command, options.back().get()};
}

CLI::App* Commands::group(const std::string& name, const std::string& help,
                          const std::string& examples) {
    CLI::App* command = root.add_subcommand(name, "Examples:\n" + examples + "\n\n" + help + "\n");
    command->formatter(help_formatter());
    command->require_subcommand(1);
    return command;
}

}  // namespace axia::cli
