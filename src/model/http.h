// One file over HTTP, resumable.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "axia/core/log.h"

namespace axia::model {

struct FetchOptions {
    int attempts = 4;  // failures in a row without a new byte before giving up
    int connect_seconds = 20;
    int stall_seconds = 60;        // without a byte
    int pause_milliseconds = 500;  // before the second attempt, doubled each time
    std::uint64_t bytes = 0;       // what the file must measure; 0 = not known
};

struct Fetched {
    std::string sha256;  // as the server states it (X-Linked-Etag or ETag of 64 hex); empty = not
    std::uint64_t bytes = 0;
};

/// The side file of a partial: address, validator and size, so that a file that has changed at the
/// server is fetched anew and never joined to the old half.
std::filesystem::path side_file(const std::filesystem::path& partial);

/// Fetches `url` into `partial`, going on where an earlier call stopped (Range with If-Range).
/// Leaves `partial` and its side file behind in every case; the caller renames and removes them.
/// Throws Error{not_found} for 404 and 410, Error{network} for every other refusal or failure,
/// Error{io} for a full disk, Error{cancelled}.
Fetched fetch_file(const std::string& url, const std::filesystem::path& partial,
                   const FetchOptions& options, const core::Watch& watch);

/// `text` with everything but unreserved characters (RFC 3986) and '/' percent-encoded.
std::string encode_path(std::string_view text);

}  // namespace axia::model
