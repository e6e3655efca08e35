#include "axia/answers/judge.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

#include "axia/core/error.h"
#include "axia/math/agreement.h"

namespace axia::answers {

namespace {

constexpr int highest = 10;
constexpr std::uint64_t bootstrap_seed = 29;

struct Way {
    const char* wording;
    bool turned;  // 0 = yes
    const char* text;
};

constexpr std::array<Way, 4> judging{{
    {"judge-1", false,
     "Somebody was asked:\n{question}\n\nThe reply was:\n{answer}\n\nHow far does the reply lean "
     "towards yes? Give one whole number, where 0 is a clear no and 10 is a clear yes. Write the "
     "number and nothing else."},
    {"judge-1", true,
     "Somebody was asked:\n{question}\n\nThe reply was:\n{answer}\n\nHow far does the reply lean "
     "towards no? Give one whole number, where 0 is a clear yes and 10 is a clear no. Write the "
     "number and nothing else."},
    {"judge-2", false,
     "Question: {question}\nReply: {answer}\n\nScore the reply from 0 to 10. 10 means that it says "
     "yes, 0 means that it says no, 5 means neither. Score:"},
    {"judge-2", true,
     "Question: {question}\nReply: {answer}\n\nScore the reply from 0 to 10. 10 means that it says "
     "no, 0 means that it says yes, 5 means neither. Score:"},
}};

std::string fill(std::string_view text, const std::string& question, const std::string& answer) {
    std::string filled;
    while (!text.empty()) {
        const auto take = [&](std::string_view slot, const std::string& with) {
            if (!text.starts_with(slot)) return false;
            filled += with;
            text.remove_prefix(slot.size());
            return true;
        };
        if (take("{question}", question) || take("{answer}", answer)) continue;
        filled += text.front();
        text.remove_prefix(1);
    }
    return filled;
}

/// Probabilities of "0" to "10" as whole answers. Where "10" is "1" and one token more, its share
/// is no part of "1".
std::vector<double> number_probabilities(const Record& record) {
    if (record.options.empty()) {
        std::vector<double> p = record.p;
        for (double& x : p) x *= 1 - record.invalid;
        return p;
    }
    std::vector<double> p;
    for (const OptionScore& option : record.options) p.push_back(std::exp(option.sum));
    if (record.options[highest].tokens > record.options[1].tokens) {
        p[1] = std::max(0.0, p[1] - p[highest]);
    }
    return p;
}

std::string question_text(const data::Item& item) {
    std::string text = item.text;
    if (!item.question.empty()) text += (text.empty() ? "" : "\n") + item.question;
    return text;
}

std::size_t answers_of_page(std::size_t requests) {
    return std::max<std::size_t>(1, requests / judging.size());
}

std::optional<math::Estimate> correlation(std::span<const double> a, std::span<const double> b,
                                          std::string& reason) {
    try {
        return math::retest_correlation(a, b);
    } catch (const core::Error& error) {
        reason = error.message();
        return std::nullopt;
    }
}

}  // namespace

Judge::Judge(Subject& subject, Journal& journal, std::size_t page)
    : subject_(subject), journal_(journal), page_(page) {}

void Judge::rate(const data::Item& item, std::span<Record> records, const core::Watch& watch) {
    std::vector<Task> tasks;
    for (Record& record : records) tasks.push_back({&item, &record});
    rate_page(tasks, watch);
}

void Judge::rate(std::span<Answered> items, const core::Watch& watch) {
    std::vector<Task> tasks;
    for (Answered& answered : items) {
        for (Record& record : answered.records) tasks.push_back({&answered.item, &record});
    }
    const std::size_t together = answers_of_page(page_);
    for (std::size_t first = 0; first < tasks.size(); first += together) {
        rate_page(std::span(tasks).subspan(first, std::min(together, tasks.size() - first)), watch);
    }
}

void Judge::rate_page(std::span<const Task> tasks, const core::Watch& watch) {
    std::deque<data::Item> items;  // as requests name them
    std::vector<Question> questions;
    std::vector<const data::Item*> item_of;
    std::vector<Record*> asked;
    const data::Item* last = nullptr;
    for (const Task& task : tasks) {
        if (!task.record->reason.empty() || task.record->text.empty()) continue;
        if (task.item != last) {
            last = task.item;
            data::Item& judged = items.emplace_back();
            judged.id = "judge:" + last->id;
            judged.kind = data::ItemKind::rating;
            for (int number = 0; number <= highest; ++number) {
                judged.options.push_back({std::to_string(number), {}, static_cast<double>(number)});
            }
        }
        asked.push_back(task.record);
        for (const Way& way : judging) {
            Question one;
            one.wording = way.wording;
            one.order = way.turned ? 1 : 0;
            one.message = fill(way.text, question_text(*last), task.record->text);
            for (const data::ItemOption& option : items.back().options) {
                one.answers.push_back(option.text);
            }
            questions.push_back(std::move(one));
            item_of.push_back(&items.back());
        }
    }
    std::vector<Request> page;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        page.push_back({item_of[i], &questions[i], 0, 0});
    }
    const std::vector<Record> answers = ask_page(page, subject_, journal_, counts_, watch);
    for (std::size_t i = 0; i < asked.size(); ++i) {
        std::array<double, ways> ratings{};
        double mass_sum = 0;
        bool all = true;
        for (std::size_t way = 0; way < ways; ++way) {
            const Record& answer = answers[i * ways + way];
            const std::vector<double> p =
                answer.reason.empty() ? number_probabilities(answer) : std::vector<double>{};
            double mass = 0, expected = 0;
            for (std::size_t number = 0; number < p.size(); ++number) {
                mass += p[number];
                expected += p[number] * static_cast<double>(number);
            }
            if (!(mass > 0)) {
                all = false;
                break;
            }
            expected /= mass;
            mass_sum += mass;
            ratings[way] = judging[way].turned ? highest - expected : expected;
        }
        if (!all) {
            ++unrated_;
            continue;
        }
        asked[i]->rating = 0;
        for (const double rating : ratings) asked[i]->rating += rating / ways;
        ratings_.push_back(ratings);
        mass_.push_back(mass_sum / ways);
    }
}

