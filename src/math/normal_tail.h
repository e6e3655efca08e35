// Logarithms and hazards of the normal distribution, many at a time: logarithms to 1e-15 of
// max(1, size), hazards to all digits.
#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <numbers>

namespace axia::math {

struct NormalTails {
    Eigen::ArrayXd log_below, log_above;        // log P(N < x), log P(N > x)
    Eigen::ArrayXd hazard_below, hazard_above;  // density(x) over these probabilities
};

/// exp(u^2) erfc(u) for u >= 0: (1 + 2u) times it is a polynomial in (u - 3) / (u + 3) to 6e-16
/// (coefficients: Chebyshev series by mpmath at 60 digits; the form is that of Shepherd and
/// Laframboise 1981).
inline Eigen::ArrayXd scaled_erfc(const Eigen::ArrayXd& u) {
    static constexpr double coefficient[] = {
        1.2530080582697296,      -0.13562110612458117,    -0.0475622943534492,
        0.1296451587027594,      -0.11927366341538638,    0.0683080273440099,
        -0.02377051491717134,    0.0025293918156939696,   0.0018886903449991718,
        -0.0007798322696543306,  -0.00010515971958448065, 0.0001250993424583729,
        4.949196649968345e-06,   -2.0100542268525612e-05, -7.308281468783614e-07,
        3.472370944977168e-06,   3.5576086684080595e-07,  -6.166011460398726e-07,
        -1.4047654315428462e-07, 1.0183620603842736e-07,  4.1064013667940355e-08,
        -1.3312919661038687e-08, -8.217595058711455e-09,  9.862533510345587e-10,
        8.393734858690877e-10};
    const Eigen::ArrayXd t = (u - 3) / (u + 3);
    Eigen::ArrayXd sum = Eigen::ArrayXd::Constant(u.size(), coefficient[24]);
    for (int k = 23; k >= 0; --k) sum = sum * t + coefficient[k];
    return sum / (1 + 2 * u);
}

inline NormalTails normal_tails(const Eigen::ArrayXd& x) {
    const Eigen::ArrayXd u = x.abs() / std::numbers::sqrt2;
    const Eigen::ArrayXd scaled = scaled_erfc(u);
    const Eigen::ArrayXd gauss = (-u * u).exp();
    // the tail on the far side of x is scaled * gauss / 2
    const Eigen::ArrayXd far = (scaled / 2).log() - u * u;
    const Eigen::ArrayXd near = (1 - scaled * gauss / 2).log();
    const double root = std::sqrt(2 / std::numbers::pi);
    const Eigen::ArrayXd far_hazard = root / scaled;
    const Eigen::ArrayXd near_hazard = root * gauss / (2 - scaled * gauss);
    NormalTails tails;
    tails.log_below = (x < 0).select(far, near);
    tails.log_above = (x < 0).select(near, far);
    tails.hazard_below = (x < 0).select(far_hazard, near_hazard);
    tails.hazard_above = (x < 0).select(near_hazard, far_hazard);
    return tails;
}

}  // namespace axia::math
