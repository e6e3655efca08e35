#include "server/door.h"

#include <algorithm>

#include "axia/core/error.h"
#include "server/studio.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::array<int, 6> refusals{401, 403, 415, 429, 503, 500};

/// A host with its port taken off: "localhost:8080", "[::1]:8080".
std::string without_port(const std::string& host) {
    const std::size_t bracket = host.rfind(']');
    const std::size_t colon = host.rfind(':');
    if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket)) {
        return host;
    }
    return host.substr(0, colon);
}

bool is_origin(const std::string& text) {
    const std::size_t scheme = text.find("://");
    if (scheme == std::string::npos) return false;
    const std::string name = text.substr(0, scheme), host = text.substr(scheme + 3);
    return (name == "http" || name == "https") && !host.empty() &&
           host.find_first_of("/*?#@ ") == std::string::npos;
}

/// Holds nothing secret and must be there before a key can be asked for.
bool is_open(const Knock& knock) {
    return (knock.method == "GET" || knock.method == "HEAD") &&
           (knock.path == "/health" || knock.path == "/openapi.json" || is_studio_path(knock.path));
}

bool costs(const Knock& knock) {
    return knock.method != "GET" && knock.method != "HEAD";
}

/// Scopes of which one is needed.
std::vector<std::string_view> scopes_for(const Knock& knock) {
    const std::string_view path = knock.path;
    if (path == "/metrics") return {"metrics"};
    if (!path.starts_with("/axia")) return {"chat"};
    if (costs(knock)) return {"jobs"};
    if (path.starts_with("/axia/jobs")) return {"jobs", "read"};
    return {"read"};
}

Verdict refuse(int status, std::string message) {
    Verdict verdict;
    verdict.status = status;
    verdict.message = std::move(message);
    return verdict;
}

/// What stands after "Bearer "; the scheme in any case (RFC 9110, section 11.1).
std::string_view bearer(std::string_view authorization) {
    constexpr std::string_view scheme = "bearer ";
    if (authorization.size() < scheme.size()) return {};
    for (std::size_t i = 0; i < scheme.size(); ++i) {
        const char c = authorization[i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != scheme[i]) return {};
    }
    authorization.remove_prefix(scheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    return authorization;
}

}  // namespace

bool is_loopback(const std::string& host) {
    if (host == "localhost" || host == "::1" || host == "[::1]") return true;
    // not a name that only begins like an address: 127.0.0.1.example.org
    return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos;
}

Door::Door(DoorOptions options) : options_(std::move(options)) {
    const bool beyond = !is_loopback(options_.host);
    key_needed_ = beyond || options_.require_key;
    for (std::string& origin : options_.cors) {
        if (origin.ends_with('/')) origin.pop_back();
        if (is_origin(origin)) continue;
        throw Error(ErrorKind::usage, "'" + origin + "' is not the origin of a page", "--cors",
                    "as https://example.org, one by one: there is no '*'");
    }
    if (key_needed_) {
        keys_ = std::make_unique<KeyStore>(options_.keys);
        if (!keys_->has_live()) {
            throw Error(ErrorKind::usage,
                        beyond ? "beyond this machine a key is needed, and there is none"
                               : "a key is needed, and there is none",
                        beyond ? "--host " + options_.host : "--require-key",
                        "axia keys create NAME makes one");
        }
    }
    if (options_.audit_days > 0) {
        audit_ = std::make_unique<Audit>(options_.audit, options_.audit_days);
        audit_->prune(options_.clock());
    }
}

Door::~Door() = default;

/// On the loopback keys may be made while the server runs.
KeyStore* Door::store() {
    const std::lock_guard lock(opening_);
    std::error_code code;
    if (!keys_ && std::filesystem::exists(options_.keys, code))
        keys_ = std::make_unique<KeyStore>(options_.keys);
    return keys_.get();
}

Verdict Door::knock(const Knock& knock) {
    Verdict verdict;
    try {
        verdict = judge(knock);
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::not_found) {  // revoked in this very moment
            return refuse(401, "this key is not known, or it was revoked");
        }
        // the text names a file of this machine
        verdict = refuse(500, "the server cannot read its keys");
        if (options_.warn && !warned_.exchange(true)) options_.warn(error.what());
    }
    const bool allowed =
        std::find(options_.cors.begin(), options_.cors.end(), knock.origin) != options_.cors.end();
    verdict.cors = allowed;
    const auto at = std::find(refusals.begin(), refusals.end(), verdict.status);
    if (at != refusals.end()) ++refused_[static_cast<std::size_t>(at - refusals.begin())];
    return verdict;
}

