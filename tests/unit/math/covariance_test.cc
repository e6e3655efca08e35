// Golden values: scikit-learn 1.9.1 covariance.ledoit_wolf(rows - mean of their class,
// assume_centered=True) on the formula data, then numpy 2.4.6 S @ v and linalg.solve(S, v) with v_j
// = (j^2 mod 11) - 5.
#include "axia/math/covariance.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "unit/math/formula_data.h"

namespace axia::math {
namespace {

struct Golden {
    std::size_t n, d;
    int spread;
    double shrinkage, scale, apply0, apply4, apply_squares, solve0, solve4, solve_squares;
};

double squares(const std::vector<double>& values) {
    double sum = 0;
    for (const double v : values) sum += v * v;
    return sum;
}

class CovarianceGolden : public testing::TestWithParam<Golden> {};

TEST_P(CovarianceGolden, AgreesWithScikitLearn) {
    const Golden& g = GetParam();
    const FormulaData data(g.n, g.d, g.spread);
    const ShrunkCovariance sigma = within_class_covariance(data.x, data.y);
    EXPECT_NEAR(sigma.shrinkage(), g.shrinkage, 1e-11);
    EXPECT_NEAR(sigma.scale(), g.scale, 1e-12);
    EXPECT_EQ(sigma.size(), g.d);
    std::vector<double> v(g.d);
    for (std::size_t j = 0; j < g.d; ++j) v[j] = static_cast<double>(j * j % 11) - 5;
    const std::vector<double> forth = sigma.apply(v), back = sigma.solve(v);
    EXPECT_NEAR(forth[0], g.apply0, 1e-10);
    EXPECT_NEAR(forth[4], g.apply4, 1e-10);
    EXPECT_NEAR(squares(forth), g.apply_squares, 1e-10 * g.apply_squares);
    EXPECT_NEAR(back[0], g.solve0, 1e-9);
    EXPECT_NEAR(back[4], g.solve4, 1e-9);
    EXPECT_NEAR(squares(back), g.solve_squares, 1e-10 * g.solve_squares);
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, CovarianceGolden,
    testing::Values(Golden{20, 50, 1, 0.421084142179283, 0.417617590624877, -1.44491225676375,
                           -0.967924387587391, 522.968525215038, -14.4483662451156,
                           10.0693284646234, 8529.04840809252},
                    Golden{60, 8, 1, 0.231000345031353, 0.406244893119449, -1.87880672024586,
                           0.0168728614760885, 23.0622945929375, -15.1513479322957,
                           -0.715703549963451, 460.112141921116}));

TEST(Covariance, SolveUndoesApply) {
    core::Rng rng(4);
    for (const auto& [n, d] :
         {std::pair<std::size_t, std::size_t>{30, 500}, {500, 30}, {40, 40}, {40, 41}, {6, 2000}}) {
        Matrix x(n, d);
        std::vector<int> y(n);
        for (std::size_t i = 0; i < n; ++i) {
            y[i] = static_cast<int>(i % 3) * 5 - 5;
            const double common = rng.normal();
            for (std::size_t j = 0; j < d; ++j) {
                x.row(i)[j] = static_cast<float>(rng.normal() +
                                                 common * static_cast<double>(j % 4) + 100 * y[i]);
            }
        }
        const ShrunkCovariance sigma = within_class_covariance(x, y);
        EXPECT_GT(sigma.shrinkage(), 0);
        EXPECT_LE(sigma.shrinkage(), 1);
        std::vector<double> v(d);
        for (double& value : v) value = rng.normal();
        const std::vector<double> there = sigma.solve(sigma.apply(v)),
                                  back = sigma.apply(sigma.solve(v));
        for (std::size_t j = 0; j < d; ++j) {
            ASSERT_NEAR(there[j], v[j], 1e-8) << n << " " << d;
            ASSERT_NEAR(back[j], v[j], 1e-8) << n << " " << d;
        }
    }
}

TEST(Covariance, ClassMeansDoNotMatter) {
    FormulaData near(20, 50, 1), far(20, 50, 1);
    for (std::size_t i = 0; i < 20; ++i) {
        for (float& v : far.x.row(i)) v += far.y[i] ? 64 : -32;
    }
    const ShrunkCovariance a = within_class_covariance(near.x, near.y);
    const ShrunkCovariance b = within_class_covariance(far.x, far.y);
    EXPECT_NEAR(a.shrinkage(), b.shrinkage(), 1e-9);
    EXPECT_NEAR(a.scale(), b.scale(), 1e-9);
}

TEST(Covariance, OneRowTwiceByHand) {
    // rows +-(1, 0) of one class: S = diag(1, 0), mu = 1/2, |x x' - S| = 0 for both: no shrinkage,
    // singular
    Matrix x(2, 2);
    x.values = {1, 0, -1, 0};
    const ShrunkCovariance sigma = within_class_covariance(x, std::vector<int>{7, 7});
    EXPECT_NEAR(sigma.shrinkage(), 0, 1e-15);
    EXPECT_DOUBLE_EQ(sigma.scale(), .5);
    EXPECT_EQ(sigma.apply(std::vector<double>{3, 4}), (std::vector<double>{3, 0}));
    EXPECT_THROW(sigma.solve(std::vector<double>{3, 4}), core::Error);

    Matrix wide(2, 3);  // the same with n < d
    wide.values = {1, 0, 0, -1, 0, 0};
    EXPECT_THROW(
        within_class_covariance(wide, std::vector<int>{7, 7}).solve(std::vector<double>{1, 1, 1}),
        core::Error);
}

TEST(Covariance, IsotropicRowsShrinkWholly) {
    // +-e1, +-e2: S = I / 2 = mu I, so Sigma is S whatever the shrinkage
    Matrix x(4, 2);
    x.values = {1, 0, -1, 0, 0, 1, 0, -1};
    const ShrunkCovariance sigma = within_class_covariance(x, std::vector<int>{0, 0, 0, 0});
    const std::vector<double> there = sigma.apply(std::vector<double>{2, 6});
    EXPECT_NEAR(there[0], 1, 1e-15);
    EXPECT_NEAR(there[1], 3, 1e-15);
    EXPECT_NEAR(sigma.solve(std::vector<double>{1, 3})[1], 6, 1e-14);
}

TEST(Covariance, Refuses) {
    FormulaData data(20, 50);
    EXPECT_THROW(within_class_covariance(data.x, std::vector<int>{1}), core::Error);
    EXPECT_THROW(within_class_covariance(Matrix(), {}), core::Error);
    std::vector<int> alone(20);
    for (int i = 0; i < 20; ++i) alone[static_cast<std::size_t>(i)] = i;
    EXPECT_THROW(within_class_covariance(data.x, alone), core::Error);  // every row is its class
    const ShrunkCovariance sigma = within_class_covariance(data.x, data.y);
    EXPECT_THROW(sigma.apply(std::vector<double>(49)), core::Error);
    EXPECT_THROW(sigma.solve(std::vector<double>(51)), core::Error);
    data.x.row(2)[5] = std::numeric_limits<float>::quiet_NaN();
    try {
        within_class_covariance(data.x, data.y);
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_STREQ(error.what(), "row 2, column 5: value is not finite");
    }
}

}  // namespace
}  // namespace axia::math
