#include "axia/answers/perceptions.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>

namespace axia::answers {

namespace {

constexpr std::size_t page_pairs = 64;  // sentence and value pairs asked together
constexpr std::size_t forms = 2;

struct Form {
    const char* id;
    const char* text;
    std::vector<const char*> answers;
};

const std::array<Form, forms> relevance{{
    {"relevant-1",
     "{Value}{means}.\nSomebody says: \"{s}\"\nWhat is said",
     {"has to do with {value}", "has nothing to do with {value}"}},
    {"relevant-2",
     "{Value}{means}.\nSomebody said: \"{s}\"\nThe sentence is",
     {"about {value}", "not about {value}"}},
}};
const std::array<Form, forms> valence{{
    {"valence-1",
     "{Value}{means}.\nAnna says: \"{s}\"\nThis sentence shows that Anna",
     {"values {value}", "does not value {value}", "may or may not value {value}"}},
    {"valence-2",
     "{Value}{means}.\nSomebody said: \"{s}\"\nIn other words, {value} is something the speaker",
     {"cares about", "does not care about", "may or may not care about"}},
}};
constexpr std::array blank_sentences{"...", "Something.", "I see."};

/// The text with its slots filled; what is filled in is not searched again.
std::string fill(std::string_view text, const SoughtValue& value, const std::string& sentence) {
    std::string upper = value.name, lower = value.name;
    const auto first = [](std::string& name, char from, char to, int shift) {
        if (!name.empty() && name[0] >= from && name[0] <= to) {
            name[0] = static_cast<char>(name[0] + shift);
        }
    };
    first(upper, 'a', 'z', 'A' - 'a');
    first(lower, 'A', 'Z', 'a' - 'A');
    std::string means = value.definition.empty() ? " is a value" : " means: " + value.definition;
    while (means.ends_with('.')) means.pop_back();
    const std::array<std::pair<std::string_view, const std::string*>, 4> slots{
        {{"{Value}", &upper}, {"{value}", &lower}, {"{means}", &means}, {"{s}", &sentence}}};
    std::string filled;
    while (!text.empty()) {
        const auto slot = std::find_if(slots.begin(), slots.end(), [&](const auto& each) {
            return text.starts_with(each.first);
        });
        if (slot == slots.end()) {
            filled += text.front();
            text.remove_prefix(1);
        } else {
            filled += *slot->second;
            text.remove_prefix(slot->first.size());
        }
    }
    return filled;
}

/// Questions of one page.
class Page {
  public:
    void add(const Form& form, const SoughtValue& value, const std::string& sentence) {
        data::Item& item = items_.emplace_back();
        item.id = "perception:" + value.id;
        item.kind = data::ItemKind::likelihood;
        Question& question = questions_.emplace_back();
        question.wording = form.id;
        question.plain = true;
        question.message = fill(form.text, value, sentence);
        for (const char* answer : form.answers) {
            question.answers.push_back(fill(answer, value, sentence));
            item.options.push_back({question.answers.back(), {}, 0});
        }
        requests_.push_back({&item, &question, 0, 0});
    }

    std::vector<Record> ask(Subject& subject, Journal& journal, RunCounts& counts,
                            const core::Watch& watch) const {
        return ask_page(requests_, subject, journal, counts, watch);
    }

