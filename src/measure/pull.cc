#include "axia/measure/pull.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/inference.h"
#include "measure/figure_json.h"
#include "measure/table.h"

namespace axia::measure {

using nlohmann::ordered_json;

namespace {

constexpr double missing = std::numeric_limits<double>::quiet_NaN();

double sign(double x) {
    return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// The three means and what follows from them.
struct Means {
    double average = 0, ideal = 0, sample = 0;

    double alpha() const { return (average - sample) * sign(average - ideal); }
    double size() const { return (std::abs(average) + std::abs(ideal)) / 2; }
};

Figure alpha_figure(const PullAnswers& answers, const PullOptions& options) {
    // the answers to each of the three questions are resampled among themselves
    core::Rng rng(options.seed);
    const auto drawn_mean = [&](const std::vector<double>& list) {
        double sum = 0;
        for (std::size_t k = 0; k < list.size(); ++k) sum += list[rng.below(list.size())];
        return sum / static_cast<double>(list.size());
    };
    std::vector<double> draws;
    for (std::size_t draw = 0; draw < options.draws; ++draw) {
        Means means;
        means.average = drawn_mean(answers.average);
        means.ideal = drawn_mean(answers.ideal);
        means.sample = drawn_mean(answers.sample);
        draws.push_back(means.alpha());
    }
    const Means all{math::mean(answers.average), math::mean(answers.ideal),
                    math::mean(answers.sample)};
    const double tail = (1 - options.level) / 2;
    Figure figure;
    figure.estimate = {all.alpha(), {math::quantile(draws, tail), math::quantile(draws, 1 - tail)}};
    figure.n = answers.average.size() + answers.ideal.size() + answers.sample.size();
    return figure;
}

void check(const PullOptions& options) {
    const auto wrong = [](const char* field, const char* hint) {
        throw core::Error(core::ErrorKind::usage, std::string(field) + " is out of range", field,
                          hint);
    };
    if (!(options.least_numeric >= 0 && options.least_numeric <= 1)) {
        wrong("least_numeric", "between 0 and 1");
    }
    if (!(options.tolerance >= 0)) wrong("tolerance", "0 or more");
    if (options.draws == 0) wrong("draws", "1 or more");
    if (!(options.level > 0 && options.level < 1)) wrong("level", "between 0 and 1");
}

PullConcept describe(const PullAnswers& answers, const PullOptions& options) {
    PullConcept row;
    row.id = answers.id;
    row.domain = answers.domain;
    row.text = answers.text;
    constexpr const char* names[3] = {"average", "ideal", "sample"};
    const std::vector<double>* const lists[3] = {&answers.average, &answers.ideal, &answers.sample};
    std::optional<double>* const means[3] = {&row.average, &row.ideal, &row.sample};
    for (std::size_t k = 0; k < 3; ++k) {
        row.numbers[k] = lists[k]->size();
        row.asked[k] = std::max(answers.asked[k], lists[k]->size());
        if (!lists[k]->empty()) *means[k] = math::mean(*lists[k]);
        const double share = row.asked[k] == 0 ? 0
                                               : static_cast<double>(row.numbers[k]) /
                                                     static_cast<double>(row.asked[k]);
        if (row.dropped.empty() && (lists[k]->empty() || share < options.least_numeric)) {
            row.dropped = std::to_string(row.numbers[k]) + " of " + std::to_string(row.asked[k]) +
                          " answers for the " + names[k] + " are numbers";
        }
    }
    if (row.dropped.empty()) {
        const Means m{*row.average, *row.ideal, *row.sample};
        if (std::abs(m.average - m.ideal) <= options.tolerance * m.size()) {
            row.dropped = "average and ideal do not differ";
        }
    }
    row.alpha = row.dropped.empty() ? alpha_figure(answers, options) : because(row.dropped);
    return row;
}

}  // namespace

PullAnswers read_pull(const data::Concept& subject, const answers::IdealTexts& texts) {
    PullAnswers answers;
    answers.id = subject.id;
    answers.domain = subject.domain;
    answers.text = subject.text;
    const std::vector<std::string>* const from[3] = {&texts.average, &texts.ideal, &texts.sample};
    std::vector<double>* const to[3] = {&answers.average, &answers.ideal, &answers.sample};
    for (std::size_t k = 0; k < 3; ++k) {
        answers.asked[k] = from[k]->size();
        for (const std::string& text : *from[k]) {
            if (const std::optional<double> number = parse_number(text)) to[k]->push_back(*number);
        }
    }
    return answers;
}

Pull measure_pull(std::span<const PullAnswers> answers, const PullOptions& options) {
    check(options);
    Pull pull;
    std::vector<Means> counted;
    std::vector<double> shifts;
    for (const PullAnswers& each : answers) {
        pull.concepts.push_back(describe(each, options));
        const PullConcept& row = pull.concepts.back();
        if (!row.dropped.empty()) continue;
        counted.push_back({*row.average, *row.ideal, *row.sample});
        shifts.push_back(counted.back().alpha() / std::abs(*row.average - *row.ideal));
    }
    pull.counted = counted.size();
    if (counted.empty()) {
        pull.toward = pull.lambda = because("no concept is counted");
        return pull;
    }
    const auto above = static_cast<std::size_t>(
        std::count_if(shifts.begin(), shifts.end(), [](double x) { return x > 0; }));
    const double n = static_cast<double>(counted.size());
    pull.toward.estimate = {static_cast<double>(above) / n,
                            math::wilson(above, counted.size(), options.level)};
    pull.toward.n = counted.size();
    pull.sign_p = math::sign_test(shifts);
    if (std::any_of(shifts.begin(), shifts.end(), [](double x) { return x != 0; })) {
        pull.wilcoxon_p = math::wilcoxon_signed_rank(shifts).p;
    }
    if (counted.size() < 2) {
        pull.lambda = because("one concept alone is counted");
        return pull;
    }
    pull.lambda.n = counted.size();
    pull.lambda.estimate = math::bootstrap_statistic(
        counted.size(), options.seed, options.draws,
        [&](std::span<const std::size_t> units) {
            double product = 0, square = 0;
            for (const std::size_t unit : units) {
                const Means& m = counted[unit];
                const double distance = (m.ideal - m.average) / m.size();
                product += distance * (m.sample - m.average) / m.size();
                square += distance * distance;
            }
            return square > 0 ? product / square : missing;
        },
        options.level);
    return pull;
}

std::string to_json(const Pull& pull) {
    ordered_json json{{"schema", "axia.pull"},          {"version", 1},
                      {"counted", pull.counted},        {"toward", json_of(pull.toward)},
                      {"sign_p", json_of(pull.sign_p)}, {"wilcoxon_p", json_of(pull.wilcoxon_p)},
                      {"lambda", json_of(pull.lambda)}, {"concepts", ordered_json::array()}};
    for (const PullConcept& row : pull.concepts) {
        ordered_json one{{"id", row.id},
                         {"domain", row.domain},
                         {"text", row.text},
                         {"average", json_of(row.average)},
                         {"ideal", json_of(row.ideal)},
                         {"sample", json_of(row.sample)},
                         {"alpha", json_of(row.alpha)},
                         {"numbers", row.numbers},
                         {"asked", row.asked}};
        if (!row.dropped.empty()) one["dropped"] = row.dropped;
        json["concepts"].push_back(std::move(one));
    }
    return json.dump(2) + "\n";
}

}  // namespace axia::measure
