// A program that answers line for line, started once so that its start is not timed.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace axia::bench {

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
