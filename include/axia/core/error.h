// The one exception class of axia. Thrown by every room, converted once, at the edges.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace axia::core {

enum class ErrorKind {
    usage,        // the call itself is wrong: unknown option, value out of range
    input,        // a file or text is wrong
    not_found,    // a named thing does not exist
    mismatch,     // two things that do not belong together (a vector of another model)
    unsupported,  // known, but this build or model cannot do it
    io,           // reading or writing failed
    network,      // a download or endpoint failed
    busy,         // another process holds it
    cancelled,    // stopped on request
    internal,     // our bug
};

/// What went wrong, where (file, line, field), and what to do about it.
/// `what()` gives the whole as one line: "where: what (hint)".
class Error : public std::exception {
  public:
    Error(ErrorKind kind, std::string what, std::string where = {}, std::string hint = {});

    ErrorKind kind() const noexcept { return kind_; }
    const std::string& message() const noexcept { return message_; }
    const std::string& where() const noexcept { return where_; }
    const std::string& hint() const noexcept { return hint_; }
    const char* what() const noexcept override { return line_.c_str(); }

  private:
    ErrorKind kind_;
    std::string message_, where_, hint_, line_;
};

/// Stable name of a kind, for JSON ("input", "not_found", ...).
std::string_view error_kind_name(ErrorKind kind);

/// Process exit code of a kind: 2 for usage and input of every sort, 1 for a run that failed.
int exit_code(ErrorKind kind);

/// "FILE:LINE", or "FILE" when line is 0.
std::string file_line(std::string_view file, std::size_t line);

}  // namespace axia::core
