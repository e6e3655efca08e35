#include "axia/answers/subject.h"

#include <algorithm>
#include <cmath>

#include "axia/core/error.h"

namespace axia::answers {

std::string_view score_by_name(ScoreBy by) {
    switch (by) {
        case ScoreBy::sum:
            return "sum";
        case ScoreBy::token:
            return "token";
        case ScoreBy::byte:
            return "byte";
    }
    return "";
}

ScoreBy parse_score_by(std::string_view name) {
    for (const ScoreBy by : {ScoreBy::sum, ScoreBy::token, ScoreBy::byte}) {
        if (score_by_name(by) == name) return by;
    }
    throw core::Error(core::ErrorKind::usage, "'" + std::string(name) + "' is not a score", "score",
                      "it can be sum, token or byte");
}

std::vector<double> probabilities(std::span<const OptionScore> options, ScoreBy by) {
    std::vector<double> p;
    for (const OptionScore& option : options) {
        const double length = by == ScoreBy::token  ? option.tokens
                              : by == ScoreBy::byte ? option.bytes
                                                    : 1;
        p.push_back(option.sum / std::max(1.0, length));
    }
    if (p.empty()) return p;
    const double highest = *std::max_element(p.begin(), p.end());
    double sum = 0;
    for (double& x : p) sum += x = std::exp(x - highest);
    for (double& x : p) x /= sum;
    return p;
}

}  // namespace axia::answers
