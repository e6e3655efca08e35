// Comparisons in interleaved pairs: A B, B A, A B, ... and the median of the ratios. A benchmark is
// a file bench/<name>_bench.cc with a static Registration; it checks its answers before it is
// believed.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace axia::bench {

/// What the command line says; the same for all.
struct Settings {
    int threads = 0;               // of libllama; 0 = every core
    std::string weights = "auto";  // as model::OpenOptions has them
    std::string model_weights;     // what the model turned out to be; empty = no model was needed
};
Settings& settings();

/// What the figure of a benchmark must be.
struct Target {
    double bound = 1;
    bool at_least = true;  // else at most
    double goal = 0;       // a stricter bound to hope for; 0 = none
};

inline Target at_least(double bound, double goal = 0) {
    return {bound, true, goal};
}
inline Target at_most(double bound, double goal = 0) {
    return {bound, false, goal};
}

/// One condition on the answers, with the figure that shows it.
struct Check {
    std::string name;
    bool holds = false;
    std::string figure;
};

/// Filled by a benchmark's body.
class Run {
  public:
    /// Seconds of one run of one side. A side that only wants the clock is wrapped by `timed`.
    using Side = std::function<double()>;

    explicit Run(int pairs) : pairs_(pairs) {}

    /// Runs both sides once to warm up and then in pairs, the first of a pair alternating. The
    /// figure is the median over pairs of seconds(theirs) / seconds(ours): how many times as fast
    /// ours is.
    void speed(const Side& ours, const Side& theirs);
    /// The same with seconds(ours) / seconds(theirs): for times that must not grow.
    void time(const Side& ours, const Side& theirs);
    /// The same with amounts per second returned by the sides, ours / theirs.
    void rate(const Side& ours, const Side& theirs);
    /// A figure that is not a comparison, such as bytes. Each call adds one sample.
    void sample(double figure) { figures.push_back(figure); }

    void check(std::string name, bool holds, std::string figure) {
        checks.push_back({std::move(name), holds, std::move(figure)});
    }
    /// Leaves the benchmark out, for a reason; it is neither met nor missed.
    void skip(std::string why) { skipped = std::move(why); }
    /// One line to print beside the figure.
    void note(std::string text) { notes.push_back(std::move(text)); }

    std::vector<double> figures, ours, theirs;
    std::vector<Check> checks;
    std::vector<std::string> notes;
    std::string skipped;

  private:
    void pairs(const Side& ours_side, const Side& theirs_side,
               const std::function<double(double, double)>& figure);

    int pairs_;
};

/// Seconds that `work` takes.
template <typename Work>
double timed(Work&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// Keeps the compiler from dropping the computation of `value`.
template <typename T>
void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

struct Benchmark {
    std::string name;  // "room.what"
    std::string what;  // one line: ours / theirs
    Target target;
    std::function<void(Run&)> body;
    int pairs = 7;
    std::string unit = "x";
};

/// All registered so far, by name.
std::vector<Benchmark>& benchmarks();

struct Registration {
    explicit Registration(Benchmark benchmark) { benchmarks().push_back(std::move(benchmark)); }
};

/// What the program does instead when it is started as `axia_bench --child NAME ARGS...`, for what
/// must be measured in a process of its own; by name. Each gives the exit code.
using ChildMain = std::function<int(const std::vector<std::string>&)>;
std::map<std::string, ChildMain>& child_mains();

double median(std::vector<double> values);

/// printf for one number.
std::string number(const char* format, double value);

}  // namespace axia::bench
