#include "axia/math/rank.h"

#include <Eigen/Dense>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <numeric>
#include <thread>

#include "axia/core/error.h"
#include "axia/core/random.h"
#include "axia/math/scalar.h"
#include "math/battles.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Vector = Eigen::VectorXd;
using Array = Eigen::ArrayXd;

constexpr std::size_t dense_items = 100;  // up to here a step is solved by Cholesky

void check_options(const RankOptions& options, std::size_t items) {
    if (!(options.ridge >= 0 && std::isfinite(options.ridge))) {
        throw Error(ErrorKind::usage, "ridge " + std::to_string(options.ridge), "ridge",
                    "give a number of at least 0");
    }
    if (!(options.tolerance > 0) || options.max_iterations < 1) {
        throw Error(ErrorKind::usage, "tolerance and max_iterations must be above 0", "options");
    }
    if (!options.names.empty() && options.names.size() != items) {
        throw Error(
            ErrorKind::mismatch,
            std::to_string(options.names.size()) + " names for " + std::to_string(items) + " items",
            "names");
    }
}

/// Newton's method on one set of pairs, with counts that may change between fits.
class BradleyTerry {
  public:
    BradleyTerry(std::size_t items, const MergedBattles& battles, const RankOptions& options)
        : n_(static_cast<Eigen::Index>(items)),
          battles_(battles),
          options_(options),
          weight_(static_cast<Eigen::Index>(battles.size())),
          share_(static_cast<Eigen::Index>(battles.size())) {}

    RankFit fit(std::span<const double> wins, std::span<const double> total, const Vector& start) {
        Vector s = start, g(n_), next_g(n_), step(n_);
        RankFit result;
        double value = evaluate(s, wins, total, g);
        for (; result.iterations < options_.max_iterations; ++result.iterations) {
            if (small(g)) {
                result.converged = true;
                break;
            }
            solve(g, step);
            const double slope = g.dot(step);
            // the step is a descent, halved until it gains; below rounding any step will do
            double length = 1;
            double next = 0;
            for (int halving = 0; halving < 60; ++halving, length /= 2) {
                next = evaluate(s - length * step, wins, total, next_g);
                if (next <= value - 1e-4 * length * slope + 1e-14 * (1 + std::fabs(value))) break;
            }
            s -= length * step;
            s.array() -= s.mean();
            value = next;
            g.swap(next_g);
        }
        result.objective = value;
        result.gradient = g.cwiseAbs().maxCoeff();
        result.converged = result.converged || small(g);
        result.strengths.assign(s.begin(), s.end());
        return result;
    }

  private:
    bool small(const Vector& g) const {
        return g.cwiseAbs().maxCoeff() <= options_.tolerance * std::max(1.0, most_);
    }

    /// Objective and gradient; keeps the weights of the Hessian.
    double evaluate(const Vector& s, std::span<const double> wins, std::span<const double> total,
                    Vector& g) {
        const auto pairs = static_cast<Eigen::Index>(battles_.size());
        for (Eigen::Index k = 0; k < pairs; ++k) share_[k] = s[battles_.a[k]] - s[battles_.b[k]];
        const Eigen::Map<const Array> won(wins.data(), pairs), all(total.data(), pairs);
        // log P(a) = min(d, 0) - log(1 + exp(-|d|))
        const Array e = (-share_.abs()).exp();
        double value = (all * (share_.max(0) + e.log1p()) - won * share_).sum();
        const Array low = e / (1 + e);  // the smaller of P(a), P(b)
        weight_ = all * low / (1 + e);
        share_ = all * (share_ > 0).select(1 - low, low) - won;
        g = options_.ridge * s;
        diagonal_ = Vector::Constant(n_, options_.ridge);
        Vector fought = Vector::Zero(n_);
        for (Eigen::Index k = 0; k < pairs; ++k) {
            const auto a = battles_.a[k], b = battles_.b[k];
            g[a] += share_[k];
            g[b] -= share_[k];
            diagonal_[a] += weight_[k];
            diagonal_[b] += weight_[k];
            fought[a] += total[k];
            fought[b] += total[k];
        }
        most_ = fought.maxCoeff();
        return value + options_.ridge / 2 * s.squaredNorm();
    }

