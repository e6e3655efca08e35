// Long work asked for over HTTP: each job is a child process of this same program, one at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/library.h"

namespace axia::server {

enum class JobState { queued, running, done, failed, cancelled };
std::string_view job_state_name(JobState state);

struct JobsOptions {
    std::filesystem::path folder;      // one folder below it for each job
    std::filesystem::path executable;  // axia
    std::vector<std::string> common;   // arguments of every command: --model M --weights W ...
    std::size_t queue = 32;            // jobs that wait at most
    std::size_t kept = 200;            // ended jobs that are kept
    std::string model = {};            // its hash; another model's jobs are its server's
};

/// What a listener is told: `name` as in an SSE event, `data` as JSON.
struct JobEvent {
    std::uint64_t number = 0;
    std::string name;  // state, progress, line, point or result
    std::string data;
};

/// Jobs outlive the server: one that was running when it ended is run again, and since every
/// command resumes, goes on where it stopped. Servers may share the folder: a job that is not over
/// is its server's alone while that runs. Any thread may call.
class Jobs {
  public:
    /// Takes up what an earlier server of this model left. `library` must outlive this.
    Jobs(const Library& library, JobsOptions options);
    /// Ends the child; its job is taken up again by the next server.
    ~Jobs();
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    /// {"kind":"learn|tune|effect|measure", ...}. Throws Error{input|not_found} naming the field,
    /// Error{busy} when the queue is full.
    nlohmann::ordered_json submit(std::string_view body);
    nlohmann::ordered_json list() const;
    /// Throws Error{not_found}.
    nlohmann::ordered_json find(const std::string& id) const;
    /// Of a job that has ended nothing.
    nlohmann::ordered_json cancel(const std::string& id);

    /// Events of a job after `seen`, waiting up to `time` for one; of `seen` 0 first the present
    /// state and the points so far. `ended` becomes true once no more will come.
    std::vector<JobEvent> events(const std::string& id, std::uint64_t seen,
                                 std::chrono::milliseconds time, bool& ended) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The arguments of the command that does the job, without the common ones; a plan's and a run's
/// name become their place in the library. `pairs` becomes the pairs to be written beside the job,
/// as JSON lines. Throws as Jobs::submit.
std::vector<std::string> job_command(const nlohmann::ordered_json& request, const Library& library,
                                     const std::filesystem::path& pairs_file, std::string& pairs);

}  // namespace axia::server
