// One request's answers under way: from the engine's thread to the one that writes to the client.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/reply.h"

namespace axia::server {

class Completions {
  public:
    /// Submits every choice. `requests` and `choices` belong together; what Engine::submit throws
    /// comes through.
    Completions(answers::Engine& engine, ReplyHead head, std::vector<Choice> choices, Usage usage,
                std::vector<answers::EngineRequest> requests);
    /// Cancels what is still under way.
    ~Completions();
    Completions(const Completions&) = delete;
    Completions& operator=(const Completions&) = delete;

    /// Waits until something came; false when nothing did in that time.
    bool wait(std::chrono::milliseconds time);
    /// Takes what came since the last call. As a stream, it is turned into events. Throws what the
    /// model threw.
    std::string take(bool stream);
    bool finished() const { return open_ == 0; }

    /// Once finished.
    std::string json() const;
    const ReplyHead& head() const { return head_; }
    Usage usage() const { return usage_; }
    /// So far: a piece of an answer that was cut counts as a token.
    Usage spent() const;

  private:
    struct Event {
        std::size_t choice = 0;
        std::string piece;
        std::vector<answers::TokenScore> scores;
        std::optional<answers::EngineAnswer> answer;  // the last of its choice
    };
    /// Outlives the request when the engine still holds its sinks.
    struct Channel {
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<Event> events;

        void push(Event event);
    };

    answers::Engine& engine_;
    ReplyHead head_;
    std::vector<Choice> choices_;
    std::vector<char> begun_;
    Usage usage_;
    std::shared_ptr<Channel> channel_ = std::make_shared<Channel>();
    std::vector<std::uint64_t> numbers_;
    std::size_t open_ = 0;
    int pieces_ = 0;
};

}  // namespace axia::server
