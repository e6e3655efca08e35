// A client of any OpenAI-compatible endpoint: many requests at once, retried, answered in order.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/model/endpoint_reply.h"
#include "axia/model/model.h"

namespace axia::model {

struct EndpointOptions {
    std::string url;    // base; "/v1" is added where the path names no version
    std::string model;  // as the endpoint calls it
    std::string key;    // sent as "Authorization: Bearer"; empty = none. Stands in no error or text
    int concurrency = 8;                 // requests under way at once, 1 to 256
    int requests_per_minute = 0;         // evenly spaced, retries included; 0 = no limit
    int attempts = 5;                    // tries of one request, 1 to 100
    int timeout_milliseconds = 120'000;  // of one try
    int pause_milliseconds = 500;        // before the second try, doubled each time up to 30 s
    std::uint64_t body_bytes = 8 << 20;  // of one reply, at most
    std::uint64_t seed = 0;              // of the jitter: each pause is taken 0.5 to 1.5 times
};

struct EndpointSampling {
    double temperature = 1;
    int max_tokens = 16;
    std::optional<std::uint64_t> seed;
};

struct ChatRequest {
    std::vector<Message> messages;
    EndpointSampling sampling;
    int n = 1;             // answers; an endpoint may give fewer
    int top_logprobs = 0;  // likeliest tokens at each place, at most 20; 0 = no log-probabilities
};

/// Log-probabilities of a text's own tokens. The reply's tokens are those of `text` (a beginning
/// token of the model's own may stand before them) and one more that was generated.
struct EchoRequest {
    std::string text;
};

struct EndpointCounts {
    std::uint64_t sent = 0;     // HTTP requests, retries included
    std::uint64_t retried = 0;  // of them
    std::uint64_t failed = 0;   // requests given up or refused
};

class Endpoint {
  public:
    /// Throws Error{usage} naming the option; a URL may hold no user, query or fragment.
    explicit Endpoint(EndpointOptions options);
    ~Endpoint();
    Endpoint(Endpoint&&) noexcept;

    /// Replies in the order of the requests. 408, 425, 429, 5xx, a timeout, a cut connection and a
    /// body that cannot be read are tried again after a pause, or after what Retry-After says (429
    /// and 503 hold all requests back); what fails to the end, and what is refused with another
    /// 4xx, is a reply with a reason. An endpoint that wants `max_completion_tokens` is given it.
    /// Throws Error{network} for 401, 402, 403, 404, a redirect, a Retry-After above 10 minutes,
    /// and when as many requests in a row as run at once (8 at least) were given up;
    /// Error{cancelled}.
    std::vector<EndpointReply> chat(std::span<const ChatRequest> requests,
                                    const core::Watch& watch = {});

    /// The same over /completions with `echo`. An endpoint without it (404, or 4xx of any sort)
    /// refuses by reply.
    std::vector<EndpointReply> echo(std::span<const EchoRequest> requests,
                                    const core::Watch& watch = {});

    /// Names of the endpoint's models. Throws Error{network}, also when the tries are used up.
    std::vector<std::string> models(const core::Watch& watch = {});

    const std::string& model() const noexcept;
    /// Base address with its version.
    const std::string& url() const noexcept;
    EndpointCounts counts() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The key in `file`, or in the environment's AXIA_API_KEY when `file` is empty; empty when neither
/// is set. Throws Error{not_found|io} for the file, Error{input} for what is no key: more than one
/// line, blanks inside, over 4 KiB. The key itself stands in no error.
std::string find_key(const std::filesystem::path& file = {});

}  // namespace axia::model
