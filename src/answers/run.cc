#include "axia/answers/run.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/core/random.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;

namespace {

/// Requests of one page with what they point to.
struct Page {
    std::deque<data::Item> items;
    std::deque<std::vector<Question>> questions;
    std::vector<Request> requests;

    void clear() {
        requests.clear();
        questions.clear();
        items.clear();
    }
};

std::string request_json(const Subject& subject, const Request& request) {
    const AskArm& arm = subject.arms()[request.arm];
    const Question& question = *request.question;
    ordered_json json;
    json["subject"] = ordered_json::parse(subject.identity());
    json["system"] = arm.system;
    json["plan"] = arm.plan_hash;
    json["item"] = request.item->id;
    json["wording"] = question.wording;
    json["order"] = question.order;
    json["repeat"] = question.repeat;
    json["message"] = question.message;
    json["lead"] = question.lead;
    json["answers"] = question.answers;
    if (question.answers.empty()) json["seed"] = request.seed;
    return json.dump();
}

/// Items to ask: all, or `limit` of them, one drawn from each of as many equal stretches of the
/// battery; groups that are scored together stay whole, and branches share the limit evenly.
class Choice {
  public:
    Choice(const data::Battery& battery, std::size_t limit, std::uint64_t seed) {
        if (limit == 0) return;
        const data::Scoring scoring = battery.card().scoring;
        grouped_ = scoring == data::Scoring::exact_match || scoring == data::Scoring::accuracy;
        std::size_t all = 0;
        battery.for_each([&](const data::Item& item) {
            std::size_t& units = branch_of(item).units;
            if (begins_unit(item)) ++units, ++all;
        });
        if (limit < branches_.size()) {
            throw Error(ErrorKind::usage,
                        std::to_string(limit) + " items cannot be drawn from " +
                            std::to_string(branches_.size()) + " branches",
                        "--limit", "one for each branch at least; 0 = all");
        }
        limited_ = limit < all;
        last_.reset();
        if (limited_) draw(limit, seed);
    }

    bool operator()(const data::Item& item) {
        if (!limited_) return true;
        Branch& branch = branch_of(item);
        if (begins_unit(item)) ++branch.seen;
        return branch.chosen.contains(branch.seen - 1);
    }

  private:
    struct Branch {
        std::size_t units = 0, seen = 0;
        std::set<std::size_t> chosen;
    };

    Branch& branch_of(const data::Item& item) {
        const auto branch = item.tags.find("branch");
        const std::string& name = branch == item.tags.end() ? none_ : branch->second;
        const auto [found, fresh] = numbers_.try_emplace(name, branches_.size());
        if (fresh) branches_.emplace_back();
        return branches_[found->second];
    }

    bool begins_unit(const data::Item& item) {
        if (!grouped_) return true;
        const auto group = item.tags.find("group");
        const std::string& name = group == item.tags.end() ? item.id : group->second;
        const bool begins = !last_ || name != *last_;
        last_ = name;
        return begins;
    }

    void draw(std::size_t limit, std::uint64_t seed) {
        std::vector<Branch*> smallest_first;
        for (Branch& branch : branches_) smallest_first.push_back(&branch);
        std::stable_sort(smallest_first.begin(), smallest_first.end(),
                         [](const Branch* a, const Branch* b) { return a->units < b->units; });
        core::Rng rng(seed);
        std::size_t left = smallest_first.size();
        for (Branch* branch : smallest_first) {
            // what a small branch leaves over goes to the larger ones
            const std::size_t share = std::min(branch->units, limit / left--);
            limit -= share;
            const std::vector<std::size_t> drawn = rng.one_of_each_stretch(share, branch->units);
            branch->chosen.insert(drawn.begin(), drawn.end());
        }
    }

