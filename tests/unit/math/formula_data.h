// A data set both C++ and Python can compute exactly, for golden values:
//   y_i = [(3i^2 + i) mod 7 < 3]
//   x_ij = ((37i^2 + 101j^2 + 53ij + 11i + 7j) mod 1009) / 512 - 1 + (j mod 5) + [y_i and 3 | j] /
//   4
//          + spread * ((5i mod 7) - 3)(j mod 3) / 4
#pragma once

#include <vector>

#include "axia/math/matrix.h"

namespace axia::math {

struct FormulaData {
    Matrix x;
    std::vector<int> y;

    FormulaData(std::size_t n, std::size_t d, int spread = 0) : x(n, d), y(n) {
        for (std::size_t i = 0; i < n; ++i) {
            y[i] = (3 * i * i + i) % 7 < 3;
            for (std::size_t j = 0; j < d; ++j) {
                const std::size_t t =
                    (37 * i * i + 101 * j * j + 53 * i * j + 11 * i + 7 * j) % 1009;
                const int wave =
                    spread * (static_cast<int>(5 * i % 7) - 3) * static_cast<int>(j % 3);
                x.row(i)[j] = static_cast<float>(t) / 512 - 1 + static_cast<float>(j % 5) +
                              (y[i] && j % 3 == 0 ? .25f : 0) + static_cast<float>(wave) / 4;
            }
        }
    }
};

}  // namespace axia::math
