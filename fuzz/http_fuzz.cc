// Connections of any bytes: no request is heard that the door must refuse, and every answer is
// whole HTTP.
#include <httplib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "served_store.h"
#include "server/door.h"
#include "server/jobs.h"
#include "server/listener.h"
#include "server/resources.h"
#include "server/studio.h"

namespace {

using namespace axia;

class Bytes : public httplib::Stream {
  public:
    explicit Bytes(std::string_view in) : in_(in) {}

    bool is_readable() const override { return !in_.empty(); }
    bool wait_readable() const override { return true; }
    bool wait_writable() const override { return true; }
    ssize_t read(char* to, size_t size) override {
        const std::size_t taken = std::min(size, in_.size());
        std::memcpy(to, in_.data(), taken);
        in_.remove_prefix(taken);
        return static_cast<ssize_t>(taken);
    }
    ssize_t write(const char* from, size_t size) override {
        out.append(from, size);
        return static_cast<ssize_t>(size);
    }
    void get_remote_ip_and_port(std::string& ip, int& port) const override { name(ip, port); }
    void get_local_ip_and_port(std::string& ip, int& port) const override { name(ip, port); }
    socket_t socket() const override { return INVALID_SOCKET; }
    time_t duration() const override { return 0; }

    std::string out;

  private:
    static void name(std::string& ip, int& port) {
        ip = "127.0.0.1";
        port = 8080;
    }
    std::string_view in_;
};

/// As Server puts a listener together, without a model.
class Front : public server::Listener {
  public:
    Front(server::DoorOptions options, const server::Library& library, server::Jobs& jobs)
        : Listener(8), door_(std::move(options)) {
        set_payload_max_length(server::most_body_bytes);
        server::add_studio(*this);
        set_pre_routing_handler([this](const auto& request, auto& response) {
            if (server::turned_away(door_, request, response)) return HandlerResponse::Handled;
            heard(request);
            return HandlerResponse::Unhandled;
        });
        server::add_resources(*this, library, jobs);
        Post(".*", [](const auto& request, auto& response) {
            if (request.body.size() > server::most_body_bytes) std::abort();
            response.set_content(request.body, "text/plain");
        });
    }

    /// What comes back to one connection with these bytes.
    std::string answer(std::string_view bytes) {
        Bytes stream(bytes);
        for (int requests = 0; requests < 4 && stream.is_readable(); ++requests) {
            bool closed = false;
            if (!process_request(stream, "127.0.0.1", 1, "127.0.0.1", 8080, false, closed, nullptr,
                                 nullptr) ||
                closed) {
                break;
            }
        }
        return stream.out;
    }

  protected:
    virtual void heard(const httplib::Request& request) const = 0;

  private:
    server::Door door_;
};

/// On the loopback without keys: a page of another site must not be heard, under no name.
class OpenFront : public Front {
    using Front::Front;
    void heard(const httplib::Request& request) const override {
        const std::string host = request.get_header_value("Host");
        const std::size_t colon = host.rfind(':');
        const bool port = colon != std::string::npos &&
                          host.find(']', colon) == std::string::npos && host != "::1";
        const std::string name = host.substr(0, port ? colon : host.size());
        const bool v4 = name.substr(0, 4) == "127." &&
                        name.find_first_not_of(".0123456789") == std::string::npos;
        if (!v4 && name != "localhost" && name != "[::1]" && name != "::1") std::abort();
        const std::string origin = request.get_header_value("Origin");
        const bool same = origin == "http://" + host || origin == "https://" + host;
        if (!origin.empty() && !same && origin != "https://page.example") std::abort();
        if (request.has_header("Content-Encoding")) std::abort();
    }
};

/// With keys, of which no input knows one: nothing but the open pages.
class LockedFront : public Front {
    using Front::Front;
    void heard(const httplib::Request& request) const override {
        const bool reads = request.method == "GET" || request.method == "HEAD";
        const bool open = request.path == "/" || request.path == "/health" ||
                          request.path == "/openapi.json" ||
                          request.path.substr(0, 8) == "/studio/";
        if (!reads || !open) std::abort();
    }
};

struct World {
    fuzz::ServedStore store;
    server::Library library = store.library();
    server::Jobs jobs{library, {store.folder() / "jobs", "/nowhere/axia", {}, 0}};  // takes none
    OpenFront open{options(false), library, jobs};
    LockedFront locked{options(true), library, jobs};

    server::DoorOptions options(bool keys) const {
        server::DoorOptions made;
        made.require_key = keys;
        made.cors = {"https://page.example"};
        made.keys = store.folder() / (keys ? "keys.sqlite" : "none.sqlite");
        made.audit_days = 0;
        if (keys) server::KeyStore(made.keys).create({"somebody"}, 1);
        return made;
    }
};

void check(std::string_view answer) {
    if (answer.empty()) return;  // closed without a word
    if (answer.substr(0, 9) != "HTTP/1.1 " || answer.find("\r\n\r\n") == answer.npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static World world;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    check(world.open.answer(bytes));
    check(world.locked.answer(bytes));
    return 0;
}
