#include "model/http.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr int max_rounds = 1000;

struct CurlDeleter {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What is known of the file of which `partial` holds the beginning.
struct Side {
    std::string url;
    std::string etag, modified;  // as the server wrote them
    std::string sha256;
    std::uint64_t bytes = 0;  // of the whole; 0 = not stated

    /// The validator for If-Range: weak tags may not stand there (RFC 9110, section 13.1.5).
    std::string validator() const {
        return !etag.empty() && !etag.starts_with("W/") ? etag : modified;
    }
};

Side read_side(const fs::path& partial) {
    Side side;
    std::error_code code;
    if (!fs::exists(side_file(partial), code)) return side;
    try {
        const auto json = nlohmann::json::parse(core::read_file(side_file(partial), 1 << 16));
        if (json.value("schema", "") != "axia.partial" || json.value("version", 0) != 1) return {};
        side.url = json.value("url", "");
        side.etag = json.value("etag", "");
        side.modified = json.value("last_modified", "");
        side.sha256 = json.value("sha256", "");
        side.bytes = json.value("bytes", std::uint64_t{0});
    } catch (const std::exception&) {
        return {};
    }
    return side;
}

void write_side(const fs::path& partial, const Side& side) {
    const nlohmann::json json{{"schema", "axia.partial"},
                              {"version", 1},
                              {"url", side.url},
                              {"etag", side.etag},
                              {"last_modified", side.modified},
                              {"sha256", side.sha256},
                              {"bytes", side.bytes}};
    core::write_file(side_file(partial),
                     json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::string lower(std::string_view text) {
    std::string copy(text);
    for (char& c : copy) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return copy;
}

/// The 64 hex digits of an ETag that is a SHA-256, or "".
std::string sha256_of_tag(std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') {
        tag = tag.substr(1, tag.size() - 2);
    }
    const std::string text = lower(tag);
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos
               ? text
               : "";
}

std::optional<std::uint64_t> whole_number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// One request: fills `partial` from `have` on.
class Transfer {
  public:
    Transfer(std::string url, fs::path partial, const FetchOptions& options,
             const core::Watch& watch)
        : url_(std::move(url)), partial_(std::move(partial)), options_(options), watch_(watch) {}
    ~Transfer() {
        if (file_ < 0) return;
        ::close(file_);
        if (!started_ && have_ == 0) ::unlink(partial_.c_str());  // nothing came
    }
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    enum class Outcome { done, again, restart };

    Outcome run(const Side& known, std::uint64_t have) {
        known_ = known;
        have_ = have;
        file_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (file_ < 0) io_failed("cannot be written");

        const std::unique_ptr<CURL, CurlDeleter> curl(curl_easy_init());
        if (!curl) throw Error(ErrorKind::internal, "libcurl cannot start");
        CURL* handle = curl.get();
        std::unique_ptr<curl_slist, ListDeleter> headers;
        if (have_ > 0) {
            const std::string line = "If-Range: " + known_.validator();
            headers.reset(curl_slist_append(nullptr, line.c_str()));
            const std::string range = std::to_string(have_) + "-";
            curl_easy_setopt(handle, CURLOPT_RANGE, range.c_str());  // copied by libcurl
            curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers.get());
        }
        const bool secure = url_.starts_with("https://");
        curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
        curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
        curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, secure ? "https" : "http,https");
        curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
        curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 10L);
        curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(handle, CURLOPT_USERAGENT, "axia/" AXIA_VERSION);
        curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT,
                         static_cast<long>(options_.connect_seconds));
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(options_.stall_seconds));
        curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, message_.data());
        curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
        curl_easy_setopt(handle, CURLOPT_HEADERDATA, this);
        curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
        curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
        curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &Transfer::on_progress);
        curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
        curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
        const CURLcode code = curl_easy_perform(handle);
        if (failure_) std::rethrow_exception(failure_);
        return judge(code);
    }

    /// Why `again` was the outcome.
    const std::string& reason() const { return reason_; }
    std::uint64_t have() const { return have_; }
    const Side& side() const { return known_; }

  private:
    Outcome judge(CURLcode code) {
        if (restart_) return Outcome::restart;
        if (code != CURLE_OK) {
            reason_ = message_[0] != '\0' ? message_.data() : curl_easy_strerror(code);
            return Outcome::again;
        }
        if (status_ == 200 || status_ == 206) {
            if (!started_) start();  // a body without a byte
            if (known_.bytes > 0 && have_ != known_.bytes) {
                reason_ = "the connection was cut";
                return Outcome::again;
            }
            if (::fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) {
                io_failed("cannot be written");
            }
            known_.bytes = have_;
            return Outcome::done;
        }
        const std::string words = "the server answers " + std::to_string(status_);
        if (status_ == 416 && have_ > 0) return Outcome::restart;
        if (status_ == 404 || status_ == 410) {
            throw Error(ErrorKind::not_found, words + ": there is no such file", url_,
                        "check the names");
        }
        if (status_ == 401 || status_ == 403) {
            throw Error(ErrorKind::network, words + ": it does not give this file to everyone",
                        url_, "download it yourself and name its path");
        }
        if (status_ == 408 || status_ == 425 || status_ == 429 || status_ >= 500) {
            reason_ = words;
            return Outcome::again;
        }
        throw Error(ErrorKind::network, words, url_);
    }

    /// At the first byte of the body of the last response.
    void start() {
        started_ = true;
        if (status_ == 206) {
            // "bytes FIRST-LAST/TOTAL"
            const std::size_t dash = range_.find('-'), slash = range_.find('/');
            std::optional<std::uint64_t> first, total;
            if (range_.starts_with("bytes ") && dash != std::string::npos &&
                slash != std::string::npos) {
                first = whole_number(std::string_view(range_).substr(6, dash - 6));
                total = whole_number(std::string_view(range_).substr(slash + 1));
            }
            const bool other = known_.bytes > 0 && total && *total != known_.bytes;
            if (!first || *first != have_ || other) {
                restart_ = true;
                throw Error(ErrorKind::network, "the server gives another part of the file", url_);
            }
            if (known_.bytes == 0 && total) known_.bytes = *total;
            if (!sha256_.empty()) known_.sha256 = sha256_;
        } else {
            if (have_ > 0)
                watch_.info("the server gives the file anew; starting from its beginning");
            have_ = 0;
            known_ = Side{url_, etag_, modified_, sha256_, length_.value_or(0)};
            if (::ftruncate(file_, 0) != 0) io_failed("cannot be written");
            write_side(partial_, known_);
        }
        if (options_.bytes > 0 && known_.bytes > 0 && known_.bytes != options_.bytes) {
            throw Error(ErrorKind::network,
                        "the server offers " + std::to_string(known_.bytes) + " bytes, " +
                            std::to_string(options_.bytes) + " were expected",
                        url_);
        }
        if (::lseek(file_, static_cast<::off_t>(have_), SEEK_SET) < 0) {
            io_failed("cannot be written");
        }
        std::error_code code;
        const fs::space_info space = fs::space(partial_.parent_path(), code);
        if (!code && known_.bytes > have_ && known_.bytes - have_ > space.available) {
            throw Error(ErrorKind::io,
                        "the disk has " + std::to_string(space.available >> 20) + " MiB free, " +
                            std::to_string((known_.bytes - have_) >> 20) + " are wanted",
                        partial_.string());
        }
    }

    void body(std::string_view bytes) {
        if (status_ != 200 && status_ != 206) {  // the text of an error page
            page_ += bytes.size();
            if (page_ > (1 << 20)) {
                throw Error(ErrorKind::network,
                            "the server answers " + std::to_string(status_) + " at endless length",
                            url_);
            }
            return;
        }
        if (!started_) start();
        const std::uint64_t most = options_.bytes > 0 ? options_.bytes : known_.bytes;
        if (most > 0 && have_ + bytes.size() > most) {
            throw Error(ErrorKind::network,
                        "the server sends more than " + std::to_string(most) + " bytes", url_);
        }
        while (!bytes.empty()) {
            const ::ssize_t wrote = ::write(file_, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) io_failed("cannot be written");
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
            have_ += static_cast<std::uint64_t>(wrote);
        }
    }

    void header(std::string_view line) {
        while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) {
            line.remove_suffix(1);
        }
        if (line.starts_with("HTTP/")) {
            const std::size_t space = line.find(' ');
            const std::string_view digits =
                space == std::string_view::npos ? "" : line.substr(space + 1, 3);
            status_ = static_cast<int>(whole_number(digits).value_or(0));
            etag_.clear();
            modified_.clear();
            range_.clear();
            length_.reset();
            return;
        }
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return;
        const std::string name = lower(line.substr(0, colon));
        std::string_view value = line.substr(colon + 1);
        while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
        if (value.size() > 1024) return;
        if (name == "etag") {
            etag_ = value;
            if (linked_.empty()) sha256_ = sha256_of_tag(value);
        } else if (name == "x-linked-etag") {
            // the first answer of Hugging Face, before it sends on to its store
            linked_ = sha256_of_tag(value);
            if (!linked_.empty()) sha256_ = linked_;
        } else if (name == "last-modified") {
            modified_ = value;
        } else if (name == "content-range") {
            range_ = value;
        } else if (name == "content-length") {
            length_ = whole_number(value);
        }
    }

    [[noreturn]] void io_failed(const std::string& what) const {
        throw Error(ErrorKind::io, what + ": " + std::strerror(errno), partial_.string());
    }

    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
        try {
            static_cast<Transfer*>(user)->header({data, size * count});
            return size * count;
        } catch (...) {
            static_cast<Transfer*>(user)->failure_ = std::current_exception();
            return 0;
        }
    }

    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
        auto* self = static_cast<Transfer*>(user);
        try {
            self->body({data, size * count});
            return size * count;
        } catch (...) {
            if (!self->restart_) self->failure_ = std::current_exception();
            return CURL_WRITEFUNC_ERROR;
        }
    }

    static int on_progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        auto* self = static_cast<Transfer*>(user);
        try {
            self->watch_.check();
            self->watch_.step("pull: fetching", self->have_, self->known_.bytes, "bytes");
            return 0;
        } catch (...) {
            if (!self->failure_) self->failure_ = std::current_exception();
            return 1;
        }
    }

    std::string url_;
    fs::path partial_;
    const FetchOptions& options_;
    const core::Watch& watch_;
    Side known_;
    std::uint64_t have_ = 0;
    int file_ = -1;
    int status_ = 0;
    std::string etag_, modified_, range_, sha256_, linked_;
    std::optional<std::uint64_t> length_;
    std::uint64_t page_ = 0;
    bool started_ = false, restart_ = false;
    std::exception_ptr failure_;
    std::string reason_;
    std::array<char, CURL_ERROR_SIZE> message_{};
};

