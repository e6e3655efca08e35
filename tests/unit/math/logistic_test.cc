// Golden values: scikit-learn 1.9.1 LogisticRegression(C=C, solver='newton-cholesky', tol=1e-13) on
// the formula data, polished with five plain Newton steps in numpy 2.4.6 (gradient below 2e-12).
#include "axia/math/logistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/scalar.h"
#include "unit/math/formula_data.h"

namespace axia::math {
namespace {

struct Golden {
    std::size_t n, d;
    double C, objective, intercept, w0, w7, squares;
};

class LogisticGolden : public testing::TestWithParam<Golden> {};

TEST_P(LogisticGolden, AgreesWithScikitLearn) {
    const Golden& g = GetParam();
    const FormulaData data(g.n, g.d);
    LogisticOptions options;
    options.C = g.C;
    const LogisticFit fit = fit_logistic(data.x, data.y, options);
    EXPECT_TRUE(fit.converged);
    EXPECT_LE(fit.iterations, 20);
    ASSERT_EQ(fit.weights.size(), g.d);
    EXPECT_NEAR(fit.objective, g.objective, 1e-11 * g.objective);
    EXPECT_NEAR(fit.intercept, g.intercept, 1e-6);
    EXPECT_NEAR(fit.weights[0], g.w0, 1e-7);
    EXPECT_NEAR(fit.weights[7], g.w7, 1e-7);
    double squares = 0;
    for (const double w : fit.weights) squares += w * w;
    EXPECT_NEAR(squares, g.squares, 1e-6 * g.squares);
    EXPECT_DOUBLE_EQ(fit.objective,
                     logistic_objective(data.x, data.y, fit.weights, fit.intercept, g.C));
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, LogisticGolden,
    testing::Values(Golden{20, 50, 1, 4.90176882410316, -4.94084646742417, 0.293883130590557,
                           -0.155554966141527, 4.62673068842092},
                    Golden{20, 50, 1000, 46.6747875733417, -19.8899428631785, 1.24799445749825,
                           -0.852358955458563, 73.6725728957835},
                    Golden{60, 8, 1, 34.6224065226731, -4.55375117179449, 0.478851745527761,
                           -0.245485784860378, 2.32246338220906},
                    Golden{60, 8, 100, 3298.53724376737, -6.44583783022653, 0.535430195059155,
                           -0.424590154235984, 4.99693103815699},
                    Golden{40, 40, 0.01, 0.264865661628227, -0.365189914777788, 0.0198181890899289,
                           -0.0111424726879213, 0.0148740102111734}));

// largest entry of the gradient, the intercept's included
double gradient(const Matrix& x, const std::vector<int>& y, const LogisticFit& fit, double C) {
    std::vector<double> g = fit.weights;
    double gb = 0;
    for (std::size_t i = 0; i < x.rows; ++i) {
        double eta = fit.intercept;
        for (std::size_t j = 0; j < x.cols; ++j) eta += fit.weights[j] * x.row(i)[j];
        const double wrong = C * (sigmoid(eta) - y[i]);
        for (std::size_t j = 0; j < x.cols; ++j) g[j] += wrong * x.row(i)[j];
        gb += wrong;
    }
    double most = std::fabs(gb);
    for (const double v : g) most = std::max(most, std::fabs(v));
    return most;
}

TEST(Logistic, GradientVanishesInBothSolvers) {
    core::Rng rng(1);
    for (const auto& [n, d] : {std::pair<std::size_t, std::size_t>{50, 600},
                               {300, 40},
                               {30, 29},
                               {30, 30},
                               {30, 31},
                               {2, 1},
                               {2, 5},
                               {700, 300},
                               {3, 900}}) {
        for (const double C : {1e-4, 1.0, 1e4}) {
            Matrix x(n, d);
            std::vector<int> y(n);
            for (std::size_t i = 0; i < n; ++i) {
                y[i] = i == 0 ? 1 : i == 1 ? 0 : static_cast<int>(rng.below(2));
                for (float& v : x.row(i)) v = static_cast<float>(rng.normal() + .1 * y[i] + 2);
            }
            LogisticOptions options;
            options.C = C;
            const LogisticFit fit = fit_logistic(x, y, options);
            EXPECT_TRUE(fit.converged) << n << " " << d << " " << C;
            EXPECT_LT(gradient(x, y, fit, C), 1e-5 * std::max(1.0, C)) << n << " " << d << " " << C;
        }
    }
}

TEST(Logistic, TwoPointsByHand) {
    // x = -1, +1: b = 0 and w solves w = 2 sigmoid(-w), found here by bisection
    Matrix x(2, 1);
    x.values = {-1, 1};
    const LogisticFit fit = fit_logistic(x, std::vector<int>{0, 1});
    double lo = 0, hi = 2;
    for (int i = 0; i < 100; ++i) {
        const double mid = (lo + hi) / 2;
        (mid < 2 * sigmoid(-mid) ? lo : hi) = mid;
    }
    EXPECT_NEAR(fit.weights[0], lo, 1e-9);
    EXPECT_NEAR(fit.intercept, 0, 1e-9);
}

TEST(Logistic, ConstantOffsetOfAColumnMovesOnlyTheIntercept) {
    // hidden states have a few coordinates thousands of times the rest; 4096 is exact in float here
    FormulaData plain(20, 50), moved(20, 50);
    for (std::size_t i = 0; i < 20; ++i) moved.x.row(i)[3] += 4096;
    const LogisticFit a = fit_logistic(plain.x, plain.y), b = fit_logistic(moved.x, moved.y);
    for (std::size_t j = 0; j < 50; ++j) EXPECT_NEAR(a.weights[j], b.weights[j], 1e-8);
    EXPECT_NEAR(b.intercept, a.intercept - 4096 * a.weights[3], 1e-4);
}

TEST(Logistic, SwappedLabelsSwapTheSigns) {
    FormulaData data(20, 50);
    const LogisticFit a = fit_logistic(data.x, data.y);
    for (int& label : data.y) label = 1 - label;
    const LogisticFit b = fit_logistic(data.x, data.y);
    EXPECT_NEAR(a.intercept, -b.intercept, 1e-7);
    for (std::size_t j = 0; j < 50; ++j) EXPECT_NEAR(a.weights[j], -b.weights[j], 1e-8);
}

TEST(Logistic, ColumnsOfZerosGiveTheBaseRate) {
    Matrix x(5, 9);
    const LogisticFit fit = fit_logistic(x, std::vector<int>{1, 0, 0, 0, 0});
    EXPECT_NEAR(fit.intercept, std::log(1.0 / 4), 1e-9);
    for (const double w : fit.weights) EXPECT_EQ(w, 0);
}

TEST(Logistic, FarSeparatedDataAndHugeCStillConverge) {
    Matrix x(40, 3);
    std::vector<int> y(40);
    for (std::size_t i = 0; i < 40; ++i) {
        y[i] = i % 2;
        x.row(i)[0] = y[i] ? 1000.f + static_cast<float>(i) : -1000.f;
        x.row(i)[1] = static_cast<float>(i);
    }
    for (const double C : {1.0, 1e6, 1e12}) {
        LogisticOptions options;
        options.C = C;
        const LogisticFit fit = fit_logistic(x, y, options);
        EXPECT_TRUE(fit.converged) << C;
        EXPECT_LT(fit.objective, 1e-3) << C;
        EXPECT_GT(fit.weights[0], 0) << C;
    }
}

TEST(Logistic, ManyEqualsOneByOneForAnyThreads) {
    std::vector<Matrix> xs;
    const FormulaData data(20, 50);
    core::Rng rng(2);
    for (int l = 0; l < 7; ++l) {
        xs.push_back(data.x);
        for (float& v : xs.back().values) v += static_cast<float>(rng.normal());
    }
    for (const int threads : {0, 1, 3}) {
        LogisticOptions options;
        options.threads = threads;
        const std::vector<LogisticFit> fits = fit_logistic_many(xs, data.y, options);
        ASSERT_EQ(fits.size(), 7u);
        for (std::size_t l = 0; l < 7; ++l) {
            const LogisticFit one = fit_logistic(xs[l], data.y);
            EXPECT_EQ(fits[l].weights, one.weights);
            EXPECT_EQ(fits[l].intercept, one.intercept);
        }
    }
    EXPECT_TRUE(fit_logistic_many({}, data.y).empty());
    xs[4].row(3)[8] = std::numeric_limits<float>::infinity();
    try {
        fit_logistic_many(xs, data.y);
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_STREQ(error.what(), "matrix 4, row 3, column 8: value is not finite");
    }
}

core::ErrorKind kind_of(const Matrix& x, const std::vector<int>& y,
                        const LogisticOptions& options = {}) {
    try {
        fit_logistic(x, y, options);
    } catch (const core::Error& error) {
        return error.kind();
    }
    return core::ErrorKind::internal;
}

TEST(Logistic, Refuses) {
    FormulaData data(20, 50);
    using core::ErrorKind;
    EXPECT_EQ(kind_of(data.x, std::vector<int>(19, 1)), ErrorKind::mismatch);
    EXPECT_EQ(kind_of(data.x, std::vector<int>(20, 1)), ErrorKind::input);
    EXPECT_EQ(kind_of(data.x, std::vector<int>(20, 0)), ErrorKind::input);
    std::vector<int> odd = data.y;
    odd[2] = 2;
    EXPECT_EQ(kind_of(data.x, odd), ErrorKind::input);
    EXPECT_EQ(kind_of(Matrix(), {}), ErrorKind::input);
    LogisticOptions options;
    options.C = 0;
    EXPECT_EQ(kind_of(data.x, data.y, options), ErrorKind::usage);
    options = {};
    options.tolerance = std::nan("");
    EXPECT_EQ(kind_of(data.x, data.y, options), ErrorKind::usage);
    data.x.values.pop_back();
    EXPECT_EQ(kind_of(data.x, data.y), ErrorKind::mismatch);
    EXPECT_THROW(logistic_objective(data.x, data.y, std::vector<double>(50), 0, 1), core::Error);
}

TEST(Logistic, SaysWhenItWasStoppedEarly) {
    const FormulaData data(20, 50);
    LogisticOptions options;
    options.max_iterations = 1;
    const LogisticFit fit = fit_logistic(data.x, data.y, options);
    EXPECT_FALSE(fit.converged);
    EXPECT_EQ(fit.iterations, 1);
    EXPECT_LT(fit.objective, logistic_objective(data.x, data.y, std::vector<double>(50), 0, 1));
}

}  // namespace
}  // namespace axia::math
