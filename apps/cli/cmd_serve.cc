// axia serve
#include <malloc.h>

#include <deque>
#include <future>
#include <iostream>
#include <mutex>
#include <thread>

#include "app.h"
#include "axia/answers/engine.h"
#include "axia/capture/capture.h"
#include "axia/core/error.h"
#include "axia/core/files.h"
#include "server/jobs.h"
#include "server/library.h"
#include "server/server.h"
#include "server/store_index.h"
#include "steering_choice.h"
#include "workflow.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;

namespace {

/// Wishes of requests, compiled once and kept. Any thread may ask.
class SteeringStore {
  public:
    SteeringStore(App& app, const model::ModelInfo& info)
        : app_(app), info_(info), index_(app.plans_folder(info), app.vectors_folder(info)) {}

    server::Steering find(const server::SteerWish& wish) {
        SteerOptions options;
        std::optional<steer::Plan> whole;
        const std::shared_ptr<const server::StoreIndex::Look> stored = index_.look();
        if (!wish.plan.empty()) {
            require(wish.plan, stored->plans, "plan", "axia.plan");
            options.plan_file = (app_.plans_folder(info_) / (wish.plan + ".json")).string();
        }
        if (!wish.plan_json.empty()) {
            whole = steer::parse_plan(wish.plan_json, "axia.plan");
            for (const steer::PlanValue& value : whole->values) {
                require(value.value, stored->values, "value", "axia.steer");
            }
        }
        char number[32];
        for (const auto& [value, target] : wish.steer) {
            require(value, stored->values, "value", "axia.steer");
            std::snprintf(number, sizeof number, "%.17g", target);
            options.steer.push_back(value + "=" + number);
        }
        options.direction = wish.direction;
        options.amount = wish.amount;
        options.rows = wish.rows;
        options.gate = wish.gate;
        options.hold = wish.hold;
        options.layers = wish.layers;
        options.alpha = wish.alpha;
        std::string key = wish.key();
        const std::lock_guard lock(mutex_);
        if (stored->version > kept_version_) {
            kept_.clear();  // learnt or tuned again since
            kept_version_ = stored->version;
        }
        auto found = std::find_if(kept_.begin(), kept_.end(),
                                  [&](const auto& entry) { return entry.first == key; });
        if (found == kept_.end()) {
            auto ready = whole ? std::make_shared<const ReadySteering>(app_, *whole, options, info_)
                               : std::make_shared<const ReadySteering>(app_, options, info_);
            if (ready->plan().gate == steer::GateMode::learned) ready->gates();  // are there any?
            if (kept_.size() == most_kept) kept_.pop_front();
            found = kept_.insert(kept_.end(), {std::move(key), std::move(ready)});
        }
        const std::shared_ptr<const ReadySteering> ready = found->second;
        server::Steering steering;
        steering.prompt = system_message(ready->plan());
        if (ready->compiled() == nullptr || ready->plan().empty()) return steering;
        steering.plan = {ready, ready->compiled()};
        if (ready->plan().gate != steer::GateMode::always) {
            steering.gate = [this, ready](const std::string& request) {
                return read_gate(*ready, request);
            };
        }
        return steering;
    }

    std::vector<float> embed(const std::vector<model::Token>& tokens) {
        const std::lock_guard lock(gate_mutex_);
        if (!gate_session_) gate_session_ = app_.measuring_session();
        return capture::embed(*gate_session_, tokens);
    }

  private:
    static constexpr std::size_t most_kept = 64;

    /// The plan's values in words, as in the arm `prompt` of axia effect.
    std::string system_message(const steer::Plan& plan) {
        std::string message;
        for (const steer::PlanValue& value : plan.values) {
            if (value.rule == steer::Rule::hold) continue;
            if (!message.empty()) message += " ";
            message +=
                value_message(app_.system(), value.value, value.rule == steer::Rule::at_least);
        }
        return message;
    }

    /// Names alone come from clients, never paths.
    static void require(const std::string& name, const std::vector<std::string>& known,
                        const std::string& kind, const std::string& where) {
        if (std::find(known.begin(), known.end(), name) != known.end()) return;
        std::string hint = core::nearest_names(name, known);
        if (!hint.empty()) {
            hint = "did you mean " + hint + "?";
        } else if (known.empty()) {
            hint = "none is there yet: axia " + std::string(kind == "plan" ? "tune" : "learn");
        } else {
            for (const std::string& one : known) hint += (hint.empty() ? "there is " : ", ") + one;
        }
        throw Error(ErrorKind::not_found, "no " + kind + " '" + name + "' of this model", where,
                    hint);
    }

    server::Steering::Gate read_gate(const ReadySteering& ready, const std::string& request) {
        const std::lock_guard lock(gate_mutex_);
        if (!gate_session_) gate_session_ = app_.measuring_session();
        const ReadySteering::Decision decision = ready.decide(*gate_session_, request);
        return {decision.open, decision.score, decision.threshold};
    }

