#include "axia/model/endpoint.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/random.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr int longest_pause_milliseconds = 30'000;
constexpr long longest_wait_seconds = 600;
constexpr int least_outage = 8;  // requests given up in a row
constexpr std::size_t shortest_secret = 8, longest_key = 4096;

struct CurlDeleter {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request of a call, until it is answered or given up.
struct Job {
    std::string path;
    ordered_json body;  // null = GET
    std::function<EndpointReply(std::string_view)> parse;
    bool may_lack = false;  // 404 says that the endpoint does not have this call
    EndpointReply reply;
    Clock::time_point ready{};
};

/// One try of a job on the wire.
class Transfer {
  public:
    Transfer(CURLM* multi, Job& job, const EndpointOptions& options, const std::string& url)
        : multi_(multi), job_(&job), limit_(options.body_bytes), curl_(curl_easy_init()) {
        if (!curl_) throw Error(ErrorKind::internal, "libcurl cannot start");
        CURL* handle = curl_.get();
        add_header("Accept: application/json");
        add_header("Expect:");
        if (!options.key.empty()) add_header("Authorization: Bearer " + options.key);
        if (!job.body.is_null()) {
            sent_ = job.body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
            add_header("Content-Type: application/json");
            curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                             static_cast<curl_off_t>(sent_.size()));
            curl_easy_setopt(handle, CURLOPT_POSTFIELDS, sent_.c_str());
        }
        const std::string address = url + job.path;
        curl_easy_setopt(handle, CURLOPT_URL, address.c_str());  // copied by libcurl
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "axia/" AXIA_VERSION);
        curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers_.get());
        const auto timeout = static_cast<long>(options.timeout_milliseconds);
        curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, timeout);
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout, 20'000L));
        curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message_.data());
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
        curl_multi_add_handle(multi_, handle);
    }
    ~Transfer() { curl_multi_remove_handle(multi_, curl_.get()); }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    bool is(const CURL* handle) const { return curl_.get() == handle; }
    Job& job() const { return *job_; }
    const std::string& body() const { return body_; }

    long status() const {
        long status = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
        return status;
    }
    /// Seconds, 0 when not said.
    long retry_after() const {
        curl_off_t seconds = 0;
        curl_easy_getinfo(curl_.get(), CURLINFO_RETRY_AFTER, &seconds);
        return static_cast<long>(std::clamp<curl_off_t>(seconds, 0, 1'000'000));
    }
    /// Why the transfer failed.
    std::string failure(CURLcode code, const EndpointOptions& options) const {
        if (too_long_) {
            return "its reply is longer than " + std::to_string(options.body_bytes) + " bytes";
        }
        if (code == CURLE_OPERATION_TIMEDOUT) {
            return "no answer within " + std::to_string(options.timeout_milliseconds) + " ms";
        }
        if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING) {
            return "the connection was cut";
        }
        return message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
    }

  private:
    void add_header(const std::string& line) {
        curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) throw Error(ErrorKind::internal, "libcurl has no memory");
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    }
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
        auto* self = static_cast<Transfer*>(user);
        self->too_long_ = self->body_.size() + size * count > self->limit_;
        if (self->too_long_) return CURL_WRITEFUNC_ERROR;
        self->body_.append(data, size * count);
        return size * count;
    }

    CURLM* multi_;
    Job* job_;
    std::uint64_t limit_;
    std::unique_ptr<curl_slist, ListDeleter> headers_;
    std::string sent_, body_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    bool too_long_ = false;
    std::unique_ptr<CURL, CurlDeleter> curl_;
};

[[noreturn]] void bad_option(const char* name, const std::string& what,
                             const std::string& hint = {}) {
    throw Error(ErrorKind::usage, what, name, hint);
}

