#include "axia/model/catalogue.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
using core::file_line;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_file = 1 << 20;
constexpr std::size_t max_models = 1000;
constexpr std::size_t max_sources = 16;
constexpr std::size_t max_packages = 64;

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// First a letter or digit, then these or any of `more`.
bool is_word(std::string_view text, std::string_view more, std::size_t longest) {
    return !text.empty() && text.size() <= longest && (is_letter(text[0]) || is_digit(text[0])) &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return is_letter(c) || is_digit(c) || more.find(c) != std::string_view::npos;
           });
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t longest = 60;
    if (text.size() <= longest) return "'" + std::string(text) + "'";
    return "'" + std::string(text.substr(0, longest)) + "...'";
}

/// A map whose every field must be asked for by name.
class StrictMap {
  public:
    StrictMap(const YAML::Node& node, std::string_view file, std::string what,
              std::initializer_list<std::string_view> fields)
        : node_(node), file_(file), what_(std::move(what)) {
        if (!node_.IsMap()) fail(what_ + " is not a map of fields");
        std::set<std::string> seen;
        const std::vector<std::string> known(fields.begin(), fields.end());
        for (const auto& item : node_) {
            if (!item.first.IsScalar()) fail(what_ + " has a field whose name is no text");
            const std::string& field = item.first.Scalar();
            if (std::find(known.begin(), known.end(), field) == known.end()) {
                const std::string near = core::nearest_names(field, known);
                fail(what_ + " has an unknown field " + in_quotes(field),
                     near.empty() ? "" : "did you mean " + near + "?");
            }
            if (!seen.insert(field).second) {
                fail(what_ + " has the field " + in_quotes(field) + " twice");
            }
        }
    }

    std::string text(const char* field) const {
        const YAML::Node node = member(field);
        if (!node.IsDefined()) fail(what_ + " has no field '" + field + "'", "add it");
        if (!node.IsScalar() || node.Scalar().find_first_not_of(" \t\r\n") == std::string::npos) {
            fail(what_ + ": field '" + field + "' is not a text with something in it");
        }
        return node.Scalar();
    }

    std::uint64_t number(const char* field, std::uint64_t least, std::uint64_t most) const {
        const std::string digits = text(field);
        std::uint64_t value = 0;
        const auto [end, code] =
            std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (code != std::errc() || end != digits.data() + digits.size() || value < least ||
            value > most) {
            fail(what_ + ": field '" + field + "' is " + in_quotes(digits) +
                 ", not a whole number from " + std::to_string(least) + " to " +
                 std::to_string(most));
        }
        return value;
    }

    bool truth(const char* field) const {
        if (!member(field).IsDefined()) return false;
        const std::string word = text(field);
        if (word != "true" && word != "false") {
            fail(what_ + ": field '" + field + "' is " + in_quotes(word), "write true or false");
        }
        return word == "true";
    }

    /// A list with at least one item.
    std::vector<YAML::Node> list(const char* field, std::size_t most) const {
        const YAML::Node node = member(field);
        if (!node.IsDefined()) fail(what_ + " has no field '" + field + "'", "add it");
        if (!node.IsSequence() || node.size() == 0) {
            fail(what_ + ": field '" + field + "' is not a list with something in it");
        }
        if (node.size() > most) {
            fail(what_ + ": field '" + field + "' has more than " + std::to_string(most) +
                 " items");
        }
        return {node.begin(), node.end()};
    }

    std::size_t line() const {
        const int line = node_.Mark().line;
        return line < 0 ? 0 : static_cast<std::size_t>(line) + 1;
    }

    [[noreturn]] void fail(const std::string& what, const std::string& hint = {}) const {
        throw Error(ErrorKind::input, what, file_line(file_, line()), hint);
    }
    [[noreturn]] void fail_field(const char* field, const std::string& value,
                                 const std::string& hint) const {
        fail(what_ + ": field '" + field + "' is " + in_quotes(value) + ", which is ill-formed",
             hint);
    }

  private:
    YAML::Node member(const char* field) const {
        const YAML::Node& node = node_;  // the const operator[] adds nothing
        return node[field];
    }

