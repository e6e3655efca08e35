#include "axia/math/quadratic.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "axia/core/error.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;

constexpr double infinite = std::numeric_limits<double>::infinity();
constexpr double dependent = 1e-8;   // sine under which a row adds nothing to the active ones
constexpr double violated = 1e-11;   // of a row's scale: what counts as not met
constexpr double missed = 1e-9;      // of a row's scale: what makes a dependent row infeasible
constexpr double well_apart = 1e-2;  // sine of a row to those before it: digits lost when inverted

double dot(const double* a, const double* b, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
    return sum;
}

// lower Cholesky factor of a k x k row-major matrix; false when a pivot is not positive
bool cholesky(std::vector<double>& a, std::size_t k) {
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t j = 0; j <= i; ++j) {
            const double rest = a[i * k + j] - dot(&a[i * k], &a[j * k], j);
            if (i != j) {
                a[i * k + j] = rest / a[j * k + j];
            } else if (rest > 0) {
                a[i * k + i] = std::sqrt(rest);
            } else {
                return false;
            }
        }
    }
    return true;
}

// G + delta diag(G), delta the smallest of a few that makes it positive definite
std::vector<double> factor_gram(const std::vector<double>& gram, std::size_t k) {
    double largest = 0;
    for (std::size_t i = 0; i < k; ++i) largest = std::max(largest, gram[i * k + i]);
    if (largest == 0) largest = 1;
    for (const double delta : {1e-12, 1e-10, 1e-8, 1e-6}) {
        std::vector<double> factor = gram;
        for (std::size_t i = 0; i < k; ++i) {
            const double own = gram[i * k + i];
            factor[i * k + i] += delta * (own > 0 ? own : largest);
        }
        if (cholesky(factor, k)) return factor;
    }
    throw Error(ErrorKind::input, "gram matrix is not positive semidefinite", "gram");
}

void check(std::size_t k, const std::vector<double>& gram, const std::vector<double>& readings,
           std::size_t m) {
    if (k == 0 || k > LeastShift::limit || m > LeastShift::limit) {
        throw Error(ErrorKind::usage,
                    std::to_string(k) + " directions and " + std::to_string(m) + " rows",
                    "least shift", "1 to 32 directions, up to 32 rows");
    }
    if (gram.size() != k * k || readings.size() != m * k) {
        throw Error(ErrorKind::mismatch,
                    "gram of " + std::to_string(gram.size()) + " and readings of " +
                        std::to_string(readings.size()) + " numbers for " + std::to_string(k) +
                        " directions and " + std::to_string(m) + " rows",
                    "least shift");
    }
    const auto finite = [](double value) { return std::isfinite(value); };
    if (!std::all_of(gram.begin(), gram.end(), finite)) {
        throw Error(ErrorKind::input, "value is not finite", "gram");
    }
    if (!std::all_of(readings.begin(), readings.end(), finite)) {
        throw Error(ErrorKind::input, "value is not finite", "readings");
    }
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double size = std::sqrt(std::fabs(gram[i * k + i] * gram[j * k + j]));
            if (std::fabs(gram[i * k + j] - gram[j * k + i]) > 1e-6 * size) {
                throw Error(ErrorKind::input, "gram matrix is not symmetric", "gram");
            }
        }
    }
}

}  // namespace

// In z = L'x with rows of length 1: the gaps, the point, the active rows in order with their
// multipliers, and their orthogonal basis Q with B_W' = Q R.
struct LeastShift::Work {
    std::array<double, limit> gap;
    std::array<double, limit> point;
    std::array<double, limit> multiplier;  // by place in active
    std::array<std::size_t, limit> active;
    std::size_t count = 0;
    std::array<char, limit> done;                // row is active, or follows from active rows
    std::array<double, limit * limit> basis;     // column j of Q at j * limit
    std::array<double, limit * limit> triangle;  // R[i][j] at i * limit + j, i <= j
    std::size_t steps = 0;

