// httplib's server with what it lacks: a limit of connections for each address, an end to clients
// that trickle, and a stop that lets answers under way finish.
#pragma once

#include <httplib.h>

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "server/door.h"

namespace axia::server {

inline constexpr std::size_t most_body_bytes = 8 << 20;

class Listener : public httplib::Server {
  public:
    /// At most `connections` at once from one address (an IPv6 one counts by its /64).
    explicit Listener(std::size_t connections);

    /// New connections are refused; waits until `under_way` is false, then ends run().
    void drain(const std::function<bool()>& under_way);

  private:
    bool process_and_close_socket(socket_t socket) override;
    void serve(socket_t socket, const std::string& address, int port);
    bool enter(const std::string& address);
    void leave(const std::string& address);

    std::size_t most_;
    std::mutex mutex_;
    std::map<std::string, std::size_t> open_;
    std::atomic<bool> draining_{false};
};

/// Asks the door; answers itself what may not come in. What may and can cost becomes a Visit of the
/// response, kept as long as the response is.
bool turned_away(Door& door, const httplib::Request& request, httplib::Response& response);
/// Null for a request that costs nothing.
Door::Visit* visit_of(httplib::Response& response);

}  // namespace axia::server
