#include "server/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "server/reply.h"

namespace axia::server {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

namespace {

constexpr auto patience = seconds(10);           // with a client that gives or takes nothing
constexpr std::size_t slowest_up = 16 << 10;     // bytes per second beyond that
constexpr std::size_t slowest_down = 1 << 10;    // an answer comes in small pieces
constexpr auto keep_alive = seconds(5);          // between requests
constexpr auto look_around = milliseconds(100);  // is the server stopping?
constexpr auto lingering = milliseconds(200);    // for what a refused client still sends
constexpr std::size_t most_lingering_bytes = 16 << 20;
constexpr const char* visit_name = "visit";

bool ready(int socket, short what, milliseconds time) {
    pollfd one{socket, what, 0};
    int got = 0;
    do {
        got = ::poll(&one, 1, static_cast<int>(std::max<std::int64_t>(time.count(), 0)));
    } while (got < 0 && errno == EINTR);
    return got > 0;
}

milliseconds left(steady_clock::time_point deadline) {
    return std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
}

/// The address of one end, and what it counts as.
struct Address {
    std::string text, counted;
    int port = 0;
};

Address address_of(const sockaddr_storage& storage) {
    Address address;
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (storage.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(storage);
        ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
        address.port = ntohs(v4.sin_port);
        address.text = address.counted = text.data();
    } else if (storage.ss_family == AF_INET6) {
        auto v6 = reinterpret_cast<const sockaddr_in6&>(storage);
        ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
        address.port = ntohs(v6.sin6_port);
        address.text = address.counted = text.data();
        if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            std::fill(v6.sin6_addr.s6_addr + 8, v6.sin6_addr.s6_addr + 16, std::uint8_t{0});
            ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
            address.counted = text.data();
        }
    }
    return address;
}

/// One connection, whose client must keep a pace in both directions.
class Connection : public httplib::Stream {
  public:
    explicit Connection(int socket) : socket_(socket) {}

    /// The client's time for a request, and for taking its answer, begins.
    void begin_request() {
        begun_ = steady_clock::now();
        received_ = sent_ = 0;
        blocked_ = steady_clock::duration::zero();
    }

    bool is_readable() const override { return at_ < size_; }
    bool wait_readable() const override {
        return is_readable() || ready(socket_, POLLIN, left(read_deadline()));
    }
    bool wait_writable() const override {
        const auto before = steady_clock::now();
        const bool can = ready(socket_, POLLOUT, left(before + write_time_left()));
        blocked_ += steady_clock::now() - before;
        return can;
    }
    bool is_peer_alive() const override {
        char byte = 0;
        const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        return got > 0 || (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR));
    }

    ssize_t read(char* to, size_t size) override {
        if (at_ == size_) {
            at_ = size_ = 0;
            if (!wait_readable()) {
                error_ = httplib::Error::Timeout;
                return -1;
            }
            ssize_t got = 0;
            do {
                got = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
            } while (got < 0 && errno == EINTR);
            if (got <= 0) {
                error_ = got == 0 ? httplib::Error::ConnectionClosed : httplib::Error::Read;
                return got;
            }
            size_ = static_cast<std::size_t>(got);
            received_ += size_;
        }
        const std::size_t taken = std::min(size, size_ - at_);
        std::memcpy(to, buffer_.data() + at_, taken);
        at_ += taken;
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* from, size_t size) override {
        if (!wait_writable()) {
            error_ = httplib::Error::Write;
            return -1;
        }
        ssize_t put = 0;
        do {
            put = ::send(socket_, from, size, MSG_NOSIGNAL | MSG_DONTWAIT);
        } while (put < 0 && errno == EINTR);
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
        if (put > 0) sent_ += static_cast<std::size_t>(put);
        return put;
    }

    const char* buffered_data(size_t& size) const override {
        size = size_ - at_;
        return size == 0 ? nullptr : buffer_.data() + at_;
    }
    void consume_buffered(size_t size) override { at_ += std::min(size, size_ - at_); }

    void get_remote_ip_and_port(std::string& ip, int& port) const override {
        name(::getpeername, ip, port);
    }
    void get_local_ip_and_port(std::string& ip, int& port) const override {
        name(::getsockname, ip, port);
    }
    socket_t socket() const override { return socket_; }
    time_t duration() const override {
        return std::chrono::duration_cast<milliseconds>(steady_clock::now() - begun_).count();
    }

  private:
    steady_clock::time_point read_deadline() const {
        return begun_ + patience + milliseconds(received_ * 1000 / slowest_up);
    }
    /// Time alone in which the client took nothing counts: an answer may take as long as it does.
    steady_clock::duration write_time_left() const {
        return patience + milliseconds(sent_ * 1000 / slowest_down) - blocked_;
    }
    template <typename Ask>
    void name(Ask ask, std::string& ip, int& port) const {
        sockaddr_storage storage{};
        socklen_t size = sizeof storage;
        if (ask(socket_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return;
        const Address address = address_of(storage);
        ip = address.text;
        port = address.port;
    }

    int socket_;
    steady_clock::time_point begun_ = steady_clock::now();
    std::size_t received_ = 0, sent_ = 0;
    mutable steady_clock::duration blocked_{};
    std::array<char, 8192> buffer_{};
    std::size_t at_ = 0, size_ = 0;
};

/// Closing with unread bytes would reset the connection, and the answer would be lost with it.
void linger_and_close(int socket) {
    ::shutdown(socket, SHUT_WR);
    std::array<char, 65536> bytes{};
    std::size_t total = 0;
    const auto deadline = steady_clock::now() + lingering;
    while (total < most_lingering_bytes && ready(socket, POLLIN, left(deadline))) {
        const ssize_t got = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got <= 0) break;
        total += static_cast<std::size_t>(got);
    }
    ::close(socket);
}

}  // namespace

