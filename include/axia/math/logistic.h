// L2-regularised logistic regression by exact Newton steps (S001 step 3: the probe of a layer).
#pragma once

#include <span>
#include <vector>

#include "axia/math/matrix.h"

namespace axia::math {

struct LogisticOptions {
    double C = 1;              // weight of the data against 0.5 |w|^2, > 0
    double tolerance = 1e-10;  // stop at a promised gain below this times max(1, objective)
    int max_iterations = 100;  // Newton steps
    int threads = 0;  // of fit_logistic_many; 0 = one per processor. Results do not depend on it
};

struct LogisticFit {
    std::vector<double> weights;  // d
    double intercept = 0;
    double objective = 0;  // at (weights, intercept)
    int iterations = 0;    // Newton steps taken
    bool converged = false;
};

/// Minimises 0.5 |w|^2 + C sum_i log(1 + exp(-s_i (w . x_i + b))), s_i = 2 y_i - 1, over w and the
/// free (not penalised) b. Columns are not standardised. x: n x d, y: n labels 0 or 1. n < d is
/// solved in the span of the rows, so d may be large at no cost in unknowns. Throws Error{mismatch}
/// on sizes, Error{input} on a label that is not 0 or 1, one class only, or a value that is not
/// finite (naming row and column, from 0), Error{usage} on options out of range.
LogisticFit fit_logistic(const Matrix& x, std::span<const int> y,
                         const LogisticOptions& options = {});

/// The same labels on several matrices (one per layer), in parallel; result i belongs to xs[i] and
/// is bit for bit that of fit_logistic. An error names the matrix.
std::vector<LogisticFit> fit_logistic_many(std::span<const Matrix> xs, std::span<const int> y,
                                           const LogisticOptions& options = {});

/// The objective above at any point. Throws Error{mismatch} on sizes.
double logistic_objective(const Matrix& x, std::span<const int> y, std::span<const double> weights,
                          double intercept, double C);

}  // namespace axia::math
