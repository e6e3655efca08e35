#include "server/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "axia/core/error.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::size_t most_output = 64U << 20;
constexpr std::size_t most_line = 1U << 16;
constexpr auto patience = std::chrono::seconds(10);
constexpr auto longest_pause = std::chrono::milliseconds(100);
constexpr int niceness = 10;

struct Pipe {
    int read = -1, write = -1;

    Pipe() {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
            throw Error(ErrorKind::io, std::string("no pipe: ") + std::strerror(errno));
        }
        read = ends[0];
        write = ends[1];
    }
    ~Pipe() {
        close_read();
        close_write();
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
    void close_read() {
        if (read >= 0) ::close(read);
        read = -1;
    }
    void close_write() {
        if (write >= 0) ::close(write);
        write = -1;
    }
};

/// The environment with these variables set, as execve wants it.
std::vector<std::string> merged(const std::vector<std::pair<std::string, std::string>>& own) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        bool replaced = false;
        for (const auto& [mine, value] : own) replaced = replaced || name == mine;
        if (!replaced) all.emplace_back(text);
    }
    for (const auto& [name, value] : own) all.push_back(name + "=" + value);
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> list;
    for (std::string& word : words) list.push_back(word.data());
    list.push_back(nullptr);
    return list;
}

}  // namespace

ChildEnd run_child(const std::vector<std::string>& command,
                   const std::vector<std::pair<std::string, std::string>>& environment,
                   const std::function<void(std::string_view)>& line,
                   const std::atomic<bool>& stop) {
    Pipe out, err;
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    std::vector<std::string> words = command, variables = merged(environment);
    const std::vector<char*> argv = pointers(words), envp = pointers(variables);
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) {  // between fork and exec only what is safe in a process of many threads
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(127);
        ::setpgid(0, 0);
        ::setpriority(PRIO_PROCESS, 0, niceness);
        ::dup2(nothing, 0);
        ::dup2(out.write, 1);
        ::dup2(err.write, 2);
        ::execve(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    if (nothing >= 0) ::close(nothing);
    if (child < 0) {
        throw Error(ErrorKind::io, std::string("no process: ") + std::strerror(errno), command[0]);
    }
    out.close_write();
    err.close_write();

    ChildEnd end;
    std::string rest;
    const auto take_lines = [&](bool last) {
        std::size_t at = 0;
        for (std::size_t found; (found = rest.find('\n', at)) != std::string::npos;
             at = found + 1) {
            line(std::string_view(rest).substr(at, found - at));
        }
        rest.erase(0, at);
        if (rest.size() > most_line) rest.clear();
        if (last && !rest.empty()) line(rest);
    };
    bool asked = false;
    std::chrono::steady_clock::time_point limit;
    const auto heed_stop = [&] {
        const auto now = std::chrono::steady_clock::now();
        if (stop.load() && !asked) {
            asked = true;
            limit = now + patience;
            ::kill(child, SIGINT);
        } else if (asked && now > limit) {
            ::kill(-child, SIGKILL);
        }
    };
    while (out.read >= 0 || err.read >= 0) {
        std::array<pollfd, 2> polled{{{out.read, POLLIN, 0}, {err.read, POLLIN, 0}}};
        ::poll(polled.data(), polled.size(), 100);
        std::array<char, 1 << 14> buffer{};
        if (polled[0].revents != 0) {
            const ssize_t size = ::read(out.read, buffer.data(), buffer.size());
            if (size <= 0) out.close_read();
            if (size > 0 && end.out.size() < most_output) {
                end.out.append(buffer.data(), static_cast<std::size_t>(size));
            } else if (size > 0) {
                end.cut = true;
            }
        }
        if (polled[1].revents != 0) {
            const ssize_t size = ::read(err.read, buffer.data(), buffer.size());
            if (size <= 0) err.close_read();
            if (size > 0) rest.append(buffer.data(), static_cast<std::size_t>(size));
            take_lines(size <= 0);
        }
        heed_stop();
    }
    // it may have closed both and go on
    int status = 0;
    auto pause = std::chrono::milliseconds(1);
    while (true) {
        const pid_t ended = ::waitpid(child, &status, WNOHANG);
        if (ended == child || (ended < 0 && errno != EINTR)) break;
        std::this_thread::sleep_for(pause);
        pause = std::min(2 * pause, longest_pause);
        heed_stop();
    }
    end.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return end;
}

}  // namespace axia::server
