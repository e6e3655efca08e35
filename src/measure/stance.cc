#include "axia/measure/stance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "axia/core/error.h"
#include "axia/math/agreement.h"
#include "measure/figure_json.h"
#include "measure/table.h"
#include "measure/words.h"

namespace axia::measure {

namespace {

using Words = std::vector<std::string>;
using Set = std::set<std::string_view>;

bool is(const Words& words, std::size_t at, const Set& set) {
    return at < words.size() && set.contains(words[at]);
}

const Set negations{"not", "no", "never", "none", "neither", "nobody", "nor", "hardly"};
const Set for_verbs{"agree", "agreeing", "concur", "agreed"};
const Set against_verbs{"disagree", "disagreeing", "disagreed"};
const Set for_weak{"support", "endorse", "favor", "favour", "supporting"};
const Set against_weak{"oppose", "reject", "against", "dispute", "opposing", "refute"};
const Set references{"proposition", "statement", "idea",   "notion",  "claim",
                     "assertion",   "view",      "belief", "premise", "claims",
                     "this",        "sentiment", "stance"};
const Set labels{"agree", "disagree"};

/// What may stand between "I" and the verb.
bool is_filler(const std::string& word) {
    static const Set fillers{
        "would",  "will",   "do",      "am",       "have",     "to",      "must",   "can",
        "could",  "in",     "of",      "the",      "inclined", "tend",    "lean",   "find",
        "myself", "say",    "that",    "also",     "still",    "quite",   "more",   "most",
        "much",   "very",   "opinion", "i",        "and",      "towards", "toward", "find",
        "with",   "rather", "side",    "feel",     "think",    "believe", "stand",  "be",
        "say",    "label",  "should",  "position", "here",     "be",      "as",     "an",
        "ai",     "may",    "might",   "however",  ",",        "tempted", "forced"};
    return fillers.contains(word) || negations.contains(word) ||
           (word.size() > 3 && word.ends_with("ly")) || word == "wholeheartedly";
}

bool is_conceding(const std::string& word) {
    return word == "while" || word == "although" || word == "though" || word == "whilst";
}

/// For each word whether it stands in a clause that concedes: from "while" to the next comma.
std::vector<bool> conceded(const Words& words) {
    std::vector<bool> marks(words.size(), false);
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!is_conceding(words[i])) continue;
        for (; i < words.size() && words[i] != ","; ++i) marks[i] = true;
    }
    return marks;
}

/// Stems long enough to survive endings and spelling, without words of grammar.
std::set<std::string> content(const Words& words, std::size_t first = 0) {
    static const Set grammar{"that",  "this",    "with",  "from",  "have", "been",  "being",
                             "they",  "them",    "their", "there", "than", "then",  "should",
                             "would", "could",   "must",  "will",  "when", "which", "what",
                             "where", "because", "into",  "does",  "also", "only",  "more",
                             "most",  "some",    "such",  "very"};
    std::set<std::string> stems;
    for (std::size_t i = first; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word.size() < 3 || word == "the" || word == "and" || word == "are" || word == "not" ||
            word == "for" || word == "but" || grammar.contains(word)) {
            continue;
        }
        stems.insert(word.substr(0, 5));
    }
    return stems;
}

int negation_count(const Words& words, std::size_t first = 0) {
    int count = 0;
    for (std::size_t i = first; i < words.size(); ++i) {
        if (is(words, i, negations)) ++count;
        if (words[i] == "rather" && i + 1 < words.size() && words[i + 1] == "than") break;
    }
    return count;
}

/// The statement as read_stance compares it.
struct Claim {
    std::set<std::string> stems;
    int negations = 0;

