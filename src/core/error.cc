#include "axia/core/error.h"

#include <utility>

namespace axia::core {

namespace {

std::string one_line(const std::string& where, const std::string& what, const std::string& hint) {
    std::string line;
    if (!where.empty()) line += where + ": ";
    line += what;
    if (!hint.empty()) line += " (" + hint + ")";
    for (char& c : line) {
        if (c == '\n' || c == '\r') c = ' ';
    }
    return line;
}

}  // namespace

Error::Error(ErrorKind kind, std::string what, std::string where, std::string hint)
    : kind_(kind),
      message_(std::move(what)),
      where_(std::move(where)),
      hint_(std::move(hint)),
      line_(one_line(where_, message_, hint_)) {}

std::string_view error_kind_name(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::usage:
            return "usage";
        case ErrorKind::input:
            return "input";
        case ErrorKind::not_found:
            return "not_found";
        case ErrorKind::mismatch:
            return "mismatch";
        case ErrorKind::unsupported:
            return "unsupported";
        case ErrorKind::io:
            return "io";
        case ErrorKind::network:
            return "network";
        case ErrorKind::busy:
            return "busy";
        case ErrorKind::cancelled:
            return "cancelled";
        case ErrorKind::internal:
            return "internal";
    }
    return "internal";
}

int exit_code(ErrorKind kind) {
    switch (kind) {
        case ErrorKind::usage:
        case ErrorKind::input:
        case ErrorKind::not_found:
        case ErrorKind::mismatch:
        case ErrorKind::unsupported:
        case ErrorKind::io:
            return 2;
        default:
            return 1;
    }
}

std::string file_line(std::string_view file, std::size_t line) {
    std::string text(file);
    if (line > 0) text += ":" + std::to_string(line);
    return text;
}

}  // namespace axia::core
