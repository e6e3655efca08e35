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
#include "math/checks.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Vector = Eigen::VectorXd;
using Array = Eigen::ArrayXd;

constexpr std::size_t dense_items = 100;  // up to here a step is solved by Cholesky
constexpr double longest_step = 8;        // in log-odds
constexpr double tie = 1e-8;              // strengths nearer than fits are exact

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
          d_(static_cast<Eigen::Index>(battles.size())) {}

    RankFit fit(std::span<const double> wins, std::span<const double> total, const Vector& start) {
        const Vector fought = battles_of_each(total);
        busiest_ = std::max(1.0, fought.maxCoeff());
        enough_ = options_.tolerance * busiest_;
        Vector s = start, g(n_), next_s(n_), next_g(n_), step(n_);
        RankFit result;
        double value = evaluate(s, wins, total, g);
        while (g.cwiseAbs().maxCoeff() > enough_ && result.iterations < options_.max_iterations) {
            ++result.iterations;
            solve(g, step);
            // where all is decided the Hessian vanishes: then half its bound, which cannot
            // overshoot
            if (!step.allFinite() || !(g.dot(step) > 0)) {
                step = g.cwiseQuotient((fought / 2).cwiseMax(options_.ridge + 1e-12));
            }
            step *= std::min(1.0, longest_step / step.cwiseAbs().maxCoeff());
            const double slope = g.dot(step);
            // a descent, halved until it gains; below rounding any step will do
            double next = 0, length = 1;
            for (int halvings = 0; halvings < 50; ++halvings, length /= 2) {
                next_s = s - length * step;
                next_s.array() -= next_s.mean();
                next = evaluate(next_s, wins, total, next_g);
                if (next <= value - 1e-4 * length * slope + 1e-14 * (1 + std::fabs(value))) break;
            }
            s.swap(next_s);
            g.swap(next_g);
            value = next;
        }
        result.objective = value;
        result.gradient = g.cwiseAbs().maxCoeff();
        result.converged = result.gradient <= enough_;
        result.strengths.assign(s.begin(), s.end());
        return result;
    }

    /// Whether a converged fit without ridge could be of battles that have no optimum: where a
    /// group wins all, its gradient cannot vanish while strengths stay near one another.
    bool doubtful(const RankFit& fit, std::span<const double> total) const {
        double least = INFINITY;
        for (const double count : total) {
            if (count > 0) least = std::min(least, count);
        }
        const auto [low, high] = std::minmax_element(fit.strengths.begin(), fit.strengths.end());
        return sigmoid(*low - *high) * least <= 2 * enough_ * static_cast<double>(n_);
    }

  private:
    Vector battles_of_each(std::span<const double> total) const {
        Vector fought = Vector::Zero(n_);
        for (std::size_t k = 0; k < total.size(); ++k) {
            fought[battles_.a[k]] += total[k];
            fought[battles_.b[k]] += total[k];
        }
        return fought;
    }

    /// Objective and gradient; keeps the weights of the Hessian.
    double evaluate(const Vector& s, std::span<const double> wins, std::span<const double> total,
                    Vector& g) {
        const Eigen::Index pairs = d_.size();
        battles_.each_row([&](std::uint32_t a, std::uint32_t begin, std::uint32_t end) {
            const double own = s[a];
            for (std::uint32_t k = begin; k < end; ++k) d_[k] = own - s[battles_.b[k]];
        });
        const Eigen::Map<const Array> won(wins.data(), pairs), all(total.data(), pairs);
        e_ = (-d_.abs()).exp();
        // -log P(a) = log(1 + exp(-|d|)) + max(-d, 0)
        const double value = (all * (d_.max(0) + (1 + e_).log()) - won * d_).sum();
        low_ = e_ / (1 + e_);  // the smaller of P(a) and P(b)
        weight_ = all * low_ * (1 - low_);
        d_ = all * (d_ > 0).select(1 - low_, low_) - won;
        g = options_.ridge * s;
        diagonal_.setConstant(n_, options_.ridge);
        battles_.each_row([&](std::uint32_t a, std::uint32_t begin, std::uint32_t end) {
            double pull = 0, stiffness = 0;
            for (std::uint32_t k = begin; k < end; ++k) {
                pull += d_[k];
                g[battles_.b[k]] -= d_[k];
                stiffness += weight_[k];
                diagonal_[battles_.b[k]] += weight_[k];
            }
            g[a] += pull;
            diagonal_[a] += stiffness;
        });
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
        // as exact as a step of this size can be of use, relative to the residual
        const double size = g.cwiseAbs().maxCoeff();
        const double share = std::min(.1, std::max(size / busiest_, .1 * enough_ / size));
        const double enough = share * share * rz;
        for (Eigen::Index i = 0; i < 4 * n_ && rz > enough; ++i) {
            hp = options_.ridge * p;
            battles_.each_row([&](std::uint32_t a, std::uint32_t begin, std::uint32_t end) {
                const double own = p[a];
                double sum = 0;
                for (std::uint32_t k = begin; k < end; ++k) {
                    const double flow = weight_[k] * (own - p[battles_.b[k]]);
                    sum += flow;
                    hp[battles_.b[k]] -= flow;
                }
                hp[a] += sum;
            });
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
    Array d_, e_, low_, weight_;  // by pair
    Vector diagonal_;             // of the Hessian
    double busiest_ = 1;          // battles of the item that has most
    double enough_ = 0;           // gradient to stop at
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
    if (options.ridge == 0) need_connected(items, merged, options.names);
    return merged;
}

/// The fit of all battles, or why there is none.
RankFit fit_all(std::size_t items, const MergedBattles& merged, const RankOptions& options,
                std::span<const double> start) {
    BradleyTerry model(items, merged, options);
    RankFit fit = model.fit(merged.wins, merged.total, start_of(items, start));
    if (options.ridge == 0 && (!fit.converged || model.doubtful(fit, merged.total))) {
        need_optimum(items, merged, options.names);
    }
    return fit;
}

/// What a group of battles adds to a pair.
struct Part {
    std::uint32_t pair;
    double wins, total;
};
struct Groups {
    std::vector<std::uint32_t> first;  // of each group's parts, and the end
    std::vector<Part> parts;
    std::size_t size() const { return first.size() - 1; }
};

Groups group_battles(std::span<const Battle> battles, std::span<const int> group,
                     const MergedBattles& merged) {
    std::map<int, std::size_t> index;
    std::vector<std::vector<std::size_t>> members;
    for (std::size_t i = 0; i < battles.size(); ++i) {
        const auto [at, fresh] = index.try_emplace(group[i], members.size());
        if (fresh) members.emplace_back();
        if (merged.of[i] != MergedBattles::none) members[at->second].push_back(i);
    }
    Groups groups;
    std::vector<std::uint32_t> place(merged.size(), MergedBattles::none);
    for (const std::vector<std::size_t>& battles_of : members) {
        const auto begin = static_cast<std::uint32_t>(groups.parts.size());
        groups.first.push_back(begin);
        for (const std::size_t i : battles_of) {
            std::uint32_t& at = place[merged.of[i]];
            if (at == MergedBattles::none || at < begin) {
                at = static_cast<std::uint32_t>(groups.parts.size());
                groups.parts.push_back({merged.of[i], 0, 0});
            }
            const Battle& battle = battles[i];
            groups.parts[at].wins += battle.a < battle.b ? battle.wins_a : battle.wins_b;
            groups.parts[at].total += battle.wins_a + battle.wins_b;
        }
    }
    groups.first.push_back(static_cast<std::uint32_t>(groups.parts.size()));
    return groups;
}

}  // namespace

