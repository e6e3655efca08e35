// Answers for many callers at once: sequences join and leave one batch at each step, every one
// under its own plan or none.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "axia/answers/generate.h"

namespace axia::answers {

struct EngineOptions {
    std::size_t queue = 128;        // requests that wait at most; more are refused
    std::size_t prompt_rows = 256;  // of prompts in a step that also goes on with answers, at most
    std::size_t alone_rows = 512;   // of prompts in a step without answers, at most
    std::size_t parallel = 0;       // answers at once; 0 = as many as the session has sequences
    bool reuse = true;              // rows of earlier prompts that a later one begins with
};

/// One token and how likely it was: natural log of the model's own distribution (temperature 1, no
/// tail cut), under the plan.
struct TokenScore {
    model::Token token = 0;
    double log_probability = 0;
    std::vector<std::pair<model::Token, double>> top;  // likeliest first
};

struct EngineRequest {
    std::vector<model::Token> prompt;                 // at least one token
    std::shared_ptr<const steer::CompiledPlan> plan;  // null = unsteered
    /// Without a plan and with a trace: read the probes of this one and leave the rows alone.
    std::shared_ptr<const steer::CompiledPlan> watched;
    GenerateOptions options;     // max_tokens may be 0
    bool scores = false;         // of the answer's tokens
    bool prompt_scores = false;  // of the prompt's tokens from the second on
    int top = 0;                 // likeliest tokens beside each score
};

struct EngineAnswer {
    Generated generated;                    // its text is all pieces
    std::vector<TokenScore> prompt_scores;  // of prompt[1], prompt[2], ...
    std::vector<model::Token> tokens;       // of the answer, without the one that ends it
    int cached = 0;                         // rows of the prompt that stood in the cache already
    std::exception_ptr error;               // set when the model failed
};

/// Both are called on the engine's thread and must be quick. `piece` is whole UTF-8 and comes with
/// the scores of the tokens that it completes; the token that ends an answer comes with the last.
/// `done` is called exactly once, last.
struct EngineSink {
    std::function<void(std::string_view piece, std::vector<TokenScore> scores)> piece;
    std::function<void(EngineAnswer answer)> done;
};

struct EngineCounts {
    static constexpr std::array<double, 12> bounds{.01, .025, .05, .1, .25, .5,
                                                   1,   2.5,  5,   10, 30,  60};
    /// How many took at most each bound (not cumulated), and one place more for the longer ones.
    struct Histogram {
        std::array<std::uint64_t, bounds.size() + 1> counts{};
        double seconds = 0;  // sum

        void add(double value);
    };

    std::uint64_t accepted = 0, refused = 0, finished = 0, cancelled = 0, failed = 0;
    std::uint64_t steps = 0, rows = 0;  // decode calls, and what they held
    std::uint64_t prompt_tokens = 0, answer_tokens = 0, cached_tokens = 0;
    std::size_t waiting = 0, running = 0, rows_last = 0, kept = 0;  // now; kept = prefixes
    Histogram first_token;                                          // from submit
    Histogram next_token;                                           // from the token before
    double step_seconds = 0, steering_seconds = 0;                  // sums
};

/// Owns the session and one thread that works it. Every function may be called from any thread.
class Engine {
  public:
    explicit Engine(std::unique_ptr<model::Session> session, const EngineOptions& options = {});
    /// Cancels what is under way; each `done` is still called.
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    const model::Model& model() const noexcept;
    /// Tokens of one prompt and its answer at most.
    int context() const noexcept;

    /// Takes all the requests or none, `sinks` one for each, and returns their numbers. A request
    /// waits until a sequence and room for its prompt and max_tokens are free, in the order of
    /// coming. Throws Error{busy} when they do not fit the queue, Error{input} for a prompt that is
    /// empty or leaves no room for an answer, Error{usage} for sampler options.
    std::vector<std::uint64_t> submit(std::vector<EngineRequest> requests,
                                      std::vector<EngineSink> sinks);
    /// Ends a request's answer where it is; of an unknown number nothing.
    void cancel(std::uint64_t number);

    EngineCounts counts() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::answers
