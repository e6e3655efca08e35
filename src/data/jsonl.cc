#include "data/jsonl.h"

#include <algorithm>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::data {

using core::Error;
using core::ErrorKind;
using core::file_line;
using nlohmann::json;

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string in_quotes(std::string_view text) {
    constexpr std::size_t shown = 60;
    std::size_t end = std::min(text.size(), shown);
    // not in the middle of a UTF-8 character
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
        --end;
    }
    return "'" + std::string(text.substr(0, end)) + (end < text.size() ? "...'" : "'");
}

JsonRow::JsonRow(json object, std::string name, std::size_t line, std::string prefix)
    : object_(std::move(object)), name_(std::move(name)), line_(line), prefix_(std::move(prefix)) {}

JsonRow::JsonRow(std::string_view text, std::string_view name, std::size_t line)
    : name_(name), line_(line) {
    if (!core::is_utf8(text)) fail("is not valid UTF-8", "save the file as UTF-8");
    try {
        object_ = json::parse(text);
    } catch (const json::parse_error& error) {
        fail("is not valid JSON at byte " + std::to_string(error.byte),
             "each line holds one JSON object");
    } catch (const json::exception&) {
        fail("is not valid JSON: a number out of range");
    }
    if (!object_.is_object()) {
        fail(std::string("holds a JSON ") + object_.type_name() + ", not an object",
             "each line holds one JSON object");
    }
}

void JsonRow::fail(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::input, what, file_line(name_, line_), hint);
}

std::string JsonRow::required(const char* field) const {
    const auto found = object_.find(field);
    const std::string name = "field '" + prefix_ + field + "'";
    if (found == object_.end()) fail("has no " + name, "add it");
    if (!found->is_string()) {
        fail(name + " is a JSON " + found->type_name() + ", not a string", "put it in quotes");
    }
    std::string text = found->get<std::string>();
    if (is_blank(text)) fail(name + " is empty", "fill it in, or take the line out");
    if (text.find('\0') != std::string::npos) fail(name + " holds a NUL character", "take it out");
    return text;
}

std::string JsonRow::optional(const char* field) const {
    const auto found = object_.find(field);
    if (found == object_.end() || found->is_null()) return {};
    if (found->is_string() && is_blank(found->get_ref<const std::string&>())) return {};
    return required(field);
}

JsonRow JsonRow::object(const char* field) const {
    const auto found = object_.find(field);
    if (found == object_.end()) fail("has no field '" + prefix_ + field + "'", "add it");
    if (!found->is_object()) {
        fail("field '" + prefix_ + field + "' is a JSON " + found->type_name() + ", not an object");
    }
    return JsonRow(*found, name_, line_, prefix_ + field + ".");
}

double JsonRow::number(const char* field, double fallback) const {
    const json* value = find(field);
    if (value == nullptr) return fallback;
    if (!value->is_number()) {
        fail("field '" + prefix_ + field + "' is a JSON " + value->type_name() + ", not a number");
    }
    return value->get<double>();
}

const json* JsonRow::find(const char* field) const {
    const auto found = object_.find(field);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
}

JsonRow JsonRow::inner(const json& object, const std::string& prefix) const {
    return JsonRow(object, name_, line_, prefix_ + prefix);
}

void JsonRow::only(std::initializer_list<const char*> fields) const {
    for (const auto& [field, value] : object_.items()) {
        if (std::find(fields.begin(), fields.end(), field) != fields.end()) continue;
        const std::string near = core::nearest_names(field, {fields.begin(), fields.end()});
        fail("has an unknown field " + in_quotes(prefix_ + field),
             near.empty() ? "" : "did you mean " + near + "?");
    }
}

void split_lines(std::string_view text, std::string_view name, std::size_t limit,
                 const std::function<void(std::string_view, std::size_t)>& line) {
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view one = text.substr(0, end);
        if (one.size() > limit) {
            throw Error(ErrorKind::input,
                        "the line is longer than " + std::to_string(limit) + " bytes",
                        file_line(name, number), "is this the right file?");
        }
        if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
        line(one, number);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
}

namespace {

class LineReader {
  public:
    LineReader(std::string name, const RowSink& row) : name_(std::move(name)), row_(row) {}

    void operator()(std::string_view text, std::size_t line) {
        if (line == 1 && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
        if (is_blank(text)) return;
        any_ = true;
        row_(JsonRow(text, name_, line));
    }

    void finish() const {
        if (!any_) {
            throw Error(ErrorKind::input, "is empty", name_, "one JSON object a line is wanted");
        }
    }

  private:
    std::string name_;
    const RowSink& row_;
    bool any_ = false;
};

}  // namespace

void read_jsonl(const std::filesystem::path& path, std::size_t max_line, const RowSink& row) {
    LineReader reader(path.string(), row);
    core::read_lines(
        path, [&](std::string_view text, std::size_t line) { reader(text, line); }, max_line);
    reader.finish();
}

void parse_jsonl(std::string_view text, std::string_view name, std::size_t max_line,
                 const RowSink& row) {
    LineReader reader(std::string(name), row);
    split_lines(text, name, max_line,
                [&](std::string_view one, std::size_t line) { reader(one, line); });
    reader.finish();
}

std::optional<Split> split_of(const std::string& word, std::string_view name, std::size_t line) {
    if (word.empty()) return std::nullopt;
    if (word == "learn" || word == "train") return Split::learn;
    if (word == "heldout" || word == "held_out" || word == "held-out" || word == "test") {
        return Split::heldout;
    }
    throw Error(ErrorKind::input, "field 'split' is " + in_quotes(word) + ", which is no split",
                file_line(name, line), "write learn or heldout");
}

void check_new_id(std::set<std::string>& seen, const std::string& id, std::string_view name,
                  std::size_t line) {
    if (!seen.insert(id).second) {
        throw Error(ErrorKind::input,
                    "field 'id' " + in_quotes(id) + " was used on an earlier line",
                    file_line(name, line), "give every line its own id");
    }
}

}  // namespace axia::data
