#include "axia/math/thurstone.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/inference.h"
#include "math/battles.h"
#include "math/normal_tail.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Array = Eigen::ArrayXd;
using Vector = Eigen::VectorXd;
using Eigen::Index;

constexpr double jitter = 1e-5;      // S022
constexpr double log_limit = 10;     // |log variance| stays below
constexpr double start_share = 1.7;  // logistic(1.7 x) is near Phi(x)

/// Mean cross-entropy of pairs as a function of x = (means, t), log variance = 10 tanh(t / 10). The
/// means live where their mean is 0 and their squares sum to n: gradient and Hessian are those of
/// that sphere.
class Loss {
  public:
    Loss(std::size_t items, const MergedBattles& pairs, bool equal_variance)
        : n_(static_cast<Index>(items)),
          spreads_(equal_variance ? 1 : n_),
          pairs_(pairs),
          size_(static_cast<Index>(pairs.size())),
          wins_(Eigen::Map<const Array>(pairs.wins.data(), size_)),
          losses_(Eigen::Map<const Array>(pairs.total.data(), size_) - wins_),
          weight_(1 / (wins_.sum() + losses_.sum())),
          d_(size_),
          v_(size_) {}

    Index size() const { return n_ + spreads_; }
    Index items() const { return n_; }

    Vector variances(const Vector& x) const {
        const Array t = x.tail(spreads_).array() / log_limit;
        const Vector values = (log_limit * t.tanh()).exp();
        return spreads_ == 1 ? Vector(Vector::Constant(n_, values[0])) : values;
    }

    /// Back to mean 0 and squares n.
    void settle(Vector& x) const {
        auto means = x.head(n_);
        means.array() -= means.mean();
        means *= std::sqrt(static_cast<double>(n_)) / means.norm();
    }

    /// Loss and gradient at a settled x.
    double evaluate(const Vector& x, Vector& gradient) {
        const Array tanh = (x.tail(spreads_).array() / log_limit).tanh();
        const Array share = 1 - tanh.square();
        const Array variance = (log_limit * tanh).exp();
        slope_ = variance * share;
        bend_ = variance * share.square() - 2 / log_limit * variance * share * tanh;
        for (Index k = 0; k < size_; ++k) {
            d_[k] = x[pairs_.a[k]] - x[pairs_.b[k]];
            v_[k] = variance[spread(pairs_.a[k])] + variance[spread(pairs_.b[k])] + jitter;
        }
        const Array root = v_.sqrt();
        const Array z = d_ / root;
        const NormalTails tails = normal_tails(z);
        const double loss = -weight_ * (wins_ * tails.log_below + losses_ * tails.log_above).sum();
        const Array first = weight_ * (losses_ * tails.hazard_above - wins_ * tails.hazard_below);
        const Array second = weight_ * (wins_ * tails.hazard_below * (tails.hazard_below + z) +
                                        losses_ * tails.hazard_above * (tails.hazard_above - z));
        // derivatives by d and by v of f(d / sqrt(v))
        const Array by_d = first / root;
        const Array by_v = -first * z / (2 * v_);
        dd_ = second / v_;
        dv_ = -(second * z + first) / (2 * v_ * root);
        vv_ = (second * z.square() + 3 * first * z) / (4 * v_.square());
        gradient.setZero(size());
        spread_gradient_.setZero(spreads_);
        for (Index k = 0; k < size_; ++k) {
            gradient[pairs_.a[k]] += by_d[k];
            gradient[pairs_.b[k]] -= by_d[k];
            spread_gradient_[spread(pairs_.a[k])] += by_v[k];
            spread_gradient_[spread(pairs_.b[k])] += by_v[k];
        }
        gradient.tail(spreads_) = spread_gradient_ * slope_;
        diagonal_.setZero(size());
        for (Index k = 0; k < size_; ++k) {
            for (const auto item : {pairs_.a[k], pairs_.b[k]}) {
                diagonal_[item] += dd_[k];
                diagonal_[n_ + spread(item)] += vv_[k];
            }
        }
        auto spreads = diagonal_.tail(spreads_).array();
        spreads = (spreads * slope_.square() + spread_gradient_ * bend_).abs();
        diagonal_ = diagonal_.cwiseMax(1e-3 * diagonal_.head(n_).mean());
        means_ = x.head(n_);
        radial_ = means_.dot(gradient.head(n_)) / static_cast<double>(n_);
        flatten(gradient);
        return loss;
    }