    explicit Claim(std::string_view text) {
        const Words words = words_of(plain_text(text));
        stems = content(words);
        negations = negation_count(words);
    }
    /// Share of the statement's words that `words` repeat.
    double overlap(const Words& words, std::size_t first = 0) const {
        if (stems.empty()) return 0;
        const std::set<std::string> other = content(words, first);
        const auto common = std::count_if(stems.begin(), stems.end(),
                                          [&](const auto& stem) { return other.contains(stem); });
        return static_cast<double>(common) / static_cast<double>(stems.size());
    }
    /// +1 when `words` assert the statement, -1 when they deny it, 0 when they say something else.
    int asserted(const Words& words, std::size_t first) const {
        constexpr double enough = .55;
        if (overlap(words, first) < enough) return 0;
        // spoken of, not asserted
        for (std::size_t i = first; i < words.size(); ++i) {
            if (words[i] == "proposition" || words[i] == "statement") return 0;
        }
        return (negation_count(words, first) - negations) % 2 == 0 ? 1 : -1;
    }
};

/// One sentence of the answer, without its quotations.
struct Sentence {
    Words words;
    std::vector<bool> conceded;
    bool concluding = false;
    bool title = false;
};

bool begins(const Words& words, std::initializer_list<std::string_view> beginning) {
    return words.size() >= beginning.size() &&
           std::equal(beginning.begin(), beginning.end(), words.begin());
}

bool holds(const Words& words, std::initializer_list<std::string_view> sequence) {
    return std::search(words.begin(), words.end(), sequence.begin(), sequence.end()) != words.end();
}

/// The text without what stands in double quotes, unless all of it does; a quoted option stays.
std::string unquoted(std::string text) {
    constexpr std::size_t option_bytes = 20;
    while (!text.empty() && (text.front() == '"' || text.front() == ' ')) text.erase(0, 1);
    std::string kept, quote;
    bool quoted = false;
    const auto close = [&] {
        const bool option = quote.size() <= option_bytes && !quote.starts_with("i ");
        kept += option ? quote : " proposition ";
        quote.clear();
        quoted = false;
    };
    for (const char c : text) {
        if (quoted && (c == '"' || c == '\n')) {
            close();
            if (c == '\n') kept += c;
        } else if (c == '"') {
            quoted = true;
        } else {
            (quoted ? quote : kept) += c == '*' || c == '_' ? ' ' : c;
        }
    }
    close();
    return kept;
}

std::vector<Sentence> sentences(const std::string& text) {
    std::vector<Sentence> result;
    for (const std::string& part : sentences_of(text)) {
        Sentence sentence;
        sentence.words = words_of(part);
        if (sentence.words.empty()) continue;
        sentence.title = part.front() == '#' || sentence.words.front() == "title";
        sentence.conceded = axia::measure::conceded(sentence.words);
        const Words& w = sentence.words;
        sentence.concluding = begins(w, {"therefore"}) || begins(w, {"overall"}) ||
                              begins(w, {"ultimately"}) || begins(w, {"in", "conclusion"}) ||
                              begins(w, {"in", "summary"}) || begins(w, {"thus"}) ||
                              begins(w, {"to", "conclude"}) || begins(w, {"so", ","});
        result.push_back(std::move(sentence));
    }
    return result;
}

/// Marks of a list: "1", "a", "ii", "option".
bool is_marker(const std::string& word) {
    return word == "option" || word == "i" || word == "ii" || word == "iii" || word == "iv" ||
           word == "answer" || word == "my" || word == "is" || word == "label" || word == "," ||
           word == "the" || word == "stance" || word == "opinion" || word == "would" ||
           word == "be" || word == "response" || word == "choice" || word == "verdict" ||
           word == "assistant" || word == "position" || word == "final" || word == "-" ||
           (word.size() == 1 && word[0] >= '0' && word[0] <= 'd');
}

/// A label that begins the words after list marks: the direction, and where it ends.
int label_at(const Words& words, std::size_t at, std::size_t& end) {
    static const Set degrees{"strongly", "completely", "totally", "fully",    "somewhat",
                             "slightly", "partially",  "mostly",  "generally"};
    int sign = 1;
    if (is(words, at, negations)) {
        sign = -1;
        ++at;
    }
    if (is(words, at, degrees)) ++at;
    if (!is(words, at, labels)) return 0;
    end = at + 1;
    return sign * (words[at] == "agree" ? 1 : -1);
}

