// Rank models against numpy and scipy on the same battles. Theirs gets the fastest of several ways,
// at the coarsest tolerance that reaches the same optimum.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "axia/core/random.h"
#include "axia/math/inference.h"
#include "axia/math/rank.h"
#include "axia/math/scalar.h"
#include "axia/math/thurstone.h"
#include "child.h"
#include "harness.h"
#include "source_dir.h"

namespace axia::bench {
namespace {

struct Data {
    std::size_t items = 0;
    std::vector<math::Battle> battles;
    std::vector<int> group;
};

/// Battles of random pairs, 20 to a group.
Data random_battles(std::size_t items, std::size_t count) {
    core::Rng rng(20250301);
    Data data;
    data.items = items;
    std::vector<double> strengths(items);
    for (double& s : strengths) s = rng.normal();
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t a = rng.below(items);
        std::size_t b = rng.below(items - 1);
        b += b >= a;
        const bool won = rng.uniform() < math::sigmoid(strengths[a] - strengths[b]);
        data.battles.push_back({a, b, won ? 1.0 : 0.0, won ? 0.0 : 1.0});
        data.group.push_back(static_cast<int>(i / 20));
    }
    return data;
}

/// S012: two actions that serve four values of 16 each; every value against every other.
Data dilemmas(std::size_t count) {
    core::Rng rng(20250302);
    Data data;
    data.items = 16;
    std::vector<double> strengths(data.items);
    for (double& s : strengths) s = .5 * rng.normal();
    for (std::size_t i = 0; i < count; ++i) {
        std::size_t served[8];
        double d = 0;
        for (std::size_t k = 0; k < 8; ++k) {
            served[k] = rng.below(data.items);
            d += (k < 4 ? 1 : -1) * strengths[served[k]];
        }
        const bool won = rng.uniform() < math::sigmoid(d);
        for (std::size_t a = 0; a < 4; ++a) {
            for (std::size_t b = 4; b < 8; ++b) {
                data.battles.push_back({served[a], served[b], won ? 1.0 : 0.0, won ? 0.0 : 1.0});
                data.group.push_back(static_cast<int>(i));
            }
        }
    }
    return data;
}

/// 510 outcomes, shares of ten answers.
Data outcomes() {
    core::Rng rng(20250303);
    Data data;
    data.items = 510;
    std::vector<double> means(data.items), variances(data.items);
    for (double& mean : means) mean = rng.normal();
    for (double& variance : variances) variance = std::exp(.7 * rng.normal() - 1);
    for (int i = 0; i < 20000; ++i) {
        const std::size_t a = rng.below(data.items);
        std::size_t b = rng.below(data.items - 1);
        b += b >= a;
        const double p =
            math::normal_cdf((means[a] - means[b]) / std::sqrt(variances[a] + variances[b]));
        double wins = 0;
        for (int k = 0; k < 10; ++k) wins += rng.uniform() < p;
        data.battles.push_back({a, b, wins / 10, 1 - wins / 10});
        data.group.push_back(i);
    }
    return data;
}

/// The Python side, with the data written for it.
class Reference {
  public:
    Reference(const char* python, const Data& data) {
        std::ofstream out(scratch_.folder / "battles", std::ios::binary);
        for (std::size_t i = 0; i < data.battles.size(); ++i) {
            const math::Battle& battle = data.battles[i];
            const double row[] = {static_cast<double>(battle.a), static_cast<double>(battle.b),
                                  battle.wins_a, battle.wins_b, static_cast<double>(data.group[i])};
            out.write(reinterpret_cast<const char*>(row), sizeof row);
        }
        out.close();
        child_.emplace(
            numeric_python(python, {std::string(AXIA_SOURCE_DIR) + "/bench/rank_bench.py",
                                    scratch_.folder / "battles", std::to_string(data.items)}));
    }

    double seconds(const std::string& question) { return std::stod(child_->ask(question)); }
    std::string version() { return child_->ask("version"); }

