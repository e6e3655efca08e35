#include "server/jobs.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "server/child.h"
#include "server/own_values.h"

namespace axia::server {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

constexpr std::size_t most_events = 4096;
constexpr std::size_t most_message = 1000;  // bytes

std::string now_text() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
}

struct Job {
    std::string id;
    std::uint64_t number = 0;
    std::string kind;
    ordered_json request;  // without uploaded pairs, which lie beside it
    bool own_pairs = false;
    JobState state = JobState::queued;
    std::string stage, unit, message, created, started, ended, error;
    std::uint64_t done = 0, total = 0;
    std::vector<std::string> points;  // JSON
    std::string result;               // JSON; empty = none
    std::atomic<bool> stop{false};
    std::unique_ptr<core::FileLock> held;  // until it is over: another server leaves it alone

    std::deque<JobEvent> events;
    std::uint64_t next_event = 2;  // a listener has seen 1 with the first state

    bool over() const { return state != JobState::queued && state != JobState::running; }
    ordered_json json(bool whole) const {
        const auto or_null = [](const std::string& text) {
            return text.empty() ? ordered_json() : ordered_json(text);
        };
        ordered_json json = {{"id", id},
                             {"kind", kind},
                             {"request", request},
                             {"state", job_state_name(state)},
                             {"stage", stage},
                             {"done", done},
                             {"total", total},
                             {"unit", unit},
                             {"message", message},
                             {"created", created},
                             {"started", or_null(started)},
                             {"ended", or_null(ended)},
                             {"error", or_null(error)}};
        if (!whole) return json;
        json["result"] = result.empty() ? ordered_json() : ordered_json::parse(result);
        json["points"] = ordered_json::array();
        for (const std::string& point : points)
            json["points"].push_back(ordered_json::parse(point));
        return json;
    }
};

/// Where the store lies is nobody's business.
std::string without_folders(std::string text) {
    const std::string folder = core::data_folder().string() + "/";
    for (std::size_t at; (at = text.find(folder)) != std::string::npos;) {
        text.erase(at, folder.size());
    }
    return text;
}

JobState state_named(const std::string& name) {
    for (const JobState state : {JobState::queued, JobState::running, JobState::done,
                                 JobState::failed, JobState::cancelled}) {
        if (job_state_name(state) == name) return state;
    }
    return JobState::failed;
}

/// A job's folder whose server was killed before job.json was there: nobody was told of it. Job
/// names only, so that nothing else in the folder is touched.
bool is_unconfirmed(const fs::directory_entry& entry) {
    const std::string name = entry.path().filename().string();
    const bool named = name.size() == 14 && name.starts_with("j-") &&
                       name.find_first_not_of("0123456789abcdef", 2) == std::string::npos;
    std::error_code code;
    return named && !entry.is_symlink(code) && entry.is_directory(code) &&
           fs::status(entry.path() / "job.json", code).type() == fs::file_type::not_found;
}

}  // namespace

std::string_view job_state_name(JobState state) {
    switch (state) {
        case JobState::queued:
            return "queued";
        case JobState::running:
            return "running";
        case JobState::done:
            return "done";
        case JobState::failed:
            return "failed";
        default:
            return "cancelled";
    }
}

struct Jobs::State {
    const Library& library;
    JobsOptions options;
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::map<std::string, std::shared_ptr<Job>> jobs;
    std::uint64_t next_number = 1;
    bool stopping = false;
    std::thread thread;

    State(const Library& l, JobsOptions o) : library(l), options(std::move(o)) {}

    fs::path folder(const Job& job) const { return options.folder / job.id; }

    // all of the following with the mutex held