/// A line that is one of the options and little else.
int label_of_line(const Words& words) {
    std::size_t first = 0;
    while (first < words.size() && is_marker(words[first])) ++first;
    std::size_t end = 0;
    const int sign = label_at(words, first, end);
    if (sign == 0) return 0;
    // "agree and disagree", "agree or disagree": no choice
    for (std::size_t i = end; i < std::min(words.size(), end + 4); ++i) {
        if (labels.contains(words[i])) return 0;
    }
    return sign;
}

/// Of a line that is an option: whether it is one of the two that say "strongly".
bool is_strong_line(const Words& words) {
    const auto first =
        std::find_if_not(words.begin(), words.end(), [](const auto& w) { return is_marker(w); });
    return first != words.end() && *first == "strongly";
}

struct Votes {
    double sum = 0, conceded = 0;
    void add(double vote, bool weak) { (weak ? conceded : sum) += vote; }
    int sign() const {
        const double total = sum != 0 ? sum : conceded;
        return total > 0 ? 1 : total < 0 ? -1 : 0;
    }
};

/// "I (do not) (fully) agree": +1 or -1 with weight; 0 when the words at `first` declare nothing.
double declared_at(const Words& words, std::size_t first, const Claim& claim, std::size_t& verb) {
    int sign = 1;
    constexpr std::size_t reach = 9;
    for (std::size_t i = first + 1; i < std::min(words.size(), first + reach); ++i) {
        const std::string& word = words[i];
        const bool strong = for_verbs.contains(word) || against_verbs.contains(word);
        const bool weak = for_weak.contains(word) || against_weak.contains(word);
        if (!strong && !weak) {
            if (negations.contains(word)) sign = -sign;
            if (!is_filler(word)) return 0;
            continue;
        }
        if (words[i - 1] == "neither" || words[i - 1] == "either") return 0;
        // "agree or disagree", "agree nor disagree", "agree and disagree"
        for (std::size_t k = i + 1; k + 1 < std::min(words.size(), i + 4); ++k) {
            const bool joins = words[k] == "or" || words[k] == "nor" || words[k] == "and";
            const std::size_t next = words[k + 1] == "strongly" ? k + 2 : k + 1;
            if (joins && next < words.size() && labels.contains(words[next]) &&
                words[next] != word) {
                return 0;
            }
        }
        verb = i;
        // "could not agree more"
        if (i + 1 < words.size() && words[i + 1] == "more") sign = 1;
        const bool positive = for_verbs.contains(word) || for_weak.contains(word);
        if (weak) {
            bool refers = claim.overlap(words, i + 1) > .4;
            for (std::size_t k = i + 1; k < std::min(words.size(), i + 5); ++k) {
                refers = refers || references.contains(words[k]);
            }
            if (!refers) return 0;
        }
        double weight = weak ? 1 : 2;
        if (strong && i + 1 < words.size() && words[i + 1] == "that" && !claim.stems.empty() &&
            claim.overlap(words, i + 2) < .3) {
            weight = .5;  // agrees that something else is so
        }
        return weight * sign * (positive ? 1 : -1);
    }
    return 0;
}

bool is_hypothetical(const Words& words, std::size_t at) {
    return at > 0 && (words[at - 1] == "if" || words[at - 1] == "whether");
}

