// A child process whose output is read line by line.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace axia::server {

struct ChildEnd {
    int code = 0;      // exit code; 128 + signal when one ended it
    std::string out;   // all of stdout, as far as the limit
    bool cut = false;  // stdout was longer than that
};

/// Runs a program to its end with lower priority, in a process group of its own and without stdin;
/// it dies with the thread that runs it. `line` gets each line of its stderr. Once `stop` is true
/// it is sent SIGINT, and SIGKILL 10 s later. Throws core::Error{io} when it cannot be started.
ChildEnd run_child(const std::vector<std::string>& command,
                   const std::vector<std::pair<std::string, std::string>>& environment,
                   const std::function<void(std::string_view)>& line,
                   const std::atomic<bool>& stop);

}  // namespace axia::server
