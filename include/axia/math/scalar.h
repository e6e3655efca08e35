// Scalar functions that keep their digits at both ends of the line.
#pragma once

namespace axia::math {

/// 1 / (1 + exp(-x)). Never overflows; keeps relative precision for very negative x.
double sigmoid(double x);

/// log(p / (1 - p)). Throws Error{usage} unless 0 < p < 1.
double logit(double p);

/// log(1 + exp(x)) = softplus. Exact limits: x for large x, exp(x) for very negative x.
double log1p_exp(double x);

}  // namespace axia::math