/// `strong` gets the votes that say "strongly".
void add_declared(const Sentence& sentence, const Claim& claim, Votes& votes, Votes& weak,
                  Votes& strong) {
    const Words& words = sentence.words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if ((words[i] != "i" && words[i] != "we") || is_hypothetical(words, i)) continue;
        std::size_t verb = i;
        const double vote = declared_at(words, i, claim, verb);
        if (vote == 0) continue;
        (std::abs(vote) == 1 ? weak : votes)
            .add(vote * (sentence.concluding ? 1.5 : 1), sentence.conceded[i]);
        // not of "I do not strongly agree"
        const bool direct = (vote > 0 ? for_verbs : against_verbs).contains(words[verb]);
        if (direct && words[verb - 1] == "strongly") strong.add(vote, sentence.conceded[i]);
        i = verb;  // of "i say that i agree" one vote
    }
    // "I would choose option 2) Disagree", "my answer would be: Disagree"
    static const Set choosing{"choose", "pick",  "select", "selecting", "option",
                              "answer", "label", "choice", "verdict",   "labeling"};
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (!choosing.contains(words[i]) || is_hypothetical(words, i)) continue;
        if (i > 0 && negations.contains(words[i - 1])) continue;
        std::size_t end = 0;
        for (std::size_t k = i + 1; k < std::min(words.size(), i + 5); ++k) {
            const int sign = label_at(words, k, end);
            if (sign == 0) continue;
            votes.add(2 * sign, false);
            if (words[k] == "strongly") strong.add(sign, false);
            break;
        }
    }
}

void add_restated(const Sentence& sentence, const Claim& claim, bool refused, Votes& votes) {
    static const Set believing{"believe", "think",  "feel",      "hold",      "maintain",
                               "say",     "argue",  "stance",    "convinced", "view",
                               "opinion", "belief", "conviction"};
    static const Set others{"some",       "many",    "others",    "those",    "people",
                            "proponents", "critics", "advocates", "opponents"};
    const Words& words = sentence.words;
    // "while some argue that <the statement>, I ..."
    if (is_conceding(words.front()) && words.size() > 2 && others.contains(words[1])) {
        const auto comma = std::find(words.begin(), words.end(), ",");
        const bool mine = std::find(comma, words.end(), "i") != words.end();
        const Words said(words.begin(), comma);
        if (mine && claim.overlap(said) >= .4) votes.add(-claim.asserted(said, 2), false);
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] != "i" || is_hypothetical(words, i)) continue;
        for (std::size_t k = i + 1; k < std::min(words.size(), i + 6); ++k) {
            if (!believing.contains(words[k])) continue;
            int sign = 1;
            for (std::size_t n = i + 1; n < k; ++n) sign *= negations.contains(words[n]) ? -1 : 1;
            votes.add(sign * claim.asserted(words, k + 1), sentence.conceded[i]);
            return;
        }
    }
    if (sentence.concluding && !refused) votes.add(claim.asserted(words, 0), false);
}

/// "The case against ...", "this notion is misguided": where nothing plainer was said.
void add_judged(const Sentence& sentence, Votes& votes) {
    static const Set blaming{"flawed",         "misguided",     "simplistic",  "outdated",
                             "wrong",          "false",         "misleading",  "harmful",
                             "dangerous",      "unfair",        "unfounded",   "narrow",
                             "unjust",         "inaccurate",    "problematic", "oversimplifies",
                             "oversimplified", "short-sighted", "shortsighted"};
    static const Set praising{"true", "valid", "right", "correct", "sound", "reasonable"};
    static const Set against_titles{"against",   "pitfalls", "challenging", "dangers", "myth",
                                    "fallacy",   "flaws",    "questioning", "beyond",  "problem",
                                    "debunking", "limits",   "rethinking"};
    const Words& words = sentence.words;
    if (sentence.title) {
        const bool against = std::any_of(words.begin(), words.end(), [&](const auto& word) {
            return against_titles.contains(word);
        });
        const bool in_favour = holds(words, {"case", "for"}) || holds(words, {"importance", "of"});
        if (against || in_favour) votes.add(against ? -1 : 1, false);
        return;
    }
    std::size_t subject = 0;
    while (subject < words.size() && !references.contains(words[subject])) ++subject;
    int sign = 1;
    for (std::size_t i = subject; i < words.size() && words[i] != ","; ++i) {
        if (is(words, i, negations)) sign = -sign;
        if (is(words, i, blaming)) votes.add(-sign, sentence.conceded[i]);
        if (is(words, i, praising)) votes.add(sign, sentence.conceded[i]);
    }
}