    const std::string none_;
    bool grouped_ = false, limited_ = false;
    std::optional<std::string> last_;  // name of the unit in progress
    std::map<std::string, std::size_t> numbers_;
    std::deque<Branch> branches_;
};

/// Calls `visit` for every item that is asked, with its questions.
void for_each_asked(
    const data::Battery& battery, const RunOptions& options,
    const std::function<void(const data::Item&, const std::vector<Question>&)>& visit) {
    std::map<data::ItemKind, std::vector<Wording>> wordings;
    for_each_chosen(battery, options, [&](const data::Item& item) {
        const auto [found, fresh] = wordings.try_emplace(item.kind);
        if (fresh) found->second = wordings_of(options.wordings, item.kind, options.prompts);
        if (found->second.empty()) {
            throw Error(
                ErrorKind::usage,
                "there is no wording for items of kind " + std::string(data::kind_name(item.kind)),
                "item " + item.id, "add one to the file of wordings");
        }
        visit(item, questions_of(item, found->second, options.repeats));
    });
}

Request make_request(const data::Item& item, const Question& question, std::size_t arm,
                     std::uint64_t seed) {
    return {&item, &question, arm, seed + static_cast<std::uint64_t>(question.repeat)};
}

void name_record(Record& record, const Request& request, const Subject& subject) {
    record.item = request.item->id;
    record.arm = subject.arms()[request.arm].name;
    record.wording = request.question->wording;
    record.order = request.question->order;
    record.repeat = request.question->repeat;
}

/// Asks what the journal does not hold, and adds it.
void answer_page(std::span<const Request> page, Subject& subject, Journal& journal,
                 RunCounts& counts, const core::Watch& watch) {
    std::vector<JournalEntry> entries;
    std::vector<Request> unknown;
    for (const Request& request : page) {
        JournalEntry entry;
        entry.request = request_json(subject, request);
        entry.key = core::sha256_hex(entry.request);
        if (const std::optional<Record> known = journal.find(entry.key)) {
            ++counts.remembered;
            counts.unanswered += known->reason.empty() ? 0 : 1;
        } else {
            entries.push_back(std::move(entry));
            unknown.push_back(request);
        }
    }
    if (unknown.empty()) return;
    std::vector<Record> records = subject.ask(unknown, watch);
    for (std::size_t i = 0; i < entries.size(); ++i) {
        name_record(records[i], unknown[i], subject);
        counts.unanswered += records[i].reason.empty() ? 0 : 1;
        entries[i].record = std::move(records[i]);
    }
    journal.add(entries);
    counts.asked += unknown.size();
}

}  // namespace

void for_each_chosen(const data::Battery& battery, const RunOptions& options,
                     const data::Battery::Visit& visit) {
    Choice choice(battery, options.limit, options.seed);
    battery.for_each([&](const data::Item& item) {
        if (choice(item)) visit(item);
    });
}

std::string request_key(const Subject& subject, const Request& request) {
    return core::sha256_hex(request_json(subject, request));
}

std::vector<Record> ask_page(std::span<const Request> page, Subject& subject, Journal& journal,
                             RunCounts& counts, const core::Watch& watch) {
    answer_page(page, subject, journal, counts, watch);
    std::vector<Record> records;
    for (const Request& request : page) {
        records.push_back(journal.find(request_key(subject, request)).value());
        name_record(records.back(), request, subject);
    }
    return records;
}

std::uint64_t count_requests(const data::Battery& battery, const Subject& subject,
                             const RunOptions& options) {
    std::uint64_t total = 0;
    for_each_asked(battery, options,
                   [&](const data::Item&, const std::vector<Question>& questions) {
                       total += questions.size() * subject.arms().size();
                   });
    return total;
}

RunCounts ask_battery(const data::Battery& battery, Subject& subject, Journal& journal,
                      const RunOptions& options, const core::Watch& watch) {
    RunCounts counts;
    const std::size_t arms = subject.arms().size();
    const std::uint64_t total = count_requests(battery, subject, options);
    std::uint64_t done = 0;
    Page page;
    const auto flush = [&] {
        if (page.requests.empty()) return;
        answer_page(page.requests, subject, journal, counts, watch);
        done += page.requests.size();
        page.clear();
        watch.step("asking " + battery.card().name, done, total, "answers");
        watch.check();
    };
    for_each_asked(
        battery, options, [&](const data::Item& item, const std::vector<Question>& questions) {
            const data::Item& kept = page.items.emplace_back(item);
            const std::vector<Question>& asked = page.questions.emplace_back(questions);
            for (const Question& question : asked) {
                for (std::size_t arm = 0; arm < arms; ++arm) {
                    page.requests.push_back(make_request(kept, question, arm, options.seed));
                }
            }
            if (page.requests.size() >= options.page) flush();
        });
    flush();
    return counts;
}

void for_each_answered(
    const data::Battery& battery, const Subject& subject, const Journal& journal,
    const RunOptions& options,
    const std::function<void(const data::Item& item, std::span<const Record> records)>& visit) {
    std::vector<Record> records;
    for_each_asked(
        battery, options, [&](const data::Item& item, const std::vector<Question>& questions) {
            records.clear();
            for (const Question& question : questions) {
                for (std::size_t arm = 0; arm < subject.arms().size(); ++arm) {
                    const Request request = make_request(item, question, arm, options.seed);
                    std::optional<Record> record = journal.find(request_key(subject, request));
                    if (!record) {
                        throw Error(ErrorKind::input, "the journal lacks an answer",
                                    "item " + item.id, "run the same axia measure again");
                    }
                    name_record(*record, request, subject);
                    records.push_back(std::move(*record));
                }
            }
            visit(item, records);
        });
}

}  // namespace axia::answers
