// What every command shares: global options, model and session, the store of vectors and plans,
// progress and tables.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/data/value_system.h"
#include "axia/model/session.h"
#include "axia/steer/steering.h"
#include "axia/vectors/value_vector.h"
#include "options.h"

namespace axia::cli {

struct Globals {
    std::string model = "smollm2";
    std::string weights = "auto";
    std::string values;  // folder of the value system; empty = the Schwartz values that ship
    int threads = 0;
    int context = 4096;
    int batch = 768;
    std::uint64_t seed = 0;
    bool json = false, quiet = false, offline = false;
};

/// True once Ctrl-C was pressed; a second one ends the process at once.
bool stop_requested();
void install_signal_handlers();

class App {
  public:
    App(int argc, char** argv);

    Globals globals;
    SettingsFiles files;
    std::string command_line;  // as typed, for provenance

    /// Options that every command has.
    void add_common(Options& options);
    /// And those of commands that use a model.
    void add_model_options(Options& options);

    const core::Watch& watch() const { return watch_; }
    bool quiet() const { return globals.quiet; }
    /// A line of talk on stderr, unless --quiet.
    void say(const std::string& text) const;
    void end_progress() const;
    /// A point of a curve that is being measured, as JSON, for a program that reads along.
    void point(const std::string& json) const;

    std::shared_ptr<const model::Model> model(const std::string& purpose = "prompt");
    /// A session made for measuring: short texts, many sequences.
    std::unique_ptr<model::Session> measuring_session();
    const data::ValueSystem& system();

    std::filesystem::path vectors_folder(const model::ModelInfo& info) const;
    std::filesystem::path plans_folder(const model::ModelInfo& info) const;
    std::filesystem::path vector_file(const model::ModelInfo& info, const std::string& value,
                                      capture::Context context) const;

    /// Every readable vector of this model in the store.
    std::vector<vectors::ValueVector> stored_vectors(const model::ModelInfo& info) const;

    /// What vectors call them: the file's own name, or the system's.
    std::string pairs_name(const std::string& file);

    /// What to do about a value that is not learnt: learn it, or type it right.
    std::string learn_hint(const std::string& value);

    /// The value's pairs: of `file` when given, else of the value system.
    std::vector<data::ContrastPair> pairs(const std::string& value, const std::string& file);

  private:
    core::Watch watch_;
    std::shared_ptr<const model::Model> model_;
    std::optional<data::ValueSystem> system_;
};

/// A value's name becomes a file's name. Throws core::Error{usage}.
void check_name(const std::string& value);

using Run = std::function<void()>;

/// Each adds its command(s) to `root`; `commands` gets what to do once parsed.
struct Commands {
    App& app;
    CLI::App& root;
    std::vector<std::unique_ptr<Options>> options;
    std::vector<std::pair<CLI::App*, Run>> runs;

    /// A command with the common options. `examples` stand first in its help.
    std::pair<CLI::App*, Options*> add(CLI::App& parent, const std::string& name,
                                       const std::string& help, const std::string& examples,
                                       bool uses_model);
    /// A command that only holds others.
    CLI::App* group(const std::string& name, const std::string& help, const std::string& examples);
    void on(CLI::App* command, Run run) { runs.emplace_back(command, std::move(run)); }
};

void add_data_commands(Commands& commands);
void add_battery_commands(Commands& commands);
void add_model_commands(Commands& commands);
void add_learn_commands(Commands& commands);
void add_vector_commands(Commands& commands);
void add_plan_commands(Commands& commands);
void add_ask_commands(Commands& commands);
void add_serve_commands(Commands& commands);
void add_keys_commands(Commands& commands);
void add_measure_commands(Commands& commands);
/// perceptions, ideals, utilities, and what add_measure_opinions and add_measure_probe add, below
/// `measure`.
void add_measure_methods(Commands& commands, CLI::App& measure);
/// probe.
void add_measure_probe(Commands& commands, CLI::App& measure);
/// stance and opinions.
void add_measure_opinions(Commands& commands, CLI::App& measure);
void add_report_commands(Commands& commands);
void add_run_commands(Commands& commands);

}  // namespace axia::cli