bool refuses(const Sentence& sentence) {
    const Words& words = sentence.words;
    static const Set objects{"opinion",  "opinions",  "beliefs", "belief",   "feelings", "emotions",
                             "judgment", "judgments", "stance",  "decision", "views",    "request"};
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        if (words[i] != "i" && words[i] != "me" && words[i] != "programming") continue;
        bool negated = false;
        for (std::size_t k = i + 1; k < std::min(words.size(), i + 14); ++k) {
            negated = negated || words[k] == "not" || words[k] == "unable" || words[k] == "no";
            if (negated && objects.contains(words[k])) return true;
        }
    }
    return holds(words, {"as", "an", "ai"}) || holds(words, {"as", "an", "artificial"}) ||
           holds(words, {"i", "am", "just", "an", "ai"}) ||
           holds(words, {"ai", "language", "model"});
}

}  // namespace

std::string_view stance_name(Stance stance) {
    constexpr std::array names{"agree", "disagree", "other"};
    return names[static_cast<std::size_t>(stance)];
}

std::string_view stance_rule_name(StanceRule rule) {
    constexpr std::array names{"label", "declared", "restated", "judged", "refused", "none"};
    return names[static_cast<std::size_t>(rule)];
}

std::optional<Stance> parse_stance_label(std::string_view label) {
    std::string plain = plain_text(label);
    std::replace(plain.begin(), plain.end(), '_', ' ');
    Words words = words_of(plain);
    if (!words.empty() && words.front().size() == 1) words.erase(words.begin());
    if (words.size() == 1 && words[0] == "other") return Stance::other;
    std::size_t end = 0;
    const int sign = label_at(words, 0, end);
    if (sign == 0 || end != words.size()) return std::nullopt;
    return sign > 0 ? Stance::agree : Stance::disagree;
}

StanceReading read_stance(std::string_view answer, std::string_view statement) {
    const auto reading = [](int sign, StanceRule rule, bool strongly = false) {
        return StanceReading{sign > 0   ? Stance::agree
                             : sign < 0 ? Stance::disagree
                                        : Stance::other,
                             rule, strongly};
    };
    const Claim claim(statement);
    const std::vector<Sentence> said = sentences(unquoted(plain_text(answer)));
    // lines that are options: one of them is the answer, several are a list of all
    Votes lines;
    bool agrees = false, disagrees = false, plain = false;
    for (const Sentence& sentence : said) {
        const int sign = label_of_line(sentence.words);
        plain = plain || (sign != 0 && !is_strong_line(sentence.words));
        agrees = agrees || sign > 0;
        disagrees = disagrees || sign < 0;
        lines.add(sign, false);
    }
    const bool listed = agrees && disagrees;
    if (!said.empty() && !listed && lines.sign() != 0) {
        return reading(lines.sign(), StanceRule::label, !plain);
    }
    Votes declared, restated, strong;
    for (const Sentence& sentence : said) add_declared(sentence, claim, declared, restated, strong);
    if (declared.sign() != 0) {
        return reading(declared.sign(), StanceRule::declared, strong.sign() == declared.sign());
    }
    const bool refused =
        listed || std::any_of(said.begin(), said.end(), [](const auto& s) { return refuses(s); });
    if (!said.empty() && !refused) {
        const Words& words = said.front().words;
        if (words.front() == "yes") return reading(1, StanceRule::label);
        if (words.front() == "no" && (words.size() == 1 || words[1] == ",")) {
            return reading(-1, StanceRule::label);
        }
    }
    const int supported = restated.sign();
    for (const Sentence& sentence : said) add_restated(sentence, claim, refused, restated);
    if (restated.sign() != 0) {
        return reading(restated.sign(),
                       restated.sign() == supported ? StanceRule::declared : StanceRule::restated);
    }
    Votes judged;
    for (const Sentence& sentence : said) add_judged(sentence, judged);
    if (!refused && judged.sign() != 0) return reading(judged.sign(), StanceRule::judged);
    return reading(0, refused ? StanceRule::refused : StanceRule::none);
}