    /// H step = g.
    void solve(const Vector& g, Vector& step) {
        if (n_ <= static_cast<Eigen::Index>(dense_items)) {
            // ones is in the kernel without ridge; g is orthogonal to it, so any weight there will
            // do
            Eigen::MatrixXd h =
                Eigen::MatrixXd::Constant(n_, n_, diagonal_.mean() / static_cast<double>(n_));
            h.diagonal() += diagonal_;
            for (Eigen::Index k = 0; k < weight_.size(); ++k) {
                h(battles_.b[k], battles_.a[k]) -= weight_[k];
            }
            step = h.selfadjointView<Eigen::Lower>().llt().solve(g);
            return;
        }
        // conjugate gradients, preconditioned by the diagonal
        step.setZero(n_);
        Vector r = g, z = r.cwiseQuotient(diagonal_), p = z, hp(n_);
        double rz = r.dot(z);
        const double enough = 1e-8 * rz;
        for (Eigen::Index i = 0; i < 4 * n_ && rz > enough; ++i) {
            hp = options_.ridge * p;
            for (Eigen::Index k = 0; k < weight_.size(); ++k) {
                const double flow = weight_[k] * (p[battles_.a[k]] - p[battles_.b[k]]);
                hp[battles_.a[k]] += flow;
                hp[battles_.b[k]] -= flow;
            }
            const double along = rz / p.dot(hp);
            step += along * p;
            r -= along * hp;
            z = r.cwiseQuotient(diagonal_);
            const double next = r.dot(z);
            p = z + next / rz * p;
            rz = next;
        }
    }

    Eigen::Index n_;
    const MergedBattles& battles_;
    const RankOptions& options_;
    Array weight_, share_;  // by pair
    Vector diagonal_;
    double most_ = 0;  // battles of the busiest item
};

Vector start_of(std::size_t items, std::span<const double> start) {
    Vector s = Vector::Zero(static_cast<Eigen::Index>(items));
    if (start.empty()) return s;
    if (start.size() != items) {
        throw Error(
            ErrorKind::mismatch,
            std::to_string(start.size()) + " numbers for " + std::to_string(items) + " items",
            "start");
    }
    std::copy(start.begin(), start.end(), s.begin());
    if (!s.allFinite()) throw Error(ErrorKind::input, "a number is not finite", "start");
    s.array() -= s.mean();
    return s;
}

MergedBattles checked(std::size_t items, std::span<const Battle> battles,
                      const RankOptions& options) {
    check_options(options, items);
    check_battles(items, 2, battles);
    MergedBattles merged = merge_battles(items, battles);
    if (options.ridge == 0) need_optimum(items, merged, options.names);
    return merged;
}

}  // namespace

RankFit fit_bradley_terry(std::size_t items, std::span<const Battle> battles,
                          const RankOptions& options, std::span<const double> start) {
    const MergedBattles merged = checked(items, battles, options);
    return BradleyTerry(items, merged, options)
        .fit(merged.wins, merged.total, start_of(items, start));
}

