#include "axia/answers/compare.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "axia/core/error.h"
#include "axia/math/thurstone.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;

namespace {

constexpr std::size_t page_pairs = 100;

void check(std::span<const std::string> texts, const CompareOptions& options) {
    if (texts.size() < 3) {
        throw Error(ErrorKind::input, std::to_string(texts.size()) + " options to compare",
                    "options", "at least 3 are wanted");
    }
    std::map<std::string_view, std::size_t> first;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto [known, fresh] = first.try_emplace(texts[i], i + 1);
        if (!fresh) {
            throw Error(ErrorKind::input,
                        "option " + std::to_string(i + 1) + " repeats option " +
                            std::to_string(known->second),
                        "options", "take one out");
        }
    }
    if (!(options.edges > 0)) throw Error(ErrorKind::usage, "edges is not above 0", "edges");
    if (options.round == 0) throw Error(ErrorKind::usage, "round is 0", "round");
}

/// Asks pairs and keeps what comes back.
class Asker {
  public:
    Asker(std::span<const std::string> texts, Subject& subject, Journal& journal,
          const core::Watch& watch)
        : texts_(texts), subject_(subject), journal_(journal), watch_(watch) {
        wording_.id = "compare";
        wording_.kind = data::ItemKind::pair;
        wording_.answer = Wording::Answer::letter;
        wording_.text = "{question}\n{options}\n\nAnswer with the letter alone.";
        wording_.question = "Which of the two would you rather see come true?";
    }

    void ask(const std::vector<math::Pair>& pairs, std::size_t expected) {
        for (std::size_t first = 0; first < pairs.size(); first += page_pairs) {
            const std::size_t end = std::min(pairs.size(), first + page_pairs);
            page(std::span(pairs).subspan(first, end - first));
            watch_.step("comparing", result.pairs, std::max(expected, result.pairs), "pairs");
            watch_.check();
        }
    }

    Comparisons result;

  private:
    void page(std::span<const math::Pair> pairs) {
        std::deque<data::Item> items;
        std::deque<std::vector<Question>> questions;
        std::vector<Request> requests;
        for (const auto& [a, b] : pairs) {
            data::Item item;
            item.id = "compare:" + std::to_string(a) + ":" + std::to_string(b);
            item.options = {{texts_[a], {}, 0}, {texts_[b], {}, 0}};
            items.push_back(std::move(item));
            questions.push_back(questions_of(items.back(), std::span(&wording_, 1)));
            for (const Question& question : questions.back()) {
                requests.push_back({&items.back(), &question, 0, 0});
            }
        }
        const std::vector<Record> records =
            ask_page(requests, subject_, journal_, result.counts, watch_);
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            const Record& straight = records[2 * i];
            const Record& turned = records[2 * i + 1];
            ++result.pairs;
            if (straight.p.size() != 2 || turned.p.size() != 2) {
                ++result.unanswered;
                continue;
            }
            const auto [a, b] = pairs[i];
            result.battles.push_back({a, b, straight.p[0], straight.p[1]});
            result.battles.push_back({b, a, turned.p[1], turned.p[0]});
            result.invalid.push_back(straight.invalid);
            result.invalid.push_back(turned.invalid);
        }
    }

    std::span<const std::string> texts_;
    Subject& subject_;
    Journal& journal_;
    const core::Watch& watch_;
    Wording wording_;
};

std::vector<math::Pair> all_pairs(std::size_t n) {
    std::vector<math::Pair> pairs;
    for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = a + 1; b < n; ++b) pairs.emplace_back(a, b);
    }
    return pairs;
}

}  // namespace

std::size_t count_pairs(std::size_t options, const CompareOptions& settings) {
    const std::size_t most = options < 2 ? 0 : options * (options - 1) / 2;
    if (settings.pairs == PairChoice::all || options < 2) return most;
    const auto n = static_cast<double>(options);
    const auto wanted = static_cast<std::size_t>(std::ceil(settings.edges * n * std::log2(n)));
    return std::min(most, std::max(wanted, options));
}

Comparisons compare(std::span<const std::string> texts, Subject& subject, Journal& journal,
                    const CompareOptions& options, const core::Watch& watch) {
    check(texts, options);
    const std::size_t n = texts.size(), target = count_pairs(n, options);
    Asker asker(texts, subject, journal, watch);
    if (options.pairs == PairChoice::all) {
        asker.ask(all_pairs(n), target);
        asker.result.rounds = 1;
        return std::move(asker.result);
    }
    std::vector<math::Pair> asked = math::starting_pairs(n, options.seed);
    asker.ask(asked, target);
    asker.result.rounds = 1;
    while (asked.size() < target) {
        // equal variances: what is next hardly depends on them, and they cost most of the fit
        math::ThurstoneOptions fit;
        fit.equal_variance = true;
        const math::ThurstoneFit now = math::fit_thurstone(n, asker.result.battles, fit);
        const std::vector<math::Pair> next =
            math::next_pairs(now.means, asked, std::min(options.round, target - asked.size()),
                             options.seed + asker.result.rounds);
        if (next.empty()) break;
        asker.ask(next, target);
        asked.insert(asked.end(), next.begin(), next.end());
        ++asker.result.rounds;
    }
    return std::move(asker.result);
}

}  // namespace axia::answers