/// Without a slash at its end, with a version.
std::string base_url(std::string url) {
    if (!url.starts_with("http://") && !url.starts_with("https://")) {
        bad_option("url", "'" + url + "' is no address of an endpoint",
                   "write http://HOST:PORT or https://HOST");
    }
    const std::size_t host = url.find("://") + 3;
    if (url.find('@') != std::string::npos) {
        bad_option("url", "holds a user or password", "give a key by a file or AXIA_API_KEY");
    }
    if (url.find_first_of("?# \t\r\n") != std::string::npos) {
        bad_option("url", "'" + url + "' holds a query, a fragment or a blank",
                   "give the base address alone");
    }
    while (url.ends_with('/')) url.pop_back();
    if (url.size() <= host) bad_option("url", "names no host", "write http://HOST:PORT");
    bool versioned = false;
    for (std::size_t at = url.find('/', host); at != std::string::npos;
         at = url.find('/', at + 1)) {
        versioned = versioned || (at + 2 < url.size() && url[at + 1] == 'v' && url[at + 2] >= '0' &&
                                  url[at + 2] <= '9');
    }
    return versioned ? url : url + "/v1";
}

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void check(const EndpointOptions& options) {
    if (options.model.empty()) bad_option("model", "no model is named");
    if (!is_printable(options.key)) bad_option("key", "holds blanks or control characters");
    if (options.concurrency < 1 || options.concurrency > 256) {
        bad_option("concurrency", "must be 1 to 256");
    }
    if (options.requests_per_minute < 0) bad_option("requests_per_minute", "is below 0");
    if (options.attempts < 1 || options.attempts > 100) bad_option("attempts", "must be 1 to 100");
    if (options.timeout_milliseconds < 1) bad_option("timeout_milliseconds", "must be 1 or more");
    if (options.pause_milliseconds < 0) bad_option("pause_milliseconds", "is below 0");
    if (options.body_bytes < 1) bad_option("body_bytes", "must be 1 or more");
}

std::string without(std::string text, const std::string& secret) {
    if (secret.empty()) return text;
    for (std::size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
        text.replace(at, secret.size(), "***");
        at += 3;
    }
    return text;
}

bool is_passing(long status) {
    return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
}

}  // namespace

struct Endpoint::State {
    EndpointOptions options;
    std::string url;
    EndpointCounts counts;
    std::unique_ptr<CURLM, MultiDeleter> multi;
    Clock::time_point next_start{}, held_until{};
    std::uint64_t pauses = 0;
    int given_up_in_a_row = 0;
    bool limit_is_completion = false;  // max_completion_tokens in place of max_tokens

