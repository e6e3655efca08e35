#include "measure/figure_json.h"

#include <cstdio>
#include <cstdlib>

namespace axia::measure {

using nlohmann::ordered_json;

double rounded(double x) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", x);
    return std::strtod(text, nullptr) + 0.;  // no -0
}

ordered_json json_of(const Figure& figure) {
    if (!figure.estimate) return {{"reason", figure.reason}};
    return {{"value", rounded(figure.estimate->value)},
            {"lo", rounded(figure.estimate->ci.lo)},
            {"hi", rounded(figure.estimate->ci.hi)},
            {"n", figure.n}};
}

ordered_json json_of(const std::optional<double>& x) {
    return x ? ordered_json(rounded(*x)) : ordered_json();
}

}  // namespace axia::measure
