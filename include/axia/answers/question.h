// How an item is asked: wordings (neutral templates), orders of options, and what counts as an
// answer.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/battery.h"

namespace axia::answers {

/// A neutral template. Slots: {text} situation or statement, {question} what is asked, {options}
/// the options a line each, {first} and {second} the options of a pair in the order shown.
struct Wording {
    enum class Answer {
        text,    // the option's own words
        letter,  // its letter, as listed
    };
    std::string id;
    data::ItemKind kind = data::ItemKind::pair;
    Answer answer = Answer::text;
    std::string text;      // the user's message
    std::string question;  // {question} when the item has none
    std::string lead;      // what the answer begins with, before the option; may be empty
};

/// The shipped wordings of one kind, in order; the first `count` are used by default.
/// Read from batteries/wordings.yaml. Throws Error{not_found|input} naming line and field.
std::vector<Wording> read_wordings(const std::filesystem::path& file);
std::vector<Wording> wordings_of(std::span<const Wording> all, data::ItemKind kind,
                                 std::size_t count);

/// One question: an item in one wording and order.
struct Question {
    std::string wording;
    int order = 0;
    std::string message;               // the user's message; likelihood items: the context itself
    std::string lead;                  // start of the answer, put before each option
    std::vector<std::string> answers;  // what each option is answered with, in the item's own order
    bool plain = false;  // likelihood: answers continue `message` as plain text, without a template
    bool letters = false;
    int repeat = 0;
};

/// Every order of a pair, every cyclic shift of k options, both directions of a scale; one question
/// for likelihood items. Free items: `repeats` questions.
std::vector<Question> questions_of(const data::Item& item, std::span<const Wording> wordings,
                                   std::size_t repeats = 1);

}  // namespace axia::answers
