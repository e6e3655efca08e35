#include "server/studio.h"

#include <httplib.h>

#include <charconv>
#include <vector>

#include "axia/core/error.h"
#include "server/studio_pack.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using httplib::Request;
using httplib::Response;

namespace {

constexpr std::string_view head_line = "axia-studio 1";
// Plot and React Aria write style elements; scripts come from files of this server alone
constexpr const char* policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

[[noreturn]] void malformed(const std::string& what) {
    throw Error(ErrorKind::internal, "the studio in this program is malformed: " + what);
}

std::string_view cut_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) malformed("its index does not end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::size_t size_of(std::string_view digits) {
    std::size_t size = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (code != std::errc() || end != digits.data() + digits.size()) malformed("a size");
    return size;
}

/// Whether "gzip" is among what the client takes, and not with weight 0.
bool takes_gzip(const Request& request) {
    const std::string accepted = request.get_header_value("Accept-Encoding");
    const std::size_t at = accepted.find("gzip");
    if (at == accepted.npos) return false;
    const std::string_view rest = std::string_view(accepted).substr(at + 4);
    const std::string_view weight = rest.substr(0, rest.find(','));
    return weight.find("q=0") == weight.npos || weight.find("q=0.") != weight.npos;
}

void send(const Request& request, Response& response, const StudioFile& file, bool named_by_hash) {
    const std::string tag = '"' + std::string(file.tag) + '"';
    response.set_header("ETag", tag);
    response.set_header("Cache-Control",
                        named_by_hash ? "public, max-age=31536000, immutable" : "no-cache");
    response.set_header("Vary", "Accept-Encoding");
    response.set_header("X-Content-Type-Options", "nosniff");
    response.set_header("Referrer-Policy", "no-referrer");
    response.set_header("Cross-Origin-Opener-Policy", "same-origin");
    if (!named_by_hash) response.set_header("Content-Security-Policy", policy);
    if (request.get_header_value("If-None-Match").find(tag) != std::string::npos) {
        response.status = 304;
        return;
    }
    const bool gzip = !file.gzip.empty() && takes_gzip(request);
    if (gzip) response.set_header("Content-Encoding", "gzip");
    const std::string_view body = gzip ? file.gzip : file.plain;
    response.set_content(body.data(), body.size(), std::string(file.type));
}

}  // namespace

std::map<std::string, StudioFile, std::less<>> read_studio_pack(std::string_view pack) {
    std::map<std::string, StudioFile, std::less<>> files;
    if (pack.empty()) return files;
    if (cut_line(pack) != head_line) malformed("its first line");
    struct Part {
        std::string path;
        bool gzip;
        std::size_t size;
    };
    std::vector<Part> parts;
    for (std::string_view line = cut_line(pack); !line.empty(); line = cut_line(pack)) {
        std::vector<std::string_view> fields;
        for (std::size_t tab = 0; tab != line.npos;) {
            tab = line.find('\t');
            fields.push_back(line.substr(0, tab));
            if (tab != line.npos) line.remove_prefix(tab + 1);
        }
        if (fields.size() != 5) malformed("a line of its index");
        StudioFile& file = files[std::string(fields[0])];
        file.type = fields[1];
        file.tag = fields[2];
        parts.push_back({std::string(fields[0]), false, size_of(fields[3])});
        parts.push_back({std::string(fields[0]), true, size_of(fields[4])});
    }
    for (const Part& part : parts) {
        if (part.size > pack.size()) malformed(part.path + " is cut");
        StudioFile& file = files[part.path];
        (part.gzip ? file.gzip : file.plain) = pack.substr(0, part.size);
        pack.remove_prefix(part.size);
    }
    if (!pack.empty()) malformed("there is more than its index names");
    return files;
}

void add_studio(httplib::Server& http) {
    static const auto files = read_studio_pack(studio_pack());
    http.Get("/", [](const Request& request, Response& response) {
        if (const auto page = files.find("/"); page != files.end()) {
            send(request, response, page->second, false);
        } else {
            response.status = 404;
            response.set_content(
                "axia serve runs, but was built without the studio: ./run build makes both, with "
                "Node 20.19 or newer.\nThe API is under /v1 and /axia; /openapi.json tells it.\n",
                "text/plain");
        }
    });
    http.Get(R"(/studio/[\w.-]+)", [](const Request& request, Response& response) {
        const auto file = files.find(request.path);
        if (file == files.end()) {
            response.status = 404;
        } else {
            send(request, response, file->second, true);
        }
    });
}

bool is_studio_path(std::string_view path) {
    return path == "/" || path.starts_with("/studio/");
}

}  // namespace axia::server
