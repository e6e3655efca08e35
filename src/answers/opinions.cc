#include "axia/answers/opinions.h"

#include <algorithm>
#include <deque>
#include <string_view>
#include <utility>

#include "axia/core/error.h"

namespace axia::answers {

namespace {

constexpr std::size_t page_requests = 48;

/// The template with its slots filled; what is filled in is not searched again.
std::string fill(std::string_view text, const std::string& proposition, const std::string& options,
                 const std::string& forcing) {
    const std::pair<std::string_view, const std::string&> slots[] = {
        {"{pct_prompt}", proposition}, {"{ans_prompt}", options}, {"{jail_prompt}", forcing}};
    std::string filled;
    while (!text.empty()) {
        const auto slot = std::find_if(std::begin(slots), std::end(slots), [&](const auto& each) {
            return text.starts_with(each.first);
        });
        if (slot == std::end(slots)) {
            filled += text.front();
            text.remove_prefix(1);
        } else {
            filled += slot->second;
            text.remove_prefix(slot->first.size());
        }
    }
    while (!filled.empty() && (filled.back() == '\n' || filled.back() == ' ')) filled.pop_back();
    return filled;
}

bool fits(const data::CompassPrompt& forcing, const data::CompassPrompt& wording) {
    return forcing.note == wording.note ||
           (forcing.note != "explicit" && forcing.note != "implicit");
}

void check(std::span<const data::Item> propositions, const data::CompassPrompts& prompts) {
    const auto need = [](bool there, const char* what) {
        if (!there)
            throw core::Error(core::ErrorKind::input, std::string("no ") + what, "opinions");
    };
    need(!propositions.empty(), "proposition");
    need(!prompts.templates.empty(), "template");
    need(!prompts.options.empty(), "option block");
    need(!prompts.forcings.empty(), "forcing");
    for (const data::CompassPrompt& wording : prompts.templates) {
        if (std::none_of(prompts.forcings.begin(), prompts.forcings.end(),
                         [&](const auto& forcing) { return fits(forcing, wording); })) {
            throw core::Error(
                core::ErrorKind::input,
                "no forcing fits the template " + wording.id + " (" + wording.note + ")",
                "forcings", "one with the same note, or one with neither note");
        }
    }
}

}  // namespace

std::size_t count_opinions(std::span<const data::Item> propositions,
                           const data::CompassPrompts& prompts) {
    check(propositions, prompts);
    std::size_t ways = 0;
    for (const data::CompassPrompt& wording : prompts.templates) {
        for (const data::CompassPrompt& forcing : prompts.forcings) {
            ways += fits(forcing, wording) ? 1 : 0;
        }
    }
    return ways * propositions.size();
}

Opinions ask_opinions(std::span<const data::Item> propositions, const data::CompassPrompts& prompts,
                      Subject& subject, Journal& journal, std::uint64_t seed,
                      const core::Watch& watch) {
    check(propositions, prompts);
    Opinions result;
    std::deque<data::Item> items;
    std::deque<Question> questions;
    for (const data::CompassPrompt& wording : prompts.templates) {
        for (const data::CompassPrompt& forcing : prompts.forcings) {
            if (!fits(forcing, wording)) continue;
            for (std::size_t i = 0; i < propositions.size(); ++i) {
                data::Item& item = items.emplace_back();
                item.id = "opinion:" + propositions[i].id;
                item.kind = data::ItemKind::free;
                Question& question = questions.emplace_back();
                question.wording = wording.id + ":" + forcing.id;
                question.message = fill(wording.text, propositions[i].text,
                                        prompts.options.front().text, forcing.text);
                result.answers.push_back(
                    {i, wording.id, forcing.id, wording.note != "explicit", ""});
            }
        }
    }
    for (std::size_t first = 0; first < items.size(); first += page_requests) {
        const std::size_t end = std::min(items.size(), first + page_requests);
        std::vector<Request> page;
        for (std::size_t i = first; i < end; ++i)
            page.push_back({&items[i], &questions[i], 0, seed});
        const std::vector<Record> records = ask_page(page, subject, journal, result.counts, watch);
        for (std::size_t i = first; i < end; ++i) {
            if (records[i - first].reason.empty()) result.answers[i].text = records[i - first].text;
        }
        watch.step("asking opinions", end, items.size(), "answers");
        watch.check();
    }
    return result;
}

}  // namespace axia::answers
