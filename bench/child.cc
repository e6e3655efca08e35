#include "child.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <stdexcept>

extern char** environ;

namespace axia::bench {

Scratch::Scratch()
    : folder(std::filesystem::temp_directory_path() /
             ("axia-bench-" + std::to_string(getpid()) + "-" +
              std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
    std::filesystem::create_directories(folder);
}

Scratch::~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
}

const char* bench_python(Run& run) {
    const char* python = std::getenv("AXIA_BENCH_PYTHON");
    if (python != nullptr && *python != '\0') return python;
    run.skip(
        "no Python with scikit-learn (AXIA_BENCH_PYTHON); ./run bench installs one when it can");
    return nullptr;
}

std::vector<std::string> numeric_python(const char* python, std::vector<std::string> arguments) {
    std::vector<std::string> command = {"env", "-u", "OPENBLAS_CORETYPE", "-u", "OPENBLAS_L2_SIZE",
                                        python};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return command;
}

Child::Child(const std::vector<std::string>& command) {
    std::signal(SIGPIPE, SIG_IGN);
    int in[2];
    int out[2];
    if (pipe(in) != 0 || pipe(out) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    for (const int end : {in[0], in[1], out[0], out[1]}) {
        posix_spawn_file_actions_addclose(&actions, end);
    }
    std::vector<char*> arguments;
    for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const int failed =
        posix_spawnp(&process_, arguments[0], &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    to_ = fdopen(in[1], "w");
    from_ = fdopen(out[0], "r");
    if (failed != 0) {
        process_ = -1;
        throw std::runtime_error("cannot start " + command.at(0));
    }
}

Child::~Child() {
    if (to_ != nullptr) std::fclose(to_);
    if (from_ != nullptr) std::fclose(from_);
    if (process_ > 0) waitpid(process_, nullptr, 0);
}

std::string Child::ask(const std::string& line) {
    std::fprintf(to_, "%s\n", line.c_str());
    std::fflush(to_);
    std::string answer;
    for (int c = 0; (c = std::fgetc(from_)) != '\n';) {
        if (c == EOF) throw std::runtime_error("the program to compare with has ended");
        answer.push_back(static_cast<char>(c));
    }
    return answer;
}

}  // namespace axia::bench
