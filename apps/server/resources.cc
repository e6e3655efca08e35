#include "server/resources.h"

#include <httplib.h>

#include <charconv>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "server/jobs.h"
#include "server/library.h"
#include "server/reply.h"

namespace axia::server {

using core::Error;
using core::ErrorKind;
using httplib::Request;
using httplib::Response;
using nlohmann::ordered_json;

namespace {

using Verb = std::function<ordered_json(const Request&)>;

constexpr auto patience = std::chrono::milliseconds(500);
constexpr int silence = 30;  // of those before a comment keeps the stream alive

/// Here a name stands in the path: one that is not known is a page that is not there.
void set_error(Response& response, const Error& error) {
    const bool of_path = error.where() == "name" || error.where() == "id";
    const int status = error.kind() == ErrorKind::not_found && of_path ? 404 : status_of(error);
    response.status = status;
    if (status == 429) response.set_header("Retry-After", "30");
    response.set_content(error_json(status, error.what(), error.where()), "application/json");
}

httplib::Server::Handler answered(Verb verb, int status = 200) {
    return [verb = std::move(verb), status](const Request& request, Response& response) {
        try {
            const ordered_json json = verb(request);
            response.status = status;
            response.set_content(json.dump(-1, ' ', false, ordered_json::error_handler_t::replace),
                                 "application/json");
        } catch (const Error& error) {
            set_error(response, error);
        } catch (const std::exception& error) {
            response.status = 500;
            response.set_content(error_json(500, error.what()), "application/json");
        }
    };
}

httplib::Server::Handler text(std::function<std::string(const Request&)> verb, const char* type) {
    return [verb = std::move(verb), type](const Request& request, Response& response) {
        try {
            response.set_content(verb(request), type);
        } catch (const Error& error) {
            set_error(response, error);
        }
    };
}

std::string name_of(const Request& request) {
    return request.path_params.at("name");
}

int layer_of(const Request& request) {
    if (!request.has_param("layer")) return -1;
    const std::string value = request.get_param_value("layer");
    int layer = -1;
    const auto [end, code] = std::from_chars(value.data(), value.data() + value.size(), layer);
    if (code != std::errc() || end != value.data() + value.size() || layer < 0) {
        throw Error(ErrorKind::input, "must be a block's number", "layer");
    }
    return layer;
}

std::string event_text(const JobEvent& event) {
    return "event: " + event.name + "\ndata: " + event.data + "\n\n";
}

/// The present state first, then what changes, until the job ends or the listener goes.
void follow(const Request& request, Response& response, const Jobs& jobs) {
    const std::string id = request.path_params.at("id");
    bool over = false;
    auto first = std::make_shared<std::vector<JobEvent>>(
        jobs.events(id, 0, std::chrono::milliseconds(0), over));
    const auto seen = std::make_shared<std::uint64_t>(first->front().number);
    const auto quiet = std::make_shared<int>(0);
    const auto ended = std::make_shared<bool>(over);
    response.set_header("Cache-Control", "no-cache");
    response.set_header("X-Accel-Buffering", "no");
    response.set_chunked_content_provider(
        "text/event-stream",
        [&jobs, id, first, seen, quiet, ended](std::size_t, httplib::DataSink& sink) {
            std::string events;
            try {
                if (!first->empty()) {
                    for (const JobEvent& event : *first) events += event_text(event);
                    first->clear();
                } else {
                    for (const JobEvent& event : jobs.events(id, *seen, patience, *ended)) {
                        events += event_text(event);
                        *seen = event.number;
                    }
                }
            } catch (const Error&) {
                *ended = true;  // forgotten meanwhile
            }
            if (events.empty() && ++*quiet % silence == 0) events = ": still there\n\n";
            if (!events.empty() && !sink.write(events.data(), events.size())) return false;
            if (*ended) sink.done();
            return sink.is_writable() || *ended;
        });
}

}  // namespace

void add_resources(httplib::Server& http, const Library& library, Jobs& jobs) {
    http.Get("/axia/model", answered([&](const Request&) { return library.model(); }));
    http.Get("/axia/values", answered([&](const Request&) { return library.values(); }));
    http.Post("/axia/values/:name", answered([&](const Request& request) {
                  return library.describe(name_of(request), request.body);
              }));
    http.Get("/axia/vectors", answered([&](const Request&) { return library.vectors(); }));
    http.Get("/axia/vectors/similarity", answered([&](const Request& request) {
                 return library.similarity(request.get_param_value("context"), layer_of(request));
             }));
    http.Get("/axia/plans", answered([&](const Request&) { return library.plans(); }));
    http.Get("/axia/plans/:name",
             answered([&](const Request& request) { return library.plan(name_of(request)); }));
    http.Get("/axia/batteries", answered([&](const Request&) { return library.batteries(); }));
    http.Get("/axia/batteries/:name",
             answered([&](const Request& request) { return library.battery(name_of(request)); }));
    http.Get("/axia/runs", answered([&](const Request&) { return library.runs(); }));
    http.Get("/axia/runs/:name",
             text([&](const Request& request) { return library.run(name_of(request)); },
                  "application/json"));
    http.Get("/axia/runs/:name/report",
             text([&](const Request& request) { return library.report(name_of(request)); },
                  "text/html; charset=utf-8"));
    http.Post("/axia/check",
              answered([&](const Request& request) { return library.check(request.body); }));
    http.Post("/axia/jobs",
              answered([&](const Request& request) { return jobs.submit(request.body); }, 202));
    http.Get("/axia/jobs", answered([&](const Request&) { return jobs.list(); }));
    http.Get("/axia/jobs/:id", answered([&](const Request& request) {
                 return jobs.find(request.path_params.at("id"));
             }));
    http.Delete("/axia/jobs/:id", answered([&](const Request& request) {
                    return jobs.cancel(request.path_params.at("id"));
                }));
    http.Get("/axia/jobs/:id/events", [&](const Request& request, Response& response) {
        try {
            follow(request, response, jobs);
        } catch (const Error& error) {
            set_error(response, error);
        }
    });
}

}  // namespace axia::server