    YAML::Node node_;
    std::string file_, what_;
};

ModelSource source_of(const YAML::Node& node, std::string_view file) {
    if (!node.IsMap() || !node["kind"].IsDefined() || !node["kind"].IsScalar()) {
        StrictMap(node, file, "the source", {"kind", "packages", "repo", "file", "path"})
            .text("kind");
    }
    const std::string kind = node["kind"].Scalar();
    ModelSource source;
    if (kind == "pypi") {
        source.kind = SourceKind::pypi;
        const StrictMap map(node, file, "the source", {"kind", "packages"});
        for (const YAML::Node& one : map.list("packages", max_packages)) {
            const StrictMap package(one, file, "the package", {"name", "version", "member"});
            PackageMember member{package.text("name"), package.text("version"),
                                 package.text("member")};
            // these become arguments of the pip client
            if (!is_word(member.name, "._-", 100)) {
                package.fail_field("name", member.name, "the name of a Python package");
            }
            if (!is_word(member.version, "._-+!", 60)) {
                package.fail_field("version", member.version, "one exact version");
            }
            if (!is_plain_path(member.member)) {
                package.fail_field("member", member.member, "a relative path in the package");
            }
            source.packages.push_back(std::move(member));
        }
    } else if (kind == "hf") {
        source.kind = SourceKind::hf;
        const StrictMap map(node, file, "the source", {"kind", "repo", "file"});
        source.repo = map.text("repo");
        source.file = map.text("file");
        if (!is_hf_repo(source.repo)) map.fail_field("repo", source.repo, "write user/repo");
        if (!is_plain_path(source.file)) {
            map.fail_field("file", source.file, "a relative path in the repository");
        }
    } else if (kind == "file") {
        source.kind = SourceKind::file;
        const StrictMap map(node, file, "the source", {"kind", "path"});
        source.path = map.text("path");
    } else {
        const StrictMap map(node, file, "the source", {"kind", "packages", "repo", "file", "path"});
        map.fail_field("kind", kind, "pypi, hf or file");
    }
    return source;
}

CatalogueEntry entry_of(const YAML::Node& node, std::string_view file,
                        std::set<std::string>& names) {
    const StrictMap map(node, file, "the model",
                        {"name", "title", "architecture", "layers", "width", "licence", "base",
                         "bytes", "sha256", "sources"});
    CatalogueEntry entry;
    entry.name = map.text("name");
    const bool lower = std::none_of(entry.name.begin(), entry.name.end(),
                                    [](char c) { return c >= 'A' && c <= 'Z'; });
    // "--" marks stored models that come from Hugging Face
    if (!is_model_name(entry.name) || !lower || entry.name.find("--") != std::string::npos ||
        entry.name.ends_with(".gguf")) {
        map.fail_field("name", entry.name, "lower-case letters, digits, '.', '-' and '_'");
    }
    if (!names.insert(entry.name).second) {
        map.fail("the model " + in_quotes(entry.name) + " is there twice");
    }
    entry.title = map.text("title");
    entry.architecture = map.text("architecture");
    entry.licence = map.text("licence");
    entry.layers = static_cast<int>(map.number("layers", 1, 10'000));
    entry.width = static_cast<int>(map.number("width", 1, 1'000'000));
    entry.base = map.truth("base");
    entry.bytes = map.number("bytes", 1, std::uint64_t{1} << 50);
    entry.sha256 = map.text("sha256");
    const bool hex = entry.sha256.size() == 64 &&
                     std::all_of(entry.sha256.begin(), entry.sha256.end(),
                                 [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); });
    if (!hex) map.fail_field("sha256", entry.sha256, "64 lower-case hex digits");
    for (const YAML::Node& one : map.list("sources", max_sources)) {
        entry.sources.push_back(source_of(one, file));
    }
    return entry;
}

Catalogue catalogue_of(const YAML::Node& root, std::string_view file) {
    const StrictMap map(root, file, "the catalogue", {"schema", "version", "models"});
    if (map.text("schema") != "axia.catalogue") {
        map.fail("schema is " + in_quotes(map.text("schema")) + ", not 'axia.catalogue'",
                 "is this the right file?");
    }
    if (map.text("version") != "1") {
        throw Error(ErrorKind::unsupported,
                    "version is " + in_quotes(map.text("version")) + ", this axia reads version 1",
                    file_line(file, map.line()));
    }
    Catalogue catalogue;
    std::set<std::string> names;
    for (const YAML::Node& one : map.list("models", max_models)) {
        catalogue.models.push_back(entry_of(one, file, names));
    }
    return catalogue;
}

}  // namespace

