// A program that answers line for line, started once so that its start is not timed, and its files.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "harness.h"

namespace axia::bench {

/// A new folder, removed with the object.
struct Scratch {
    std::filesystem::path folder;
    Scratch();
    ~Scratch();
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

/// AXIA_BENCH_PYTHON, a Python with scikit-learn; where there is none the run is skipped.
const char* bench_python(Run& run);

/// The command that runs a script with it; a core type forced for old OpenBLAS builds is taken out
/// of the environment: it would only slow theirs down.
std::vector<std::string> numeric_python(const char* python, std::vector<std::string> arguments);

class Child {
  public:
    /// Throws std::runtime_error when it cannot be started.
    explicit Child(const std::vector<std::string>& command);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// Sends a line and waits for the answer's line. Throws std::runtime_error when it ended.
    std::string ask(const std::string& line);

  private:
    int process_ = -1;
    std::FILE* to_ = nullptr;
    std::FILE* from_ = nullptr;
};

}  // namespace axia::bench
