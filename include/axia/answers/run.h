// Asks a battery of a subject: items x wordings x orders x arms, through the journal.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/journal.h"
#include "axia/answers/subject.h"

namespace axia::answers {

struct RunOptions {
    std::vector<Wording> wordings;  // of every kind; see wordings_of
    std::size_t prompts = 5;        // wordings asked of each kind
    std::size_t repeats = 3;        // seeded answers to each free item
    /// Items at most, or whole groups where groups are scored, drawn evenly over the battery, and
    /// from each branch (tag) alike; 0 = all. Error{usage} when there are more branches.
    std::size_t limit = 0;
    std::uint64_t seed = 0;
    /// Requests decided together. Pages do not depend on what the journal holds, so that a run that
    /// was cut off computes the rest exactly as it would have.
    std::size_t page = 256;
};

struct RunCounts {
    std::uint64_t asked = 0;       // of the subject, in this call
    std::uint64_t remembered = 0;  // by the journal
    std::uint64_t unanswered = 0;  // with a reason
};

/// The items that are asked: all, or those that `limit` draws. Throws what the battery throws.
void for_each_chosen(const data::Battery& battery, const RunOptions& options,
                     const data::Battery::Visit& visit);

/// How many requests the battery makes of the subject.
std::uint64_t count_requests(const data::Battery& battery, const Subject& subject,
                             const RunOptions& options);

/// Asks what the journal does not hold and adds it page by page. Throws what battery, subject and
/// journal throw; what was added stays. Throws Error{usage} when an item's kind has no wording.
RunCounts ask_battery(const data::Battery& battery, Subject& subject, Journal& journal,
                      const RunOptions& options, const core::Watch& watch = {});

/// The answers of each item in the one order that results are written in: wording, order, arm,
/// repeat. Throws Error{input} when the journal lacks one.
void for_each_answered(
    const data::Battery& battery, const Subject& subject, const Journal& journal,
    const RunOptions& options,
    const std::function<void(const data::Item& item, std::span<const Record> records)>& visit);

/// Answers to one page of requests in its order: the journal's, else the subject's, which are added
/// to it in one transaction. Adds to `counts`.
std::vector<Record> ask_page(std::span<const Request> page, Subject& subject, Journal& journal,
                             RunCounts& counts, const core::Watch& watch = {});

/// Content key of one request (SHA-256, hex): subject, system message, plan, item, question, seed.
std::string request_key(const Subject& subject, const Request& request);

}  // namespace axia::answers