std::string_view source_kind_name(SourceKind kind) {
    switch (kind) {
        case SourceKind::pypi:
            return "pypi";
        case SourceKind::hf:
            return "hf";
        case SourceKind::file:
            return "file";
    }
    return "unknown";
}

std::string describe(const ModelSource& source) {
    switch (source.kind) {
        case SourceKind::hf:
            return "hf:" + source.repo + ":" + source.file;
        case SourceKind::file:
            return "file:" + source.path.string();
        case SourceKind::pypi:
            break;
    }
    std::string text = "pypi:";
    for (const PackageMember& one : source.packages) {
        text += (&one == &source.packages[0] ? "" : "+") + one.name + "==" + one.version;
    }
    return text;
}

bool is_model_name(std::string_view text) {
    return is_word(text, "._-", 200);
}

bool is_hf_repo(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return false;
    const auto good = [](std::string_view part) {
        return is_word(part, "._-", 96) && part.find("..") == std::string_view::npos;
    };
    return good(text.substr(0, slash)) && good(text.substr(slash + 1));
}

bool is_plain_path(std::string_view text) {
    if (text.empty() || text.size() > 400) return false;
    for (const char c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\') return false;
    }
    while (true) {
        const std::size_t slash = text.find('/');
        const std::string_view part = text.substr(0, slash);
        if (part.empty() || part == "." || part == "..") return false;
        if (slash == std::string_view::npos) return true;
        text.remove_prefix(slash + 1);
    }
}

const CatalogueEntry* Catalogue::find(std::string_view name) const {
    for (const CatalogueEntry& entry : models) {
        if (entry.name == name) return &entry;
    }
    return nullptr;
}

std::vector<std::string> Catalogue::names() const {
    std::vector<std::string> list;
    for (const CatalogueEntry& entry : models) list.push_back(entry.name);
    return list;
}

const CatalogueEntry& Catalogue::at(std::string_view name) const {
    if (const CatalogueEntry* entry = find(name)) return *entry;
    const std::string near = core::nearest_names(name, names());
    std::string hint = "did you mean " + near + "?";
    if (near.empty()) {
        hint = "it has";
        for (const CatalogueEntry& one : models)
            hint += (&one == &models[0] ? " " : ", ") + one.name;
    }
    throw Error(ErrorKind::not_found, "the catalogue has no model " + in_quotes(name), {}, hint);
}

Catalogue parse_catalogue(std::string_view text, std::string_view name) {
    if (text.size() > max_file) {
        throw Error(ErrorKind::input, "is larger than a catalogue may be (1 MiB)",
                    std::string(name));
    }
    if (!core::is_utf8(text)) {
        throw Error(ErrorKind::input, "is not valid UTF-8", std::string(name),
                    "save the file as UTF-8");
    }
    try {
        return catalogue_of(YAML::Load(std::string(text)), name);
    } catch (const YAML::Exception& error) {
        const bool placed = !error.mark.is_null();
        throw Error(ErrorKind::input, "is not valid YAML: " + error.msg,
                    file_line(name, placed ? static_cast<std::size_t>(error.mark.line) + 1 : 0));
    }
}

Catalogue read_catalogue(const fs::path& path) {
    Catalogue catalogue = parse_catalogue(core::read_file(path, max_file), path.string());
    for (CatalogueEntry& entry : catalogue.models) {
        for (ModelSource& source : entry.sources) {
            if (source.kind == SourceKind::file && source.path.is_relative()) {
                source.path = (path.parent_path() / source.path).lexically_normal();
            }
        }
    }
    return catalogue;
}

}  // namespace axia::model
