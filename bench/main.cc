// axia_bench [--json | --markdown | --list] [--pairs N] [--threads N] [--weights W] [NAME...]: runs
// the benchmarks whose names begin with a NAME.
#include <sys/utsname.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "harness.h"

namespace axia::bench {
namespace {

using Json = nlohmann::ordered_json;

std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);) {
        if (line.rfind("model name", 0) == 0) return line.substr(line.find(':') + 2);
    }
    return "unknown";
}

/// Runnable threads over the last minute; -1 = not known.
double load_average() {
    double load = -1;
    return getloadavg(&load, 1) == 1 ? load : -1;
}

Json machine() {
    utsname system{};
    uname(&system);
    return {{"processor", processor()},
            {"cores", std::thread::hardware_concurrency()},
            {"system", std::string(system.sysname) + " " + system.release},
            {"compiler", AXIA_COMPILER},
            {"build", AXIA_BUILD},
            {"threads", settings().threads > 0 ? static_cast<unsigned>(settings().threads)
                                               : std::thread::hardware_concurrency()},
            {"load_average", load_average()}};
}

/// "2 cores, 2 threads, Linux 6, GNU 12, Release".
std::string describe(const Json& m) {
    return m["processor"].get<std::string>() + ", " + std::to_string(m["cores"].get<unsigned>()) +
           " cores, " + std::to_string(m["threads"].get<unsigned>()) + " threads of libllama, " +
           m["system"].get<std::string>() + ", " + m["compiler"].get<std::string>() + ", " +
           m["build"].get<std::string>() + ", load average at start " +
           number("%.1f", m["load_average"].get<double>());
}

bool meets(double figure, double bound, bool at_least) {
    return at_least ? figure >= bound : figure <= bound;
}

bool holds(const std::vector<Check>& checks) {
    return std::all_of(checks.begin(), checks.end(), [](const Check& c) { return c.holds; });
}

Json measure(const Benchmark& benchmark, int pairs) {
    Run run(pairs > 0 ? pairs : benchmark.pairs);
    const Target& target = benchmark.target;
    const auto met = [&] { return meets(median(run.figures), target.bound, target.at_least); };
    int rounds = 1;
    benchmark.body(run);
    if (run.skipped.empty() && !met() &&
        holds(run.checks)) {  // one round more before it is called missed
        run.checks.clear();
        run.notes.clear();
        benchmark.body(run);
        ++rounds;
    }
    Json out = {{"name", benchmark.name}, {"what", benchmark.what}, {"unit", benchmark.unit}};
    if (run.skipped.empty() && run.figures.empty()) run.skipped = "it measured nothing";
    if (!run.skipped.empty()) {
        out["verdict"] = "skipped";
        out["why"] = run.skipped;
        return out;
    }
    const auto [least, most] = std::minmax_element(run.figures.begin(), run.figures.end());
    const double figure = median(run.figures);
    out["figure"] = figure;
    out["min"] = *least;
    out["max"] = *most;
    out["samples"] = run.figures.size();
    out["rounds"] = rounds;
    out["target"] = {{target.at_least ? "at_least" : "at_most", target.bound}};
    if (target.goal != 0) {
        out["goal"] = target.goal;
        out["goal_met"] = meets(figure, target.goal, target.at_least);
    }
    out["ours"] = median(run.ours);
    out["theirs"] = median(run.theirs);
    out["checks"] = Json::array();
    for (const Check& check : run.checks) {
        out["checks"].push_back(
            {{"name", check.name}, {"holds", check.holds}, {"figure", check.figure}});
    }
    out["notes"] = run.notes;
    out["verdict"] = !holds(run.checks) ? "wrong" : met() ? "met" : "missed";
    return out;
}

void print(const Json& result) {
    const auto text = [&](const char* key) { return result.at(key).get<std::string>(); };
    if (text("verdict") == "skipped") {
        std::printf("%-34s skipped: %s\n", text("name").c_str(), text("why").c_str());
        return;
    }
    const auto target = result.at("target").begin();
    std::printf("%-34s %8.3f %s  [%.3f, %.3f] of %d  target %s %g  %s\n", text("name").c_str(),
                result.at("figure").get<double>(), text("unit").c_str(),
                result.at("min").get<double>(), result.at("max").get<double>(),
                result.at("samples").get<int>(),
                target.key() == "at_least" ? ">=" : "<=", target.value().get<double>(),
                text("verdict").c_str());
    std::printf("    %s\n", text("what").c_str());
    for (const Json& check : result.at("checks")) {
        std::printf("    %s %s: %s\n", check.at("holds").get<bool>() ? "right" : "WRONG",
                    check.at("name").get<std::string>().c_str(),
                    check.at("figure").get<std::string>().c_str());
    }
    for (const Json& note : result.at("notes")) {
        std::printf("    %s\n", note.get<std::string>().c_str());
    }
    std::fflush(stdout);
}