RankBootstrap bootstrap_bradley_terry(std::size_t items, std::span<const Battle> battles,
                                      std::span<const int> group, std::uint64_t seed,
                                      std::size_t draws, double level, const RankOptions& options,
                                      int threads) {
    if (group.size() != battles.size()) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(battles.size()) + " battles with " +
                        std::to_string(group.size()) + " group ids",
                    "group");
    }
    if (draws == 0) throw Error(ErrorKind::usage, "0 bootstrap draws", "draws", "1000 is usual");
    if (!(level > 0 && level < 1)) {
        throw Error(ErrorKind::usage, "confidence level " + std::to_string(level), "level",
                    "give a number between 0 and 1, both excluded");
    }
    const MergedBattles merged = checked(items, battles, options);
    RankBootstrap result;
    result.fit =
        BradleyTerry(items, merged, options).fit(merged.wins, merged.total, start_of(items, {}));
    const Vector start = start_of(items, result.fit.strengths);

    std::map<int, std::size_t> index;
    std::vector<std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < battles.size(); ++i) {
        const auto [at, fresh] = index.try_emplace(group[i], members.size());
        if (fresh) members.emplace_back();
        if (merged.of[i] != MergedBattles::none) members[at->second].push_back(i);
    }
    core::Rng seeds(seed);
    std::vector<std::uint64_t> draw_seeds(draws);
    for (std::uint64_t& draw_seed : draw_seeds) draw_seed = seeds.next();

    std::vector<std::vector<double>> strengths(draws);  // empty = no optimum
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        BradleyTerry model(items, merged, options);
        std::vector<double> wins(merged.size()), total(merged.size());
        std::vector<std::uint32_t> times(members.size());
        for (std::size_t draw = next++; draw < draws; draw = next++) {
            core::Rng rng(draw_seeds[draw]);
            std::fill(times.begin(), times.end(), 0);
            for (std::size_t i = 0; i < members.size(); ++i) ++times[rng.below(members.size())];
            std::fill(wins.begin(), wins.end(), 0);
            std::fill(total.begin(), total.end(), 0);
            for (std::size_t g = 0; g < members.size(); ++g) {
                if (times[g] == 0) continue;
                for (const std::size_t i : members[g]) {
                    const Battle& battle = battles[i];
                    const double a = times[g] * battle.wins_a, b = times[g] * battle.wins_b;
                    wins[merged.of[i]] += battle.a < battle.b ? a : b;
                    total[merged.of[i]] += a + b;
                }
            }
            if (options.ridge == 0 && !has_optimum(items, merged, wins, total)) continue;
            RankFit fit = model.fit(wins, total, start);
            if (fit.converged) strengths[draw] = std::move(fit.strengths);
        }
    };
    std::size_t count = threads > 0 ? static_cast<std::size_t>(threads)
                                    : std::max(1U, std::thread::hardware_concurrency());
    count = std::min(count, draws);
    std::vector<std::thread> workers;
    for (std::size_t i = 1; i < count; ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();

    std::erase_if(strengths, [](const std::vector<double>& s) { return s.empty(); });
    result.draws = strengths.size();
    if (strengths.empty()) {
        throw Error(ErrorKind::input, "no resample of the battles has finite strengths", "battles",
                    "give a ridge above 0");
    }
    std::vector<double> column(strengths.size());
    for (std::size_t i = 0; i < items; ++i) {
        for (std::size_t d = 0; d < column.size(); ++d) column[d] = strengths[d][i];
        result.intervals.push_back(
            {quantile(column, (1 - level) / 2), quantile(column, (1 + level) / 2)});
    }
    result.order.resize(items);
    std::iota(result.order.begin(), result.order.end(), std::size_t{0});
    std::stable_sort(result.order.begin(), result.order.end(), [&](std::size_t a, std::size_t b) {
        return result.fit.strengths[a] > result.fit.strengths[b];
    });
    for (std::size_t i = 0; i + 1 < items; ++i) {
        double above = 0;
        for (const std::vector<double>& s : strengths) {
            const double gap = s[result.order[i]] - s[result.order[i + 1]];
            above += gap > 0 ? 1 : gap == 0 ? .5 : 0;
        }
        result.above_next.push_back(above / static_cast<double>(strengths.size()));
    }
    return result;
}

std::vector<double> elo(std::size_t items, std::span<const Battle> battles,
                        const EloOptions& options) {
    check_battles(items, 2, battles);
    if (options.orders == 0 || !(options.scale > 0) || !(options.base > 1) ||
        !std::isfinite(options.k) || !std::isfinite(options.initial)) {
        throw Error(ErrorKind::usage,
                    "orders and scale must be above 0, base above 1, k and initial finite",
                    "options");
    }
    const double steepness = std::log(options.base) / options.scale;
    std::vector<std::size_t> order(battles.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::vector<double> mean_rating(items), rating(items);
    core::Rng rng(options.seed);
    for (std::size_t round = 0; round < options.orders; ++round) {
        rng.shuffle(order);
        std::fill(rating.begin(), rating.end(), options.initial);
        for (const std::size_t i : order) {
            const Battle& battle = battles[i];
            const double total = battle.wins_a + battle.wins_b;
            if (battle.a == battle.b || total == 0) continue;
            const double expected = sigmoid(steepness * (rating[battle.a] - rating[battle.b]));
            const double gain = options.k * (battle.wins_a / total - expected);
            rating[battle.a] += gain;
            rating[battle.b] -= gain;
        }
        for (std::size_t i = 0; i < items; ++i) {
            mean_rating[i] += rating[i] / static_cast<double>(options.orders);
        }
    }
    return mean_rating;
}

}  // namespace axia::math
