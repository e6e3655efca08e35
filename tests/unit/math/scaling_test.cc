// Reference value: scikit-learn 1.9.1 MDS(n_components=2, dissimilarity='precomputed', metric=True,
// n_init=1, init='random', max_iter=20000, eps=1e-14).stress_, the least of 400 random states.
#include "axia/math/scaling.h"

#include <gtest/gtest.h>

#include <cmath>

#include "axia/core/error.h"

namespace axia::math {
namespace {

std::vector<double> formula_distances() {
    std::vector<double> distances(81);
    for (std::size_t a = 0; a < 9; ++a) {
        for (std::size_t b = a + 1; b < 9; ++b) {
            const std::size_t k = (7 * a * a + 5 * b * b + 3 * a * b + a + 2 * b) % 23;
            distances[9 * a + b] = distances[9 * b + a] = 1 + static_cast<double>(k) / 10.;
        }
    }
    return distances;
}

TEST(Scaling, StressAsScikitLearn) {
    ScalingOptions options;
    options.starts = 400;
    const Scaling scaling = scale_to_plane(9, formula_distances(), options);
    EXPECT_TRUE(scaling.converged);
    EXPECT_NEAR(scaling.stress, 5.444801138392453, 1e-3);
    EXPECT_NEAR(scaling.normalised_stress, 0.17443159818168266, 1e-4);
    // the stress is that of the places given
    double sum = 0;
    const std::vector<double> wanted = formula_distances();
    for (std::size_t i = 0; i < 9; ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const double d = std::hypot(scaling.x[i] - scaling.x[j], scaling.y[i] - scaling.y[j]);
            sum += (d - wanted[9 * i + j]) * (d - wanted[9 * i + j]);
        }
    }
    EXPECT_NEAR(sum, scaling.stress, 1e-9);
}

TEST(Scaling, PlacesOfAPlaneComeBack) {
    // a rectangle of 4 x 2 about 0: already turned as documented
    const double x[] = {2, 2, -2, -2}, y[] = {1, -1, 1, -1};
    std::vector<double> distances;
    for (int i = 0; i < 4; ++i) {
        for (int j = 0; j < 4; ++j) distances.push_back(std::hypot(x[i] - x[j], y[i] - y[j]));
    }
    const Scaling scaling = scale_to_plane(4, distances);
    EXPECT_NEAR(scaling.stress, 0, 1e-12);
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(scaling.x[i], x[i], 1e-6);
        EXPECT_NEAR(scaling.y[i], y[i], 1e-6);
    }
    EXPECT_EQ(scale_to_plane(4, distances).x, scaling.x);
}

TEST(Scaling, Refusals) {
    EXPECT_THROW(scale_to_plane(1, std::vector<double>{0}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, 1, 1}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, 1, 2, 0}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, -1, -1, 0}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{1, 1, 1, 0}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, 0, 0, 0}), core::Error);
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, std::nan(""), std::nan(""), 0}),
                 core::Error);
    ScalingOptions options;
    options.starts = 0;
    EXPECT_THROW(scale_to_plane(2, std::vector<double>{0, 1, 1, 0}, options), core::Error);
}

}  // namespace
}  // namespace axia::math
