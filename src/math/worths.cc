// fit_worths: a logistic regression whose rows are a few signed items.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
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

}  // namespace

RankFit fit_worths(std::size_t items, std::span<const Contest> contests,
                   const RankOptions& options) {
    if (items < 2) throw Error(ErrorKind::input, "fewer than two items", "items");
    if (!(options.ridge > 0 && std::isfinite(options.ridge))) {
        throw Error(ErrorKind::usage, "ridge " + std::to_string(options.ridge), "ridge",
                    "give a number above 0");
    }
    if (!(options.tolerance > 0) || options.max_iterations < 1) {
        throw Error(ErrorKind::usage, "tolerance and max_iterations must be above 0", "options");
    }
    const std::vector<Row> rows = rows_of(items, contests);
    const auto n = static_cast<Eigen::Index>(items);
    Vector s = Vector::Zero(n), g(n);
    Eigen::MatrixXd h(n, n);
    RankFit result;
    result.objective = objective(rows, options.ridge, s);
    for (;; ++result.iterations) {
        g = options.ridge * s;
        h = Eigen::MatrixXd::Identity(n, n) * options.ridge;
        double most = 1;
        for (const Row& row : rows) {
            const double p = sigmoid(score(row, s));
            const double weight = row.total * p * (1 - p);
            most = std::max(most, row.total);
            for (const auto& [a, sign_a] : row.items) {
                g[a] += sign_a * (row.total * p - row.wins);
                for (const auto& [b, sign_b] : row.items) h(b, a) += sign_a * sign_b * weight;
            }
        }
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

}  // namespace axia::math