void pause(int milliseconds, const core::Watch& watch) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
    while (std::chrono::steady_clock::now() < end) {
        watch.check();
        std::this_thread::sleep_for(std::chrono::milliseconds(std::min(50, milliseconds)));
    }
}

}  // namespace

fs::path side_file(const fs::path& partial) {
    return partial.string() + ".json";
}

std::string encode_path(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || std::strchr("-._~/", c) != nullptr;
        if (plain) {
            out += c;
        } else {
            out += '%';
            out += digits[static_cast<unsigned char>(c) >> 4];
            out += digits[static_cast<unsigned char>(c) & 15];
        }
    }
    return out;
}

Fetched fetch_file(const std::string& url, const fs::path& partial, const FetchOptions& options,
                   const core::Watch& watch) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });

    std::error_code code;
    fs::create_directories(partial.parent_path(), code);
    int failures = 0, restarts = 0, rounds = 0;
    int wait = options.pause_milliseconds;
    while (true) {
        watch.check();
        Side side = read_side(partial);
        std::uint64_t have = fs::is_regular_file(partial, code) ? fs::file_size(partial, code) : 0;
        if (code) have = 0;
        const bool past = side.bytes > 0 && have > side.bytes;
        if (side.url != url || side.validator().empty() || past) {
            side = Side{};
            have = 0;
        }
        if (side.bytes > 0 && have == side.bytes) return {side.sha256, have};

        Transfer transfer(url, partial, options, watch);
        const std::uint64_t before = have;
        switch (transfer.run(side, have)) {
            case Transfer::Outcome::done:
                return {transfer.side().sha256, transfer.have()};
            case Transfer::Outcome::restart:
                fs::remove(partial, code);
                fs::remove(side_file(partial), code);
                if (++restarts > 2) {
                    throw Error(ErrorKind::network, "the server does not resume downloads properly",
                                url);
                }
                break;
            case Transfer::Outcome::again:
                // progress is what the next attempt can go on from
                if (transfer.have() > before && !transfer.side().validator().empty()) {
                    failures = 0;
                    wait = options.pause_milliseconds;
                }
                if (++failures >= options.attempts || ++rounds >= max_rounds) {
                    const bool begun = transfer.have() > 0;
                    throw Error(ErrorKind::network,
                                transfer.reason() +
                                    (begun ? ", after " + std::to_string(transfer.have()) + " bytes"
                                           : std::string()),
                                url, begun ? "run it again to go on" : "is the server reachable?");
                }
                watch.info(transfer.reason() + "; trying again");
                pause(wait, watch);
                wait = std::min(wait * 2, 30'000);
                break;
        }
    }
}

}  // namespace axia::model
