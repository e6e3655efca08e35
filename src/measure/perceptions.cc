#include "axia/measure/perceptions.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "axia/core/error.h"
#include "axia/math/agreement.h"
#include "measure/figure_json.h"
#include "measure/table.h"
#include "measure/words.h"

namespace axia::measure {

using nlohmann::ordered_json;

std::vector<std::string> split_sentences(std::string_view text) {
    return sentences_of(text);
}

std::optional<double> perception_score(const answers::Perception& perception) {
    const bool asked = perception.supports >= 0 && perception.reason.empty();
    if (!asked || perception.relevant <= .5) return std::nullopt;
    if (perception.either > std::max(perception.supports, perception.opposes)) return std::nullopt;
    return perception.supports - perception.opposes;
}

Profile measure_profile(std::span<const std::string> sentences,
                        std::span<const answers::SoughtValue> values,
                        const answers::Perceived& perceived, std::uint64_t seed,
                        std::size_t draws) {
    constexpr std::size_t most_evidence = 3;
    Profile profile;
    profile.sentences.assign(sentences.begin(), sentences.end());
    profile.counts = perceived.counts;
    // a sentence that stands twice is one unit of the bootstrap
    std::map<std::string, int> numbers;
    std::vector<int> unit;
    for (const std::string& sentence : sentences) {
        unit.push_back(
            numbers.try_emplace(sentence, static_cast<int>(numbers.size())).first->second);
    }
    std::vector<std::vector<double>> scores(values.size());
    std::vector<std::vector<int>> units(values.size());
    std::vector<double> first_form, second_form;
    std::size_t read = 0, alike = 0;
    std::set<std::pair<int, std::size_t>> counted;
    for (const answers::SoughtValue& value : values)
        profile.values.push_back({value.id, {}, 0, 0, {}});
    for (const answers::Perception& perception : perceived.perceptions) {
        if (perception.sentence >= sentences.size() || perception.value >= values.size()) {
            throw core::Error(core::ErrorKind::mismatch,
                              "a perception is of another text or other values", "perceptions");
        }
        if (!perception.reason.empty()) ++profile.unanswered;
        const bool again = !counted.insert({unit[perception.sentence], perception.value}).second;
        if (perception.reason.empty() && !again) {
            ++read;
            const auto& forms = perception.relevant_forms;
            alike += (forms[0] > .5) == (forms[1] > .5) ? 1 : 0;
            if (perception.supports >= 0) {
                first_form.push_back(perception.valence_forms[0]);
                second_form.push_back(perception.valence_forms[1]);
            }
        }
        ProfileValue& value = profile.values[perception.value];
        value.relevant += perception.relevant > .5 ? 1 : 0;
        const std::optional<double> score = perception_score(perception);
        if (!score) continue;
        ++value.scored;
        value.evidence.push_back({perception.sentence, *score});
        scores[perception.value].push_back(*score);
        units[perception.value].push_back(unit[perception.sentence]);
    }
    for (std::size_t v = 0; v < values.size(); ++v) {
        ProfileValue& value = profile.values[v];
        const std::size_t distinct = std::set<int>(units[v].begin(), units[v].end()).size();
        if (scores[v].empty()) {
            value.score = because("no evidence");
            continue;
        }
        value.score.n = distinct;
        value.score.estimate =
            distinct == 1 ? math::Estimate{math::mean(scores[v]), {-1, 1}}
                          : math::bootstrap_mean_clustered(scores[v], units[v], seed, draws);
        std::stable_sort(
            value.evidence.begin(), value.evidence.end(),
            [](const auto& a, const auto& b) { return std::abs(a.score) > std::abs(b.score); });
        if (value.evidence.size() > most_evidence) value.evidence.resize(most_evidence);
    }
    profile.valence_agreement = figure_or_reason([&] {
        Figure figure;
        figure.estimate = math::retest_correlation(first_form, second_form);
        figure.n = first_form.size();
        return figure;
    });
    if (read == 0) {
        profile.relevance_agreement = because("nothing was answered");
    } else {
        profile.relevance_agreement.n = read;
        profile.relevance_agreement.estimate = {
            static_cast<double>(alike) / static_cast<double>(read), math::wilson(alike, read)};
    }
    return profile;
}

std::string to_json(const Profile& profile) {
    ordered_json json{{"schema", "axia.profile"},
                      {"version", 1},
                      {"sentences", profile.sentences},
                      {"valence_agreement", json_of(profile.valence_agreement)},
                      {"relevance_agreement", json_of(profile.relevance_agreement)},
                      {"unanswered", profile.unanswered},
                      {"values", ordered_json::array()}};
    for (const ProfileValue& value : profile.values) {
        ordered_json evidence = ordered_json::array();
        for (const Evidence& each : value.evidence) {
            evidence.push_back({{"sentence", each.sentence}, {"score", rounded(each.score)}});
        }
        json["values"].push_back({{"value", value.value},
                                  {"score", json_of(value.score)},
                                  {"relevant", value.relevant},
                                  {"scored", value.scored},
                                  {"evidence", std::move(evidence)}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
