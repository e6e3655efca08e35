#include "axia/math/logistic.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <string>
#include <thread>

#include "axia/core/error.h"
#include "axia/math/scalar.h"
#include "math/rows.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index block = 256;  // rows or columns turned to double at a time

void check_options(const LogisticOptions& options) {
    if (!(options.C > 0) || !std::isfinite(options.C)) {
        throw Error(ErrorKind::usage, "C is " + std::to_string(options.C), "C", "above 0");
    }
    if (!(options.tolerance > 0) || options.max_iterations < 1 || options.threads < 0) {
        throw Error(ErrorKind::usage, "tolerance, iterations or threads out of range",
                    "logistic options", "tolerance > 0, max_iterations >= 1, threads >= 0");
    }
}

void check_labels(std::span<const int> y) {
    std::size_t ones = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        if (y[i] != 0 && y[i] != 1) {
            throw Error(ErrorKind::input, "label " + std::to_string(y[i]),
                        "row " + std::to_string(i), "labels are 0 or 1");
        }
        ones += static_cast<std::size_t>(y[i]);
    }
    if (ones == 0 || ones == y.size()) {
        throw Error(ErrorKind::input,
                    "all " + std::to_string(y.size()) + " labels are " + (ones ? "1" : "0"),
                    "labels", "a probe needs texts of both classes");
    }
}

// The loss as a function of the logits eta: value, slope g = C (p - y), curvature D = C p (1 - p).
struct Loss {
    VectorXd sign;  // 2 y - 1
    double C;

    Loss(std::span<const int> y, double weight) : sign(static_cast<Index>(y.size())), C(weight) {
        for (Index i = 0; i < sign.size(); ++i) sign[i] = 2 * y[static_cast<std::size_t>(i)] - 1;
    }
    double value(const VectorXd& eta) const {
        double sum = 0;
        for (Index i = 0; i < eta.size(); ++i) sum += log1p_exp(-sign[i] * eta[i]);
        return C * sum;
    }
    void slopes(const VectorXd& eta, VectorXd& g, VectorXd& root) const {
        for (Index i = 0; i < eta.size(); ++i) {
            const double wrong = sigmoid(-sign[i] * eta[i]);
            g[i] = -C * sign[i] * wrong;
            root[i] = std::sqrt(C * wrong * sigmoid(sign[i] * eta[i]));
        }
    }
    // b alone, w = 0: both the start and the natural scale
    double start() const {
        const double ones = (sign.array() > 0).count();
        return std::log(ones / (static_cast<double>(sign.size()) - ones));
    }
};

// Damped Newton on 0.5 |w|^2 + loss(eta), eta = the logits. `direction` fills, for the current g
// and root, the change of eta (turn), w . dw (cross), |dw|^2 (step2) and the Newton decrement
// squared (returned); `advance(t)` moves the unknowns. Armijo with factor 1/2: the objective is
// convex, so it ends.
template <typename Direction, typename Advance>
void newton(const Loss& loss, const LogisticOptions& options, VectorXd& eta, LogisticFit& fit,
            Direction direction, Advance advance) {
    const Index n = eta.size();
    VectorXd g(n), root(n), turn(n);
    double half = 0;  // 0.5 |w|^2
    double value = loss.value(eta);
    while (fit.iterations < options.max_iterations) {
        loss.slopes(eta, g, root);
        double cross = 0, step2 = 0;
        const double decrement = direction(g, root, turn, cross, step2);
        if (!std::isfinite(decrement)) break;
        const bool last = decrement / 2 <= options.tolerance * std::max(1.0, value);
        double t = 1, next_half = 0, next = 0;
        VectorXd moved(n);
        bool lower = false;
        for (int halving = 0; halving < 60; ++halving, t /= 2) {
            moved = eta + t * turn;
            next_half = std::max(0.0, half + t * cross + 0.5 * t * t * step2);
            next = next_half + loss.value(moved);
            lower = next <= value - 1e-4 * t * decrement;
            // at the end rounding hides the last digits of the descent
            if (lower || (last && next <= value + 1e-14 * std::fabs(value))) break;
            if (last) break;
        }
        if (!lower && !last) break;  // no descent left in double precision
        if (lower || next <= value + 1e-14 * std::fabs(value)) {
            advance(t);
            eta = moved;
            half = next_half;
            value = next;
            ++fit.iterations;
        }
        if (last) {
            fit.converged = true;
            break;
        }
    }
}

