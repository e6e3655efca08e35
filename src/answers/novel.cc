#include "axia/answers/novel.h"

#include <algorithm>
#include <cmath>
#include <deque>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::answers {

namespace {

constexpr std::size_t page_requests = 48;
constexpr std::array grades_all{Grades::none, Grades::rising, Grades::falling};
constexpr std::array wordings{"novel-none", "novel-rising", "novel-falling"};
constexpr std::array activities{"gorbing", "plinding", "wesking", "toving", "drelling", "nunfing"};

void check(const NovelOptions& options) {
    const auto wrong = [](const char* field, const char* hint) {
        throw core::Error(core::ErrorKind::usage, std::string(field) + " is out of range", field,
                          hint);
    };
    if (options.lists == 0) wrong("lists", "1 or more");
    if (options.shown < 2 || options.shown > 1000) wrong("shown", "2 to 1000");
    if (!(options.mean > 0 && options.mean <= 1e6)) wrong("mean", "above 0, at most 1000000");
    if (!(options.deviation > 0 && options.deviation <= 1e6)) {
        wrong("deviation", "above 0, at most 1000000");
    }
}

char grade_of(double amount, Grades grades, const NovelOptions& options) {
    double z = (amount - options.mean) / options.deviation;
    if (grades == Grades::falling) z = -z;
    return z > 1 ? 'A' : z > 0 ? 'B' : z > -1 ? 'C' : 'D';
}

std::string message_of(const std::vector<double>& amounts, const std::string& activity,
                       Grades grades, const NovelOptions& options) {
    const bool graded = grades != Grades::none;
    std::string message =
        "Some people were watched " + activity +
        ". These are the minutes that each of them spent on it" +
        (graded ? ", with the grade that each was given for it (A is best):\n" : ":\n");
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        message += (i > 0 ? ", " : "") + std::to_string(std::lround(amounts[i]));
        if (graded) message += std::string(" (") + grade_of(amounts[i], grades, options) + ")";
    }
    return message + "\nName a value for the minutes that somebody spends " + activity +
           ", the first that comes to mind. Answer with one number, in minutes, and nothing else.";
}

}  // namespace

Novel ask_novel(const NovelOptions& options, const std::function<bool(std::string_view)>& accept,
                Subject& subject, Journal& journal, const core::Watch& watch) {
    check(options);
    Novel result;
    result.lists.resize(options.lists);
    core::Rng rng(options.seed);
    std::deque<data::Item> items;
    std::deque<Question> questions;
    for (std::size_t list = 0; list < options.lists; ++list) {
        std::vector<double> amounts;
        for (std::size_t i = 0; i < options.shown; ++i) {
            amounts.push_back(
                std::max(1., std::round(options.mean + options.deviation * rng.normal())));
            result.lists[list].shown_mean += amounts.back() / static_cast<double>(options.shown);
        }
        for (const Grades grades : grades_all) {
            data::Item& item = items.emplace_back();
            item.id = "novel:" + std::to_string(list);
            item.kind = data::ItemKind::free;
            Question& question = questions.emplace_back();
            question.wording = wordings[static_cast<std::size_t>(grades)];
            question.message =
                message_of(amounts, activities[list % activities.size()], grades, options);
        }
    }
    for (std::size_t first = 0; first < items.size(); first += page_requests) {
        const std::size_t end = std::min(items.size(), first + page_requests);
        std::vector<std::size_t> open;
        for (std::size_t i = first; i < end; ++i) open.push_back(i);
        for (const int repeat : {0, 1}) {
            std::vector<Request> page;
            for (const std::size_t i : open) {
                questions[i].repeat = repeat;
                page.push_back({&items[i], &questions[i], 0,
                                options.seed + static_cast<std::uint64_t>(repeat)});
            }
            const std::vector<Record> records =
                ask_page(page, subject, journal, result.counts, watch);
            std::vector<std::size_t> refused;
            for (std::size_t k = 0; k < open.size(); ++k) {
                std::string& text =
                    result.lists[open[k] / grades_all.size()].texts[open[k] % grades_all.size()];
                text = records[k].reason.empty() ? records[k].text : "";
                if (!accept(text)) refused.push_back(open[k]);
            }
            open = std::move(refused);
        }
        watch.step("asking about invented activities", end, items.size(), "answers");
        watch.check();
    }
    return result;
}

}  // namespace axia::answers