    explicit State(EndpointOptions o) : options(std::move(o)), url(base_url(options.url)) {
        check(options);
        static std::once_flag once;
        std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
        multi.reset(curl_multi_init());
        if (!multi) throw Error(ErrorKind::internal, "libcurl cannot start");
        curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS,
                          static_cast<long>(options.concurrency));
    }

    [[noreturn]] void fail(const std::string& what, const std::string& hint) const {
        throw Error(ErrorKind::network, what, url, hint);
    }

    milliseconds pause(int tries) {
        core::Rng rng(options.seed + ++pauses);
        double length = options.pause_milliseconds;
        for (int i = 1; i < tries && length < longest_pause_milliseconds; ++i) length *= 2;
        length = std::min<double>(length, longest_pause_milliseconds);
        return milliseconds(static_cast<long>(length * (.5 + rng.uniform())));
    }

    /// Answers every job or gives it up.
    void run(std::list<Job>& jobs, const core::Watch& watch) {
        std::list<Job*> waiting;
        for (Job& job : jobs) waiting.push_back(&job);
        std::list<Transfer> transfers;
        while (!waiting.empty() || !transfers.empty()) {
            watch.check();
            start(waiting, transfers);
            int running = 0;
            curl_multi_perform(multi.get(), &running);
            int left = 0;
            while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
                if (message->msg != CURLMSG_DONE) continue;
                const CURLcode code = message->data.result;
                const auto done =
                    std::find_if(transfers.begin(), transfers.end(),
                                 [&](const Transfer& t) { return t.is(message->easy_handle); });
                const bool over = judge(*done, code, watch);
                if (!over) waiting.push_front(&done->job());
                transfers.erase(done);
            }
            curl_multi_poll(multi.get(), nullptr, 0, poll_milliseconds(waiting, transfers),
                            nullptr);
        }
    }

    void start(std::list<Job*>& waiting, std::list<Transfer>& transfers) {
        const Clock::time_point now = Clock::now();
        for (auto at = waiting.begin(); at != waiting.end();) {
            if (transfers.size() >= static_cast<std::size_t>(options.concurrency)) return;
            if (now < held_until || now < next_start) return;
            Job& job = **at;
            if (now < job.ready) {
                ++at;
                continue;
            }
            if (limit_is_completion && job.body.contains("max_tokens")) {
                job.body["max_completion_tokens"] = job.body["max_tokens"];
                job.body.erase("max_tokens");
            }
            transfers.emplace_back(multi.get(), job, options, url);
            ++counts.sent;
            if (job.reply.tries++ > 0) ++counts.retried;
            if (options.requests_per_minute > 0) {
                next_start =
                    now + std::chrono::microseconds(60'000'000 / options.requests_per_minute);
            }
            at = waiting.erase(at);
        }
    }

    /// Until something may happen; short, so that a stop is seen soon.
    int poll_milliseconds(const std::list<Job*>& waiting,
                          const std::list<Transfer>& transfers) const {
        constexpr int most = 50;
        if (waiting.empty()) return transfers.empty() ? 0 : most;
        if (transfers.size() >= static_cast<std::size_t>(options.concurrency)) return most;
        Clock::time_point ready = Clock::time_point::max();
        for (const Job* job : waiting) ready = std::min(ready, job->ready);
        ready = std::max({ready, held_until, next_start});
        const auto wait = std::chrono::ceil<milliseconds>(ready - Clock::now()).count();
        return static_cast<int>(std::clamp<long>(wait, 0, most));
    }

    /// True when the job is over.
    bool judge(const Transfer& transfer, CURLcode code, const core::Watch& watch) {
        Job& job = transfer.job();
        if (code != CURLE_OK) return again(job, transfer.failure(code, options), 0, watch);
        const long status = transfer.status();
        // a key as short as "none" is no secret, and may stand in any word
        const std::string body = options.key.size() < shortest_secret
                                     ? transfer.body()
                                     : without(transfer.body(), options.key);
        if (status >= 200 && status < 300) return read(job, body, watch);
        const std::string words = "the endpoint answers " + std::to_string(status);
        if (is_passing(status)) {
            const long wait = transfer.retry_after();
            if (wait > longest_wait_seconds) {
                fail(words + " and asks to wait " + std::to_string(wait) + " s",
                     "run it again then; answers in the journal are kept");
            }
            if (wait > 0 && (status == 429 || status == 503)) {
                held_until = std::max(held_until, Clock::now() + std::chrono::seconds(wait));
            }
            return again(job, words, wait, watch);
        }
        if (job.may_lack && (status == 404 || status == 405 || status == 501)) {
            job.reply.lacking = true;
            return refuse(job, words, {});
        }
        refuse_all(status, words);
        const std::string message = parse_error_reply(body);
        if (status == 400 && !limit_is_completion && job.body.contains("max_tokens") &&
            message.find("max_completion_tokens") != std::string::npos) {
            limit_is_completion = true;
        }
        if (limit_is_completion && job.body.contains("max_tokens")) return false;
        return refuse(job, words, message);
    }

    /// Throws for what every other request would meet as well.
    void refuse_all(long status, const std::string& words) const {
        if (status >= 300 && status < 400) {
            fail(words + ": it has moved", "give its new address, to its end");
        }
        if (status == 401 || status == 403) {
            fail(words + ": " + (options.key.empty() ? "it wants a key" : "it refuses the key"),
                 "put a key for this endpoint in a file, or in AXIA_API_KEY");
        }
        if (status == 402) fail(words + ": it wants to be paid", "see to the account of the key");
        if (status == 404) {
            fail(words + ": there is no such address or no model '" + options.model + "'",
                 "check both; GET " + url + "/models lists the models");
        }
    }

    bool read(Job& job, const std::string& body, const core::Watch& watch) {
        try {
            EndpointReply reply = job.parse(body);
            reply.tries = job.reply.tries;
            job.reply = std::move(reply);
        } catch (const Error& error) {
            return again(job, "the endpoint answers, but " + error.message(), 0, watch);
        }
        given_up_in_a_row = 0;
        return true;
    }

    bool again(Job& job, const std::string& reason, long wait, const core::Watch& watch) {
        if (job.reply.tries >= options.attempts) {
            give_up(job, reason);
            if (++given_up_in_a_row >= std::max(least_outage, options.concurrency)) {
                fail(job.reply.reason + "; " + std::to_string(given_up_in_a_row) +
                         " requests in a row had to be given up",
                     "run it again when the endpoint works");
            }
            return true;
        }
        const milliseconds length =
            std::max<milliseconds>(pause(job.reply.tries), std::chrono::seconds(wait));
        job.ready = Clock::now() + length;
        if (length >= std::chrono::seconds(5)) {
            watch.info(without(reason, options.key) + "; trying again in " +
                       std::to_string(length.count() / 1000) + " s");
        }
        return false;
    }

    void give_up(Job& job, const std::string& reason) {
        job.reply.reason = without(reason, options.key);
        ++counts.failed;
    }

    bool refuse(Job& job, const std::string& words, const std::string& message) {
        give_up(job, message.empty() ? words : words + ": " + message);
        job.reply.refused = true;
        given_up_in_a_row = 0;
        return true;
    }

    std::vector<EndpointReply> replies(std::list<Job>& jobs, const core::Watch& watch) {
        run(jobs, watch);
        std::vector<EndpointReply> replies;
        for (Job& job : jobs) replies.push_back(std::move(job.reply));
        return replies;
    }
};