    void tell(Job& job, std::string name, std::string data) {
        job.events.push_back({job.next_event++, std::move(name), std::move(data)});
        if (job.events.size() > most_events) job.events.pop_front();
        changed.notify_all();
    }
    void save(const Job& job) const {
        ordered_json json = job.json(true);
        json["schema"] = "axia.job";
        json["version"] = 1;
        json["number"] = job.number;
        json["model"] = options.model;
        json["own_pairs"] = job.own_pairs;
        json["cancelled"] = job.stop.load() && !stopping;
        core::write_file(folder(job) / "job.json", json.dump(2) + "\n");
    }
    void change(Job& job, JobState state) {
        job.state = state;
        if (state == JobState::running) job.started = now_text();
        if (job.over()) job.ended = now_text();
        save(job);
        if (job.over()) job.held.reset();
        tell(job, "state", job.json(false).dump());
    }
    std::shared_ptr<Job> get(const std::string& id) const {
        const auto found = jobs.find(id);
        if (found == jobs.end()) {
            throw Error(ErrorKind::not_found, "there is no such job", "id");
        }
        return found->second;
    }
    std::vector<std::shared_ptr<Job>> in_order() const {
        std::vector<std::shared_ptr<Job>> all;
        for (const auto& [id, job] : jobs) all.push_back(job);
        std::sort(all.begin(), all.end(),
                  [](const auto& a, const auto& b) { return a->number < b->number; });
        return all;
    }
    std::shared_ptr<Job> next() const {
        for (const auto& job : in_order()) {
            if (job->state == JobState::queued) return job;
        }
        return nullptr;
    }
    void forget_oldest() {
        std::vector<std::shared_ptr<Job>> over;
        for (const auto& job : in_order()) {
            if (job->over()) over.push_back(job);
        }
        for (std::size_t i = 0; i + options.kept < over.size(); ++i) {
            std::error_code code;
            fs::remove_all(folder(*over[i]), code);
            jobs.erase(over[i]->id);
        }
    }

    /// Null where another server has the job, and where nothing can be written.
    static std::unique_ptr<core::FileLock> hold(const fs::path& job) {
        try {
            return std::make_unique<core::FileLock>(job / "lock");
        } catch (const Error&) {
            return nullptr;
        }
    }

    /// Null for what is no job of this model. One that was cancelled, but not yet over, is now.
    std::shared_ptr<Job> read(const fs::path& path) const {
        auto job = std::make_shared<Job>();
        try {
            const auto json = ordered_json::parse(core::read_file(path / "job.json", 128ULL << 20));
            if (json.value("model", options.model) != options.model) return nullptr;
            job->id = path.filename().string();
            job->number = json.at("number").get<std::uint64_t>();
            job->kind = json.at("kind").get<std::string>();
            job->request = json.at("request");
            job->own_pairs = json.at("own_pairs").get<bool>();
            job->state = state_named(json.at("state").get<std::string>());
            if (!job->over() && json.value("cancelled", false)) job->state = JobState::cancelled;
            job->created = json.at("created").get<std::string>();
            const auto text = [&](const char* name) {
                return json.contains(name) && json[name].is_string() ? json[name].get<std::string>()
                                                                     : std::string();
            };
            job->started = text("started");
            job->ended = text("ended");
            job->error = text("error");
            job->message = text("message");
            if (!json.at("result").is_null()) job->result = json["result"].dump();
            for (const auto& point : json.at("points")) job->points.push_back(point.dump());
        } catch (const Error&) {
            return nullptr;  // killed before it was whole: it was never confirmed
        } catch (const nlohmann::json::exception&) {
            return nullptr;
        }
        return job;
    }

