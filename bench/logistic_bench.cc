// 30 probes of 200 x 576 states: axia's Newton steps against scikit-learn's lbfgs, on the same
// states.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "axia/core/random.h"
#include "axia/math/logistic.h"
#include "child.h"
#include "harness.h"
#include "source_dir.h"

namespace axia::bench {
namespace {

constexpr std::size_t layers = 30;
constexpr std::size_t rows = 200;
constexpr std::size_t columns = 576;

struct States {
    std::vector<math::Matrix> layers;
    std::vector<int> labels;
};

// Like residual streams: spread falling over the columns, a few large columns, a shift between the
// classes.
States make_states() {
    core::Rng rng(20250101);
    States states;
    for (std::size_t i = 0; i < rows; ++i) states.labels.push_back(static_cast<int>(i % 2));
    for (std::size_t l = 0; l < layers; ++l) {
        math::Matrix x(rows, columns);
        for (std::size_t j = 0; j < columns; ++j) {
            const double spread =
                (j < 4 ? 8.0 : 1.5 / std::sqrt(1 + 0.02 * static_cast<double>(j))) *
                (0.3 + 0.05 * static_cast<double>(l));
            const double shift = 0.12 * spread * rng.normal();
            for (std::size_t i = 0; i < rows; ++i) {
                const int sign = states.labels[i] == 1 ? 1 : -1;
                x.row(i)[j] = static_cast<float>(spread * rng.normal() + sign * shift);
            }
        }
        states.layers.push_back(std::move(x));
    }
    return states;
}

void write_states(const States& states, const std::filesystem::path& path) {
    std::ofstream out(path, std::ios::binary);
    for (const math::Matrix& x : states.layers) {
        out.write(reinterpret_cast<const char*>(x.values.data()),
                  static_cast<std::streamsize>(x.values.size() * sizeof(float)));
    }
    out.write(reinterpret_cast<const char*>(states.labels.data()),
              static_cast<std::streamsize>(states.labels.size() * sizeof(int)));
}

// Largest over layers of sklearn's objective minus ours, relative to max(1, ours).
double worst_gap(const States& states, const std::vector<math::LogisticFit>& fits,
                 const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::vector<double> weights(columns + 1);
    double worst = 0;
    for (std::size_t l = 0; l < layers; ++l) {
        in.read(reinterpret_cast<char*>(weights.data()),
                static_cast<std::streamsize>(weights.size() * sizeof(double)));
        if (!in) return INFINITY;
        const double theirs = math::logistic_objective(
            states.layers[l], states.labels, {weights.data(), columns}, weights[columns], 1);
        const double gap = (theirs - fits[l].objective) / std::max(1.0, fits[l].objective);
        if (std::abs(gap) > std::abs(worst)) worst = gap;
    }
    return worst;
}

void compare(Run& run, bool one_thread) {
    const char* python = bench_python(run);
    if (python == nullptr) return;
    const States states = make_states();
    const Scratch scratch;
    write_states(states, scratch.folder / "states");
    Child child(numeric_python(python, {std::string(AXIA_SOURCE_DIR) + "/bench/logistic_bench.py",
                                        scratch.folder / "states", std::to_string(layers),
                                        std::to_string(rows), std::to_string(columns)}));
    math::LogisticOptions options;
    options.threads = one_thread ? 1 : 0;
    const std::vector<math::LogisticFit> fits =
        math::fit_logistic_many(states.layers, states.labels, options);

    // theirs gets the coarsest tolerance with which it reaches our objective
    std::string tolerance;
    double gap = INFINITY;
    for (const char* candidate : {"1e-4", "1e-5", "1e-6", "1e-7", "1e-8", "1e-9", "1e-10"}) {
        tolerance = candidate;
        child.ask("fit " + tolerance + " one");
        child.ask("weights " + (scratch.folder / "weights").string());
        gap = worst_gap(states, fits, scratch.folder / "weights");
        if (tolerance == "1e-4") {
            run.note("at its default tolerance theirs stops " + number("%.1e", gap) +
                     " above our objective");
        }
        if (std::abs(gap) <= 1e-6) break;
    }
    run.check("same objective within 1e-6", std::abs(gap) <= 1e-6,
              number("%.1e", gap) + " with lbfgs tol=" + tolerance);

    // and the fastest of its ways to use the processors
    std::string how = "one";
    if (!one_thread) {
        double best = INFINITY;
        for (const char* candidate : {"one", "blas", "pool"}) {
            child.ask("fit " + tolerance + " " + candidate);
            const double seconds = std::stod(child.ask("fit " + tolerance + " " + candidate));
            if (seconds < best) {
                best = seconds;
                how = candidate;
            }
        }
    }
    run.note(child.ask("version") + ", fastest as '" + how + "'");
    run.speed(
        [&] {
            return timed(
                [&] { keep(math::fit_logistic_many(states.layers, states.labels, options)); });
        },
        [&] { return std::stod(child.ask("fit " + tolerance + " " + how)); });
}

const Registration many({"math.logistic",
                         "30 probes on 200 x 576 states, speed against scikit-learn lbfgs",
                         at_least(1.0), [](Run& run) { compare(run, false); }});
const Registration single({"math.logistic.one_thread", "the same with one thread on either side",
                           at_least(1.0), [](Run& run) { compare(run, true); }});

}  // namespace
}  // namespace axia::bench