Verdict Door::judge(const Knock& knock) {
    // another site's name that was made to point here; with a key that site has nothing to send
    if (!key_needed_ && !is_loopback(without_port(knock.host))) {
        return refuse(403, "this server answers to localhost alone");
    }
    if (!knock.origin.empty()) {
        const bool own = !knock.host.empty() && (knock.origin == "http://" + knock.host ||
                                                 knock.origin == "https://" + knock.host);
        if (!own && std::find(options_.cors.begin(), options_.cors.end(), knock.origin) ==
                        options_.cors.end()) {
            return refuse(403, "pages of other sites may not call this server");
        }
        if (!own && knock.preflight) return refuse(204, "");
    }
    if (knock.compressed) return refuse(415, "a compressed body is not read");
    if (is_open(knock)) return {};
    const std::string_view secret = bearer(knock.authorization);
    std::optional<Key> key;
    // clients that must send something send anything; what looks like a key is to be one
    if (KeyStore* const keys = key_needed_ || secret.starts_with("axia-") ? store() : nullptr) {
        key = keys->find(secret);
    }
    if (!key && (key_needed_ || secret.starts_with("axia-"))) {
        return refuse(401, secret.empty() ? "a key is needed: send it as Authorization: Bearer KEY"
                                          : "this key is not known, or it was revoked");
    }
    if (key) {
        const auto scopes = scopes_for(knock);
        if (std::none_of(scopes.begin(), scopes.end(),
                         [&](std::string_view scope) { return key->may(scope); })) {
            return refuse(403,
                          "this key may not: it lacks the scope " + std::string(scopes.front()));
        }
    }
    if (closed_ && costs(knock)) {
        Verdict verdict = refuse(503, "the server is stopping");
        verdict.retry_after = 5;
        return verdict;
    }
    Verdict verdict;
    if (!key) return verdict;
    const std::int64_t wait = store()->admit(key->id, options_.clock());
    if (wait > 0) {
        verdict = refuse(
            429, "this key has used up what it may; again in " + std::to_string(wait) + " s");
        verdict.retry_after = wait;
    }
    verdict.key = key->id;
    return verdict;
}

Door::Visit::Visit(Door& door, const Knock& knock, const Verdict& verdict)
    : door_(door), begun_(std::chrono::steady_clock::now()) {
    entry.time = door_.options_.clock();
    entry.key = verdict.key;
    entry.route = knock.method + " " + knock.path;
    ++door_.visits_;
}

Door::Visit::~Visit() {
    if (tokens) {
        const auto [prompt, answer] = tokens();
        entry.prompt_tokens = prompt;
        entry.answer_tokens = answer;
        tokens = nullptr;
    }
    entry.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
    door_.leave(entry);
    --door_.visits_;
}

void Door::leave(const AuditEntry& entry) noexcept {
    try {
        if (!entry.key.empty()) {
            store()->spend(entry.key, entry.prompt_tokens + entry.answer_tokens, options_.clock());
        }
        if (audit_) audit_->add(entry);
    } catch (const std::exception& error) {
        ++unwritten_;
        try {
            if (options_.warn && !warned_.exchange(true)) {
                options_.warn("a request could not be written down: " + std::string(error.what()));
            }
        } catch (...) {  // NOLINT(bugprone-empty-catch): nobody is left to tell
        }
    }
}

std::string Door::metrics_text() const {
    std::string text =
        "# HELP axia_requests_refused_total Requests that were not let in, by status.\n"
        "# TYPE axia_requests_refused_total counter\n";
    for (std::size_t i = 0; i < refusals.size(); ++i) {
        text += "axia_requests_refused_total{status=\"" + std::to_string(refusals[i]) + "\"} " +
                std::to_string(refused_[i].load()) + "\n";
    }
    text +=
        "# HELP axia_requests_unrecorded_total Requests that could not be written down.\n"
        "# TYPE axia_requests_unrecorded_total counter\n"
        "axia_requests_unrecorded_total " +
        std::to_string(unwritten_.load()) + "\n";
    return text;
}

}  // namespace axia::server
