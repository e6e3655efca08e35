#include "axia/math/scaling.h"

#include <Eigen/Dense>
#include <cmath>
#include <string>

#include "axia/core/error.h"
#include "axia/core/random.h"

namespace axia::math {
namespace {

using core::Error;
using core::ErrorKind;
using Eigen::Index;
using Distances = Eigen::MatrixXd;
using Places = Eigen::MatrixX2d;

void check(std::size_t items, std::span<const double> distances, const ScalingOptions& options) {
    if (options.starts == 0) throw Error(ErrorKind::usage, "starts is 0", "starts", "1 or more");
    if (!(options.tolerance > 0) || options.max_iterations < 1) {
        throw Error(ErrorKind::usage, "tolerance and max_iterations must be above 0", "options");
    }
    if (items < 2) throw Error(ErrorKind::input, "fewer than two things to place", "distances");
    if (distances.size() != items * items) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(distances.size()) + " distances between " +
                        std::to_string(items) + " things",
                    "distances");
    }
    bool apart = false;
    for (std::size_t i = 0; i < items; ++i) {
        for (std::size_t j = 0; j < items; ++j) {
            const double d = distances[i * items + j];
            if (!std::isfinite(d) || d < 0 || d != distances[j * items + i] || (i == j && d != 0)) {
                throw Error(ErrorKind::input,
                            "the distance of " + std::to_string(i) + " and " + std::to_string(j) +
                                " is not one",
                            "distances", "0 or more, the same both ways, 0 to itself");
            }
            apart = apart || d > 0;
        }
    }
    if (!apart) throw Error(ErrorKind::input, "all distances are 0", "distances");
}

double stress_of(const Distances& wanted, const Places& places) {
    double sum = 0;
    for (Index i = 0; i < wanted.rows(); ++i) {
        for (Index j = 0; j < i; ++j) {
            const double off = (places.row(i) - places.row(j)).norm() - wanted(i, j);
            sum += off * off;
        }
    }
    return sum;
}

/// Torgerson's solution: the two leading axes of the centred squares.
Places classical(const Distances& wanted) {
    const Index n = wanted.rows();
    const Eigen::MatrixXd centre =
        Eigen::MatrixXd::Identity(n, n) - Eigen::MatrixXd::Constant(n, n, 1. / double(n));
    const Eigen::MatrixXd products = -.5 * centre * wanted.array().square().matrix() * centre;
    const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> axes(products);
    Places places(n, 2);
    for (Index k = 0; k < 2; ++k) {
        const double size = std::sqrt(std::max(0., axes.eigenvalues()[n - 1 - k]));
        places.col(k) = size * axes.eigenvectors().col(n - 1 - k);
    }
    return places;
}

/// One Guttman transform.
Places moved(const Distances& wanted, const Places& places) {
    const Index n = wanted.rows();
    Places next = Places::Zero(n, 2);
    for (Index i = 0; i < n; ++i) {
        for (Index j = 0; j < i; ++j) {
            const Eigen::RowVector2d gap = places.row(i) - places.row(j);
            const double d = gap.norm();
            if (!(d > 0)) continue;
            next.row(i) += wanted(i, j) / d * gap;
            next.row(j) -= wanted(i, j) / d * gap;
        }
    }
    return next / double(n);
}

/// Mean 0, axes by spread, signs by the first thing.
void turn(Places& places) {
    places.rowwise() -= places.colwise().mean().eval();
    const Eigen::Matrix2d spread = places.transpose() * places;
    const Eigen::SelfAdjointEigenSolver<Eigen::Matrix2d> axes(spread);
    Eigen::Matrix2d basis;
    basis << axes.eigenvectors().col(1), axes.eigenvectors().col(0);
    places = (places * basis).eval();
    for (Index k = 0; k < 2; ++k) {
        if (places(0, k) < 0) places.col(k) = -places.col(k);
    }
}

}  // namespace

Scaling scale_to_plane(std::size_t items, std::span<const double> distances,
                       const ScalingOptions& options) {
    check(items, distances, options);
    const auto n = static_cast<Index>(items);
    const Distances wanted = Eigen::Map<const Distances>(distances.data(), n, n);
    const double size = wanted.norm() / double(n);
    core::Rng rng(options.seed);
    Scaling best;
    Places best_places;
    for (std::size_t start = 0; start < options.starts; ++start) {
        Places places = classical(wanted);
        if (start > 0) {
            for (Index i = 0; i < n; ++i) places.row(i) << size * rng.normal(), size * rng.normal();
        }
        double stress = stress_of(wanted, places);
        bool converged = false;
        for (int step = 0; step < options.max_iterations && !converged; ++step) {
            places = moved(wanted, places);
            const double now = stress_of(wanted, places);
            converged = stress - now <= options.tolerance * stress;
            stress = now;
        }
        if (start == 0 || stress < best.stress) {
            best.stress = stress;
            best.converged = converged;
            best_places = places;
        }
    }
    turn(best_places);
    best.x.assign(best_places.col(0).begin(), best_places.col(0).end());
    best.y.assign(best_places.col(1).begin(), best_places.col(1).end());
    best.normalised_stress = std::sqrt(2 * best.stress) / wanted.norm();
    return best;
}

}  // namespace axia::math