VectorXd column_means(const Matrix& x) {
    const FloatView rows = view(x);
    VectorXd sum = VectorXd::Zero(rows.cols());
    for (Index i = 0; i < rows.rows(); ++i) sum += rows.row(i).cast<double>().transpose();
    return sum / static_cast<double>(rows.rows());
}

// n < d: w = X'a. With K = X X' the Newton step of (a, b) needs one n x n factor per step:
//     (I + S K S) v = S K r + S 1 db,  S^2 = D,  r = -(a + g),  da = r - S v,  1'(g + S v) = 0
void fit_rows(const Matrix& x, const VectorXd& centre, const Loss& loss,
              const LogisticOptions& options, LogisticFit& fit) {
    const FloatView rows = view(x);
    const Index n = rows.rows(), d = rows.cols();
    MatrixXd gram = MatrixXd::Zero(n, n);
    MatrixXd part;
    for (Index from = 0; from < d; from += block) {
        const Index width = std::min(block, d - from);
        part = rows.middleCols(from, width).cast<double>();
        part.rowwise() -= centre.segment(from, width).transpose();
        gram.selfadjointView<Eigen::Lower>().rankUpdate(part);
    }
    gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();

    double b = loss.start(), db = 0;
    VectorXd a = VectorXd::Zero(n), da(n), gram_da(n);
    VectorXd eta = VectorXd::Constant(n, b);
    MatrixXd system(n, n), sides(n, 2);
    Eigen::LLT<MatrixXd> factor(n);
    newton(
        loss, options, eta, fit,
        [&](const VectorXd& g, const VectorXd& root, VectorXd& turn, double& cross, double& step2) {
            system.triangularView<Eigen::Lower>() = root.asDiagonal() * gram * root.asDiagonal();
            system.diagonal().array() += 1;
            factor.compute(system);
            const VectorXd r = -(a + g);
            sides.col(0).noalias() = gram * r;
            sides.col(0).array() *= root.array();
            sides.col(1) = root;
            factor.solveInPlace(sides);
            const double weight = root.dot(sides.col(1));
            db = weight > 0 ? -(g.sum() + root.dot(sides.col(0))) / weight : 0;
            da = r - root.cwiseProduct(sides.col(0) + db * sides.col(1));
            gram_da.noalias() = gram * da;
            turn = gram_da.array() + db;
            cross = a.dot(gram_da);
            step2 = da.dot(gram_da);
            return r.dot(gram_da) - g.sum() * db;
        },
        [&](double t) {
            a += t * da;
            b += t * db;
        });

    VectorXd w = VectorXd::Zero(d);
    for (Index i = 0; i < n; ++i) w += a[i] * rows.row(i).cast<double>().transpose();
    w -= a.sum() * centre;
    fit.weights.assign(w.data(), w.data() + d);
    fit.intercept = b - w.dot(centre);
}

