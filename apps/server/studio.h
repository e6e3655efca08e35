// The studio: the pages of apps/studio, kept inside the program.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace httplib {
class Server;
}

namespace axia::server {

/// One file of the studio, as it is and, where that is smaller, ready compressed.
struct StudioFile {
    std::string_view type, tag, plain, gzip;  // type is a media type; gzip may be empty
};

/// Path ("/", "/studio/...") -> file; views into `pack`. Throws Error{internal} when it is
/// malformed.
std::map<std::string, StudioFile, std::less<>> read_studio_pack(std::string_view pack);

/// Serves the studio at "/" and "/studio/...". Built without it, "/" says so.
void add_studio(httplib::Server& http);

/// Whether a GET of `path` is answered by the studio: its files hold nothing secret, need no key
/// and must load before one can be asked for.
bool is_studio_path(std::string_view path);

}  // namespace axia::server
