// A subject whose answers a test writes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "axia/answers/subject.h"

namespace axia::test {

/// Of one arm. It answers every request by itself and keeps what it was asked.
class ScriptedSubject : public answers::Subject {
  public:
    std::string identity() const override { return R"({"subject":"scripted"})"; }
    const std::vector<answers::AskArm>& arms() const override { return arms_; }
    std::vector<answers::Record> ask(std::span<const answers::Request> page,
                                     const core::Watch&) final {
        std::vector<answers::Record> records;
        for (const answers::Request& request : page) {
            records.push_back(answer(request));
            seen.push_back(request.question->message);
        }
        return records;
    }
    std::vector<std::string> seen;

  protected:
    virtual answers::Record answer(const answers::Request& request) = 0;

  private:
    std::vector<answers::AskArm> arms_{{"unsteered", "", "none"}};
};

}  // namespace axia::test
