#include "axia/math/covariance.h"

#include <map>
#include <string>
#include <utility>

#include "axia/core/error.h"
#include "math/rows.h"

namespace axia::math {

using core::Error;
using core::ErrorKind;
using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

struct ShrunkCovariance::State {
    RowMajor rows;  // n x d, centred on their class
    double shrinkage = 0;
    double scale = 0;
    double data = 0;  // Sigma = data * X'X + ridge * I
    double ridge = 0;
    bool singular = false;
    bool by_columns = false;      // n >= d: factor of Sigma itself
    Eigen::LLT<MatrixXd> factor;  // else of ridge / data * I + X X'; unused when data is 0
};

ShrunkCovariance::ShrunkCovariance(std::shared_ptr<const State> state) : state_(std::move(state)) {}
double ShrunkCovariance::shrinkage() const noexcept {
    return state_->shrinkage;
}
double ShrunkCovariance::scale() const noexcept {
    return state_->scale;
}
std::size_t ShrunkCovariance::size() const noexcept {
    return static_cast<std::size_t>(state_->rows.cols());
}

namespace {

VectorXd vector_of(std::span<const double> values, Index d) {
    if (static_cast<Index>(values.size()) != d) {
        throw Error(
            ErrorKind::mismatch,
            std::to_string(values.size()) + " numbers for " + std::to_string(d) + " dimensions",
            "covariance");
    }
    return Eigen::Map<const VectorXd>(values.data(), d);
}

}  // namespace

std::vector<double> ShrunkCovariance::apply(std::span<const double> w) const {
    const VectorXd in = vector_of(w, state_->rows.cols());
    const VectorXd read = state_->rows * in;
    const VectorXd out = state_->data * (state_->rows.transpose() * read) + state_->ridge * in;
    return {out.data(), out.data() + out.size()};
}

std::vector<double> ShrunkCovariance::solve(std::span<const double> v) const {
    VectorXd out = vector_of(v, state_->rows.cols());
    if (state_->singular) {
        throw Error(ErrorKind::input, "within-class covariance is singular", "covariance",
                    "more rows, or fewer copies of the same row");
    }
    if (state_->by_columns) {
        state_->factor.solveInPlace(out);
    } else {
        // Woodbury: Sigma^-1 v = (v - X' (ridge / data I + X X')^-1 X v) / ridge
        if (state_->data > 0) {
            VectorXd read = state_->rows * out;
            state_->factor.solveInPlace(read);
            out -= state_->rows.transpose() * read;
        }
        out /= state_->ridge;
    }
    return {out.data(), out.data() + out.size()};
}

ShrunkCovariance within_class_covariance(const Matrix& x, std::span<const int> y) {
    check_rows(x, y.size());
    auto state = std::make_shared<ShrunkCovariance::State>();
    RowMajor& rows = state->rows;
    rows = view(x).cast<double>();
    const Index n = rows.rows(), d = rows.cols();

    std::map<int, std::pair<VectorXd, double>> classes;  // sum of rows, count
    for (Index i = 0; i < n; ++i) {
        auto& [sum, count] =
            classes.try_emplace(y[static_cast<std::size_t>(i)], VectorXd::Zero(d), 0.0)
                .first->second;
        sum += rows.row(i).transpose();
        count += 1;
    }
    for (auto& [label, entry] : classes) entry.first /= entry.second;
    for (Index i = 0; i < n; ++i) {
        rows.row(i) -= classes.at(y[static_cast<std::size_t>(i)]).first.transpose();
    }

    // X'X or X X', the smaller: same trace, same Frobenius norm
    const bool by_columns = n >= d;
    const Index side = std::min(n, d);
    MatrixXd gram = MatrixXd::Zero(side, side);
    if (by_columns) {
        gram.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
    } else {
        gram.selfadjointView<Eigen::Lower>().rankUpdate(rows);
    }
    gram.triangularView<Eigen::StrictlyUpper>() = gram.transpose();

    // Ledoit and Wolf 2004, with |A|^2 = trace(A A') / d:
    //   delta = |S - mu I|^2,  beta = min(delta, 1/n^2 sum_i |x_i x_i' - S|^2),  shrinkage = beta /
    //   delta
    const double count = static_cast<double>(n), width = static_cast<double>(d);
    const VectorXd squares = rows.rowwise().squaredNorm();
    const double mu = squares.sum() / count / width;
    if (!(mu > 0)) {
        throw Error(ErrorKind::input, "no row differs from the mean of its class", "covariance",
                    "several different texts per class");
    }
    const double s2 = gram.squaredNorm() / (count * count);  // |S|^2 d
    const double delta = (s2 - width * mu * mu) / width;
    const double beta =
        std::max(0.0, std::min(delta, (squares.squaredNorm() / count - s2) / (width * count)));
    // one direction alone (d = 1) has nothing to shrink: both are 0 but for rounding
    state->shrinkage = delta > 1e-14 * s2 / width && beta > 0 ? beta / delta : 0;
    state->scale = mu;
    state->data = (1 - state->shrinkage) / count;
    state->ridge = state->shrinkage * mu;

    state->by_columns = by_columns;
    if (by_columns) {
        gram *= state->data;
        gram.diagonal().array() += state->ridge;
        state->factor.compute(gram);
        state->singular = state->factor.info() != Eigen::Success || state->factor.rcond() < 1e-14;
    } else if (state->ridge <= 0) {
        state->singular = true;
    } else if (state->data > 0) {
        gram.diagonal().array() += state->ridge / state->data;
        state->factor.compute(gram);
        state->singular = state->factor.info() != Eigen::Success;
    }
    return ShrunkCovariance(std::move(state));
}

}  // namespace axia::math