    std::vector<double> result() {
        child_->ask("result " + (scratch_.folder / "result").string());
        std::ifstream in(scratch_.folder / "result", std::ios::binary);
        std::vector<double> values;
        for (double value = 0; in.read(reinterpret_cast<char*>(&value), sizeof value);) {
            values.push_back(value);
        }
        return values;
    }

  private:
    Scratch scratch_;
    std::optional<Child> child_;
};

/// The question that is answered fastest; each is asked twice.
std::string fastest(Reference& reference, const std::vector<std::string>& questions) {
    std::string best;
    double least = INFINITY;
    for (const std::string& question : questions) {
        reference.seconds(question);
        const double seconds = reference.seconds(question);
        if (seconds < least) {
            least = seconds;
            best = question;
        }
    }
    return best;
}

double largest_gap(const std::vector<double>& ours, const std::vector<double>& theirs) {
    if (theirs.size() < ours.size()) return INFINITY;
    double gap = 0;
    for (std::size_t i = 0; i < ours.size(); ++i) {
        gap = std::max(gap, std::fabs(ours[i] - theirs[i]));
    }
    return gap;
}

/// "fit MODEL TOL WAY" of the coarsest tolerance at which theirs is within 1e-6.
template <typename Gap>
std::optional<std::string> coarsest(Reference& reference, const std::string& model,
                                    const std::string& way, Gap&& gap) {
    for (const char* tolerance :
         {"1e-2", "1e-3", "1e-4", "3e-5", "1e-5", "3e-6", "1e-6", "3e-7", "1e-7", "3e-8"}) {
        const std::string question = "fit " + model + " " + tolerance + " " + way;
        reference.seconds(question);
        if (gap(reference.result()) <= 1e-6) return question;
    }
    return std::nullopt;
}

void bradley_terry(Run& run) {
    const char* python = bench_python(run);
    if (python == nullptr) return;
    const Data data = random_battles(1000, 100000);
    Reference reference(python, data);
    const math::RankFit fit = math::fit_bradley_terry(data.items, data.battles);
    const auto gap = [&](const std::vector<double>& theirs) {
        return largest_gap(fit.strengths, theirs);
    };
    std::vector<std::string> questions;
    for (const char* way : {"lbfgs", "lbfgs-one", "dense", "dense-one", "cg", "cg-one"}) {
        if (const auto question = coarsest(reference, "bradley_terry", way, gap)) {
            questions.push_back(*question);
        }
    }
    if (questions.empty()) {
        run.check("same optimum within 1e-6", false, "by no way of theirs");
        return;
    }
    const std::string question = fastest(reference, questions);
    reference.seconds(question);
    const double apart = gap(reference.result());
    run.check("same optimum within 1e-6", apart <= 1e-6,
              "strengths apart by " + number("%.1e", apart) + " at most");
    run.check("gradient", fit.converged && fit.gradient <= 1e-6, number("%.1e", fit.gradient));
    run.note(reference.version() + ", fastest: " + question);
    run.speed(
        [&] { return timed([&] { keep(math::fit_bradley_terry(data.items, data.battles)); }); },
        [&] { return reference.seconds(question); });
    run.note(number("%.1f ms, ", 1e3 * median(run.ours)) +
             number("theirs %.1f ms", 1e3 * median(run.theirs)));
}

void thurstone(Run& run) {
    const char* python = bench_python(run);
    if (python == nullptr) return;
    const Data data = outcomes();
    Reference reference(python, data);
    const math::ThurstoneFit fit = math::fit_thurstone(data.items, data.battles);
    // lower is better: theirs has to come within 1e-6 of ours
    const auto gap = [&](const std::vector<double>& theirs) {
        return theirs.empty() ? INFINITY : theirs.back() - fit.log_loss;
    };
    const auto enough = coarsest(reference, "thurstone", "lbfgs", gap);
    if (!enough) {
        run.check("same objective within 1e-6", false, "by no tolerance of theirs");
        return;
    }
    const std::string question = fastest(reference, {*enough, *enough + "-one"});
    const double apart = gap(reference.result());
    run.check("same objective within 1e-6", std::fabs(apart) <= 1e-6, number("%.1e", apart));
    run.check("converged", fit.converged, std::to_string(fit.iterations) + " Newton steps");
    run.note(reference.version() + ", fastest: " + question);
    run.speed([&] { return timed([&] { keep(math::fit_thurstone(data.items, data.battles)); }); },
              [&] { return reference.seconds(question); });
    run.note(number("%.1f ms, ", 1e3 * median(run.ours)) +
             number("theirs %.1f ms", 1e3 * median(run.theirs)));
}

void bootstrap(Run& run, const Data& data, std::size_t draws, int threads,
               const std::vector<std::string>& ways) {
    const char* python = bench_python(run);
    if (python == nullptr) return;
    Reference reference(python, data);
    const auto ours = [&] {
        return math::bootstrap_bradley_terry(data.items, data.battles, data.group, 1, draws, .95,
                                             {}, threads);
    };
    const math::RankBootstrap boot = ours();
    std::vector<std::string> questions;
    for (const std::string& way : ways) {
        questions.push_back("bootstrap " + std::to_string(draws) + " 1 " + way);
    }
    const std::string question =
        questions.size() > 1 ? fastest(reference, questions) : questions[0];
    reference.seconds(question);
    const std::vector<double> theirs = reference.result();
    // the points are the same; the draws differ, so the mean widths of intervals nearly
    std::vector<double> points;
    double our_width = 0, their_width = 0;
    for (std::size_t i = 0; i < data.items && 3 * i + 2 < theirs.size(); ++i) {
        points.push_back(theirs[3 * i]);
        our_width += boot.intervals[i].hi - boot.intervals[i].lo;
        their_width += theirs[3 * i + 2] - theirs[3 * i + 1];
    }
    const double apart = largest_gap(boot.fit.strengths, points);
    run.check("same optimum within 1e-6", apart <= 1e-6,
              "strengths apart by " + number("%.1e", apart) + " at most");
    run.check("all draws have an optimum", boot.draws == draws, std::to_string(boot.draws));
    run.check("intervals as wide", std::fabs(our_width / their_width - 1) < .05,
              number("%.3f times theirs on average", our_width / their_width));
    run.note(reference.version() + ", fastest: " + question);
    run.speed([&] { return timed([&] { keep(ours()); }); },
              [&] { return reference.seconds(question); });
    run.note(number("%.2f s, ", median(run.ours)) + number("theirs %.2f s", median(run.theirs)));
}

const Registration fit({"rank.bradley_terry",
                        "Bradley-Terry of 1,000 items x 100,000 battles, speed against scipy",
                        at_least(1.0), bradley_terry});
const Registration utilities({"rank.thurstone",
                              "Thurstonian utilities of 510 outcomes x 20,000 pairs, speed against "
                              "scipy",
                              at_least(1.0), thurstone, 5});
const Registration small({"rank.bootstrap",
                          "1,000 resamples of 3,000 dilemmas (16 values, 48,000 battles), speed "
                          "against numpy",
                          at_least(1.0), [](Run& run) {
                              bootstrap(run, dilemmas(3000), 1000, 0,
                                        {"batch-dense", "batch-dense-one", "batch-sparse",
                                         "batch-sparse-one"});
                          }});
const Registration large(
    {"rank.bootstrap.large",
     "200 resamples of 1,000 items x 100,000 battles in 5,000 dilemmas, one "
     "thread on either side, speed against scipy",
     at_least(1.0),
     [](Run& run) { bootstrap(run, random_battles(1000, 100000), 200, 1, {"cg-one"}); }, 3});

}  // namespace
}  // namespace axia::bench
