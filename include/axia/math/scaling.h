// Things in a plane by how far apart they are: metric multidimensional scaling (S024).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace axia::math {

struct ScalingOptions {
    std::size_t starts = 32;  // the classical solution, then random ones; the best counts
    std::uint64_t seed = 0;
    double tolerance = 1e-10;  // stop when the stress falls by less than this share
    int max_iterations = 10000;
};

struct Scaling {
    std::vector<double> x, y;  // mean 0; turned so that x has the larger spread and the first thing
                               // lies at x >= 0, y >= 0
    double stress = 0;         // sum over pairs of (distance in the plane - distance given)^2
    double normalised_stress = 0;  // sqrt(stress / sum over pairs of distance given^2), in [0, 1]
    bool converged = false;        // of the best start
};

/// `distances`: items x items, symmetric, 0 on the diagonal, row-major. SMACOF (de Leeuw 1977):
/// the stress of a start never rises. Deterministic. Throws Error{input} with fewer than two items,
/// on a distance that is negative, not finite or not symmetric, or when all are 0;
/// Error{mismatch} on sizes, Error{usage} on options.
Scaling scale_to_plane(std::size_t items, std::span<const double> distances,
                       const ScalingOptions& options = {});

}  // namespace axia::math