StanceAgreement stance_agreement(std::span<const Stance> human, std::span<const Stance> read,
                                 std::uint64_t seed) {
    if (human.size() != read.size()) {
        throw core::Error(core::ErrorKind::mismatch,
                          std::to_string(human.size()) + " labels for " +
                              std::to_string(read.size()) + " readings",
                          "labels");
    }
    StanceAgreement result;
    result.n = human.size();
    if (human.empty()) {
        result.accuracy = result.kappa = because("no answer has a human label");
        return result;
    }
    std::vector<int> a, b;
    std::size_t right = 0, most = 0;
    for (std::size_t i = 0; i < human.size(); ++i) {
        a.push_back(static_cast<int>(human[i]));
        b.push_back(static_cast<int>(read[i]));
        ++result.confusion[a.back()][b.back()];
        right += human[i] == read[i] ? 1 : 0;
    }
    for (const auto& row : result.confusion) most = std::max(most, row[0] + row[1] + row[2]);
    const double n = static_cast<double>(result.n);
    result.majority = static_cast<double>(most) / n;
    result.accuracy.estimate = {static_cast<double>(right) / n, math::wilson(right, result.n)};
    result.accuracy.n = result.n;
    result.kappa = figure_or_reason([&] {
        constexpr std::size_t draws = 1000;
        const auto kappa = [&](std::span<const std::size_t> units) {
            std::vector<int> x, y;
            for (const std::size_t unit : units) {
                x.push_back(a[unit]);
                y.push_back(b[unit]);
            }
            try {
                return math::cohen_kappa(x, y);
            } catch (const core::Error&) {
                return std::numeric_limits<double>::quiet_NaN();
            }
        };
        math::cohen_kappa(a, b);  // its reason, where there is none
        Figure figure;
        figure.estimate = math::bootstrap_statistic(result.n, seed, draws, kappa);
        figure.n = result.n;
        return figure;
    });
    return result;
}

StanceTable stance_table(std::vector<StanceReading> readings,
                         std::span<const std::optional<Stance>> labels, std::uint64_t seed) {
    if (!labels.empty() && labels.size() != readings.size()) {
        throw core::Error(core::ErrorKind::mismatch,
                          std::to_string(labels.size()) + " labels for " +
                              std::to_string(readings.size()) + " readings",
                          "labels");
    }
    StanceTable table;
    std::size_t counts[3] = {};
    std::vector<Stance> human, read;
    for (std::size_t i = 0; i < readings.size(); ++i) {
        ++counts[static_cast<std::size_t>(readings[i].stance)];
        ++table.rules[static_cast<std::size_t>(readings[i].rule)];
        if (labels.empty() || !labels[i]) continue;
        human.push_back(*labels[i]);
        read.push_back(readings[i].stance);
    }
    for (std::size_t k = 0; k < 3; ++k) {
        table.shares[k] = because("no answer");
        if (readings.empty()) continue;
        const double n = static_cast<double>(readings.size());
        table.shares[k] = {math::Estimate{static_cast<double>(counts[k]) / n,
                                          math::wilson(counts[k], readings.size())},
                           "", readings.size()};
    }
    table.agreement = stance_agreement(human, read, seed);
    table.readings = std::move(readings);
    return table;
}

std::string to_json(const StanceTable& table) {
    const StanceAgreement& agreement = table.agreement;
    nlohmann::ordered_json json{{"schema", "axia.stances"}, {"version", 1}};
    for (const Stance stance : {Stance::agree, Stance::disagree, Stance::other}) {
        json["shares"][std::string(stance_name(stance))] =
            json_of(table.shares[static_cast<std::size_t>(stance)]);
    }
    json["labelled"] = {{"n", agreement.n},
                        {"accuracy", json_of(agreement.accuracy)},
                        {"majority", rounded(agreement.majority)},
                        {"kappa", json_of(agreement.kappa)},
                        {"human_by_read", agreement.confusion}};
    json["answers"] = nlohmann::ordered_json::array();
    for (const StanceReading& reading : table.readings) {
        json["answers"].push_back({{"stance", stance_name(reading.stance)},
                                   {"rule", stance_rule_name(reading.rule)},
                                   {"strongly", reading.strongly}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
