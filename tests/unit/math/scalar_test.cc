// Reference values: scipy 1.17.1 special.expit, special.logit, numpy 2.4.6 logaddexp(0, x).
#include "axia/math/scalar.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "axia/core/error.h"

namespace axia::math {
namespace {

TEST(Scalar, SigmoidKeepsDigitsAtBothEnds) {
    EXPECT_DOUBLE_EQ(sigmoid(0), .5);
    EXPECT_DOUBLE_EQ(sigmoid(1), 0.7310585786300049);
    EXPECT_DOUBLE_EQ(sigmoid(-1), 0.2689414213699951);
    EXPECT_DOUBLE_EQ(sigmoid(-40), 4.248354255291589e-18);
    EXPECT_DOUBLE_EQ(sigmoid(40), 1);
    EXPECT_EQ(sigmoid(-800), 0);
    EXPECT_EQ(sigmoid(std::numeric_limits<double>::infinity()), 1);
    EXPECT_EQ(sigmoid(-std::numeric_limits<double>::infinity()), 0);
    EXPECT_TRUE(std::isnan(sigmoid(std::nan(""))));
}

TEST(Scalar, Log1pExpKeepsDigitsAtBothEnds) {
    EXPECT_DOUBLE_EQ(log1p_exp(0), 0.6931471805599453);
    EXPECT_DOUBLE_EQ(log1p_exp(1), 1.3132616875182228);
    EXPECT_DOUBLE_EQ(log1p_exp(-1), 0.31326168751822286);
    EXPECT_DOUBLE_EQ(log1p_exp(-40), 4.248354255291589e-18);
    EXPECT_DOUBLE_EQ(log1p_exp(800), 800);
    EXPECT_TRUE(std::isnan(log1p_exp(std::nan(""))));
}

TEST(Scalar, LogitIsTheInverse) {
    EXPECT_DOUBLE_EQ(logit(1e-300), -690.7755278982137);
    EXPECT_DOUBLE_EQ(logit(.01), -4.59511985013459);
    EXPECT_DOUBLE_EQ(logit(.5), 0);
    EXPECT_NEAR(logit(1 - 1e-12), 27.63104323789236, 1e-12);
    for (const double x : {-30.0, -3.0, -.1, .2, 5.0, 20.0}) {
        EXPECT_NEAR(logit(sigmoid(x)), x, 1e-6) << x;
    }
    for (const double p : {0.0, 1.0, -.5, 1.5, std::nan("")}) {
        EXPECT_THROW(logit(p), core::Error) << p;
    }
}

}  // namespace
}  // namespace axia::math
