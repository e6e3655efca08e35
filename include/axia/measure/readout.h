// What a linear head can read from a model's states of texts (S121): fitted on one set of texts,
// scored on another. It says what the states hold, not what the model would answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/core/log.h"
#include "axia/math/matrix.h"
#include "axia/measure/measure.h"

namespace axia::measure {

/// What the states of a set of texts stand for.
struct ReadoutRows {
    bool ranked = false;      // row i is the pair of states 2i, to be read higher, and 2i + 1;
                              // else row i is state i
    std::vector<int> labels;  // of each row 0 or 1; of ranked none
    std::vector<int> groups;  // of each row: rows of one number are scored together, never parted

    std::size_t rows() const { return groups.size(); }
};

struct ReadoutOptions {
    double C = 1;          // of the logistic regression, > 0
    double choosing = .2;  // share of the training groups kept to choose a layer, in (0, 1)
    std::uint64_t seed = 0;
    std::size_t draws = 1000;  // bootstrap over groups
    double level = .95;
    int threads = 0;  // 0 = one per processor; results do not depend on it
};

/// How right readings are. A reading above 0 is read as 1; of ranked, as the right order.
struct ReadoutScore {
    Figure score;     // share of groups right throughout; Wilson
    Figure accuracy;  // share of rows right; Wilson, or bootstrap over groups of several rows
    std::size_t confusion[2][2] = {};  // rows by [label][read]; of ranked [1][...] alone
};
/// Throws Error{mismatch} on sizes, Error{usage} on options; figures of no row say so.
ReadoutScore score_readings(std::span<const double> readings, const ReadoutRows& rows,
                            const ReadoutOptions& options = {});

/// A head and what it reads.
struct ReadoutLayer {
    int layer = 0;
    bool converged = false;
    ReadoutScore chosen_by;  // on the groups kept for choosing, fitted on the others
    ReadoutScore training;   // on all that it was fitted on
    ReadoutScore test;
    std::vector<double> readings;  // of each test row: w.h + b, or w.(h_first - h_second)
};

struct Readout {
    bool ranked = false, grouped = false;  // grouped: some group has several rows
    std::size_t train_rows = 0, train_groups = 0, test_rows = 0, test_groups = 0;
    std::size_t choosing_groups = 0;  // of the training groups; 0 with one layer
    std::optional<double> majority;  // share of test rows right by always reading the label that is
                                     // commoner in training; of ranked none
    std::vector<ReadoutLayer> layers;
    std::size_t chosen = 0;  // place in `layers`
};

/// `train[k]` and `test[k]`: states x width after block layers[k]. Of each layer the head is the L2
/// logistic regression (math/logistic.h) of the training rows; of ranked that of the differences
/// h_first - h_second without intercept, which minimises 0.5 |w|^2 + C sum log(1 + exp(-(u_first -
/// u_second))). With several layers one is chosen by the score on the training groups kept aside,
/// then by their rows, then the earlier; the head scored on the test rows is fitted on all.
/// Throws Error{mismatch} on sizes, Error{usage} on options, Error{input} with fewer than 10
/// training groups, when training has one label only, or when the part fitted on to choose has.
Readout read_out(std::span<const int> layers, std::span<const math::Matrix> train,
                 const ReadoutRows& train_rows, std::span<const math::Matrix> test,
                 const ReadoutRows& test_rows, const ReadoutOptions& options = {},
                 const core::Watch& watch = {});

/// JSON object: rows and groups, `majority`, `chosen` (its layer) and `layers`. `chance` is the
/// score of guessing.
std::string to_json(const Readout& readout, double chance);

}  // namespace axia::measure
