// Within-class covariance, shrunk towards a multiple of the identity, as an operator.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "axia/math/matrix.h"

namespace axia::math {

/// Sigma = (1 - shrinkage) S + shrinkage * scale * I, S = X'X / n of the rows centred on their
/// class. Kept as rows: nothing larger than n x d and min(n, d) squared is formed. Cheap to copy.
class ShrunkCovariance {
  public:
    /// In [0, 1] (Ledoit and Wolf 2004).
    double shrinkage() const noexcept;
    /// mu = trace(S) / d, the mean variance of a coordinate.
    double scale() const noexcept;
    /// d
    std::size_t size() const noexcept;

    /// Sigma w. Throws Error{mismatch} unless w has d numbers.
    std::vector<double> apply(std::span<const double> w) const;

    /// Sigma^-1 v (Woodbury when n < d). Throws Error{mismatch} on size, Error{input} when Sigma is
    /// singular.
    std::vector<double> solve(std::span<const double> v) const;

  private:
    struct State;
    explicit ShrunkCovariance(std::shared_ptr<const State> state);
    friend ShrunkCovariance within_class_covariance(const Matrix& x, std::span<const int> y);

    std::shared_ptr<const State> state_;
};

/// x: n x d, y: n class labels (any integers). Every row is centred on the mean of its class, then
/// the Ledoit-Wolf shrinkage of the pooled rows is taken (divisor n). Throws Error{mismatch} on
/// sizes, Error{input} when empty, on a value that is not finite (naming row and column, from 0),
/// and when no row differs from its class mean.
ShrunkCovariance within_class_covariance(const Matrix& x, std::span<const int> y);

}  // namespace axia::math