Endpoint::Endpoint(EndpointOptions options) : state_(std::make_unique<State>(std::move(options))) {}
Endpoint::~Endpoint() = default;
Endpoint::Endpoint(Endpoint&&) noexcept = default;

std::vector<EndpointReply> Endpoint::chat(std::span<const ChatRequest> requests,
                                          const core::Watch& watch) {
    std::list<Job> jobs;
    for (const ChatRequest& request : requests) {
        Job& job = jobs.emplace_back();
        job.path = "/chat/completions";
        job.parse = parse_chat_reply;
        job.body["model"] = state_->options.model;
        for (const Message& message : request.messages) {
            job.body["messages"].push_back({{"role", message.role}, {"content", message.content}});
        }
        job.body["max_tokens"] = request.sampling.max_tokens;
        job.body["temperature"] = request.sampling.temperature;
        job.body["top_p"] = 1;  // some servers cut the tail unless told otherwise
        if (request.sampling.seed) job.body["seed"] = *request.sampling.seed;
        if (request.n > 1) job.body["n"] = request.n;
        if (request.top_logprobs > 0) {
            job.body["logprobs"] = true;
            job.body["top_logprobs"] = request.top_logprobs;
        }
    }
    return state_->replies(jobs, watch);
}

std::vector<EndpointReply> Endpoint::echo(std::span<const EchoRequest> requests,
                                          const core::Watch& watch) {
    std::list<Job> jobs;
    for (const EchoRequest& request : requests) {
        Job& job = jobs.emplace_back();
        job.path = "/completions";
        job.parse = parse_completion_reply;
        job.may_lack = true;
        job.body = {{"model", state_->options.model},
                    {"prompt", request.text},
                    {"max_tokens", 1},
                    {"temperature", 0},
                    {"echo", true},
                    {"logprobs", 1}};
    }
    return state_->replies(jobs, watch);
}

std::vector<std::string> Endpoint::models(const core::Watch& watch) {
    std::vector<std::string> names;
    std::list<Job> jobs;
    Job& job = jobs.emplace_back();
    job.path = "/models";
    job.parse = [&](std::string_view body) {
        names = parse_models_reply(body);
        return EndpointReply{};
    };
    state_->run(jobs, watch);
    if (!job.reply.reason.empty()) {
        state_->fail(job.reply.reason, "is the endpoint running, and is this its address?");
    }
    return names;
}

const std::string& Endpoint::model() const noexcept {
    return state_->options.model;
}

const std::string& Endpoint::url() const noexcept {
    return state_->url;
}

EndpointCounts Endpoint::counts() const noexcept {
    return state_->counts;
}

std::string find_key(const std::filesystem::path& file) {
    std::string where = "AXIA_API_KEY";
    std::string key;
    if (!file.empty()) {
        where = file.string();
        key = core::read_file(file, longest_key + 1);
    } else if (const char* set = std::getenv("AXIA_API_KEY")) {
        key = set;
    }
    const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
    while (!key.empty() && is_blank(key.back())) key.pop_back();
    while (!key.empty() && is_blank(key.front())) key.erase(0, 1);
    if (key.empty() && !file.empty()) {
        throw Error(ErrorKind::input, "holds no key", where, "put the key on its only line");
    }
    if (key.size() > longest_key || !is_printable(key)) {
        throw Error(ErrorKind::input, "is no key", where,
                    "a key is one line of ASCII without blanks inside");
    }
    return key;
}

}  // namespace axia::model