    /// Hessian at the last point evaluated, times p in its tangent space.
    void hessian(const Vector& p, Vector& result) const {
        result.setZero(size());
        const Array tilt = slope_ * p.tail(spreads_).array();
        Array spread_result = Array::Zero(spreads_);
        pairs_.each_row([&](std::uint32_t a, std::uint32_t begin, std::uint32_t end) {
            double sum_d = 0, sum_v = 0;
            for (std::uint32_t k = begin; k < end; ++k) {
                const std::uint32_t b = pairs_.b[k];
                const double d = p[a] - p[b];
                const double v = tilt[spread(a)] + tilt[spread(b)];
                const double to_d = dd_[k] * d + dv_[k] * v;
                const double to_v = dv_[k] * d + vv_[k] * v;
                sum_d += to_d;
                sum_v += to_v;
                result[b] -= to_d;
                spread_result[spread(b)] += to_v;
            }
            result[a] += sum_d;
            spread_result[spread(a)] += sum_v;
        });
        result.tail(spreads_) =
            spread_result * slope_ + spread_gradient_ * bend_ * p.tail(spreads_).array();
        flatten(result);
        result.head(n_) -= radial_ * p.head(n_);  // curvature of the sphere
    }

    /// A positive diagonal of about the Hessian's size: the metric of the steps.
    const Vector& metric() const { return diagonal_; }

    /// Projects onto the tangent space.
    void flatten(Vector& p) const {
        auto means = p.head(n_);
        means.array() -= means.mean();
        means -= means_.dot(means) / static_cast<double>(n_) * means_;
    }

  private:
    Index spread(Index item) const { return spreads_ == 1 ? 0 : item; }

    Index n_, spreads_;
    const MergedBattles& pairs_;
    Index size_;
    Array wins_, losses_;
    double weight_;
    Array d_, v_, dd_, dv_, vv_;
    Array slope_, bend_;  // first and second derivative of a variance by its t
    Array spread_gradient_;
    Vector diagonal_;
    Vector means_;
    double radial_ = 0;
};

/// Steihaug's truncated conjugate gradients: a step that lowers the quadratic model, of a length in
/// the metric of at most `radius`. Gives the promised gain.
double trust_step(const Loss& loss, const Vector& gradient, double radius, Vector& step,
                  double& length) {
    const Vector& metric = loss.metric();
    step.setZero(gradient.size());
    Vector r = gradient, z = r.cwiseQuotient(metric);
    loss.flatten(z);
    Vector p = -z, hp(r.size()), h_step = Vector::Zero(r.size());
    // squares in the metric: of the step, of p, and their product (p is not orthogonal to the step)
    double ss = 0, sp = 0, rz = r.dot(z), pp = p.cwiseProduct(metric).dot(p);
    const double enough = rz * std::min(1e-2, std::sqrt(rz));
    for (Index i = 0; i < 2 * r.size(); ++i) {
        loss.hessian(p, hp);
        const double curvature = p.dot(hp);
        double by = curvature > 0 ? rz / curvature : INFINITY;
        const double longer = ss + by * (2 * sp + by * pp);
        const bool outside = !(longer < radius * radius);
        if (outside) by = (-sp + std::sqrt(sp * sp + pp * (radius * radius - ss))) / pp;
        step += by * p;
        h_step += by * hp;
        ss += by * (2 * sp + by * pp);
        if (outside) break;
        r += by * hp;
        z = r.cwiseQuotient(metric);
        loss.flatten(z);
        const double next = r.dot(z);
        if (next <= enough) break;
        p = next / rz * p - z;
        rz = next;
        pp = p.cwiseProduct(metric).dot(p);
        sp = p.cwiseProduct(metric).dot(step);
    }
    length = std::sqrt(std::max(0.0, ss));
    return -(gradient.dot(step) + step.dot(h_step) / 2);
}