// n >= d: w itself, H = I + X'DX bordered by X'D1 and 1'D1
void fit_columns(const Matrix& x, const VectorXd& centre, const Loss& loss,
                 const LogisticOptions& options, LogisticFit& fit) {
    const FloatView rows = view(x);
    const Index n = rows.rows(), d = rows.cols();
    double b = loss.start(), db = 0;
    VectorXd w = VectorXd::Zero(d), dw(d);
    VectorXd eta = VectorXd::Constant(n, b);
    MatrixXd hessian(d, d), sides(d, 2), part;
    Eigen::LLT<MatrixXd> factor(d);
    newton(
        loss, options, eta, fit,
        [&](const VectorXd& g, const VectorXd& root, VectorXd& turn, double& cross, double& step2) {
            hessian.setZero();
            VectorXd slope = w, border = VectorXd::Zero(d);
            for (Index from = 0; from < n; from += block) {
                const Index height = std::min(block, n - from);
                part = rows.middleRows(from, height).cast<double>();
                part.rowwise() -= centre.transpose();
                slope.noalias() += part.transpose() * g.segment(from, height);
                part.array().colwise() *= root.segment(from, height).array();
                border.noalias() += part.transpose() * root.segment(from, height);
                hessian.selfadjointView<Eigen::Lower>().rankUpdate(part.transpose());
            }
            hessian.diagonal().array() += 1;
            factor.compute(hessian);
            sides.col(0) = -slope;
            sides.col(1) = border;
            factor.solveInPlace(sides);
            const double corner = root.squaredNorm() - border.dot(sides.col(1));
            db = corner > 0 ? (-g.sum() - border.dot(sides.col(0))) / corner : 0;
            dw = sides.col(0) - db * sides.col(1);
            const double shift = db - centre.dot(dw);
            for (Index from = 0; from < n; from += block) {
                const Index height = std::min(block, n - from);
                part = rows.middleRows(from, height).cast<double>();
                turn.segment(from, height).noalias() = part * dw;
            }
            turn.array() += shift;
            cross = w.dot(dw);
            step2 = dw.squaredNorm();
            return -slope.dot(dw) - g.sum() * db;
        },
        [&](double t) {
            w += t * dw;
            b += t * db;
        });
    fit.weights.assign(w.data(), w.data() + d);
    fit.intercept = b - w.dot(centre);
}

}  // namespace

LogisticFit fit_logistic(const Matrix& x, std::span<const int> y, const LogisticOptions& options) {
    check_options(options);
    check_rows(x, y.size());
    check_labels(y);
    const Loss loss(y, options.C);
    const VectorXd centre = column_means(x);  // b is free, so centring changes only the rounding
    LogisticFit fit;
    if (x.rows < x.cols) {
        fit_rows(x, centre, loss, options, fit);
    } else {
        fit_columns(x, centre, loss, options, fit);
    }
    fit.objective = logistic_objective(x, y, fit.weights, fit.intercept, options.C);
    return fit;
}

std::vector<LogisticFit> fit_logistic_many(std::span<const Matrix> xs, std::span<const int> y,
                                           const LogisticOptions& options) {
    check_options(options);
    std::vector<LogisticFit> fits(xs.size());
    std::vector<std::exception_ptr> failures(xs.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next++; i < xs.size(); i = next++) {
            try {
                fits[i] = fit_logistic(xs[i], y, options);
            } catch (...) {
                failures[i] = std::current_exception();
            }
        }
    };
    const std::size_t wanted = options.threads ? static_cast<std::size_t>(options.threads)
                                               : std::thread::hardware_concurrency();
    {
        std::vector<std::jthread> helpers;
        for (std::size_t i = 1; i < std::min(wanted, xs.size()); ++i) helpers.emplace_back(work);
        work();
    }
    for (std::size_t i = 0; i < failures.size(); ++i) {
        if (!failures[i]) continue;
        try {
            std::rethrow_exception(failures[i]);
        } catch (const Error& error) {
            throw Error(error.kind(), error.message(),
                        "matrix " + std::to_string(i) + ", " + error.where(), error.hint());
        }
    }
    return fits;
}

double logistic_objective(const Matrix& x, std::span<const int> y, std::span<const double> weights,
                          double intercept, double C) {
    if (weights.size() != x.cols || y.size() != x.rows || x.values.size() != x.rows * x.cols) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(weights.size()) + " weights and " + std::to_string(y.size()) +
                        " labels for " + std::to_string(x.rows) + " rows of " +
                        std::to_string(x.cols),
                    "logistic objective");
    }
    double squares = 0, sum = 0;
    for (const double w : weights) squares += w * w;
    for (std::size_t i = 0; i < x.rows; ++i) {
        const auto row = x.row(i);
        double eta = intercept;
        for (std::size_t j = 0; j < x.cols; ++j) eta += weights[j] * row[j];
        sum += log1p_exp(y[i] ? -eta : eta);
    }
    return squares / 2 + C * sum;
}

}  // namespace axia::math