    /// What an earlier server left: a job it was at waits again, before those behind it.
    void take_up() {
        std::error_code code;
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(options.folder, code)) {
            found.push_back(entry.path());
        }
        for (const fs::path& path : found) {
            if (is_unconfirmed(fs::directory_entry(path, code))) {
                const auto held = hold(path);
                if (held) fs::remove_all(path, code);
                continue;
            }
            std::shared_ptr<Job> job = read(path);
            if (job != nullptr && !job->over()) {
                auto held = hold(path);
                job = held ? read(path) : nullptr;  // it may just have ended
                if (job != nullptr && !job->over()) {
                    job->held = std::move(held);
                    job->state = JobState::queued;
                    job->points.clear();
                }
            }
            if (job == nullptr) continue;
            next_number = std::max(next_number, job->number + 1);
            jobs[job->id] = job;
        }
    }

    // on the thread

    void run() {
        std::unique_lock lock(mutex);
        while (true) {
            changed.wait(lock, [&] { return stopping || next() != nullptr; });
            if (stopping) return;
            const std::shared_ptr<Job> job = next();
            ChildEnd end;
            std::string failure;
            try {
                change(*job, JobState::running);
            } catch (const std::exception& error) {
                lose(*job, error.what());
                continue;
            }
            lock.unlock();
            try {
                std::vector<std::string> words{options.executable.string()};
                const std::vector<std::string> command =
                    job_command_of(*job, folder(*job) / "pairs.jsonl");
                words.insert(words.end(), command.begin(), command.end());
                words.insert(words.end(), options.common.begin(), options.common.end());
                end = run_child(
                    words, {{"AXIA_PROGRESS", "json"}},
                    [&](std::string_view line) { hear(*job, line); }, job->stop);
            } catch (const std::exception& error) {
                failure = error.what();
            }
            lock.lock();
            try {
                finish(*job, end, failure);
            } catch (const std::exception& error) {
                lose(*job, error.what());
            }
        }
    }

    /// The store cannot be written: what became of the job is known until the server ends.
    void lose(Job& job, std::string_view why) {
        job.state = JobState::failed;
        job.ended = now_text();
        job.error = without_folders(std::string(why));
        job.result.clear();
        tell(job, "state", job.json(false).dump());
        std::error_code code;
        if (fs::exists(folder(job), code)) {
            try {
                save(job);
            } catch (const std::exception&) {  // told already
            }
        }
    }

    /// The pairs were taken out of the request when it came; the command is made without them.
    std::vector<std::string> job_command_of(const Job& job, const fs::path& pairs_file) const {
        std::string unused;
        if (!job.own_pairs) return job_command(job.request, library, pairs_file, unused);
        ordered_json request = job.request;
        request["pairs"] = ordered_json::array(
            {{{"positive", "a"}, {"negative", "b"}}});  // stands for those in the file
        return job_command(request, library, pairs_file, unused);
    }

    void hear(Job& job, std::string_view line) {
        try {
            understand(job, ordered_json::parse(line, nullptr, false), line);
        } catch (const nlohmann::json::exception&) {  // a field of another type: as if not said
        }
    }

    void understand(Job& job, const ordered_json& said, std::string_view line) {
        const std::lock_guard lock(mutex);
        if (!said.is_object()) {
            job.message = without_folders(std::string(line)).substr(0, most_message);
            if (!core::is_utf8(job.message)) job.message.clear();
            tell(job, "line", ordered_json{{"line", job.message}}.dump());
        } else if (said.contains("line") && said["line"].is_string()) {
            job.message = without_folders(said["line"].get<std::string>()).substr(0, most_message);
            if (!core::is_utf8(job.message)) job.message.clear();
            tell(job, "line", ordered_json{{"line", job.message}}.dump());
        } else if (said.contains("error") && said["error"].is_object()) {
            const ordered_json& error = said["error"];
            const std::string where = error.value("where", ""), hint = error.value("hint", "");
            job.message =
                without_folders((where.empty() ? "" : where + ": ") + error.value("message", "") +
                                (hint.empty() ? "" : " (" + hint + ")"));
        } else if (said.contains("point")) {
            job.points.push_back(said["point"].dump());
            tell(job, "point", job.points.back());
        } else if (said.contains("stage")) {
            job.stage = said.value("stage", "");
            job.done = said.value("done", std::uint64_t{0});
            job.total = said.value("total", std::uint64_t{0});
            job.unit = said.value("unit", "");
            tell(job, "progress", said.dump());
        }
    }

    void finish(Job& job, const ChildEnd& end, const std::string& failure) {
        if (stopping && !job.stop.load()) return;  // the next server's
        if (stopping && end.code != 0 && failure.empty()) return;
        if (job.stop.load() && end.code != 0) {
            change(job, JobState::cancelled);
        } else if (!failure.empty() || end.code != 0) {
            job.error = !failure.empty()       ? failure
                        : !job.message.empty() ? job.message
                                               : "exit code " + std::to_string(end.code);
            change(job, JobState::failed);
        } else {
            const auto result = ordered_json::parse(end.out, nullptr, false);
            if (!end.cut && !result.is_discarded()) job.result = result.dump();
            keep_pairs(job);
            if (!job.result.empty()) tell(job, "result", job.result);
            change(job, JobState::done);
        }
        forget_oldest();
    }

    /// Tuning and measuring the effect of a value that a client brought need its pairs again.
    void keep_pairs(const Job& job) const {
        if (job.kind != "learn") return;
        const std::string value = job.request.value("value", "");
        const fs::path& kept = library.paths().own_pairs;
        if (job.own_pairs) {
            core::write_file(kept / (value + ".jsonl"),
                             core::read_file(folder(job) / "pairs.jsonl"));
        } else if (library.system().has(value)) {  // learnt from the shipped ones again
            std::error_code code;
            fs::remove(kept / (value + ".jsonl"), code);
        }
        const auto about = job.request.find("about");
        if (about != job.request.end() && !about->is_null()) {
            write_own_value(kept, value, parse_own_value(*about, library.system(), "about"));
        }
    }
};