    // along = Q'vector, vector -= Q along; the second pass restores what cancellation lost
    void project(double* vector, double* along, std::size_t k, std::size_t columns) const {
        std::fill(along, along + columns, 0.0);
        for (int pass = 0; pass < 2; ++pass) {
            for (std::size_t j = 0; j < columns; ++j) {
                const double* column = &basis[j * limit];
                const double part = dot(column, vector, k);
                along[j] += part;
                for (std::size_t i = 0; i < k; ++i) vector[i] -= part * column[i];
            }
        }
    }
    void solve_upper(double* rhs) const {  // R y = rhs
        for (std::size_t i = count; i-- > 0;) {
            for (std::size_t j = i + 1; j < count; ++j) rhs[i] -= triangle[i * limit + j] * rhs[j];
            rhs[i] /= triangle[i * limit + i];
        }
    }
    void solve_lower(double* rhs) const {  // R'y = rhs
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t j = 0; j < i; ++j) rhs[i] -= triangle[j * limit + i] * rhs[j];
            rhs[i] /= triangle[i * limit + i];
        }
    }
};

LeastShift::LeastShift(std::size_t k, const std::vector<double>& gram, std::vector<double> readings,
                       std::vector<RowRule> rules)
    : k_(k), rules_(std::move(rules)), readings_(std::move(readings)) {
    const std::size_t m = rules_.size();
    check(k, gram, readings_, m);
    lower_ = factor_gram(gram, k);

    unit_.resize(m);
    rows_.resize(m * k);
    for (std::size_t j = 0; j < m; ++j) {
        double* row = &readings_[j * k];
        double* reduced = &rows_[j * k];
        for (std::size_t i = 0; i < k; ++i) {  // L b = a
            reduced[i] = (row[i] - dot(&lower_[i * k], reduced, i)) / lower_[i * k + i];
        }
        const double norm = std::sqrt(dot(reduced, reduced, k));
        unit_[j] = (rules_[j] == RowRule::at_most ? -1 : 1) / (norm > 0 ? norm : 1);
        for (std::size_t i = 0; i < k; ++i) {
            reduced[i] *= unit_[j];
            row[i] *= unit_[j];
        }
    }
    single_.assign(m * k, 0);
    single_ok_.assign(m, 0);
    factor_all();
    for (std::size_t j = 0; j < m; ++j) {
        if (rules_[j] == RowRule::equal) continue;
        Work work;
        for (std::size_t i = 0; i < m; ++i) {
            work.gap[i] = rules_[i] == RowRule::equal ? 0 : -infinite;
        }
        work.gap[j] = 1;
        single_ok_[j] = solve_active(work, std::span<double>(&single_[j * k], k));
    }
}

// With every row active the problem has the closed form x = L^-T B' y, y = (B B')^-1 gap, and it is
// the answer when no inequality's y is negative. Kept where B B' is far from singular.
void LeastShift::factor_all() {
    const std::size_t m = rules_.size();
    if (m < 2 || m > k_) return;
    Work work;
    for (std::size_t j = 0; j < m; ++j) work.active[j] = j;
    work.count = m;
    factor(work);
    for (std::size_t j = 0; j < m; ++j) {
        if (!(work.triangle[j * limit + j] > well_apart)) return;
    }
    all_.resize(m * k_);
    all_multipliers_.resize(m * m);
    for (std::size_t j = 0; j < m; ++j) {  // the answer to gap j alone, as a column
        std::fill(work.gap.begin(), work.gap.begin() + static_cast<std::ptrdiff_t>(m), 0.0);
        work.gap[j] = 1;
        settle(work);
        std::array<double, limit> amounts;
        finish(work, std::span<double>(amounts.data(), k_));
        for (std::size_t i = 0; i < k_; ++i) all_[i * m + j] = amounts[i];
        for (std::size_t i = 0; i < m; ++i) all_multipliers_[i * m + j] = work.multiplier[i];
    }
}

