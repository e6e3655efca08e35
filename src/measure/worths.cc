// What each value is worth where an option serves several, and scores of theories' dimensions
// (S031).
#include <algorithm>
#include <cmath>

#include "axia/math/rank.h"
#include "measure/table.h"

namespace axia::measure {

using data::ItemKind;

namespace {

constexpr double ridge = 1e-2;  // S031

using Tags = std::vector<std::vector<std::pair<int, double>>>;  // option -> (value, weight)

/// Signs of the values between a pair's options, values on both sides cancelled.
std::map<int, int> sides_of(const Tags& tags) {
    std::map<int, int> sides;
    for (std::size_t option = 0; option < 2; ++option) {
        for (const auto& [value, weight] : tags[option]) {
            if (weight != 0) sides[value] += (weight > 0) == (option == 0) ? 1 : -1;
        }
    }
    std::erase_if(sides, [](const auto& side) { return side.second == 0; });
    return sides;
}

bool is_pair(const Shape& shape) {
    return shape.kind == ItemKind::pair && shape.tags.size() == 2;
}

/// Whether an option serves several values, so that worths say more than the ranking.
bool serves_several(const std::map<int, int>& sides) {
    int first = 0, second = 0;
    for (const auto& [value, sign] : sides) ++(sign > 0 ? first : second);
    return first > 1 || second > 1;
}

}  // namespace

struct WorthCounter::State {
    bool preference = false, several = false;
    std::size_t items = 0;
    Names values;
    std::vector<std::size_t> dilemmas;
};

WorthCounter::WorthCounter(const data::BatteryCard& card) : state_(std::make_unique<State>()) {
    state_->preference = card.scoring == data::Scoring::preference;
    for (const std::string& value : card.values) state_->values.add(value);
}

WorthCounter::~WorthCounter() = default;

void WorthCounter::add(const data::Item& item) {
    State& state = *state_;
    ++state.items;
    Tags tags;
    for (const data::ItemOption& option : item.options) {
        tags.emplace_back();
        for (const data::ValueTag& tag : option.values) {
            tags.back().emplace_back(state.values.add(tag.value), tag.weight);
        }
    }
    state.dilemmas.resize(state.values.list().size(), 0);
    if (item.kind != ItemKind::pair || tags.size() != 2) return;
    const std::map<int, int> sides = sides_of(tags);
    state.several |= serves_several(sides);
    for (const auto& [value, sign] : sides) ++state.dilemmas[static_cast<std::size_t>(value)];
}

std::optional<WorthsAhead> WorthCounter::ahead() const {
    if (!state_->preference || !state_->several) return std::nullopt;
    WorthsAhead ahead{state_->items, state_->values.list().size(), 0};
    for (const std::size_t count : state_->dilemmas) {
        ahead.enough += count >= least_worth_dilemmas ? 1 : 0;
    }
    return ahead;
}

std::vector<Worth> worths_of(const Table& table, std::size_t arm) {
    if (table.card.scoring != data::Scoring::preference) return {};
    std::vector<std::map<int, int>> sides;
    bool several = false;
    for (const Shape& shape : table.shapes) {
        sides.push_back(is_pair(shape) ? sides_of(shape.tags) : std::map<int, int>{});
        several |= serves_several(sides.back());
    }
    if (!several) return {};  // the ranking says it

    std::vector<math::Contest> contests;
    std::vector<int> stems;
    const std::size_t values = table.values.list().size();
    std::vector<std::size_t> dilemmas(values, 0);
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        const auto& of = sides[table.items[item].shape];
        if (of.empty() || !table.tables[arm].items[item].answered()) continue;
        const std::vector<double> p = table.numbers(arm, item);
        math::Contest contest{{}, {}, p[0], p[1]};
        for (const auto& [value, sign] : of) {
            const auto number = static_cast<std::size_t>(value);
            auto& side = sign > 0 ? contest.a : contest.b;
            side.insert(side.end(), static_cast<std::size_t>(std::abs(sign)), number);
            ++dilemmas[number];
        }
        contests.push_back(std::move(contest));
        stems.push_back(table.stems[item]);
    }

    std::vector<Worth> worths;
    std::vector<double> strengths, errors;
    if (values >= 2 && count_distinct(stems) >= 2) {
        strengths = math::fit_worths(values, contests, {.ridge = ridge, .names = {}}).strengths;
        errors = math::worth_errors(values, contests, stems, strengths, ridge);
    }
    const double z = math::normal_quantile((1 + table.options.level) / 2);
    for (std::size_t value = 0; value < values; ++value) {
        Worth worth;
        worth.value = table.values.list()[value];
        worth.dilemmas = dilemmas[value];
        if (strengths.empty()) {
            worth.worth = because("fewer than two dilemmas answered");
        } else if (dilemmas[value] < least_worth_dilemmas) {
            worth.worth = because(std::to_string(dilemmas[value]) + " dilemmas, fewer than " +
                                  std::to_string(least_worth_dilemmas));
        } else {
            const double half = z * errors[value];
            worth.worth.estimate = {strengths[value],
                                    {strengths[value] - half, strengths[value] + half}};
            worth.worth.n = dilemmas[value];
        }
        worths.push_back(std::move(worth));
    }
    std::stable_sort(worths.begin(), worths.end(), [](const Worth& a, const Worth& b) {
        if (!a.worth.estimate || !b.worth.estimate) return a.worth.estimate && !b.worth.estimate;
        return a.worth.estimate->value > b.worth.estimate->value;
    });
    return worths;
}

std::vector<Dimension> score_dimensions(const Table& table, std::size_t arm) {
    struct Pool {
        Sample sample;
        std::size_t values = 0;
    };
    std::map<std::pair<std::string, std::string>, Pool> pools;  // theory, dimension
    for (std::size_t value = 0; value < table.values.list().size(); ++value) {
        const auto placed = table.options.theories.find(table.values.list()[value]);
        if (placed == table.options.theories.end()) continue;
        Sample own;
        for (const std::uint32_t item : table.item_of[value]) {
            const double x = table.value_score(arm, item, static_cast<int>(value));
            if (!std::isnan(x)) own.add(x, table.stems[item]);
        }
        for (const auto& [theory, dimension] : placed->second) {
            Pool& pool = pools[{theory, dimension}];
            if (!own.values.empty()) ++pool.values;
            pool.sample.values.insert(pool.sample.values.end(), own.values.begin(),
                                      own.values.end());
            pool.sample.stems.insert(pool.sample.stems.end(), own.stems.begin(), own.stems.end());
        }
    }
    std::vector<Dimension> dimensions;
    for (auto& [name, pool] : pools) {
        dimensions.push_back({name.first, name.second,
                              mean_figure(pool.sample, table.options.level, "no answer"),
                              pool.values});
    }
    return dimensions;
}

}  // namespace axia::measure
