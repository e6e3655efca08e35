// axia keys create, list, revoke, audit
#include <charconv>
#include <ctime>
#include <iostream>

#include <nlohmann/json.hpp>

#include "app.h"
#include "axia/core/error.h"
#include "output.h"
#include "server/audit.h"
#include "server/keys.h"

namespace axia::cli {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

std::string time_text(std::int64_t time) {
    if (time == 0) return "-";
    const std::time_t seconds = time;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

ordered_json time_json(std::int64_t time) {
    return time == 0 ? ordered_json() : ordered_json(time_text(time));
}

std::string scopes_text(const server::Key& key) {
    std::string text;
    for (const std::string& scope : key.scopes) text += (text.empty() ? "" : ",") + scope;
    return text;
}

/// Never a secret: the store does not know it.
ordered_json to_json(const server::Key& key) {
    ordered_json json;
    json["id"] = key.id;
    json["name"] = key.name;
    json["scopes"] = key.scopes;
    json["created"] = time_json(key.created);
    json["last_used"] = time_json(key.last_used);
    json["revoked"] = time_json(key.revoked);
    json["requests_per_minute"] = key.requests_per_minute;
    json["tokens_per_day"] = key.tokens_per_day;
    json["tokens_today"] = key.tokens_today;
    return json;
}

void create_key(const App& app, server::KeyWish wish, const std::string& scopes) {
    wish.scopes.clear();
    for (std::size_t at = 0; at < scopes.size();) {
        const std::size_t end = std::min(scopes.find(',', at), scopes.size());
        if (end > at) wish.scopes.push_back(scopes.substr(at, end - at));
        at = end + 1;
    }
    const server::MadeKey made = server::KeyStore().create(wish, server::unix_now());
    if (app.globals.json) {
        ordered_json json{{"schema", "axia.key"}, {"version", 1}, {"secret", made.secret}};
        json.update(to_json(made.key));
        std::cout << json.dump(2) << "\n";
    } else {
        std::cout << made.secret << "\n";
    }
    app.say("this is shown only now: keep it. Key " + made.key.id + ", " + made.key.name +
            ", may " + scopes_text(made.key));
}

void list_keys(const App& app) {
    std::vector<server::Key> keys;
    if (std::filesystem::exists(server::KeyStore::default_file()))
        keys = server::KeyStore().list(server::unix_now());
    if (app.globals.json) {
        ordered_json json{{"schema", "axia.keys"}, {"version", 1}};
        json["keys"] = ordered_json::array();
        for (const server::Key& key : keys) json["keys"].push_back(to_json(key));
        std::cout << json.dump(2) << "\n";
        return;
    }
    if (keys.empty()) {
        app.say("there is no key; axia keys create NAME makes one");
        return;
    }
    const auto limit = [](std::int64_t most) { return most == 0 ? "-" : std::to_string(most); };
    Table table({"id", "name", "scopes", "state", "created", "last used", "requests/min",
                 "tokens/day", "today"});
    for (const server::Key& key : keys) {
        table.add({key.id, key.name, scopes_text(key), key.revoked == 0 ? "live" : "revoked",
                   time_text(key.created).substr(0, 10), time_text(key.last_used).substr(0, 10),
                   limit(key.requests_per_minute), limit(key.tokens_per_day),
                   std::to_string(key.tokens_today)});
    }
    std::cout << table.text();
}

void revoke_key(const App& app, const std::string& which) {
    if (!std::filesystem::exists(server::KeyStore::default_file())) {
        throw Error(ErrorKind::not_found, "there is no key '" + which + "'", "",
                    "no key was made yet: axia keys create NAME");
    }
    const server::Key key = server::KeyStore().revoke(which, server::unix_now());
    std::cout << (app.globals.json ? ordered_json{{"revoked", key.id}, {"name", key.name}}.dump()
                                   : key.id)
              << "\n";
}

/// "2026-01-31", "2026-01-31T10:00:00Z", or so long ago: "90m", "12h", "7d". Unix seconds.
std::int64_t parse_since(const std::string& text) {
    if (text.empty()) return 0;
    for (const char* format : {"%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"}) {
        std::tm parts{};
        const char* end = ::strptime(text.c_str(), format, &parts);
        if (end != nullptr && *end == '\0') return ::timegm(&parts);
    }
    std::int64_t count = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string unit(end, text.data() + text.size());
    const std::int64_t length = unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86'400 : 0;
    if (code != std::errc() || length == 0 || count < 0 || count > 100'000'000) {
        throw Error(ErrorKind::usage, "'" + text + "' is no time", "--since",
                    "2026-01-31, 2026-01-31T10:00:00Z, or so long ago: 90m, 12h, 7d");
    }
    return server::unix_now() - count * length;
}

std::string steer_text(const server::AuditEntry& entry) {
    std::string text;
    for (const auto& [value, target] : entry.steer) {
        text += (text.empty() ? "" : " ") + value + "=" + ordered_json(target).dump();
    }
    return text.empty() ? "-" : text;
}

void show_audit(const App& app, const std::string& since, std::size_t limit) {
    server::AuditQuery query;
    query.since = parse_since(since);
    query.limit = limit;
    std::vector<server::AuditEntry> entries;
    if (std::filesystem::exists(server::Audit::default_file()))
        entries = server::Audit().list(query);
    if (app.globals.json) {
        ordered_json json{{"schema", "axia.audit"}, {"version", 1}};
        json["requests"] = ordered_json::array();
        for (const server::AuditEntry& entry : entries) {
            json["requests"].push_back(
                {{"time", time_text(entry.time)},
                 {"key", entry.key.empty() ? ordered_json() : ordered_json(entry.key)},
                 {"route", entry.route},
                 {"model", entry.model},
                 {"plan", entry.plan.empty() ? "none" : entry.plan},
                 {"steer", entry.steer},
                 {"prompt_tokens", entry.prompt_tokens},
                 {"answer_tokens", entry.answer_tokens},
                 {"status", entry.status},
                 {"seconds", entry.seconds}});
        }
        std::cout << json.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
        return;
    }
    if (entries.empty()) {
        app.say("no request is recorded");
        return;
    }
    Table table({"time", "key", "route", "plan", "steer", "prompt", "answer", "status", "seconds"});
    for (const server::AuditEntry& entry : entries) {
        table.add({time_text(entry.time), entry.key.empty() ? "-" : entry.key, entry.route,
                   entry.plan.empty() ? "none" : entry.plan.substr(0, 12), steer_text(entry),
                   std::to_string(entry.prompt_tokens), std::to_string(entry.answer_tokens),
                   std::to_string(entry.status), number(entry.seconds, 2)});
    }
    std::cout << table.text();
}

}  // namespace

void add_keys_commands(Commands& commands) {
    App& app = commands.app;
    CLI::App* keys = commands.group("keys", "Keys to the server: make, list, revoke, look back.",
                                    "  axia keys create laptop\n"
                                    "  axia keys create board --scopes metrics\n"
                                    "  axia keys revoke laptop");
    static server::KeyWish wish;
    static std::string scopes = "chat,read,jobs,metrics", which, since;
    static std::size_t limit = 100;
    {
        auto [command, options] =
            commands.add(*keys, "create", "Makes a key and prints it, this once.",
                         "  axia keys create laptop\n"
                         "  axia keys create class --scopes chat,read --requests-per-minute 30",
                         false);
        command->add_option("name", wish.name, "What to call it")->required();
        options->add("--scopes", scopes, "What it opens, of chat, read, jobs, metrics");
        options->add("--requests-per-minute", wish.requests_per_minute, "0 = no limit");
        options->add("--tokens-per-day", wish.tokens_per_day,
                     "Of prompts and answers; 0 = no limit");
        commands.on(command, [&app] { create_key(app, wish, scopes); });
    }
    {
        auto [command, options] =
            commands.add(*keys, "list", "Keys with what they open and what they used.",
                         "  axia keys list --json", false);
        commands.on(command, [&app] { list_keys(app); });
    }
    {
        auto [command, options] =
            commands.add(*keys, "revoke", "Ends a key at once, in servers that run too.",
                         "  axia keys revoke laptop", false);
        command->add_option("key", which, "Its id or name")->required();
        commands.on(command, [&app] { revoke_key(app, which); });
    }
    {
        auto [command, options] =
            commands.add(*keys, "audit", "Requests with their plans and costs, never their texts.",
                         "  axia keys audit --since 7d --limit 20", false);
        options->add("--since", since, "A day, a time in UTC, or so long ago: 90m, 12h, 7d");
        options->add("--limit", limit, "Requests at most, the newest")
            ->check(CLI::Range(1, 1'000'000));
        commands.on(command, [&app] { show_audit(app, since, limit); });
    }
}

}  // namespace axia::cli
