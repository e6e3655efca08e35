#include "measure/table.h"

#include <algorithm>
#include <cmath>

#include "axia/core/error.h"
#include "axia/math/inference.h"

namespace axia::measure {

int Names::add(const std::string& name) {
    const auto [at, fresh] = numbers_.try_emplace(name, static_cast<int>(list_.size()));
    if (fresh) list_.push_back(name);
    return at->second;
}

int Names::find(const std::string& name) const {
    const auto at = numbers_.find(name);
    return at == numbers_.end() ? -1 : at->second;
}

void Table::number_stems() {
    // sorted rather than hashed: half the memory, and that is the peak of a large battery
    std::vector<std::pair<std::uint64_t, std::uint32_t>> by_stem;
    by_stem.reserve(items.size());
    for (const ItemFacts& item : items) {
        by_stem.emplace_back(item.stem, static_cast<std::uint32_t>(by_stem.size()));
    }
    std::sort(by_stem.begin(), by_stem.end());
    stems.assign(items.size(), 0);
    for (std::size_t i = 0; i < by_stem.size();) {
        const std::uint32_t first = by_stem[i].second;
        for (const std::uint64_t stem = by_stem[i].first;
             i < by_stem.size() && by_stem[i].first == stem; ++i) {
            stems[by_stem[i].second] = static_cast<int>(first);
        }
    }
    by_stem = {};
    // from the first item of the stem to a number in order of appearance
    stem_count = 0;
    for (std::size_t item = 0; item < stems.size(); ++item) {
        const auto first = static_cast<std::size_t>(stems[item]);
        stems[item] = first == item ? static_cast<int>(stem_count++) : stems[first];
    }
}

std::vector<double> Table::numbers(std::size_t arm, std::size_t item) const {
    const auto begin = tables[arm].numbers.begin() + items[item].numbers;
    return {begin, begin + static_cast<std::ptrdiff_t>(shape(item).width())};
}

double Table::value_score(std::size_t arm, std::size_t item, int value) const {
    const ItemScore& score = tables[arm].items[item];
    const Shape& form = shape(item);
    if (!score.answered() || form.scale() || card.scoring != data::Scoring::preference) {
        return score.number;
    }
    const std::vector<double> deviations = form.deviations(value);
    const auto begin = tables[arm].numbers.begin() + items[item].numbers;
    double expected = deviations.empty() ? none : 0;
    for (std::size_t option = 0; option < deviations.size(); ++option) {
        expected += begin[static_cast<std::ptrdiff_t>(option)] * deviations[option];
    }
    return expected;
}

Figure because(std::string reason) {
    Figure figure;
    figure.reason = std::move(reason);
    return figure;
}

Figure figure_or_reason(const std::function<Figure()>& make) {
    try {
        return make();
    } catch (const core::Error& error) {
        if (error.kind() != core::ErrorKind::input) throw;
        return because(error.message());
    }
}

std::size_t count_distinct(std::vector<int> numbers) {
    std::sort(numbers.begin(), numbers.end());
    return static_cast<std::size_t>(std::unique(numbers.begin(), numbers.end()) - numbers.begin());
}

Figure mean_figure(const Sample& sample, double level, std::string nothing) {
    if (sample.values.empty()) return because(std::move(nothing));
    const std::size_t stems = count_distinct(sample.stems);
    if (stems < 2) return because("one stem alone gives no interval");
    Figure figure;
    figure.estimate = math::clustered_mean(sample.values, sample.stems, level).estimate;
    figure.n = stems;
    return figure;
}

Figure share_figure(const Sample& sample, double level, std::string nothing) {
    if (sample.values.empty()) return because(std::move(nothing));
    const auto items = static_cast<double>(sample.values.size());
    const double p = math::mean(sample.values);
    double n = items;
    const std::size_t stems = count_distinct(sample.stems);
    if (stems < sample.values.size()) {
        const double least = static_cast<double>(stems);
        const double se =
            stems < 2 ? 0 : math::clustered_mean(sample.values, sample.stems, level).standard_error;
        n = se > 0 ? std::clamp(p * (1 - p) / (se * se), std::min(least, 1.), items) : least;
    }
    // (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n), for shares with ties as well
    const double z = math::normal_quantile((1 + level) / 2);
    const double z2n = z * z / n;
    const double centre = p + z2n / 2;
    const double half = z * std::sqrt(p * (1 - p) / n + z2n / (4 * n));
    Figure figure;
    figure.estimate = {
        p, {p == 0 ? 0 : (centre - half) / (1 + z2n), p == 1 ? 1 : (centre + half) / (1 + z2n)}};
    figure.n = sample.values.size();
    return figure;
}

Sample sample_of(const Table& table, std::size_t arm,
                 const std::function<double(const ItemScore& score, std::size_t item)>& number) {
    Sample sample;
    sample.values.reserve(table.items.size());
    sample.stems.reserve(table.items.size());
    for (std::size_t item = 0; item < table.items.size(); ++item) {
        const double x = number(table.tables[arm].items[item], item);
        if (!std::isnan(x)) sample.add(x, table.stems[item]);
    }
    return sample;
}

std::uint64_t short_hash(std::string_view text) {
    std::uint64_t hash = 14695981039346656037ULL;  // FNV-1a, 64 bits
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    return hash == 0 ? 1 : hash;
}

}  // namespace axia::measure
