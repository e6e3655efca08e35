#include "axia/data/texts.h"

#include <set>
#include <utility>

#include "data/jsonl.h"

namespace axia::data {

namespace {

/// Turns rows into texts; ids are checked across the file.
class TextCollector {
  public:
    explicit TextCollector(std::string name) : name_(std::move(name)) {}

    void operator()(const JsonRow& row) {
        NamedText text;
        text.line = row.line();
        text.id = row.optional("id");
        if (text.id.empty()) text.id = "text-" + std::to_string(row.line());
        text.text = row.required("text");
        text.prompt = row.optional("prompt");
        text.kind = row.optional("kind");
        text.split = split_of(row.optional("split"), name_, row.line()).value_or(Split::learn);
        check_new_id(ids_, text.id, name_, row.line());
        texts.push_back(std::move(text));
    }

    std::vector<NamedText> texts;

  private:
    std::string name_;
    std::set<std::string> ids_;
};

}  // namespace

std::vector<NamedText> read_texts(const std::filesystem::path& path, std::size_t max_line) {
    TextCollector collect(path.string());
    read_jsonl(path, max_line, [&](const JsonRow& row) { collect(row); });
    return std::move(collect.texts);
}

std::vector<NamedText> parse_texts(std::string_view text, std::string_view name,
                                   std::size_t max_line) {
    TextCollector collect{std::string(name)};
    parse_jsonl(text, name, max_line, [&](const JsonRow& row) { collect(row); });
    return std::move(collect.texts);
}

}  // namespace axia::data
