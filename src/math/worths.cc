// fit_worths: a logistic regression whose rows are a few signed items.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <string>

#include "axia/core/error.h"
#include "axia/math/rank.h"
#include "axia/math/scalar.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Vector = Eigen::VectorXd;

/// A contest as its items with signs, those on both sides cancelled.
struct Row {
    std::vector<std::pair<Eigen::Index, double>> items;
    double wins = 0, total = 0;
};

std::vector<Row> rows_of(std::size_t items, std::span<const Contest> contests) {
    std::vector<Row> rows;
    std::vector<double> sign(items);
    for (std::size_t i = 0; i < contests.size(); ++i) {
        const Contest& contest = contests[i];
        const std::string where = "contest " + std::to_string(i);
        for (const double wins : {contest.wins_a, contest.wins_b}) {
            if (!(wins >= 0 && std::isfinite(wins))) {
                throw Error(ErrorKind::input, "wins of " + std::to_string(wins), where,
                            "give counts, or p and 1 - p with p from 0 to 1");
            }
        }
        Row row;
        const auto count = [&](const std::vector<std::size_t>& side, double by) {
            for (const std::size_t item : side) {
                if (item >= items) {
                    throw Error(ErrorKind::input,
                                "item " + std::to_string(item) + " of " + std::to_string(items),
                                where, "items are numbered from 0");
                }
                sign[item] += by;
            }
        };
        count(contest.a, 1);
        count(contest.b, -1);
        for (const auto* side : {&contest.a, &contest.b}) {
            for (const std::size_t item : *side) {
                if (sign[item] != 0) {
                    row.items.emplace_back(static_cast<Eigen::Index>(item), sign[item]);
                }
                sign[item] = 0;
            }
        }
        row.wins = contest.wins_a;
        row.total = contest.wins_a + contest.wins_b;
        rows.push_back(std::move(row));
    }
    return rows;
}

double score(const Row& row, const Vector& s) {
    double sum = 0;
    for (const auto& [item, sign] : row.items) sum += sign * s[item];
    return sum;
}

double objective(const std::vector<Row>& rows, double ridge, const Vector& s) {
    double value = ridge / 2 * s.squaredNorm();
    for (const Row& row : rows) {
        const double d = score(row, s);
        value += row.total * log1p_exp(d) - row.wins * d;
    }
    return value;
}

/// First and second derivative of the objective.
void derive(const std::vector<Row>& rows, double ridge, const Vector& s, Vector& g,
            Eigen::MatrixXd& h) {
    g = ridge * s;
    h = Eigen::MatrixXd::Identity(s.size(), s.size()) * ridge;
    for (const Row& row : rows) {
        const double p = sigmoid(score(row, s));
        const double weight = row.total * p * (1 - p);
        for (const auto& [a, sign_a] : row.items) {
            g[a] += sign_a * (row.total * p - row.wins);
            for (const auto& [b, sign_b] : row.items) h(b, a) += sign_a * sign_b * weight;
        }
    }
}

void check_fit(std::size_t items, double ridge) {
    if (items < 2) throw Error(ErrorKind::input, "fewer than two items", "items");
    if (!(ridge > 0 && std::isfinite(ridge))) {
        throw Error(ErrorKind::usage, "ridge " + std::to_string(ridge), "ridge",
                    "give a number above 0");
    }
}

}  // namespace

RankFit fit_worths(std::size_t items, std::span<const Contest> contests,
                   const RankOptions& options) {
    check_fit(items, options.ridge);
    if (!(options.tolerance > 0) || options.max_iterations < 1) {
        throw Error(ErrorKind::usage, "tolerance and max_iterations must be above 0", "options");
    }
    const std::vector<Row> rows = rows_of(items, contests);
    const auto n = static_cast<Eigen::Index>(items);
    Vector s = Vector::Zero(n), g(n);
    Eigen::MatrixXd h(n, n);
    double most = 1;
    for (const Row& row : rows) most = std::max(most, row.total);
    RankFit result;
    result.objective = objective(rows, options.ridge, s);
    for (;; ++result.iterations) {
        derive(rows, options.ridge, s, g, h);
        result.gradient = g.cwiseAbs().maxCoeff();
        result.converged = result.gradient <= options.tolerance * most;
        if (result.converged || result.iterations == options.max_iterations) break;
        const Vector step = h.llt().solve(g);
        const double slope = g.dot(step);
        double length = 1, value = 0;
        for (int halving = 0; halving < 60; ++halving, length /= 2) {
            value = objective(rows, options.ridge, s - length * step);
            if (value <= result.objective - 1e-4 * length * slope +
                             1e-14 * (1 + std::fabs(result.objective))) {
                break;
            }
        }
        s -= length * step;
        result.objective = value;
    }
    result.strengths.assign(s.begin(), s.end());
    return result;
}

std::vector<double> worth_errors(std::size_t items, std::span<const Contest> contests,
                                 std::span<const int> group, std::span<const double> strengths,
                                 double ridge) {
    check_fit(items, ridge);
    if (group.size() != contests.size() || strengths.size() != items) {
        throw Error(ErrorKind::mismatch, "sizes of contests, groups and strengths differ");
    }
    const std::vector<Row> rows = rows_of(items, contests);
    const auto n = static_cast<Eigen::Index>(items);
    const Vector s = Eigen::Map<const Vector>(strengths.data(), n);
    std::map<int, std::map<Eigen::Index, double>> gradients;  // group -> item
    for (std::size_t i = 0; i < rows.size(); ++i) {
        auto& gradient = gradients[group[i]];
        const double off = rows[i].total * sigmoid(score(rows[i], s)) - rows[i].wins;
        for (const auto& [item, sign] : rows[i].items) gradient[item] += sign * off;
    }
    if (gradients.size() < 2) throw Error(ErrorKind::input, "fewer than two groups", "group");
    Vector g(n);
    Eigen::MatrixXd h(n, n), b = Eigen::MatrixXd::Zero(n, n);
    derive(rows, ridge, s, g, h);
    for (const auto& [number, gradient] : gradients) {
        for (const auto& [i, x] : gradient) {
            for (const auto& [j, y] : gradient) b(j, i) += x * y;
        }
    }
    const auto count = static_cast<double>(gradients.size());
    const Eigen::LLT<Eigen::MatrixXd> half(h);
    const Eigen::MatrixXd left = half.solve(b);
    const Vector variances = half.solve(left.transpose()).diagonal() * (count / (count - 1));
    std::vector<double> errors;
    for (const double variance : variances) errors.push_back(std::sqrt(std::max(0., variance)));
    return errors;
}

}  // namespace axia::math
