#include "harness.h"

#include <algorithm>
#include <cstdio>

namespace axia::bench {

std::vector<Benchmark>& benchmarks() {
    static std::vector<Benchmark> all;
    return all;
}

Settings& settings() {
    static Settings all;
    return all;
}

std::map<std::string, ChildMain>& child_mains() {
    static std::map<std::string, ChildMain> all;
    return all;
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string number(const char* format, double value) {
    char text[64];
    std::snprintf(text, sizeof text, format, value);
    return text;
}

void Run::pairs(const Side& ours_side, const Side& theirs_side,
                const std::function<double(double, double)>& figure) {
    if (ours.empty()) {  // a confirmation round is warm already
        ours_side();
        theirs_side();
    }
    for (int i = 0; i < pairs_; ++i) {
        double a = 0;
        double b = 0;
        if (i % 2 == 0) a = ours_side();
        b = theirs_side();
        if (i % 2 == 1) a = ours_side();
        ours.push_back(a);
        theirs.push_back(b);
        figures.push_back(figure(a, b));
    }
}

void Run::speed(const Side& ours_side, const Side& theirs_side) {
    pairs(ours_side, theirs_side, [](double a, double b) { return b / a; });
}

void Run::time(const Side& ours_side, const Side& theirs_side) {
    pairs(ours_side, theirs_side, [](double a, double b) { return a / b; });
}

void Run::rate(const Side& ours_side, const Side& theirs_side) {
    pairs(ours_side, theirs_side, [](double a, double b) { return a / b; });
}

}  // namespace axia::bench
