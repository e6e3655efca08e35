// The least joint shift: several readings moved at once by the shortest step.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace axia::math {

enum class RowRule { at_least, at_most, equal };

/// The shift is h' = h + sum_i x_i u_i; x = amounts minimises its squared length
///     0.5 x' G x   subject to   (A x)_j >= | <= | = gap_j,   G = U U', A[j][i] = w_j . u_i.
/// Exact (dual active set, Goldfarb and Idnani 1983). Immutable once made: one object may serve
/// many threads, and solve allocates nothing.
class LeastShift {
  public:
    static constexpr std::size_t limit = 32;  // of k and of m

    /// k directions, m = rules.size() rows. gram: k*k, symmetric positive semidefinite (compute it
    /// and the readings in double from the same vectors); readings: m*k row-major. Directions that
    /// are parallel share the shift. Throws Error{usage} unless 1 <= k <= limit and m <= limit,
    /// Error{mismatch} on sizes, Error{input} on a value that is not finite, or a gram that is not
    /// symmetric or not positive semidefinite.
    LeastShift(std::size_t k, const std::vector<double>& gram, std::vector<double> readings,
               std::vector<RowRule> rules);

    std::size_t directions() const noexcept { return k_; }
    std::size_t rows() const noexcept { return rules_.size(); }

    /// gaps: m, bound_j - current reading_j; amounts: k, written. Rows are met to 1e-9 relative.
    /// False when no shift meets all rows (or a gap is NaN): amounts are zeros then. A bound that
    /// cannot bind may be infinite. Throws Error{mismatch} on sizes.
    bool solve(std::span<const double> gaps, std::span<double> amounts) const;

  private:
    struct Work;
    void factor_all();
    bool solve_all(const Work& work, std::span<double> amounts) const;
    bool solve_active(Work& work, std::span<double> amounts) const;
    bool raise(std::size_t row, Work& work) const;
    void factor(Work& work) const;
    void settle(Work& work) const;
    void finish(Work& work, std::span<double> amounts) const;

    std::size_t k_ = 0;
    std::vector<RowRule> rules_;
    std::vector<double> lower_;     // k x k, L L' = G
    std::vector<double> readings_;  // m x k, rows times unit_
    std::vector<double>
        unit_;  // m, makes rows of length 1 in z = L'x; < 0 turns at_most into at_least
    std::vector<double> rows_;     // m x k, B = A L^-T: the problem is min 0.5 |z|^2, B z >= gap
    std::vector<double> single_;   // m x k, x for unit gap j alone with the equal rows held
    std::vector<char> single_ok_;  // m, whether that exists
    std::vector<double> all_;      // k x m, x of the gaps with all rows active; empty: not kept
    std::vector<double> all_multipliers_;  // m x m
};

}  // namespace axia::math
