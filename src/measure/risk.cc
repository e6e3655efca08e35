// How often a risky option is chosen with a value, and how often without it (S012).
#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "axia/core/random.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

constexpr double nothing = 1e-9;  // sums of probabilities below it are rounding

/// Probability of options, and of the risky ones among them.
struct Chosen {
    double all = 0, risky = 0;

    Chosen& operator+=(const Chosen& other) {
        all += other.all;
        risky += other.risky;
        return *this;
    }
    double share() const { return risky / all; }
};

struct Stem {
    Chosen chosen;
    std::vector<std::pair<std::size_t, Chosen>> with;  // value
};

struct Sums {
    std::vector<Stem> stems;
    std::vector<std::size_t> dilemmas;  // of values
    bool risky = false;                 // some option is
};

Sums sums_of(const Table& table, std::size_t arm) {
    Sums sums;
    sums.dilemmas.assign(table.values.list().size(), 0);
    std::vector<Stem> stems(table.stem_count);
    for (std::size_t item = 0; item < table.risky.size(); ++item) {
        const std::uint32_t bits = table.risky[item];
        const Shape& shape = table.shape(item);
        if (bits == 0 || shape.scale() || !table.tables[arm].items[item].answered()) continue;
        sums.risky |= bits != risk_said;
        const std::vector<double> p = table.numbers(arm, item);
        Stem& stem = stems[static_cast<std::size_t>(table.stems[item])];
        std::set<int> served;
        for (std::size_t option = 0; option < shape.options; ++option) {
            const bool risky = (bits >> option & 1U) != 0;
            const Chosen chosen{p[option], risky ? p[option] : 0};
            stem.chosen += chosen;
            for (const auto& [value, weight] : shape.tags[option]) {
                if (weight <= 0) continue;
                served.insert(value);
                stem.with.emplace_back(static_cast<std::size_t>(value), chosen);
            }
        }
        for (const int value : served) ++sums.dilemmas[static_cast<std::size_t>(value)];
    }
    for (Stem& stem : stems) {
        if (stem.chosen.all > 0) sums.stems.push_back(std::move(stem));
    }
    return sums;
}

/// Why there is no ratio; empty where there is one.
std::string missing(const Chosen& with, const Chosen& without) {
    if (with.all < nothing) return "it stands in no chosen action";
    if (without.all < nothing) return "it stands in every chosen action";
    if (without.risky < nothing) return "no risky action is chosen without it";
    if (with.risky < nothing) return "no risky action is chosen with it";
    return "";
}

/// The bootstrap's ratios of the values that `wanted` names; NaN where a draw has none.
std::vector<std::vector<double>> draw_ratios(const Sums& sums, const std::vector<int>& wanted,
                                             std::size_t values, const MeasureOptions& options) {
    std::vector<std::vector<double>> ratios(values);
    core::Rng rng(options.seed);
    std::vector<Chosen> with(values);
    for (std::size_t draw = 0; draw < options.draws; ++draw) {
        std::fill(with.begin(), with.end(), Chosen{});
        Chosen all;
        for (std::size_t i = 0; i < sums.stems.size(); ++i) {
            const Stem& stem = sums.stems[rng.below(sums.stems.size())];
            all += stem.chosen;
            for (const auto& [value, chosen] : stem.with) {
                if (wanted[value] >= 0) with[static_cast<std::size_t>(wanted[value])] += chosen;
            }
        }
        for (std::size_t k = 0; k < values; ++k) {
            const Chosen without{all.all - with[k].all, all.risky - with[k].risky};
            const bool had = with[k].all >= nothing && without.risky >= nothing;
            ratios[k].push_back(had ? with[k].share() / without.share() : none);
        }
    }
    return ratios;
}

Figure interval_of(double ratio, std::vector<double> draws, std::size_t stems, double level) {
    const std::size_t all = draws.size();
    std::erase_if(draws, [](double x) { return std::isnan(x); });
    if (static_cast<double>(all - draws.size()) > (1 - level) * static_cast<double>(all)) {
        return because("too few risky choices: " + std::to_string(all - draws.size()) + " of " +
                       std::to_string(all) + " resamples have none to compare with");
    }
    const double tail = (1 - level) / 2;
    Figure figure;
    figure.estimate = {ratio, {math::quantile(draws, tail), math::quantile(draws, 1 - tail)}};
    figure.n = stems;
    return figure;
}

}  // namespace

std::vector<Risk> risks_of(const Table& table, std::size_t arm) {
    if (table.card.scoring != data::Scoring::preference || table.risky.empty()) return {};
    const Sums sums = sums_of(table, arm);
    const std::size_t values = table.values.list().size();
    Chosen all;
    std::vector<Chosen> with(values);
    for (const Stem& stem : sums.stems) {
        all += stem.chosen;
        for (const auto& [value, chosen] : stem.with) with[value] += chosen;
    }
    std::vector<Risk> risks;
    std::vector<int> wanted(values, -1);
    std::vector<std::size_t> drawn;  // of risks, those that get an interval
    for (std::size_t value = 0; value < values; ++value) {
        Risk risk;
        risk.value = table.values.list()[value];
        risk.dilemmas = sums.dilemmas[value];
        const Chosen without{all.all - with[value].all, all.risky - with[value].risky};
        if (with[value].all >= nothing) risk.with = std::min(with[value].share(), 1.);
        if (without.all >= nothing) risk.without = std::clamp(without.share(), 0., 1.);
        std::string why = missing(with[value], without);
        if (risk.dilemmas < least_worth_dilemmas) {
            why = std::to_string(risk.dilemmas) + " dilemmas, fewer than " +
                  std::to_string(least_worth_dilemmas);
        } else if (!sums.risky) {
            why = "no action is marked as risky";
        } else if (sums.stems.size() < 2) {
            why = "one stem alone gives no interval";
        }
        if (why.empty()) {
            wanted[value] = static_cast<int>(drawn.size());
            drawn.push_back(value);
        } else {
            risk.ratio = because(std::move(why));
        }
        risks.push_back(std::move(risk));
    }
    std::vector<std::vector<double>> ratios =
        draw_ratios(sums, wanted, drawn.size(), table.options);
    for (std::size_t k = 0; k < drawn.size(); ++k) {
        Risk& risk = risks[drawn[k]];
        risk.ratio = interval_of(*risk.with / *risk.without, std::move(ratios[k]),
                                 sums.stems.size(), table.options.level);
    }
    std::stable_sort(risks.begin(), risks.end(), [](const Risk& a, const Risk& b) {
        if (!a.ratio.estimate || !b.ratio.estimate) return a.ratio.estimate && !b.ratio.estimate;
        return a.ratio.estimate->value > b.ratio.estimate->value;
    });
    return risks;
}

}  // namespace axia::measure
