// The routes below /axia: what is known, and long work.
#pragma once

namespace httplib {
class Server;
}

namespace axia::server {

class Jobs;
class Library;

/// Both must outlive the server.
void add_resources(httplib::Server& http, const Library& library, Jobs& jobs);

}  // namespace axia::server