    App& app_;
    const model::ModelInfo& info_;
    std::mutex mutex_, gate_mutex_;
    std::deque<std::pair<std::string, std::shared_ptr<const ReadySteering>>> kept_;
    std::unique_ptr<model::Session> gate_session_;
    server::StoreIndex index_;
    std::uint64_t kept_version_ = 0;
};

/// What a request may call the model.
std::vector<std::string> model_names(const App& app, const model::ModelInfo& info) {
    std::vector<std::string> names{std::filesystem::path(app.globals.model).stem().string()};
    for (const std::string& name : {app.globals.model, info.name, std::string("axia")}) {
        if (!name.empty()) names.push_back(name);
    }
    return names;
}

/// What every command that a job runs is given.
std::vector<std::string> common_arguments(const App& app) {
    std::vector<std::string> words{"--model",   app.globals.model,
                                   "--weights", app.globals.weights,
                                   "--threads", std::to_string(app.globals.threads),
                                   "--seed",    std::to_string(app.globals.seed)};
    if (!app.globals.values.empty()) words.insert(words.end(), {"--values", app.globals.values});
    if (app.globals.offline) words.emplace_back("--offline");
    return words;
}

void serve(App& app, const server::ServerOptions& wished, const server::DoorOptions& wished_door,
           int parallel, int queue, bool exact) {
    server::ServerOptions options = wished;
    server::DoorOptions door_options = wished_door;
    door_options.host = options.host;
    // a hundred threads in turn hold large bodies: an arena for each would keep all of them
    ::mallopt(M_ARENA_MAX, 4);
    door_options.warn = [&app](const std::string& text) { app.say("warning: " + text); };
    server::Door door(door_options);  // before the model: it may refuse
    // libllama reads a model on one core
    std::future<void> values = std::async(std::launch::async, [&app] { app.system(); });
    const std::shared_ptr<const model::Model> model = app.model("decode");
    model::SessionOptions limits;
    limits.context = app.globals.context;
    limits.batch = std::min(app.globals.batch, app.globals.context);
    limits.sequences = 2 * parallel + 8;  // and prompts kept for later
    limits.exact = exact;
    limits.threads = app.globals.threads;
    answers::EngineOptions engine_options;
    engine_options.queue = static_cast<std::size_t>(queue);
    engine_options.parallel = static_cast<std::size_t>(parallel);
    answers::Engine engine(std::make_unique<model::Session>(model, limits), engine_options);
    SteeringStore store(app, model->info());
    options.models = model_names(app, model->info());
    options.connections = engine_options.parallel + engine_options.queue + 16;
    options.seed = app.globals.seed;
    options.embedding = [&store](const std::vector<model::Token>& t) { return store.embed(t); };
    values.get();
    server::LibraryPaths paths;
    paths.vectors = app.vectors_folder(model->info());
    paths.plans = app.plans_folder(model->info());
    paths.runs = "runs";
    paths.own_pairs = core::data_folder() / "serve" / "pairs";
    const server::Library library(app.system(), model->info(), engine.context(), paths);
    server::JobsOptions jobs_options;
    jobs_options.folder = core::data_folder() / "serve" / "jobs";
    jobs_options.executable = std::filesystem::read_symlink("/proc/self/exe");
    jobs_options.common = common_arguments(app);
    jobs_options.model = model->info().source_hash;
    server::Jobs jobs(library, jobs_options);
    server::Server server(
        engine, door, [&store](const server::SteerWish& wish) { return store.find(wish); },
        &library, &jobs, options);
    const bool v6 = options.host.find(':') != std::string::npos;
    std::cout << "http://" << (v6 ? "[" + options.host + "]" : options.host) << ":" << server.port()
              << std::endl;
    app.say("serving " + options.models.front() + ": " + std::to_string(parallel) +
            " answers at once in a context of " + std::to_string(engine.context()) +
            " tokens; Ctrl-C ends it");
    std::thread listener([&server] { server.run(); });
    while (!stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    app.say("stopping: answers under way are finished first; once more ends at once");
    server.stop();
    listener.join();
}

}  // namespace

void add_serve_commands(Commands& commands) {
    App& app = commands.app;
    auto [command, options] = commands.add(
        commands.root, "serve",
        "Serves the model to OpenAI-compatible clients; each request may carry its own values.",
        "  axia serve\n"
        "  axia serve --port 8000 --parallel 4 --ctx 8192\n"
        "  axia keys create laptop && axia serve --host 0.0.0.0",
        true);
    static server::ServerOptions wished;
    static server::DoorOptions door;
    static int parallel = 8;
    static int queue = 128;
    static bool exact = false;
    options->add("--host", wished.host,
                 "Address; beyond the loopback a key is needed: axia keys create");
    options->add("--port", wished.port, "Port; 0 = any free one")->check(CLI::Range(0, 65535));
    options->add("--parallel", parallel, "Answers at once, in one batch")->check(CLI::Range(1, 64));
    options->add("--queue", queue, "Answers that wait at most; more get 429")
        ->check(CLI::Range(1, 4096));
    options->add_flag("--require-key", door.require_key, "A key is needed on the loopback too");
    options->add("--cors", door.cors, "Origins whose pages may call, as https://example.org");
    options->add("--connections", wished.per_address, "Connections of one address at once")
        ->check(CLI::Range(1, 65535));
    options->add("--audit-days", door.audit_days, "How long requests are remembered; 0 = not")
        ->check(CLI::Range(0, 36500));
    options->add_flag("--exact", exact,
                      "Slower, but no answer depends on its neighbours, to the last bit");
    commands.on(command, [&app] { serve(app, wished, door, parallel, queue, exact); });
}

}  // namespace axia::cli
