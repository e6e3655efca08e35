// A float matrix as centred double rows, a block at a time, with its checks.
#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <string>

#include "axia/core/error.h"
#include "axia/math/matrix.h"

namespace axia::math {

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using FloatView =
    Eigen::Map<const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

inline FloatView view(const Matrix& x) {
    return {x.values.data(), static_cast<Eigen::Index>(x.rows), static_cast<Eigen::Index>(x.cols)};
}

/// Throws Error{mismatch} when sizes disagree, Error{input} when empty or not finite.
inline void check_rows(const Matrix& x, std::size_t labels) {
    using core::Error;
    using core::ErrorKind;
    if (x.values.size() != x.rows * x.cols) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(x.values.size()) + " values for " + std::to_string(x.rows) +
                        " rows of " + std::to_string(x.cols),
                    "matrix");
    }
    if (labels != x.rows) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(labels) + " labels for " + std::to_string(x.rows) + " rows",
                    "labels");
    }
    if (x.rows == 0 || x.cols == 0) throw Error(ErrorKind::input, "no values", "matrix");
    for (std::size_t i = 0; i < x.rows; ++i) {
        const auto row = x.row(i);
        const auto bad =
            std::find_if(row.begin(), row.end(), [](float v) { return !std::isfinite(v); });
        if (bad != row.end()) {
            throw Error(
                ErrorKind::input, "value is not finite",
                "row " + std::to_string(i) + ", column " + std::to_string(bad - row.begin()));
        }
    }
}

}  // namespace axia::math
