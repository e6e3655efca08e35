// The HTTP server: routes to the engine, and who may come in.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "axia/answers/engine.h"
#include "server/door.h"
#include "server/request.h"

namespace axia::server {

/// A wish made ready.
struct Steering {
    std::shared_ptr<const steer::CompiledPlan> plan;  // null = nothing to steer
    struct Gate {
        bool open = true;
        std::optional<double> score, threshold;
    };
    /// Whether a request opens the plan's gate; empty = always. Any thread may call it.
    std::function<Gate(const std::string& request)> gate;
    std::string prompt;  // a system message that asks for the same values in words
};

struct ServerOptions {
    std::string host = "127.0.0.1";
    int port = 8080;                  // 0 = any free one
    std::vector<std::string> models;  // names a request may use; the first is shown
    std::size_t connections = 128;    // served at once
    std::size_t per_address = 64;     // of one address
    std::uint64_t seed = 0;           // of answers whose request has none
    /// Mean last state of a text, of unit length. Any thread may call it.
    std::function<std::vector<float>(const std::vector<model::Token>&)> embedding;
};

class Jobs;
class Library;

/// By name alone; throws core::Error for what is unknown, with the nearest names.
using SteeringSource = std::function<Steering(const SteerWish&)>;

class Server {
  public:
    /// Throws Error{io} when the address cannot be had. `door` outlives the server.
    /// `library` and `jobs` may be null: then nothing is served below /axia.
    Server(answers::Engine& engine, Door& door, SteeringSource steering, const Library* library,
           Jobs* jobs, ServerOptions options);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port() const noexcept;
    /// Serves until stop(); what is under way is answered first.
    void run();
    void stop();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::server