RankFit fit_bradley_terry(std::size_t items, std::span<const Battle> battles,
                          const RankOptions& options, std::span<const double> start) {
    return fit_all(items, checked(items, battles, options), options, start);
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
    need_draws(draws);
    need_level(level);
    const MergedBattles merged = checked(items, battles, options);
    RankBootstrap result;
    result.fit = fit_all(items, merged, options, {});
    const Vector start = start_of(items, result.fit.strengths);

    const Groups groups = group_battles(battles, group, merged);
    core::Rng seeds(seed);
    std::vector<std::uint64_t> draw_seeds(draws);
    for (std::uint64_t& draw_seed : draw_seeds) draw_seed = seeds.next();

    std::vector<std::vector<double>> strengths(draws);  // empty = no optimum
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        BradleyTerry model(items, merged, options);
        std::vector<double> wins(merged.size()), total(merged.size());
        std::vector<std::uint32_t> times(groups.size());
        for (std::size_t draw = next++; draw < draws; draw = next++) {
            core::Rng rng(draw_seeds[draw]);
            std::fill(times.begin(), times.end(), 0);
            for (std::size_t i = 0; i < times.size(); ++i) ++times[rng.below(times.size())];
            std::fill(wins.begin(), wins.end(), 0);
            std::fill(total.begin(), total.end(), 0);
            for (std::size_t g = 0; g < times.size(); ++g) {
                if (times[g] == 0) continue;
                const double weight = times[g];
                for (std::uint32_t k = groups.first[g]; k < groups.first[g + 1]; ++k) {
                    const Part& part = groups.parts[k];
                    wins[part.pair] += weight * part.wins;
                    total[part.pair] += weight * part.total;
                }
            }
            if (options.ridge == 0 && !is_connected(items, merged, total)) continue;
            RankFit fit = model.fit(wins, total, start);
            if (!fit.converged || (options.ridge == 0 && model.doubtful(fit, total) &&
                                   !has_optimum(items, merged, wins, total))) {
                continue;
            }
            strengths[draw] = std::move(fit.strengths);
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
            above += std::fabs(gap) < tie ? .5 : gap > 0 ? 1 : 0;
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
