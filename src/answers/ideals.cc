#include "axia/answers/ideals.h"

#include <algorithm>
#include <array>
#include <deque>

#include "axia/core/error.h"

namespace axia::answers {

namespace {

constexpr std::size_t page_requests = 48;

struct Asking {
    const char* wording;
    const char* before;  // of the concept's text
    const char* after;
    std::vector<std::string> IdealTexts::*answers;
};

constexpr std::array<Asking, ideal_questions> askings{{
    {"ideal-average", "What is the average ", "?", &IdealTexts::average},
    {"ideal-ideal", "What is the ideal ", "?", &IdealTexts::ideal},
    {"ideal-sample", "Name a value for the ", ", the first that comes to mind.",
     &IdealTexts::sample},
}};

}  // namespace

Ideals ask_ideals(std::span<const data::Concept> concepts, std::size_t samples,
                  const std::function<bool(std::string_view)>& accept, Subject& subject,
                  Journal& journal, std::uint64_t seed, const core::Watch& watch) {
    if (samples == 0) {
        throw core::Error(core::ErrorKind::usage, "no samples are asked for", "samples",
                          "1 or more");
    }
    Ideals result;
    result.concepts.resize(concepts.size());
    std::deque<data::Item> items;
    std::deque<Question> questions;
    struct Place {
        std::size_t concept_number, asking;
    };
    std::vector<Place> places;
    for (std::size_t c = 0; c < concepts.size(); ++c) {
        for (std::size_t a = 0; a < askings.size(); ++a) {
            data::Item& item = items.emplace_back();
            item.id = "ideal:" + concepts[c].id;
            item.kind = data::ItemKind::free;
            Question& question = questions.emplace_back();
            question.wording = askings[a].wording;
            question.message = askings[a].before + concepts[c].text + askings[a].after +
                               " Answer with one number, in " + concepts[c].unit +
                               ", and nothing else.";
            places.push_back({c, a});
        }
    }
    const std::size_t total = samples * places.size();
    // one seed at a time: what is asked with one seed is generated together
    for (std::size_t sample = 0; sample < samples; ++sample) {
        for (std::size_t first = 0; first < places.size(); first += page_requests) {
            const std::size_t end = std::min(places.size(), first + page_requests);
            std::vector<std::size_t> open;
            for (std::size_t i = first; i < end; ++i) open.push_back(i);
            for (const std::size_t again : {std::size_t{0}, samples}) {
                const std::size_t repeat = sample + again;
                std::deque<Question> asked;
                std::vector<Request> page;
                for (const std::size_t i : open) {
                    asked.push_back(questions[i]);
                    asked.back().repeat = static_cast<int>(repeat);
                    page.push_back({&items[i], &asked.back(), 0, seed + repeat});
                }
                const std::vector<Record> records =
                    ask_page(page, subject, journal, result.counts, watch);
                std::vector<std::size_t> refused;
                for (std::size_t k = 0; k < open.size(); ++k) {
                    const Place& place = places[open[k]];
                    auto& list =
                        result.concepts[place.concept_number].*askings[place.asking].answers;
                    list.resize(sample + 1);
                    list.back() = records[k].reason.empty() ? records[k].text : "";
                    if (!accept(list.back())) refused.push_back(open[k]);
                }
                open = std::move(refused);
            }
            watch.step("asking averages and ideals", sample * places.size() + end, total,
                       "answers");
            watch.check();
        }
    }
    return result;
}

}  // namespace axia::answers
