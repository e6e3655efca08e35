#include "measure/item_score.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "axia/math/divergence.h"

namespace axia::measure {

using data::ItemKind;

namespace {

constexpr double tie = 1e-9;
constexpr int undecided = -1;
constexpr double judge_most = 10;

/// Sums of answers that were asked alike.
struct Sum {
    std::vector<double> total;
    double count = 0;

    void add(std::span<const double> numbers) {
        if (total.empty()) total.assign(numbers.size(), 0);
        for (std::size_t i = 0; i < numbers.size(); ++i) total[i] += numbers[i];
        count += 1;
    }
    std::vector<double> mean() const {
        std::vector<double> result = total;
        for (double& x : result) x /= count;
        return result;
    }
};

std::vector<double> mean_of(const std::vector<std::vector<double>>& rows) {
    Sum sum;
    for (const auto& row : rows) sum.add(row);
    return sum.mean();
}

/// What is answered: the likeliest option, or the side of the middle; `undecided` on a tie.
int answer_of(const Shape& shape, std::span<const double> numbers) {
    if (shape.scale() || shape.kind == ItemKind::likelihood) {
        const double from =
            shape.scale() ? item_number(shape, numbers) - shape.middle() : numbers[1];
        return from > tie ? 1 : from < -tie ? 0 : undecided;
    }
    const auto best = std::max_element(numbers.begin(), numbers.end());
    const auto near =
        std::count_if(numbers.begin(), numbers.end(), [&](double p) { return p > *best - tie; });
    return near > 1 ? undecided : static_cast<int>(best - numbers.begin());
}

/// 1 when the right option is the likeliest, a share among options as likely, else 0.
double right_share(std::span<const double> p, int right) {
    const double best = *std::max_element(p.begin(), p.end());
    if (p[static_cast<std::size_t>(right)] <= best - tie) return 0;
    return 1. / static_cast<double>(
                    std::count_if(p.begin(), p.end(), [&](double x) { return x > best - tie; }));
}

std::size_t stands_first(const Shape& shape, int order) {
    if (shape.kind == ItemKind::rating) return order == 0 ? 0 : shape.options - 1;
    return static_cast<std::size_t>(order) % shape.options;
}

/// What is alike, keyed by wording, order or both.
using Means = std::map<int, std::vector<double>>;

void look_at_orders(const Shape& shape, const Means& by_order, std::span<const double> mean,
                    ItemScore& score) {
    if (by_order.size() < 2) return;
    const int answer = answer_of(shape, by_order.begin()->second);
    score.order_flip = 0;
    double bias = 0;
    for (const auto& [order, p] : by_order) {
        if (answer_of(shape, p) != answer) score.order_flip = 1;
        const std::size_t first = stands_first(shape, order);
        bias += p[first] - mean[first];
    }
    score.first_bias = static_cast<float>(bias / static_cast<double>(by_order.size()));
}

void look_at_wordings(const Shape& shape, const Means& by_wording, math::Spread spread,
                      ItemScore& score) {
    if (by_wording.size() < 2) return;
    const auto count = static_cast<double>(by_wording.size());
    std::map<int, double> answers;
    std::vector<double> numbers;
    std::vector<std::vector<double>> stances;
    for (const auto& [wording, p] : by_wording) {
        answers[answer_of(shape, p)] += 1;
        numbers.push_back(item_number(shape, p));
        stances.push_back(p);
    }
    double commonest = 0;
    for (const auto& [answer, times] : answers) commonest = std::max(commonest, times);
    score.wording_flip = static_cast<float>(1 - commonest / count);
    double centre = 0, squares = 0;
    for (const double x : numbers) centre += x / count;
    for (const double x : numbers) squares += (x - centre) * (x - centre);
    score.spread = static_cast<float>(std::sqrt(squares / (count - 1)));
    if (shape.options > 1 && shape.kind != ItemKind::likelihood) {
        score.inconsistency = static_cast<float>(math::js_spread(stances, spread));
    }
}

/// The item number over the answers of even and odd wordings, or repeats.
void split_halves(const Shape& shape, std::span<const Answer> answers, bool by_wording,
                  ItemScore& score) {
    Sum halves[2];
    for (const Answer& answer : answers) {
        halves[(by_wording ? answer.wording : answer.repeat) % 2].add(answer.numbers);
    }
    for (int half = 0; half < 2; ++half) {
        if (halves[half].count == 0) continue;
        score.half[half] = static_cast<float>(item_number(shape, halves[half].mean()));
    }
}

}  // namespace

std::size_t Shape::width() const {
    return kind == ItemKind::likelihood ? 3 : kind == ItemKind::free ? 0 : options;
}

std::vector<double> Shape::deviations(int wanted) const {
    std::vector<double> weights(options, 0);
    for (std::size_t option = 0; option < tags.size(); ++option) {
        for (const auto& [tagged, weight] : tags[option]) {
            if (tagged == wanted) weights[option] += weight;
        }
    }
    double centre = 0, most = 0;
    for (const double weight : weights) centre += weight / static_cast<double>(options);
    for (double& weight : weights) {
        weight -= centre;
        most = std::max(most, std::abs(weight));
    }
    if (most < tie) return {};
    for (double& weight : weights) weight /= most;
    return weights;
}

std::vector<double> numbers_of(const Shape& shape, const answers::Record& record) {
    if (shape.kind == ItemKind::free) {
        if (!(record.rating >= 0)) return {};
        return {shape.key < 0 ? judge_most - record.rating : record.rating};
    }
    if (shape.kind != ItemKind::likelihood) return record.p;
    if (record.options.empty()) return {};
    const auto by = [&](const answers::OptionScore& option) {
        return std::vector<double>{option.sum, option.sum / option.tokens,
                                   option.sum / option.bytes};
    };
    std::vector<double> difference = by(record.options[0]);
    const auto others = static_cast<double>(record.options.size() - 1);
    for (std::size_t i = 1; i < record.options.size(); ++i) {
        const std::vector<double> other = by(record.options[i]);
        for (std::size_t k = 0; k < other.size(); ++k) difference[k] -= other[k] / others;
    }
    return difference;
}

double item_number(const Shape& shape, std::span<const double> numbers) {
    if (shape.kind == ItemKind::free) return numbers[0];
    if (shape.kind == ItemKind::likelihood) return numbers[1];
    if (!shape.scale()) return numbers[shape.right < 0 ? 0 : static_cast<std::size_t>(shape.right)];
    double place = 0;
    for (std::size_t i = 0; i < numbers.size(); ++i) place += numbers[i] * shape.places[i];
    return shape.key < 0 ? shape.ends() - place : place;
}

ItemScore score_item(const Shape& shape, std::span<const Answer> answers, std::span<double> mean,
                     math::Spread spread) {
    ItemScore score;
    std::fill(mean.begin(), mean.end(), none);
    if (answers.empty()) return score;

    std::map<std::pair<int, int>, Sum> asked_alike;  // order, wording
    double invalid = 0;
    for (const Answer& answer : answers) {
        asked_alike[{answer.order, answer.wording}].add(answer.numbers);
        invalid += answer.invalid / static_cast<double>(answers.size());
    }
    std::map<int, std::vector<std::vector<double>>> orders, wordings;
    for (const auto& [way, sum] : asked_alike) {
        orders[way.first].push_back(sum.mean());
        wordings[way.second].push_back(sum.mean());
    }
    Means by_order, by_wording;
    std::vector<std::vector<double>> order_means;
    for (const auto& [order, rows] : orders) {
        order_means.push_back(by_order[order] = mean_of(rows));
    }
    for (const auto& [wording, rows] : wordings) by_wording[wording] = mean_of(rows);
    const std::vector<double> whole = mean_of(order_means);

    score.number = item_number(shape, whole);
    score.invalid = static_cast<float>(invalid);
    if (!mean.empty()) std::copy(whole.begin(), whole.end(), mean.begin());
    if (shape.options > 1 && shape.kind != ItemKind::likelihood) {
        look_at_orders(shape, by_order, whole, score);
    }
    look_at_wordings(shape, by_wording, spread, score);
    split_halves(shape, answers, by_wording.size() > 1, score);
    if (shape.scale()) {
        score.lean = static_cast<float>(shape.key < 0 ? shape.ends() - score.number : score.number);
    } else if (shape.yes >= 0) {
        score.lean = static_cast<float>(whole[static_cast<std::size_t>(shape.yes)]);
    }
    if (shape.right >= 0 && !shape.scale() && shape.kind != ItemKind::likelihood) {
        score.right = static_cast<float>(right_share(whole, shape.right));
    }

    Sum letters, texts;
    std::map<int, bool> lettered;
    for (const Answer& answer : answers) lettered[answer.wording] = answer.letters;
    for (const auto& [wording, row] : by_wording) (lettered[wording] ? letters : texts).add(row);
    if (letters.count > 0 && texts.count > 0) {
        score.format_gap =
            answer_of(shape, letters.mean()) == answer_of(shape, texts.mean()) ? 0 : 1;
    }
    return score;
}

}  // namespace axia::measure