bool LeastShift::solve(std::span<const double> gaps, std::span<double> amounts) const {
    const std::size_t m = rules_.size();
    if (gaps.size() != m || amounts.size() != k_) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(gaps.size()) + " gaps and " + std::to_string(amounts.size()) +
                        " amounts for " + std::to_string(m) + " rows and " + std::to_string(k_) +
                        " directions",
                    "least shift");
    }
    std::fill(amounts.begin(), amounts.end(), 0.0);
    Work work;
    bool moved = false;
    std::size_t open = 0, last = 0;
    for (std::size_t j = 0; j < m; ++j) {
        const double gap = gaps[j] * unit_[j];
        const bool equal = rules_[j] == RowRule::equal;
        if (std::isnan(gap) || gap == infinite || (equal && gap == -infinite)) return false;
        work.gap[j] = gap;
        if (equal) {
            moved = moved || gap != 0;
        } else if (gap > 0) {
            ++open;
            last = j;
        }
    }
    if (!moved && open == 0) return true;
    if (!moved && open == 1) {
        if (!single_ok_[last]) return false;
        for (std::size_t i = 0; i < k_; ++i) amounts[i] = work.gap[last] * single_[last * k_ + i];
        bool met = true;
        for (std::size_t j = 0; j < m && met; ++j) {
            met = rules_[j] == RowRule::equal || j == last ||
                  dot(&readings_[j * k_], amounts.data(), k_) >= work.gap[j];
        }
        if (met) return true;
        std::fill(amounts.begin(), amounts.end(), 0.0);
    } else if (!all_.empty() && solve_all(work, amounts)) {
        return true;
    }
    return solve_active(work, amounts);
}

bool LeastShift::solve_all(const Work& work, std::span<double> amounts) const {
    const std::size_t m = rules_.size();
    for (std::size_t j = 0; j < m; ++j) {
        if (work.gap[j] == -infinite) return false;
        if (rules_[j] != RowRule::equal && dot(&all_multipliers_[j * m], work.gap.data(), m) < 0) {
            return false;
        }
    }
    for (std::size_t i = 0; i < k_; ++i) amounts[i] = dot(&all_[i * m], work.gap.data(), m);
    return true;
}

bool LeastShift::solve_active(Work& work, std::span<double> amounts) const {
    const std::size_t m = rules_.size();
    work.done.fill(0);
    std::fill(work.point.begin(), work.point.begin() + static_cast<std::ptrdiff_t>(k_), 0.0);
    for (std::size_t j = 0; j < m; ++j) {
        if (rules_[j] == RowRule::equal && !raise(j, work)) return false;
    }
    for (;;) {
        const double length = std::sqrt(dot(work.point.data(), work.point.data(), k_));
        std::size_t worst = m;
        double most = 0;
        for (std::size_t j = 0; j < m; ++j) {
            if (work.done[j] || work.gap[j] == -infinite) continue;
            const double lack = work.gap[j] - dot(&rows_[j * k_], work.point.data(), k_);
            if (lack > most && lack > violated * (std::fabs(work.gap[j]) + length)) {
                most = lack;
                worst = j;
            }
        }
        if (worst == m) break;
        if (!raise(worst, work)) return false;
    }
    finish(work, amounts);
    return true;
}