Listener::Listener(std::size_t connections) : most_(connections) {
    // accept() must not block for long: drain() puts another socket in the listening one's place
    set_idle_interval(0, 100'000);
}

bool Listener::enter(const std::string& address) {
    const std::lock_guard lock(mutex_);
    std::size_t& count = open_[address];
    if (count >= most_) return false;
    ++count;
    return true;
}

void Listener::leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(address);
    if (--found->second == 0) open_.erase(found);
}

bool Listener::process_and_close_socket(socket_t socket) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    ::getpeername(socket, reinterpret_cast<sockaddr*>(&storage), &size);
    const Address address = address_of(storage);
    if (!enter(address.counted)) {
        const std::string body =
            error_json(429, "too many connections from one address; see --connections");
        const std::string reply =
            "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\n"
            "Retry-After: 1\r\nConnection: close\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body;
        ::send(socket, reply.data(), reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        linger_and_close(socket);
        return false;
    }
    serve_guarded([&] {
        serve(socket, address.text, address.port);
        return true;
    });
    leave(address.counted);
    linger_and_close(socket);
    return true;
}

void Listener::serve(socket_t socket, const std::string& address, int port) {
    Connection connection(socket);
    std::string local;
    int local_port = 0;
    connection.get_local_ip_and_port(local, local_port);
    for (std::size_t count = keep_alive_max_count_; count > 0; --count) {
        const auto deadline = steady_clock::now() + keep_alive;
        while (!connection.is_readable() && !ready(socket, POLLIN, look_around)) {
            if (draining_ || svr_sock_ == INVALID_SOCKET || steady_clock::now() > deadline) return;
        }
        connection.begin_request();
        bool closed = false;
        const bool good = process_request(connection, address, port, local, local_port,
                                          count == 1 || draining_, closed, nullptr, nullptr);
        if (!good || closed) return;
    }
}

void Listener::drain(const std::function<bool()>& under_way) {
    draining_ = true;
    // httplib's own stop() cuts what is being written. So the listening socket's number is given to
    // one that nobody can connect to, and the accepting thread goes on as if nothing happened.
    const int deaf = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_un unnamed{};
    unnamed.sun_family = AF_UNIX;
    const socket_t listening = svr_sock_;
    if (deaf >= 0 && listening != INVALID_SOCKET &&
        ::bind(deaf, reinterpret_cast<sockaddr*>(&unnamed), sizeof unnamed.sun_family) == 0 &&
        ::listen(deaf, 1) == 0) {
        ::dup3(deaf, listening, O_CLOEXEC);
    }
    if (deaf >= 0) ::close(deaf);
    while (under_way()) std::this_thread::sleep_for(milliseconds(20));
    stop();
}

bool turned_away(Door& door, const httplib::Request& request, httplib::Response& response) {
    Knock knock;
    knock.method = request.method;
    knock.path = request.path;
    knock.host = request.get_header_value("Host");
    knock.origin = request.get_header_value("Origin");
    knock.authorization = request.get_header_value("Authorization");
    knock.preflight =
        request.method == "OPTIONS" && request.has_header("Access-Control-Request-Method");
    knock.compressed = request.has_header("Content-Encoding");
    if (request.get_header_value_u64("Content-Length") > most_body_bytes) {
        response.status = 413;  // its words come from the error handler
        response.set_header("Connection", "close");
        return true;
    }
    const Verdict verdict = door.knock(knock);
    if (verdict.cors) {
        response.set_header("Access-Control-Allow-Origin", knock.origin);
        response.set_header("Vary", "Origin");
        response.set_header("Access-Control-Expose-Headers", "X-Axia-Plan, Retry-After");
    }
    if (verdict.status == 0) {
        if (request.method != "GET" && request.method != "HEAD") {
            response.user_data.set(visit_name, std::make_shared<Door::Visit>(door, knock, verdict));
        }
        return false;
    }
    response.status = verdict.status;
    if (verdict.status == 204) {
        response.set_header("Access-Control-Allow-Methods", "GET, POST, DELETE");
        response.set_header("Access-Control-Allow-Headers", "Authorization, Content-Type");
        response.set_header("Access-Control-Max-Age", "600");
        return true;
    }
    if (verdict.status == 401) response.set_header("WWW-Authenticate", "Bearer");
    if (verdict.retry_after > 0) {
        response.set_header("Retry-After", std::to_string(verdict.retry_after));
    }
    // the body is left unread, so the connection ends here
    response.set_header("Connection", "close");
    response.set_content(error_json(verdict.status, verdict.message), "application/json");
    return true;
}

Door::Visit* visit_of(httplib::Response& response) {
    auto* const visit = response.user_data.get<std::shared_ptr<Door::Visit>>(visit_name);
    return visit == nullptr ? nullptr : visit->get();
}

}  // namespace axia::server
