// Where the library's words go. The library itself never writes to stdout or stderr.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace axia::core {

enum class LogLevel { debug, info, warning };

using LogSink = std::function<void(LogLevel, std::string_view)>;

/// How far a piece of work is. `total` 0 = not known.
struct Progress {
    std::string_view stage;  // "learn: reading texts"
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    std::string_view unit;  // "tokens", "bytes", "layers"
};

using ProgressSink = std::function<void(const Progress&)>;

/// What a long verb is given beside its inputs. All members may be empty.
struct Watch {
    LogSink log;
    ProgressSink progress;
    std::function<bool()> cancelled;

    void info(std::string_view text) const {
        if (log) log(LogLevel::info, text);
    }
    void warn(std::string_view text) const {
        if (log) log(LogLevel::warning, text);
    }
    void step(std::string_view stage, std::uint64_t done, std::uint64_t total,
              std::string_view unit) const {
        if (progress) progress(Progress{stage, done, total, unit});
    }
    /// Throws Error{cancelled} once a stop was asked for.
    void check() const;
};

}  // namespace axia::core