/// Trust-region Newton from `x`, which becomes the optimum.
void minimise(Loss& loss, const ThurstoneOptions& options, Vector& x, ThurstoneFit& fit) {
    Vector gradient, next_gradient, step, next;
    double value = loss.evaluate(x, gradient);
    double radius = 1;
    fit.converged = false;
    while (!fit.converged && fit.iterations < options.max_iterations) {
        ++fit.iterations;
        double length = 0;
        const double promised = trust_step(loss, gradient, radius, step, length);
        fit.converged = promised <= options.tolerance && length < .9 * radius;
        next = x + step;
        loss.settle(next);
        const double there = loss.evaluate(next, next_gradient);
        // differences below rounding say nothing: trust the model
        const double rounding = 1e-14 * (1 + std::fabs(value));
        const double kept = (value - there + rounding) / (promised + rounding);
        if (kept < .25) {
            radius = length / 4;
        } else if (kept > .75 && length > .9 * radius) {
            radius *= 2;
        }
        if (kept > .1) {
            x.swap(next);
            gradient.swap(next_gradient);
            value = there;
        } else {
            if (radius < 1e-12) break;
            loss.evaluate(x, gradient);
        }
    }
    fit.log_loss = value;
    fit.gradient = gradient.cwiseAbs().maxCoeff();
}

void check_options(const ThurstoneOptions& options, std::size_t items) {
    if (!(options.held_out >= 0 && options.held_out < 1)) {
        throw Error(ErrorKind::usage, "held-out share " + std::to_string(options.held_out),
                    "held_out", "give a number from 0, below 1");
    }
    if (options.certain != 0 && !(options.certain > .5 && options.certain < 1)) {
        throw Error(ErrorKind::usage, "certainty " + std::to_string(options.certain), "certain",
                    "give a number above .5 and below 1, or 0");
    }
    if (!(options.tolerance > 0) || options.max_iterations < 1) {
        throw Error(ErrorKind::usage, "tolerance and max_iterations must be above 0", "options");
    }
    if (!options.names.empty() && options.names.size() != items) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(options.names.size()) + " names for " + std::to_string(items) +
                        " options",
                    "names");
    }
}

/// Splits pairs at random, keeping for the fit those that connect the options.
void hold_out(std::size_t items, const ThurstoneOptions& options, MergedBattles& pairs,
              MergedBattles& test) {
    const auto wanted =
        static_cast<std::size_t>(options.held_out * static_cast<double>(pairs.size()));
    if (wanted == 0) return;
    std::vector<std::size_t> order(pairs.size()), parent(items);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::iota(parent.begin(), parent.end(), std::size_t{0});
    core::Rng(options.seed).shuffle(order);
    const auto root = [&](std::size_t i) {
        while (parent[i] != i) i = parent[i] = parent[parent[i]];
        return i;
    };
    std::vector<char> tested(pairs.size());
    // a random spanning tree stays
    std::size_t left = wanted;
    std::vector<std::size_t> free;
    for (const std::size_t k : order) {
        const std::size_t a = root(pairs.a[k]), b = root(pairs.b[k]);
        if (a == b) {
            free.push_back(k);
        } else {
            parent[a] = b;
        }
    }
    for (const std::size_t k : free) {
        if (left == 0) break;
        tested[k] = 1;
        --left;
    }
    MergedBattles fitted;
    pairs.each_row([&](std::uint32_t, std::uint32_t begin, std::uint32_t end) {
        for (MergedBattles* side : {&fitted, &test}) {
            side->first.push_back(static_cast<std::uint32_t>(side->size()));
        }
        for (std::uint32_t k = begin; k < end; ++k) {
            MergedBattles& side = tested[k] ? test : fitted;
            side.a.push_back(pairs.a[k]);
            side.b.push_back(pairs.b[k]);
            side.wins.push_back(pairs.wins[k]);
            side.total.push_back(pairs.total[k]);
        }
    });
    for (MergedBattles* side : {&fitted, &test}) {
        side->first.push_back(static_cast<std::uint32_t>(side->size()));
    }
    pairs = std::move(fitted);
}

void take(const Loss& loss, const Vector& x, ThurstoneFit& fit) {
    fit.means.assign(x.begin(), x.begin() + loss.items());
    const Vector variances = loss.variances(x);
    fit.variances.assign(variances.begin(), variances.end());
}

/// Pairs of neither list that the fit is sure of, won once.
std::vector<Battle> certain_pairs(std::size_t items, const ThurstoneFit& fit, double certain,
                                  const MergedBattles& pairs, const MergedBattles& test) {
    std::vector<char> compared(items * items);
    for (const MergedBattles* list : {&pairs, &test}) {
        for (std::size_t k = 0; k < list->size(); ++k) {
            compared[list->a[k] * items + list->b[k]] = 1;
        }
    }
    std::vector<Battle> sure;
    for (std::size_t a = 0; a < items; ++a) {
        for (std::size_t b = a + 1; b < items; ++b) {
            if (compared[a * items + b]) continue;
            const double p = thurstone_probability(fit, a, b);
            if (p >= certain) sure.push_back({a, b, 1, 0});
            if (p <= 1 - certain) sure.push_back({a, b, 0, 1});
        }
    }
    return sure;
}