/// docs/benchmarks.md: the figures of record.
void print_markdown(const Json& out) {
    std::printf(
        "# Benchmarks\n\n"
        "Written by `./run bench --markdown`; `bench/README.md` says how it measures. The two "
        "sides "
        "run in turn, a figure is the median of\n"
        "the ratios of the pairs, the range is the smallest and the largest of them. Answers are "
        "checked in the same run.\n\n");
    std::printf("Machine: %s.\n", describe(out.at("machine")).c_str());
    if (!out.at("weights").get<std::string>().empty()) {
        std::printf("Weights: %s.\n", out.at("weights").get<std::string>().c_str());
    }
    std::printf(
        "\n| benchmark | what | figure | range, pairs | target | verdict |\n"
        "|---|---|---|---|---|---|\n");
    for (const Json& result : out.at("benchmarks")) {
        const std::string name = result.at("name").get<std::string>();
        const std::string what = result.at("what").get<std::string>();
        if (result.at("verdict") == "skipped") {
            std::printf("| `%s` | %s | | | | skipped: %s |\n", name.c_str(), what.c_str(),
                        result.at("why").get<std::string>().c_str());
            continue;
        }
        const auto target = result.at("target").begin();
        std::string wanted = (target.key() == "at_least" ? ">= " : "<= ") +
                             number("%g", target.value().get<double>());
        if (result.contains("goal")) {
            wanted += " (goal " + number("%g", result.at("goal").get<double>()) +
                      (result.at("goal_met").get<bool>() ? ", met)" : ", not met)");
        }
        std::printf("| `%s` | %s | %s | %s to %s, %d | %s | %s |\n", name.c_str(), what.c_str(),
                    number("%.3f", result.at("figure").get<double>()).c_str(),
                    number("%.3f", result.at("min").get<double>()).c_str(),
                    number("%.3f", result.at("max").get<double>()).c_str(),
                    result.at("samples").get<int>(), wanted.c_str(),
                    result.at("verdict").get<std::string>().c_str());
    }
    std::printf("\n## Checks and notes\n\n");
    for (const Json& result : out.at("benchmarks")) {
        if (result.at("verdict") == "skipped") continue;
        std::string line = "- `" + result.at("name").get<std::string>() + "`: ";
        const char* between = "";
        for (const Json& check : result.at("checks")) {
            line += between + check.at("name").get<std::string>() +
                    (check.at("holds").get<bool>() ? " (" : " **does not hold** (") +
                    check.at("figure").get<std::string>() + ")";
            between = "; ";
        }
        for (const Json& note : result.at("notes")) {
            line += between + note.get<std::string>();
            between = "; ";
        }
        std::printf("%s.\n", line.c_str());
    }
}

int main(int argc, char** argv) {
    if (argc > 1 && std::string(argv[1]) == "--child") {
        const auto child = child_mains().find(argc > 2 ? argv[2] : "");
        return child == child_mains().end() ? 2 : child->second({argv + 3, argv + argc});
    }
    bool json = false;
    bool list = false;
    bool markdown = false;
    int pairs = 0;
    std::vector<std::string> names;
    for (int i = 1; i < argc; ++i) {
        const std::string argument = argv[i];
        if (argument == "--json") {
            json = true;
        } else if (argument == "--list") {
            list = true;
        } else if (argument == "--markdown") {
            markdown = true;
        } else if (argument == "--threads" && i + 1 < argc && std::atoi(argv[i + 1]) >= 0) {
            settings().threads = std::atoi(argv[++i]);
        } else if (argument == "--weights" && i + 1 < argc) {
            settings().weights = argv[++i];
        } else if (argument == "--pairs" && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
            pairs = std::atoi(argv[++i]);
        } else if (argument.starts_with('-')) {
            std::cerr
                << "axia_bench: " << argument
                << " is not understood; axia_bench [--json | --markdown | --list] [--pairs N] "
                   "[--threads N] [--weights auto|file|q8_0] [NAME...]\n";
            return 2;
        } else {
            names.push_back(argument);
        }
    }
    auto& all = benchmarks();
    std::sort(all.begin(), all.end(),
              [](const Benchmark& a, const Benchmark& b) { return a.name < b.name; });
    for (const std::string& name : names) {
        if (std::none_of(all.begin(), all.end(),
                         [&](const Benchmark& b) { return b.name.rfind(name, 0) == 0; })) {
            std::cerr << "axia_bench: no benchmark begins with '" << name
                      << "'; --list names them\n";
            return 2;
        }
    }
    Json out = {{"machine", machine()}, {"benchmarks", Json::array()}};
    const bool lines = !json && !list && !markdown;
    if (lines) std::printf("%s\n", describe(out["machine"]).c_str());
    if (!list && out["machine"]["load_average"].get<double>() > 1.5) {
        // libllama's threads spin at barriers: one that is descheduled holds up all the others
        std::cerr << "axia_bench: warning: the machine is busy (load average "
                  << number("%.1f", out["machine"]["load_average"].get<double>())
                  << "); figures of more than one thread mean nothing\n";
    }
    bool good = true;
    for (const Benchmark& benchmark : all) {
        const bool chosen =
            names.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
                return benchmark.name.rfind(name, 0) == 0;
            });
        if (!chosen) continue;
        if (list) {
            std::printf("%-34s %s %s %g\n", benchmark.name.c_str(), benchmark.what.c_str(),
                        benchmark.target.at_least ? ">=" : "<=", benchmark.target.bound);
            continue;
        }
        Json result;
        if (!lines) std::cerr << "axia_bench: " << benchmark.name << '\n';
        try {
            result = measure(benchmark, pairs);
        } catch (const std::exception& error) {
            std::cerr << "axia_bench: " << benchmark.name << ": " << error.what() << '\n';
            return 1;
        }
        const std::string verdict = result.at("verdict").get<std::string>();
        good = good && (verdict == "met" || verdict == "skipped");
        if (lines) print(result);
        out["benchmarks"].push_back(std::move(result));
    }
    out["weights"] = settings().model_weights;
    if (json) std::cout << out.dump(2) << '\n';
    if (markdown) print_markdown(out);
    return good ? 0 : 1;
}

}  // namespace
}  // namespace axia::bench

int main(int argc, char** argv) {
    return axia::bench::main(argc, argv);
}
