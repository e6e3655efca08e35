#include "axia/math/quadratic.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <new>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace {
thread_local std::size_t allocations = 0;
}

[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    if (void* memory = std::malloc(size ? size : 1)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace axia::math {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

struct Problem {
    RowMajor gram, readings;
    std::vector<RowRule> rules;
    VectorXd gaps;

    Eigen::Index k() const { return gram.rows(); }
    Eigen::Index m() const { return readings.rows(); }
    LeastShift shift() const {
        return {static_cast<std::size_t>(k()),
                {gram.data(), gram.data() + gram.size()},
                {readings.data(), readings.data() + readings.size()},
                rules};
    }
};

// directions U (k x width), normals W (m x width)
Problem make(const MatrixXd& u, const MatrixXd& w, std::vector<RowRule> rules, VectorXd gaps) {
    Problem p;
    p.gram = u * u.transpose();
    p.readings = w * u.transpose();
    p.rules = std::move(rules);
    p.gaps = std::move(gaps);
    return p;
}

MatrixXd gaussian(core::Rng& rng, Eigen::Index rows, Eigen::Index cols) {
    return MatrixXd::NullaryExpr(rows, cols, [&] { return rng.normal(); });
}

bool solve(const Problem& p, VectorXd& x) {
    x = VectorXd::Constant(p.k(), 99);
    return p.shift().solve({p.gaps.data(), static_cast<std::size_t>(p.m())},
                           {x.data(), static_cast<std::size_t>(p.k())});
}

// how far row j is from being met, relative to |gap| + |row| |x|
double miss(const Problem& p, const VectorXd& x, Eigen::Index j) {
    const double rest = p.readings.row(j).dot(x) - p.gaps[j];
    const double scale = std::fabs(p.gaps[j]) + p.readings.row(j).norm() * x.norm();
    const RowRule rule = p.rules[static_cast<std::size_t>(j)];
    const double over = rule == RowRule::equal      ? std::fabs(rest)
                        : rule == RowRule::at_least ? -rest
                                                    : rest;
    return scale > 0 ? std::max(0.0, over) / scale : 0;
}

// The reference: every subset of the inequalities held as equations, its KKT system solved whole;
// the best point among those that meet every row. The optimum is always one of them.
bool enumerate(const Problem& p, VectorXd& best, double& value) {
    std::vector<Eigen::Index> fixed, loose;
    for (Eigen::Index j = 0; j < p.m(); ++j) {
        (p.rules[static_cast<std::size_t>(j)] == RowRule::equal ? fixed : loose).push_back(j);
    }
    bool found = false;
    for (std::size_t set = 0; set < (std::size_t{1} << loose.size()); ++set) {
        std::vector<Eigen::Index> active = fixed;
        for (std::size_t l = 0; l < loose.size(); ++l) {
            if (set >> l & 1) active.push_back(loose[l]);
        }
        const Eigen::Index a = static_cast<Eigen::Index>(active.size());
        MatrixXd kkt = MatrixXd::Zero(p.k() + a, p.k() + a);
        VectorXd rhs = VectorXd::Zero(p.k() + a);
        kkt.topLeftCorner(p.k(), p.k()) = p.gram;
        for (Eigen::Index i = 0; i < a; ++i) {
            kkt.block(0, p.k() + i, p.k(), 1) =
                p.readings.row(active[static_cast<std::size_t>(i)]).transpose();
            kkt.block(p.k() + i, 0, 1, p.k()) = p.readings.row(active[static_cast<std::size_t>(i)]);
            rhs[p.k() + i] = p.gaps[active[static_cast<std::size_t>(i)]];
        }
        const VectorXd x = kkt.fullPivLu().solve(rhs).head(p.k());
        bool met = true;
        for (Eigen::Index j = 0; j < p.m() && met; ++j) met = miss(p, x, j) < 1e-8;
        const double at = x.dot(p.gram * x) / 2;
        if (met && (!found || at < value)) {
            found = true;
            value = at;
            best = x;
        }
    }
    return found;
}

// Stationarity, for independent rows: Gx = sum lambda_j a_j over the rows at their bound, with the
// right signs. Returns the larger of the relative residual and of the relative size of a wrong
// sign.
double stationarity(const Problem& p, const VectorXd& x) {
    std::vector<Eigen::Index> active;
    for (Eigen::Index j = 0; j < p.m(); ++j) {
        const double scale = std::fabs(p.gaps[j]) + p.readings.row(j).norm() * x.norm();
        if (std::fabs(p.readings.row(j).dot(x) - p.gaps[j]) <= 1e-8 * scale) active.push_back(j);
    }
    const VectorXd gradient = p.gram * x;
    if (active.empty()) return gradient.norm();
    MatrixXd rows(p.k(), static_cast<Eigen::Index>(active.size()));
    for (Eigen::Index a = 0; a < rows.cols(); ++a) {
        rows.col(a) = p.readings.row(active[static_cast<std::size_t>(a)]).transpose();
    }
    const VectorXd lambda = rows.colPivHouseholderQr().solve(gradient);
    double worst = (gradient - rows * lambda).norm();
    for (Eigen::Index a = 0; a < rows.cols(); ++a) {
        const RowRule rule = p.rules[static_cast<std::size_t>(active[static_cast<std::size_t>(a)])];
        const double wrong = rule == RowRule::at_least  ? -lambda[a]
                             : rule == RowRule::at_most ? lambda[a]
                                                        : 0;
        worst = std::max(worst, wrong * rows.col(a).norm());
    }
    return worst / (1e-300 + gradient.norm());
}

Problem random_problem(core::Rng& rng, Eigen::Index k, Eigen::Index m, bool with_equal) {
    const Eigen::Index width = k + static_cast<Eigen::Index>(rng.below(20));
    MatrixXd u = gaussian(rng, k, width);
    if (rng.below(3) == 0)
        u.rowwise() += 2 * gaussian(rng, 1, width).row(0);  // directions that lean together
    MatrixXd w = gaussian(rng, m, width);
    for (Eigen::Index j = 0; j < m; ++j) {
        if (rng.below(2))
            w.row(j) = u.row(j % k) + .3 * w.row(j);  // probes of their own directions
    }
    std::vector<RowRule> rules;
    VectorXd gaps(m);
    for (Eigen::Index j = 0; j < m; ++j) {
        const auto draw = rng.below(with_equal ? 3 : 2);
        rules.push_back(draw == 2   ? RowRule::equal
                        : draw == 1 ? RowRule::at_most
                                    : RowRule::at_least);
        gaps[j] = 3 * rng.normal();
        if (rules.back() == RowRule::equal && rng.below(2)) gaps[j] = 0;
    }
    return make(u, w, rules, gaps);
}

TEST(LeastShift, AgreesWithEnumerationOfActiveSets) {
    core::Rng rng(42);
    int feasible = 0, infeasible = 0;
    for (int round = 0; round < 6000; ++round) {
        const Eigen::Index k = 1 + static_cast<Eigen::Index>(rng.below(6));
        const Eigen::Index m = 1 + static_cast<Eigen::Index>(rng.below(7));
        const Problem p = random_problem(rng, k, m, round % 2);
        VectorXd x, best;
        double value = 0;
        const bool possible = enumerate(p, best, value);
        ASSERT_EQ(solve(p, x), possible) << "round " << round;
        if (!possible) {
            ++infeasible;
            ASSERT_TRUE((x.array() == 0).all());
            continue;
        }
        ++feasible;
        for (Eigen::Index j = 0; j < m; ++j) ASSERT_LT(miss(p, x, j), 1e-9) << "round " << round;
        ASSERT_NEAR(x.dot(p.gram * x) / 2, value, 1e-8 * (value + 1e-12)) << "round " << round;
        const VectorXd apart =
            x - best;  // as shifts: x itself is loose where directions lean together
        ASSERT_LT(apart.dot(p.gram * apart), 1e-6 * (value + 1e-12)) << "round " << round;
    }
    EXPECT_GT(feasible, 3000);
    EXPECT_GT(infeasible, 300);
}

TEST(LeastShift, DegenerateSmallIntegers) {
    // repeated, opposite and zero rows, parallel directions, bounds that meet in one point
    core::Rng rng(44);
    int feasible = 0, infeasible = 0;
    for (int round = 0; round < 6000; ++round) {
        const Eigen::Index k = 1 + static_cast<Eigen::Index>(rng.below(4));
        const Eigen::Index m = 1 + static_cast<Eigen::Index>(rng.below(6));
        const auto digit = [&] { return static_cast<double>(rng.below(3)) - 1; };
        const MatrixXd u = MatrixXd::NullaryExpr(k, 4, digit),
                       w = MatrixXd::NullaryExpr(m, 4, digit);
        std::vector<RowRule> rules;
        for (Eigen::Index j = 0; j < m; ++j) rules.push_back(static_cast<RowRule>(rng.below(3)));
        const Problem p = make(u, w, rules, VectorXd::NullaryExpr(m, digit));
        VectorXd x, best;
        double value = 0;
        const bool possible = enumerate(p, best, value);
        ASSERT_EQ(solve(p, x), possible) << "round " << round;
        ++(possible ? feasible : infeasible);
        if (!possible) continue;
        for (Eigen::Index j = 0; j < m; ++j) ASSERT_LT(miss(p, x, j), 1e-9) << "round " << round;
        ASSERT_NEAR(x.dot(p.gram * x) / 2, value, 1e-8 * (value + 1e-6)) << "round " << round;
    }
    EXPECT_GT(feasible, 1000);
    EXPECT_GT(infeasible, 1000);
}

TEST(LeastShift, KktHoldsOnLargeProblems) {
    core::Rng rng(43);
    int feasible = 0;
    for (int round = 0; round < 1500; ++round) {
        const Eigen::Index k = 6 + static_cast<Eigen::Index>(rng.below(7));
        const Eigen::Index m = k - static_cast<Eigen::Index>(rng.below(4));
        const Problem p = random_problem(rng, k, m, round % 2);
        VectorXd x;
        if (!solve(p, x)) continue;
        ++feasible;
        for (Eigen::Index j = 0; j < m; ++j) ASSERT_LT(miss(p, x, j), 1e-9) << "round " << round;
        ASSERT_LT(stationarity(p, x), 1e-5) << "round " << round;
    }
    EXPECT_EQ(feasible, 1500);  // m <= k general rows can always be met
}

TEST(LeastShift, OneDirectionIsTheClosedForm) {
    // d = max(0, gap / (w.u)), u a unit vector (S001)
    core::Rng rng(1);
    for (int round = 0; round < 200; ++round) {
        const double reading = rng.normal(), gap = rng.normal();
        const RowRule rule = round % 2 ? RowRule::at_least : RowRule::at_most;
        const LeastShift shift(1, {1}, {reading}, {rule});
        double amount = 5;
        ASSERT_TRUE(shift.solve({&gap, 1}, {&amount, 1}));
        const bool open = rule == RowRule::at_least ? gap > 0 : gap < 0;
        EXPECT_NEAR(amount, open ? gap / reading : 0, 1e-10 * std::fabs(gap / reading));
        if (!open) {
            EXPECT_EQ(amount, 0);
        }
    }
}

TEST(LeastShift, OrthogonalDirectionsShiftIndependently) {
    // u_i orthogonal, w_i = scale_i u_i / |u_i|^2: row i sees only direction i
    const MatrixXd u = (VectorXd(4) << 1, 2, .5, 3).finished().asDiagonal();
    const MatrixXd w = (VectorXd(4) << 2, 2, 2, 2).finished().asDiagonal();
    const Problem p =
        make(u, w, {RowRule::at_least, RowRule::at_most, RowRule::at_least, RowRule::at_least},
             (VectorXd(4) << 3, -2, -1, 6).finished());
    VectorXd x;
    ASSERT_TRUE(solve(p, x));
    EXPECT_NEAR(x[0], 3 / (2 * 1.), 1e-11);
    EXPECT_NEAR(x[1], -2 / (2 * 2.), 1e-11);
    EXPECT_NEAR(x[2], 0, 1e-11);
    EXPECT_NEAR(x[3], 6 / (2 * 3.), 1e-11);
}

TEST(LeastShift, LeaningPairByHand) {
    // unit u, v with u.v = 1/2 and rows w = u, v, both gaps 1: x = G^-1 1 = (2/3, 2/3)
    Problem p;
    p.gram = p.readings = (RowMajor(2, 2) << 1, .5, .5, 1).finished();
    p.rules = {RowRule::at_least, RowRule::at_least};
    p.gaps = (VectorXd(2) << 1, 1).finished();
    VectorXd x;
    ASSERT_TRUE(solve(p, x));
    EXPECT_NEAR(x[0], 2 / 3., 1e-11);
    EXPECT_NEAR(x[1], 2 / 3., 1e-11);
    // gaps 1 and .4: raising u by 1 lifts v by .5 already
    p.gaps[1] = .4;
    ASSERT_TRUE(solve(p, x));
    EXPECT_NEAR(x[0], 1, 1e-11);
    EXPECT_NEAR(x[1], 0, 1e-11);
    // v held: x = G^-1 (1, 0) = (4/3, -2/3)
    p.rules[1] = RowRule::equal;
    p.gaps[1] = 0;
    ASSERT_TRUE(solve(p, x));
    EXPECT_NEAR(x[0], 4 / 3., 1e-11);
    EXPECT_NEAR(x[1], -2 / 3., 1e-11);
}

TEST(LeastShift, EqualRowsHoldOtherReadings) {
    core::Rng rng(8);
    for (int round = 0; round < 300; ++round) {
        const Eigen::Index k = 2 + static_cast<Eigen::Index>(rng.below(9));
        Problem p = random_problem(rng, k, k, false);
        for (Eigen::Index j = 1; j < k; ++j) {
            p.rules[static_cast<std::size_t>(j)] = RowRule::equal;
            p.gaps[j] = 0;
        }
        p.rules[0] = RowRule::at_least;
        p.gaps[0] = 1.5;
        VectorXd x;
        ASSERT_TRUE(solve(p, x));
        ASSERT_NEAR(p.readings.row(0).dot(x), 1.5, 1e-8);
        for (Eigen::Index j = 1; j < k; ++j) ASSERT_LT(miss(p, x, j), 1e-9);
        p.gaps[0] = -.1;  // already there
        ASSERT_TRUE(solve(p, x));
        ASSERT_TRUE((x.array() == 0).all());
    }
}

TEST(LeastShift, ContradictingParallelRows) {
    const std::vector<double> gram = {1, .2, .2, 1}, readings = {1, .5, 2, 1};  // row 2 = 2 x row 1
    double x[2];
    const LeastShift shift(2, gram, readings, {RowRule::at_least, RowRule::at_most});
    EXPECT_FALSE(shift.solve(std::vector<double>{1, 1.9}, x));  // >= 1 and <= .95
    EXPECT_EQ(x[0], 0);
    EXPECT_EQ(x[1], 0);
    EXPECT_TRUE(shift.solve(std::vector<double>{1, 2}, x));  // exactly one value is left
    EXPECT_NEAR(x[0] + .5 * x[1], 1, 1e-9);
    EXPECT_TRUE(shift.solve(std::vector<double>{1, 2.1}, x));
    EXPECT_FALSE(shift.solve(std::vector<double>{2, -1}, x));

    const LeastShift both(2, gram, readings, {RowRule::equal, RowRule::equal});
    EXPECT_TRUE(both.solve(std::vector<double>{-1, -2}, x));
    EXPECT_NEAR(x[0] + .5 * x[1], -1, 1e-9);
    EXPECT_FALSE(both.solve(std::vector<double>{1, 1}, x));

    const LeastShift held(2, gram, readings, {RowRule::equal, RowRule::at_least});
    EXPECT_FALSE(held.solve(std::vector<double>{0, 1}, x));
    EXPECT_TRUE(held.solve(std::vector<double>{0, -1}, x));
    EXPECT_EQ(x[0], 0);
    EXPECT_TRUE(held.solve(std::vector<double>{1, 1}, x));

    const LeastShift blind(1, {1}, {0}, {RowRule::at_least});  // a row the direction cannot move
    EXPECT_FALSE(blind.solve(std::vector<double>{1}, {x, 1}));
    EXPECT_TRUE(blind.solve(std::vector<double>{-1}, {x, 1}));
}

TEST(LeastShift, ParallelDirectionsShareTheShift) {
    // u twice: any split gives the same shift; the least one by the tiny ridge is half and half
    const LeastShift twice(2, {1, 1, 1, 1}, {2, 2}, {RowRule::at_least});
    double x[2];
    ASSERT_TRUE(twice.solve(std::vector<double>{4}, x));
    EXPECT_NEAR(x[0] + x[1], 2, 2e-9);
    EXPECT_NEAR(x[0], 1, 1e-3);

    core::Rng rng(9);
    for (const double angle : {1e-1, 1e-2, 1e-3, 1e-4}) {
        for (int round = 0; round < 200; ++round) {
            MatrixXd u = gaussian(rng, 4, 30);
            u.row(1) = u.row(0) + angle * u.row(1);
            u.row(3) = u.row(0) - 2 * u.row(2) + angle * u.row(3);
            const MatrixXd w = gaussian(rng, 4, 30);
            VectorXd gaps(4);
            for (double& gap : gaps) gap = rng.normal();
            const Problem p =
                make(u, w, {RowRule::at_least, RowRule::at_most, RowRule::equal, RowRule::at_least},
                     gaps);
            VectorXd x4, best;
            double value = 0;
            ASSERT_TRUE(solve(p, x4)) << angle;
            for (Eigen::Index j = 0; j < 4; ++j) ASSERT_LT(miss(p, x4, j), 1e-9) << angle;
            if (angle < 1e-3) continue;  // the reference loses its own digits
            ASSERT_TRUE(enumerate(p, best, value));
            ASSERT_NEAR(x4.dot(p.gram * x4) / 2, value, 1e-4 * value) << angle;
        }
    }
}

TEST(LeastShift, ScaleOfRowsAndDirectionsDoesNotMatter) {
    core::Rng rng(10);
    for (int round = 0; round < 300; ++round) {
        const Eigen::Index k = 2 + static_cast<Eigen::Index>(rng.below(5));
        const Problem p = random_problem(rng, k, k, true);
        Problem q = p;
        VectorXd stretch(k);
        for (Eigen::Index i = 0; i < k; ++i) stretch[i] = std::pow(10, 8 * rng.uniform() - 4);
        q.gram = stretch.asDiagonal() * p.gram * stretch.asDiagonal();
        q.readings = 1e6 * p.readings * stretch.asDiagonal();
        q.gaps = 1e6 * p.gaps;
        VectorXd x, y;
        ASSERT_TRUE(solve(p, x));
        ASSERT_TRUE(solve(q, y));
        ASSERT_LT((x - stretch.asDiagonal() * y).norm(), 1e-6 * (x.norm() + 1e-9));
    }
}

TEST(LeastShift, SolveAllocatesNothing) {
    core::Rng rng(11);
    const Problem p = random_problem(rng, 12, 12, true);
    const LeastShift shift = p.shift();
    double x[12];
    const std::span<const double> gaps(p.gaps.data(), 12);
    const std::size_t before = allocations;
    EXPECT_TRUE(shift.solve(gaps, x));
    EXPECT_EQ(allocations, before);
}

TEST(LeastShift, BoundsThatCannotBindAndGapsThatAreNot) {
    const double infinite = std::numeric_limits<double>::infinity();
    const LeastShift shift(2, {1, 0, 0, 1}, {1, 0, 0, 1}, {RowRule::at_least, RowRule::at_most});
    double x[2];
    EXPECT_TRUE(shift.solve(std::vector<double>{-infinite, -1}, x));
    EXPECT_EQ(x[0], 0);
    EXPECT_NEAR(x[1], -1, 1e-11);
    EXPECT_TRUE(shift.solve(std::vector<double>{2, infinite}, x));
    EXPECT_NEAR(x[0], 2, 1e-11);
    EXPECT_FALSE(shift.solve(std::vector<double>{infinite, 0}, x));
    EXPECT_FALSE(shift.solve(std::vector<double>{std::nan(""), 0}, x));
    EXPECT_EQ(x[0], 0);
    EXPECT_TRUE(LeastShift(1, {1}, {}, {}).solve({}, {x, 1}));  // no rows: nothing to do
}

TEST(LeastShift, Refuses) {
    const std::vector<RowRule> one = {RowRule::at_least};
    EXPECT_THROW(LeastShift(0, {}, {}, {}), core::Error);
    EXPECT_THROW(LeastShift(33, std::vector<double>(33 * 33), {}, {}), core::Error);
    EXPECT_THROW(LeastShift(1, {1, 2}, {1}, one), core::Error);
    EXPECT_THROW(LeastShift(1, {1}, {1, 2}, one), core::Error);
    EXPECT_THROW(LeastShift(1, {std::nan("")}, {1}, one), core::Error);
    EXPECT_THROW(LeastShift(1, {1}, {std::nan("")}, one), core::Error);
    EXPECT_THROW(LeastShift(2, {1, .5, .1, 1}, {1, 1}, one), core::Error);
    EXPECT_THROW(LeastShift(2, {1, 2, 2, 1}, {1, 1}, one), core::Error);
    const LeastShift shift(1, {1}, {1}, one);
    double x[2];
    EXPECT_THROW(shift.solve(std::vector<double>{1, 2}, {x, 1}), core::Error);
    EXPECT_THROW(shift.solve(std::vector<double>{1}, x), core::Error);
}

}  // namespace
}  // namespace axia::math