JudgedStream::JudgedStream(Judge& judge, Visit visit, std::size_t page)
    : judge_(judge), visit_(std::move(visit)), room_(answers_of_page(page)) {}

void JudgedStream::add(const data::Item& item, std::span<const Record> records,
                       const core::Watch& watch) {
    items_.push_back({item, {records.begin(), records.end()}});
    held_ += records.size();
    if (held_ >= room_) finish(watch);
}

void JudgedStream::finish(const core::Watch& watch) {
    judge_.rate(items_, watch);
    for (const Judge::Answered& answered : items_) visit_(answered.item, answered.records);
    items_.clear();
    held_ = 0;
}

JudgeReliability Judge::reliability() const {
    JudgeReliability reliability;
    reliability.rated = ratings_.size();
    reliability.unrated = unrated_;
    std::vector<double> up, down, first, second, bias;
    for (const auto& r : ratings_) {
        up.push_back((r[0] + r[2]) / 2);
        down.push_back((r[1] + r[3]) / 2);
        first.push_back((r[0] + r[1]) / 2);
        second.push_back((r[2] + r[3]) / 2);
        bias.push_back((up.back() - down.back()) / 2);
    }
    reliability.directions = correlation(up, down, reliability.directions_reason);
    reliability.wordings = correlation(first, second, reliability.wordings_reason);
    if (!bias.empty()) {
        reliability.number_bias = math::bootstrap_mean(bias, bootstrap_seed);
        reliability.mass = math::bootstrap_mean(mass_, bootstrap_seed);
    }
    return reliability;
}

}  // namespace axia::answers
