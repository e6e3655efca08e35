#include "axia/measure/novel.h"

#include <array>
#include <utility>
#include <vector>

#include "axia/core/error.h"
#include "axia/math/inference.h"
#include "axia/measure/pull.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

namespace {

using Numbers = std::array<std::optional<double>, 4>;  // by Grades, then the mean shown

std::vector<double> differences(const std::vector<Numbers>& lists, std::size_t a, std::size_t b) {
    std::vector<double> all;
    for (const Numbers& list : lists) {
        if (list[a] && list[b]) all.push_back(*list[a] - *list[b]);
    }
    return all;
}

math::Tested tested(const std::vector<double>& values, double level) {
    std::vector<int> own(values.size());
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<int>(i);
    return math::clustered_mean(values, own, level);
}

Figure figure_of(const std::vector<double>& values, double level) {
    if (values.size() < 2) return because("fewer than two lists have both numbers");
    Figure figure;
    figure.estimate = tested(values, level).estimate;
    figure.n = values.size();
    return figure;
}

}  // namespace

NovelPull measure_novel(std::span<const answers::NovelTexts> lists, double level) {
    if (!(level > 0 && level < 1)) {
        throw core::Error(core::ErrorKind::usage, "level is out of range", "level",
                          "between 0 and 1");
    }
    NovelPull pull;
    pull.lists = lists.size();
    std::vector<Numbers> numbers;
    for (const answers::NovelTexts& list : lists) {
        Numbers& row = numbers.emplace_back();
        for (std::size_t k = 0; k < list.texts.size(); ++k) {
            row[k] = parse_number(list.texts[k]);
            pull.numbers[k] += row[k] ? 1 : 0;
        }
        row[3] = list.shown_mean;
    }
    constexpr auto plain = static_cast<std::size_t>(answers::Grades::none);
    constexpr auto rising = static_cast<std::size_t>(answers::Grades::rising);
    constexpr auto falling = static_cast<std::size_t>(answers::Grades::falling);
    const std::vector<double> effects = differences(numbers, rising, falling);
    pull.effect = figure_of(effects, level);
    if (pull.effect.estimate) pull.p = tested(effects, level).p;
    pull.up = figure_of(differences(numbers, rising, plain), level);
    pull.down = figure_of(differences(numbers, plain, falling), level);
    pull.plain = figure_of(differences(numbers, plain, 3), level);
    return pull;
}

std::string to_json(const NovelPull& pull) {
    const nlohmann::ordered_json json{
        {"schema", "axia.novel"},
        {"version", 1},
        {"lists", pull.lists},
        {"numbers",
         {{"none", pull.numbers[0]}, {"rising", pull.numbers[1]}, {"falling", pull.numbers[2]}}},
        {"effect", json_of(pull.effect)},
        {"p", json_of(pull.p)},
        {"up", json_of(pull.up)},
        {"down", json_of(pull.down)},
        {"plain", json_of(pull.plain)}};
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
