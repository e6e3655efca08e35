#include "axia/data/check.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "axia/core/error.h"
#include "data/jsonl.h"
#include "data/surface.h"

namespace axia::data {

using core::file_line;

namespace {

using Words = std::vector<std::string>;

std::string percent(double share) {
    return std::to_string(static_cast<int>(std::lround(100 * share))) + " %";
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

/// One of the two texts of a pair.
struct Side {
    const ContrastPair* pair;
    const char* name;  // "positive" or "negative"
    const std::string* text;
    Words words;
};

class PairRules {
  public:
    PairRules(std::span<const ContrastPair> pairs, const CheckOptions& options)
        : pairs_(pairs), options_(options) {
        for (const ContrastPair& pair : pairs) {
            sides_.push_back({&pair, "positive", &pair.positive, words_of(pair.positive)});
            sides_.push_back({&pair, "negative", &pair.negative, words_of(pair.negative)});
        }
    }

    PairCheck run() {
        count();
        check_groups();
        check_lengths();
        check_duplicates();
        check_near_duplicates();
        check_value_words();
        check_persons();
        measure_surface(pairs_, options_, check_);
        check_surface();
        std::stable_sort(problems_.begin(), problems_.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        for (auto& [line, text] : problems_) check_.problems.push_back(std::move(text));
        return std::move(check_);
    }

  private:
    void problem(std::size_t line, const std::string& text) {
        problems_.emplace_back(line, file_line(options_.file, line) + ": " + text);
    }
    void warn(const std::string& text) { check_.warnings.push_back(options_.file + ": " + text); }

    static const std::string& group(const ContrastPair& pair) {
        return pair.group.empty() ? pair.id : pair.group;
    }

    void count() {
        check_.pairs = pairs_.size();
        double ratio = 0;
        for (const ContrastPair& pair : pairs_) {
            if (check_.value.empty()) check_.value = pair.value;
            if (pair.value != check_.value) {
                problem(pair.line, "value is " + in_quotes(pair.value) + " in a file of " +
                                       in_quotes(check_.value));
            }
            if (!pair.other.empty() && pair.other == pair.value) {
                problem(pair.line, "other is the same value, " + in_quotes(pair.other));
            }
            ++(pair.split == Split::learn ? check_.learn : check_.heldout);
            if (!pair.person.empty()) ++check_.persons[pair.person];
            if (!pair.form.empty()) ++check_.forms[pair.form];
            if (!pair.other.empty()) ++check_.others[pair.other];
            ratio +=
                std::log(
                    static_cast<double>(std::max<std::size_t>(1, characters_of(pair.positive)))) -
                std::log(
                    static_cast<double>(std::max<std::size_t>(1, characters_of(pair.negative))));
        }
        if (!pairs_.empty()) {
            check_.mean_length_ratio = std::exp(ratio / static_cast<double>(pairs_.size()));
        }
        if (check_.learn == 0) warn("has no pairs to learn from");
        if (check_.heldout == 0) warn("has no held-out pairs");
    }

    void check_groups() {
        std::map<std::string, const ContrastPair*> first;
        for (const ContrastPair& pair : pairs_) {
            const auto [place, fresh] = first.try_emplace(group(pair), &pair);
            if (!fresh && place->second->split != pair.split) {
                problem(pair.line, "scene " + in_quotes(group(pair)) +
                                       " is in both splits, also on line " +
                                       std::to_string(place->second->line));
            }
        }
    }

    void check_lengths() {
        for (std::size_t i = 0; i < sides_.size(); i += 2) {
            const Side& a = sides_[i];
            const Side& b = sides_[i + 1];
            for (const auto& [unit, x, y] :
                 {std::tuple{"characters", characters_of(*a.text), characters_of(*b.text)},
                  std::tuple{"words", a.words.size(), b.words.size()}}) {
                const auto longer = static_cast<double>(std::max(x, y));
                const double apart = longer - static_cast<double>(std::min(x, y));
                if (longer > 0 && apart / longer > options_.length_difference) {
                    problem(a.pair->line, "the sides have " + std::to_string(x) + " and " +
                                              std::to_string(y) + " " + unit + ", more than " +
                                              percent(options_.length_difference) + " apart");
                }
            }
        }
    }

    void check_duplicates() {
        std::map<Words, const Side*> first;
        for (const Side& side : sides_) {
            if (side.words.empty()) continue;
            const auto [place, fresh] = first.try_emplace(side.words, &side);
            if (!fresh) {
                problem(side.pair->line, std::string(side.name) + " has the same words as the " +
                                             place->second->name + " text of line " +
                                             std::to_string(place->second->pair->line));
            }
        }
    }

    /// Jaccard of the sets of word 3-grams, through an index of who has which.
    void check_near_duplicates() {
        std::map<std::string, std::size_t> number;
        std::vector<std::vector<std::size_t>> grams(sides_.size());
        for (std::size_t i = 0; i < sides_.size(); ++i) {
            const Words& words = sides_[i].words;
            for (std::size_t k = 0; k + 2 < words.size(); ++k) {
                const std::string gram = words[k] + " " + words[k + 1] + " " + words[k + 2];
                grams[i].push_back(number.try_emplace(gram, number.size()).first->second);
            }
            std::sort(grams[i].begin(), grams[i].end());
            grams[i].erase(std::unique(grams[i].begin(), grams[i].end()), grams[i].end());
        }
        std::vector<std::vector<std::size_t>> holders(number.size());
        for (std::size_t i = 0; i < sides_.size(); ++i) {
            std::unordered_map<std::size_t, std::size_t> shared;
            for (const std::size_t gram : grams[i]) {
                for (const std::size_t j : holders[gram]) ++shared[j];
                holders[gram].push_back(i);
            }
            double nearest = options_.near_duplicate;
            const Side* like = nullptr;
            for (const auto& [j, both] : shared) {
                const std::size_t either = grams[i].size() + grams[j].size() - both;
                const double jaccard = static_cast<double>(both) / static_cast<double>(either);
                const bool better = jaccard > nearest ||
                                    (like != nullptr && jaccard == nearest && &sides_[j] < like);
                if (better && group(*sides_[i].pair) != group(*sides_[j].pair) &&
                    sides_[i].words != sides_[j].words) {
                    nearest = jaccard;
                    like = &sides_[j];
                }
            }
            if (like == nullptr) continue;
            problem(sides_[i].pair->line,
                    std::string(sides_[i].name) + " nearly repeats the " + like->name +
                        " text of line " + std::to_string(like->pair->line) + " (" +
                        percent(nearest) + " of their 3-grams)" +
                        (like->pair->split != sides_[i].pair->split ? ", across the splits" : ""));
        }
    }

    void check_value_words() {
        std::map<Words, std::string> names;
        const auto add = [&](const std::string& name) {
            const Words words = words_of(name);
            if (!words.empty()) names.try_emplace(words, name);
        };
        for (const std::string& name : options_.value_words) add(name);
        for (const ContrastPair& pair : pairs_) {
            add(pair.value);
            add(pair.other);
        }
        for (const Side& side : sides_) {
            for (const auto& [words, name] : names) {
                if (std::search(side.words.begin(), side.words.end(), words.begin(), words.end()) !=
                    side.words.end()) {
                    problem(side.pair->line, std::string(side.name) + " names the value " +
                                                 in_quotes(name) + ", show it instead");
                }
            }
        }
    }

    /// Pronouns of each person on each side: a side told more often as "I" gives itself away.
    void check_persons() {
        static const std::map<std::string_view, std::vector<std::string_view>> persons = {
            {"first", {"i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves"}},
            {"second", {"you", "your", "yours", "yourself", "yourselves"}},
            {"third",
             {"he", "him", "his", "himself", "she", "her", "hers", "herself", "they", "them",
              "their", "theirs", "themselves"}}};
        for (const auto& [person, pronouns] : persons) {
            double positive = 0, negative = 0;
            for (const Side& side : sides_) {
                for (const std::string& word : side.words) {
                    const std::string_view stem = std::string_view(word).substr(0, word.find('\''));
                    if (std::find(pronouns.begin(), pronouns.end(), stem) != pronouns.end()) {
                        ++(side.text == &side.pair->positive ? positive : negative);
                    }
                }
            }
            const double all = positive + negative, apart = std::abs(positive - negative);
            // more than a fifth of them, and more than chance: sd of the difference is sqrt(all)
            if (all == 0 || apart / all <= 0.2) continue;
            const std::string text = std::string(person) + "-person words stand " +
                                     std::to_string(static_cast<int>(positive)) + " times in the " +
                                     "positive and " + std::to_string(static_cast<int>(negative)) +
                                     " times in the negative texts";
            if (apart > 3 * std::sqrt(all) && apart / all > 0.5) {
                problem(0, text);
            } else if (apart > 2 * std::sqrt(all)) {
                warn(text);
            }
        }
    }

    void check_surface() {
        std::set<std::string> groups;
        for (const ContrastPair& pair : pairs_) groups.insert(group(pair));
        if (groups.size() < 10) return;  // too few for an accuracy to mean anything
        const auto judge = [&](const char* what, double accuracy, double bad, double doubtful) {
            const std::string text = std::string(what) +
                                     " alone tells the sides apart with accuracy " +
                                     rounded(accuracy);
            if (accuracy > bad) {
                problem(0, text + ", at most " + rounded(bad) + " is allowed");
            } else if (accuracy > doubtful) {
                warn(text);
            }
        };
        judge("length", check_.length_only.accuracy, options_.length_problem,
              options_.length_warning);
        judge("the choice of words", check_.bag_of_words.accuracy, options_.bias_problem,
              options_.bias_warning);
    }

    std::span<const ContrastPair> pairs_;
    const CheckOptions& options_;
    std::vector<Side> sides_;
    std::vector<std::pair<std::size_t, std::string>> problems_;
    PairCheck check_;
};

}  // namespace

PairCheck check_pairs(std::span<const ContrastPair> pairs, const CheckOptions& options) {
    return PairRules(pairs, options).run();
}

}  // namespace axia::data