  private:
    std::deque<data::Item> items_;
    std::deque<Question> questions_;
    std::vector<Request> requests_;
};

std::string reason_of(const Record& record) {
    if (!record.reason.empty()) return record.reason;
    return record.p.empty() ? "the subject names none of the answers" : "";
}

/// Half the log-odds of "for" against "against" after sentences that say nothing, of each value
/// and form: what an answer's odds are turned back by.
std::vector<std::array<double, forms>> leanings(std::span<const SoughtValue> values,
                                                Subject& subject, Journal& journal,
                                                RunCounts& counts, const core::Watch& watch) {
    std::vector<std::array<double, forms>> all;
    for (const SoughtValue& value : values) {
        Page page;
        for (const Form& form : valence) {
            for (const char* sentence : blank_sentences) page.add(form, value, sentence);
        }
        const std::vector<Record> records = page.ask(subject, journal, counts, watch);
        std::array<double, forms> leaning{};
        for (std::size_t i = 0; i < records.size(); ++i) {
            const std::vector<double>& p = records[i].p;
            if (!reason_of(records[i]).empty() || !(p[0] > 0 && p[1] > 0)) continue;
            leaning[i / blank_sentences.size()] +=
                (std::log(p[0]) - std::log(p[1])) / 2 / blank_sentences.size();
        }
        all.push_back(leaning);
    }
    return all;
}

void read_relevance(std::span<const Record> records, Perception& perception) {
    perception.relevant = 0;
    for (std::size_t form = 0; form < forms; ++form) {
        perception.reason = reason_of(records[form]);
        if (!perception.reason.empty()) {
            perception.relevant = -1;
            return;
        }
        perception.relevant_forms[form] = records[form].p[0];
        perception.relevant += records[form].p[0] / forms;
    }
}

void read_valence(std::span<const Record> records, const std::array<double, forms>& leaning,
                  Perception& perception) {
    std::array<double, 3> mean{};
    for (std::size_t form = 0; form < forms; ++form) {
        perception.reason = reason_of(records[form]);
        if (!perception.reason.empty()) return;
        std::vector<double> p = records[form].p;
        p[0] *= std::exp(-leaning[form]);
        p[1] *= std::exp(leaning[form]);
        const double sum = std::accumulate(p.begin(), p.end(), 0.0);
        for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += p[k] / sum / forms;
        perception.valence_forms[form] = (p[0] - p[1]) / sum;
    }
    perception.supports = mean[0];
    perception.opposes = mean[1];
    perception.either = mean[2];
}

}  // namespace

Perceived perceive(std::span<const std::string> sentences, std::span<const SoughtValue> values,
                   Subject& subject, Journal& journal, const core::Watch& watch) {
    Perceived result;
    // a sentence that stands twice is asked about once
    std::map<std::string_view, std::size_t> places;
    std::vector<Perception> all;
    for (std::size_t s = 0; s < sentences.size(); ++s) {
        if (!places.try_emplace(sentences[s], all.size()).second) continue;
        for (std::size_t v = 0; v < values.size(); ++v) {
            Perception& perception = all.emplace_back();
            perception.sentence = s;
            perception.value = v;
        }
    }
    const std::vector<std::array<double, forms>> leaning =
        leanings(values, subject, journal, result.counts, watch);
    // value by value, so that what its questions share is computed once
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return all[a].value < all[b].value; });
    for (std::size_t first = 0; first < order.size(); first += page_pairs) {
        const std::size_t end = std::min(order.size(), first + page_pairs);
        const auto add = [&](Page& page, const auto& form_list, const Perception& perception) {
            for (const Form& form : form_list) {
                page.add(form, values[perception.value], sentences[perception.sentence]);
            }
        };
        Page asked;
        for (std::size_t i = first; i < end; ++i) add(asked, relevance, all[order[i]]);
        const std::vector<Record> answers = asked.ask(subject, journal, result.counts, watch);
        std::vector<std::size_t> relevant;
        Page valued;
        for (std::size_t i = first; i < end; ++i) {
            Perception& perception = all[order[i]];
            read_relevance(std::span<const Record>(answers).subspan((i - first) * forms, forms),
                           perception);
            if (perception.relevant <= .5) continue;
            relevant.push_back(order[i]);
            add(valued, valence, perception);
        }
        const std::vector<Record> valences = valued.ask(subject, journal, result.counts, watch);
        for (std::size_t k = 0; k < relevant.size(); ++k) {
            Perception& perception = all[relevant[k]];
            read_valence(std::span<const Record>(valences).subspan(k * forms, forms),
                         leaning[perception.value], perception);
        }
        watch.step("reading", end, order.size(), "sentences x values");
        watch.check();
    }
    for (std::size_t s = 0; s < sentences.size(); ++s) {
        for (std::size_t v = 0; v < values.size(); ++v) {
            result.perceptions.push_back(all[places.at(sentences[s]) + v]);
            result.perceptions.back().sentence = s;
        }
    }
    return result;
}

}  // namespace axia::answers