Jobs::Jobs(const Library& library, JobsOptions options)
    : state_(std::make_unique<State>(library, std::move(options))) {
    state_->take_up();
    state_->thread = std::thread([this] { state_->run(); });
}

Jobs::~Jobs() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        for (const auto& [id, job] : state_->jobs) {
            if (job->state == JobState::running) job->stop = true;
        }
    }
    state_->changed.notify_all();
    state_->thread.join();
}

ordered_json Jobs::submit(std::string_view body) {
    ordered_json request = parse_object(body);
    const auto job = std::make_shared<Job>();
    job->created = now_text();
    const std::lock_guard lock(state_->mutex);
    job->number = state_->next_number;
    job->id = "j-" + core::sha256_hex(job->created + "/" + std::to_string(job->number) + "/" +
                                      request.dump())
                         .substr(0, 12);
    const fs::path folder = state_->folder(*job);
    std::string pairs;
    job_command(request, state_->library, folder / "pairs.jsonl", pairs);
    std::size_t waiting = 0;
    for (const auto& [id, other] : state_->jobs) waiting += other->over() ? 0 : 1;
    if (waiting >= state_->options.queue) {
        throw Error(ErrorKind::busy, "as many jobs wait as may", "",
                    "try again later, or cancel one");
    }
    job->kind = request["kind"].get<std::string>();
    job->held = std::make_unique<core::FileLock>(folder / "lock");
    job->own_pairs = !pairs.empty();
    if (job->own_pairs) {
        core::write_file(folder / "pairs.jsonl", pairs);
        request.erase("pairs");
    }
    job->request = std::move(request);
    ++state_->next_number;
    state_->jobs[job->id] = job;
    state_->change(*job, JobState::queued);
    return job->json(true);
}

ordered_json Jobs::list() const {
    const std::lock_guard lock(state_->mutex);
    ordered_json list = ordered_json::array();
    for (const auto& job : state_->in_order()) list.push_back(job->json(false));
    return {{"jobs", std::move(list)}};
}

ordered_json Jobs::find(const std::string& id) const {
    const std::lock_guard lock(state_->mutex);
    return state_->get(id)->json(true);
}

ordered_json Jobs::cancel(const std::string& id) {
    const std::lock_guard lock(state_->mutex);
    const auto job = state_->get(id);
    if (job->state == JobState::queued) state_->change(*job, JobState::cancelled);
    if (job->state == JobState::running) {
        job->stop = true;
        state_->save(*job);  // should the server be killed now, it is not run again
    }
    return job->json(true);
}

std::vector<JobEvent> Jobs::events(const std::string& id, std::uint64_t seen,
                                   std::chrono::milliseconds time, bool& ended) const {
    std::unique_lock lock(state_->mutex);
    const auto job = state_->get(id);
    std::vector<JobEvent> found;
    if (seen == 0) {
        const std::uint64_t now = job->next_event - 1;
        found.push_back({now, "state", job->json(true).dump()});
        for (const std::string& point : job->points) found.push_back({now, "point", point});
        ended = job->over();
        return found;
    }
    state_->changed.wait_for(
        lock, time, [&] { return state_->stopping || job->over() || job->next_event > seen + 1; });
    for (const JobEvent& event : job->events) {
        if (event.number > seen) found.push_back(event);
    }
    ended = state_->stopping ||
            (job->over() && (found.empty() || found.back().number + 1 == job->next_event));
    return found;
}

}  // namespace axia::server
