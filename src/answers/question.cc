#include "axia/answers/question.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using data::ItemKind;

namespace {

constexpr std::size_t most_options = 26;  // letters

void replace_all(std::string& text, std::string_view slot, std::string_view with) {
    for (std::size_t at = text.find(slot); at != std::string::npos;
         at = text.find(slot, at + with.size())) {
        text.replace(at, slot.size(), with);
    }
}

/// Item options in the order shown: shown[place] = option.
std::vector<std::size_t> shown_order(std::size_t options, std::size_t order, bool scale) {
    std::vector<std::size_t> shown;
    for (std::size_t place = 0; place < options; ++place) {
        shown.push_back(!scale       ? (place + order) % options
                        : order == 0 ? place
                                     : options - 1 - place);
    }
    return shown;
}

std::string letter(std::size_t place) {
    return std::string(1, static_cast<char>('A' + place));
}

Question ask(const data::Item& item, const Wording& wording, std::size_t order) {
    Question question;
    question.wording = wording.id;
    question.order = static_cast<int>(order);
    question.lead = wording.lead;
    question.plain = item.kind == ItemKind::likelihood;
    question.letters = wording.answer == Wording::Answer::letter;
    const std::vector<std::size_t> shown =
        shown_order(item.options.size(), order, item.kind == ItemKind::rating);
    std::string list;
    question.answers.resize(item.options.size());
    for (std::size_t place = 0; place < shown.size(); ++place) {
        const std::string& text = item.options[shown[place]].text;
        list += (place > 0 ? "\n" : "") + (question.letters ? letter(place) + ") " : "- ") + text;
        question.answers[shown[place]] = question.letters ? letter(place) : text;
    }
    // the item's own words last, so that a brace in them is not taken for a slot
    question.message = wording.text;
    replace_all(question.message, "{question}",
                item.question.empty() ? wording.question : item.question);
    if (shown.size() == 2) {
        replace_all(question.message, "{first}", item.options[shown[0]].text);
        replace_all(question.message, "{second}", item.options[shown[1]].text);
    }
    replace_all(question.message, "{options}", list);
    replace_all(question.message, "{text}", item.text);
    while (!question.message.empty() &&
           std::isspace(static_cast<unsigned char>(question.message.back())))
        question.message.pop_back();
    return question;
}

ItemKind parse_kind(const std::string& name, const std::string& where) {
    for (const ItemKind kind : {ItemKind::choice, ItemKind::pair, ItemKind::rating,
                                ItemKind::likelihood, ItemKind::free}) {
        if (data::kind_name(kind) == name) return kind;
    }
    throw Error(ErrorKind::input, "'" + name + "' is not a kind of item", where,
                "choice, pair, rating, likelihood or free");
}

std::string field(const YAML::Node& node, const char* name, const std::string& where, bool needed) {
    const YAML::Node value = node[name];
    if (!value) {
        if (!needed) return "";
        throw Error(ErrorKind::input, "a wording has no '" + std::string(name) + "'", where,
                    "add it");
    }
    if (!value.IsScalar()) {
        throw Error(ErrorKind::input, "'" + std::string(name) + "' is not a text", where);
    }
    return value.as<std::string>();
}

void check_slots(const Wording& wording, const std::string& where) {
    const auto has = [&](const char* slot) { return wording.text.find(slot) != std::string::npos; };
    const auto need = [&](bool there, const std::string& slot) {
        if (!there) {
            throw Error(ErrorKind::input, "wording '" + wording.id + "' lacks the slot " + slot,
                        where, "put it where the text belongs");
        }
    };
    need(has("{text}"), "{text}");
    if (wording.kind == ItemKind::likelihood || wording.kind == ItemKind::free) return;
    const bool spelled = wording.kind == ItemKind::pair &&
                         wording.answer == Wording::Answer::text && has("{first}") &&
                         has("{second}");
    need(has("{options}") || spelled, "{options}");
}

}  // namespace

std::vector<Wording> read_wordings(const std::filesystem::path& file) {
    const std::string name = file.string();
    YAML::Node root;
    try {
        root = YAML::Load(core::read_file(file, 1 << 20));
    } catch (const YAML::Exception& error) {
        throw Error(ErrorKind::input, error.msg,
                    core::file_line(name, static_cast<std::size_t>(error.mark.line) + 1));
    }
    if (!root.IsMap() || !root["schema"] || !root["schema"].IsScalar() ||
        root["schema"].as<std::string>() != "axia.wordings" || !root["wordings"] ||
        !root["wordings"].IsSequence()) {
        throw Error(ErrorKind::input, "this is not a file of wordings", name,
                    "it needs schema: axia.wordings, version: 1 and a list wordings");
    }
    const std::string version = root["version"] ? root["version"].as<std::string>("") : "";
    if (version != "1") {
        throw Error(ErrorKind::unsupported,
                    "its version is '" + version + "', this axia reads version 1", name);
    }
    std::vector<Wording> wordings;
    std::set<std::string> ids;
    for (const YAML::Node& node : root["wordings"]) {
        const std::string where =
            core::file_line(name, static_cast<std::size_t>(node.Mark().line) + 1);
        if (!node.IsMap()) throw Error(ErrorKind::input, "a wording is not a map", where);
        Wording wording;
        wording.id = field(node, "id", where, true);
        wording.kind = parse_kind(field(node, "kind", where, true), where);
        const std::string answer = field(node, "answer", where, false);
        if (!answer.empty() && answer != "text" && answer != "letter") {
            throw Error(ErrorKind::input, "'" + answer + "' is not a form of answer", where,
                        "text or letter");
        }
        wording.answer = answer == "letter" ? Wording::Answer::letter : Wording::Answer::text;
        wording.text = field(node, "text", where, true);
        wording.question = field(node, "question", where, false);
        wording.lead = field(node, "lead", where, false);
        if (!ids.insert(wording.id).second) {
            throw Error(ErrorKind::input, "two wordings have the id '" + wording.id + "'", where,
                        "rename one");
        }
        check_slots(wording, where);
        wordings.push_back(std::move(wording));
    }
    return wordings;
}

std::vector<Wording> wordings_of(std::span<const Wording> all, data::ItemKind kind,
                                 std::size_t count) {
    std::vector<Wording> chosen;
    for (const Wording& wording : all) {
        if (wording.kind == kind && chosen.size() < count) chosen.push_back(wording);
    }
    return chosen;
}

std::vector<Question> questions_of(const data::Item& item, std::span<const Wording> wordings,
                                   std::size_t repeats) {
    if (item.options.size() > most_options) {
        throw Error(ErrorKind::input,
                    "item '" + item.id + "' has " + std::to_string(item.options.size()) +
                        " options, more than the letters",
                    "", "at most 26");
    }
    const bool open = item.kind == ItemKind::free;
    const bool plain = item.kind == ItemKind::likelihood;
    const std::size_t orders = open || plain                   ? 1
                               : item.kind == ItemKind::rating ? 2
                                                               : item.options.size();
    std::vector<Question> questions;
    for (const Wording& wording : wordings) {
        if (wording.kind != item.kind) continue;
        for (std::size_t order = 0; order < orders; ++order) {
            questions.push_back(ask(item, wording, order));
            for (std::size_t again = 1; again < (open ? repeats : 1); ++again) {
                questions.push_back(questions.back());
                questions.back().repeat = static_cast<int>(again);
            }
        }
    }
    return questions;
}

}  // namespace axia::answers