struct Score {
    double log_loss = 0;
    std::optional<double> accuracy;
};

Score score(const ThurstoneFit& fit, const MergedBattles& pairs) {
    const auto size = static_cast<Index>(pairs.size());
    Array z(size);
    for (Index k = 0; k < size; ++k) {
        z[k] = (fit.means[pairs.a[k]] - fit.means[pairs.b[k]]) /
               std::sqrt(fit.variances[pairs.a[k]] + fit.variances[pairs.b[k]] + jitter);
    }
    const NormalTails tails = normal_tails(z);
    double loss = 0, total = 0, right = 0, decided = 0;
    for (Index k = 0; k < size; ++k) {
        const double wins = pairs.wins[k], losses = pairs.total[k] - wins;
        loss -= wins * tails.log_below[k] + losses * tails.log_above[k];
        total += pairs.total[k];
        if (wins == losses) continue;
        decided += 1;
        right += z[k] == 0 ? .5 : (z[k] > 0) == (wins > losses) ? 1 : 0;
    }
    Score result;
    result.log_loss = loss / total;
    if (decided > 0) result.accuracy = right / decided;
    return result;
}

}  // namespace

ThurstoneFit fit_thurstone(std::size_t items, std::span<const Battle> battles,
                           const ThurstoneOptions& options) {
    check_options(options, items);
    check_battles(items, 3, battles);
    MergedBattles pairs = merge_battles(items, battles), test;
    need_connected(items, pairs, options.names);
    hold_out(items, options, pairs, test);

    // start: Bradley-Terry, its scale taken into the one variance
    std::vector<Battle> fitted(pairs.size());
    for (std::size_t k = 0; k < pairs.size(); ++k) {
        fitted[k] = {pairs.a[k], pairs.b[k], pairs.wins[k], pairs.total[k] - pairs.wins[k]};
    }
    const double weight = std::accumulate(pairs.total.begin(), pairs.total.end(), 0.0);
    RankOptions ranking;
    ranking.ridge = 1e-3 * weight / static_cast<double>(items);
    ranking.tolerance = 1e-3;
    const RankFit start = fit_bradley_terry(items, fitted, ranking);
    Loss loss(items, pairs, options.equal_variance);
    Vector x(loss.size());
    std::copy(start.strengths.begin(), start.strengths.end(), x.begin());
    const double spread = x.head(loss.items()).norm() / std::sqrt(static_cast<double>(items));
    if (!(spread > 1e-9)) {
        throw Error(ErrorKind::input, "every option wins half of its battles: no utilities",
                    "battles");
    }
    const double log_variance =
        std::clamp(std::log(start_share * start_share / 2 / (spread * spread)), -5.0, 5.0);
    x.tail(loss.size() - loss.items())
        .setConstant(log_limit * std::atanh(log_variance / log_limit));
    loss.settle(x);

    ThurstoneFit fit;
    minimise(loss, options, x, fit);
    take(loss, x, fit);
    if (options.certain > 0) {
        const std::vector<Battle> sure = certain_pairs(items, fit, options.certain, pairs, test);
        fit.certain = sure.size();
        fitted.insert(fitted.end(), sure.begin(), sure.end());
        const MergedBattles more = merge_battles(items, fitted);
        Loss again(items, more, options.equal_variance);
        minimise(again, options, x, fit);
        take(again, x, fit);
        fit.log_loss = score(fit, pairs).log_loss;
    }
    fit.accuracy = score(fit, pairs).accuracy.value_or(0);
    fit.held_out = test.size();
    if (test.size() > 0) {
        const Score held_out = score(fit, test);
        fit.held_out_log_loss = held_out.log_loss;
        fit.held_out_accuracy = held_out.accuracy;
    }
    return fit;
}

double thurstone_probability(const ThurstoneFit& fit, std::size_t a, std::size_t b) {
    return normal_cdf((fit.means.at(a) - fit.means.at(b)) /
                      std::sqrt(fit.variances.at(a) + fit.variances.at(b) + jitter));
}

}  // namespace axia::math
