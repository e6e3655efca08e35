// What one item says under one arm: its answers averaged, and what asking differently changes.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "axia/answers/record.h"
#include "axia/data/battery.h"
#include "axia/math/divergence.h"

namespace axia::measure {

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

/// What items share who differ in their words alone.
struct Shape {
    data::ItemKind kind = data::ItemKind::pair;
    std::size_t options = 0;
    std::vector<std::vector<std::pair<int, double>>> tags;  // option -> (value, weight)
    std::vector<double> places;                             // of ratings; judged: 0 and 10
    int value = -1;                                         // of ratings and judged items
    double key = 1;
    int right = -1;  // option
    int yes = -1;    // option, of yes/no questions

    double middle() const { return (places.front() + places.back()) / 2; }
    double ends() const { return places.front() + places.back(); }
    bool scale() const { return !places.empty(); }
    /// Numbers kept of each item and arm: probabilities of the options; likelihood: first minus
    /// others by sum, token and byte; judged: none.
    std::size_t width() const;

    /// Deviations of the options for a value, scaled to 1; empty when they do not differ.
    std::vector<double> deviations(int value) const;
};

/// One answer: probabilities of the options, or differences of log-probabilities, or a rating.
struct Answer {
    int wording = 0;
    int order = 0;
    int repeat = 0;
    double invalid = 0;
    bool letters = false;
    std::vector<double> numbers;
};

/// NaN, or -1 of shares, where it cannot be had.
struct ItemScore {
    double number = none;  // see Robustness
    float half[2] = {no_number, no_number};
    float first_bias = no_number;
    float wording_flip = no_number;
    float spread = no_number;
    float inconsistency = no_number;
    float invalid = no_number;
    float lean = no_number;   // place on the scale, key aside; probability of yes
    float right = no_number;  // 1, 0, or a share of a tie
    std::int8_t order_flip = -1;
    std::int8_t format_gap = -1;

    bool answered() const { return number == number; }
};

/// The numbers of an answer, empty when the record holds none.
std::vector<double> numbers_of(const Shape& shape, const answers::Record& record);

/// Item number of numbers as in Answer.
double item_number(const Shape& shape, std::span<const double> numbers);

/// Averages over ways of asking into `mean` (shape.width() numbers): over the answers of one
/// wording and order, then wordings, then orders, so that an order with fewer answers counts as
/// much.
ItemScore score_item(const Shape& shape, std::span<const Answer> answers, std::span<double> mean,
                     math::Spread spread);

}  // namespace axia::measure
