// A plain dense matrix of floats, row-major: one row per text, one column per hidden unit.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace axia::math {

/// rows x cols, values[i * cols + j]. Made of zeros. row(i) is not range-checked.
struct Matrix {
    std::size_t rows = 0;
    std::size_t cols = 0;
    std::vector<float> values;

    Matrix() = default;
    Matrix(std::size_t row_count, std::size_t col_count)
        : rows(row_count), cols(col_count), values(row_count * col_count) {}

    std::span<float> row(std::size_t i) { return {values.data() + i * cols, cols}; }
    std::span<const float> row(std::size_t i) const { return {values.data() + i * cols, cols}; }
};

}  // namespace axia::math