// Goldfarb and Idnani 1983: raise the multiplier of one row until it is met, dropping rows whose
// own multiplier falls to 0 on the way. False: no shift meets it beside the rows kept.
bool LeastShift::raise(std::size_t row, Work& work) const {
    const bool equal = rules_[row] == RowRule::equal;
    double own = 0;
    for (;;) {
        if (++work.steps > 100 * (limit + 1)) {
            throw Error(ErrorKind::internal, "active set did not settle", "least shift");
        }
        std::array<double, limit> free;  // the row's part orthogonal to the active ones
        std::array<double, limit> turn;  // change of the active multipliers per unit of own
        std::copy_n(&rows_[row * k_], k_, free.begin());
        work.project(free.data(), turn.data(), k_, work.count);
        work.solve_upper(turn.data());
        const double slope = dot(free.data(), free.data(), k_);
        const bool adds = work.count < k_ && slope > dependent * dependent;
        const double lack = work.gap[row] - dot(&rows_[row * k_], work.point.data(), k_);
        const double scale =
            std::fabs(work.gap[row]) + std::sqrt(dot(work.point.data(), work.point.data(), k_));
        if (!adds && own == 0 && std::fabs(lack) <= missed * scale) {
            work.done[row] = 1;  // follows from the others
            return true;
        }

        double step = adds ? lack / slope : infinite;
        std::size_t drop = work.count;
        for (std::size_t a = 0; a < work.count; ++a) {
            if (equal || rules_[work.active[a]] == RowRule::equal || turn[a] < 1e-11) continue;
            const double until = std::max(0.0, work.multiplier[a]) / turn[a];
            if (until < step) {
                step = until;
                drop = a;
            }
        }
        if (step == infinite) return false;
        for (std::size_t a = 0; a < work.count; ++a) work.multiplier[a] -= step * turn[a];
        own += step;
        if (drop == work.count) {
            work.active[work.count] = row;
            work.multiplier[work.count++] = own;
            work.done[row] = 1;
            factor(work);
            settle(work);
            return true;
        }
        if (adds) {
            for (std::size_t i = 0; i < k_; ++i) work.point[i] += step * free[i];
        }
        // dropping one row may free others that followed from it
        work.done.fill(0);
        --work.count;
        for (std::size_t a = drop; a < work.count; ++a) {
            work.active[a] = work.active[a + 1];
            work.multiplier[a] = work.multiplier[a + 1];
        }
        for (std::size_t a = 0; a < work.count; ++a) work.done[work.active[a]] = 1;
        factor(work);
    }
}

// B_W' = Q R by Gram-Schmidt, twice over
void LeastShift::factor(Work& work) const {
    for (std::size_t a = 0; a < work.count; ++a) {
        double* column = &work.basis[a * limit];
        std::array<double, limit> along;
        std::copy_n(&rows_[work.active[a] * k_], k_, column);
        work.project(column, along.data(), k_, a);
        for (std::size_t i = 0; i < a; ++i) work.triangle[i * limit + a] = along[i];
        const double norm = std::sqrt(dot(column, column, k_));
        work.triangle[a * limit + a] = norm;
        for (std::size_t i = 0; i < k_; ++i) column[i] /= norm;
    }
}

// the nearest point on the active rows and its multipliers, free of the drift of the steps:
// R'y = gap, z = Q y, R multiplier = y
void LeastShift::settle(Work& work) const {
    for (std::size_t a = 0; a < work.count; ++a) work.multiplier[a] = work.gap[work.active[a]];
    work.solve_lower(work.multiplier.data());
    for (std::size_t i = 0; i < k_; ++i) {
        work.point[i] = 0;
        for (std::size_t a = 0; a < work.count; ++a) {
            work.point[i] += work.multiplier[a] * work.basis[a * limit + i];
        }
    }
    work.solve_upper(work.multiplier.data());
}

// x of the point, with the rest of the active rows taken from x itself
void LeastShift::finish(Work& work, std::span<double> amounts) const {
    for (int round = 0;; ++round) {
        std::copy_n(work.point.begin(), k_, amounts.begin());
        for (std::size_t i = k_; i-- > 0;) {  // L'x = z
            for (std::size_t l = i + 1; l < k_; ++l) amounts[i] -= lower_[l * k_ + i] * amounts[l];
            amounts[i] /= lower_[i * k_ + i];
        }
        std::array<double, limit> rest;
        bool met = true;
        for (std::size_t a = 0; a < work.count; ++a) {
            const double gap = work.gap[work.active[a]];
            rest[a] = gap - dot(&readings_[work.active[a] * k_], amounts.data(), k_);
            met = met && std::fabs(rest[a]) <= 1e-15 * std::fabs(gap);
        }
        if (met || round == 3) return;
        work.solve_lower(rest.data());
        for (std::size_t a = 0; a < work.count; ++a) {
            for (std::size_t i = 0; i < k_; ++i) {
                work.point[i] += rest[a] * work.basis[a * limit + i];
            }
        }
    }
}

}  // namespace axia::math
