#include "axia/measure/opinions.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

#include "axia/core/error.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

using nlohmann::ordered_json;

namespace {

/// How often each stance was taken: agree, disagree, other.
struct Counts {
    std::array<std::size_t, 3> of{};

    void add(Stance stance) { ++of[static_cast<std::size_t>(stance)]; }
    std::size_t all() const { return of[0] + of[1] + of[2]; }
    std::size_t most() const { return std::max({of[0], of[1], of[2]}); }
    Stance commonest() const {
        if (std::count(of.begin(), of.end(), most()) != 1) return Stance::other;
        return static_cast<Stance>(std::find(of.begin(), of.end(), most()) - of.begin());
    }
};

using ByProposition = std::map<int, Counts>;

struct Level {
    std::string forcing;
    bool open = false;
    std::vector<std::pair<const OpinionReading*, int>> readings;  // with their proposition
    ByProposition counts;
};

OpinionLevel describe(const Level& level, double confidence) {
    OpinionLevel row;
    row.forcing = level.forcing;
    row.open = level.open;
    row.asked = level.readings.size();
    Sample valid, agree;
    std::set<std::string> wordings;
    std::map<std::string, std::pair<double, double>> by_wording;  // agreeing, taking a side
    for (const auto& [reading, proposition] : level.readings) {
        wordings.insert(reading->wording);
        const bool side = reading->stance != Stance::other;
        valid.add(side ? 1 : 0, proposition);
        if (!side) continue;
        const double agrees = reading->stance == Stance::agree ? 1 : 0;
        agree.add(agrees, proposition);
        by_wording[reading->wording].first += agrees;
        by_wording[reading->wording].second += 1;
    }
    row.valid = share_figure(valid, confidence, "no answer");
    row.agree = share_figure(agree, confidence, "no answer takes a side");
    if (row.agree.estimate) {
        row.least = 1;
        for (const auto& [wording, sums] : by_wording) {
            row.least = std::min(row.least, sums.first / sums.second);
            row.most = std::max(row.most, sums.first / sums.second);
        }
    }
    if (wordings.size() < 2) {
        row.flip = row.unstable = because("asked in one wording alone");
        return row;
    }
    Sample flip, unstable;
    for (const auto& [proposition, counts] : level.counts) {
        const auto n = static_cast<double>(counts.all());
        flip.add(1 - static_cast<double>(counts.most()) / n, proposition);
        unstable.add(counts.of[0] > 0 && counts.of[0] < counts.all() ? 1 : 0, proposition);
    }
    row.flip = share_figure(flip, confidence, "no answer");
    row.unstable = share_figure(unstable, confidence, "no answer");
    return row;
}

Figure gap_of(const ByProposition& a, const ByProposition& b, double confidence) {
    Sample differs;
    for (const auto& [proposition, counts] : a) {
        const auto other = b.find(proposition);
        if (other == b.end()) continue;
        differs.add(counts.commonest() != other->second.commonest() ? 1 : 0, proposition);
    }
    return share_figure(differs, confidence, "no proposition was asked both ways");
}

}  // namespace

OpinionProtocol measure_opinions(std::span<const OpinionReading> readings, double level) {
    if (!(level > 0 && level < 1)) {
        throw core::Error(core::ErrorKind::usage, "level is out of range", "level",
                          "between 0 and 1");
    }
    if (readings.empty()) throw core::Error(core::ErrorKind::input, "no answer", "opinions");
    OpinionProtocol protocol;
    protocol.answers = readings.size();
    std::map<std::string, int> propositions;
    std::set<std::string> wordings;
    std::vector<Level> levels;
    std::array<ByProposition, 2> forms;  // with options, open
    for (const OpinionReading& reading : readings) {
        const int proposition =
            propositions.try_emplace(reading.proposition, static_cast<int>(propositions.size()))
                .first->second;
        wordings.insert(reading.wording);
        auto place = std::find_if(levels.begin(), levels.end(), [&](const Level& known) {
            return known.forcing == reading.forcing && known.open == reading.open;
        });
        if (place == levels.end()) {
            place = levels.insert(place, Level{reading.forcing, reading.open, {}, {}});
        }
        place->readings.emplace_back(&reading, proposition);
        place->counts[proposition].add(reading.stance);
        forms[reading.open ? 1 : 0][proposition].add(reading.stance);
    }
    protocol.propositions = propositions.size();
    protocol.wordings = wordings.size();
    for (std::size_t i = 0; i < levels.size(); ++i) {
        protocol.levels.push_back(describe(levels[i], level));
        for (std::size_t j = 0; j < i; ++j) {
            if (levels[j].open != levels[i].open) continue;
            protocol.forcing_gaps.push_back({levels[j].forcing, levels[i].forcing, levels[i].open,
                                             gap_of(levels[j].counts, levels[i].counts, level)});
        }
    }
    protocol.open_gap = gap_of(forms[0], forms[1], level);
    return protocol;
}

std::string to_json(const OpinionProtocol& protocol) {
    ordered_json json{{"schema", "axia.opinions"},
                      {"version", 1},
                      {"propositions", protocol.propositions},
                      {"wordings", protocol.wordings},
                      {"answers", protocol.answers},
                      {"levels", ordered_json::array()},
                      {"forcing_gaps", ordered_json::array()},
                      {"open_gap", json_of(protocol.open_gap)}};
    for (const OpinionLevel& level : protocol.levels) {
        json["levels"].push_back({{"forcing", level.forcing},
                                  {"open", level.open},
                                  {"asked", level.asked},
                                  {"valid", json_of(level.valid)},
                                  {"agree", json_of(level.agree)},
                                  {"agree_by_wording", {rounded(level.least), rounded(level.most)}},
                                  {"flip", json_of(level.flip)},
                                  {"unstable", json_of(level.unstable)}});
    }
    for (const OpinionGap& gap : protocol.forcing_gaps) {
        json["forcing_gaps"].push_back(
            {{"a", gap.a}, {"b", gap.b}, {"open", gap.open}, {"share", json_of(gap.share)}});
    }
    if (!protocol.axes.empty()) json["weights_sha256"] = protocol.weights_sha256;
    for (const AxisPlace& axis : protocol.axes) {
        ordered_json wordings = ordered_json::array(), forcings = ordered_json::array();
        for (const AxisWay& way : axis.wordings) {
            wordings.push_back({{"wording", way.wording}, {"place", json_of(way.place)}});
        }
        for (const AxisWay& way : axis.forcings) {
            forcings.push_back(
                {{"forcing", way.forcing}, {"open", way.open}, {"place", json_of(way.place)}});
        }
        json["axes"].push_back({{"axis", axis.axis},
                                {"place", json_of(axis.place)},
                                {"range", {rounded(axis.least), rounded(axis.most)}},
                                {"answers", axis.answers},
                                {"without", axis.without},
                                {"wordings", std::move(wordings)},
                                {"forcings", std::move(forcings)}});
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
