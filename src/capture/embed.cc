#include <algorithm>
#include <cmath>

#include "axia/capture/capture.h"
#include "axia/core/error.h"

namespace axia::capture {

using core::Error;
using core::ErrorKind;

namespace {

/// Sums the rows of one block.
class RowSum final : public model::LayerHook {
  public:
    RowSum(int layer, int width) : layer_(layer), sum_(static_cast<std::size_t>(width)) {}
    std::span<const int> layers() const override { return {&layer_, 1}; }
    void visit(int, const model::LayerRows& rows) override {
        for (std::size_t i = 0; i < rows.count; ++i) {
            const std::span<float> row = rows.row(i);
            for (std::size_t k = 0; k < row.size(); ++k) sum_[k] += static_cast<double>(row[k]);
        }
    }
    const std::vector<double>& sum() const { return sum_; }

  private:
    int layer_;
    std::vector<double> sum_;
};

}  // namespace

std::vector<float> embed(model::Session& session, std::span<const model::Token> tokens) {
    const auto room = static_cast<std::size_t>(session.options().context);
    if (tokens.empty()) throw Error(ErrorKind::input, "a text has no tokens", "input");
    if (tokens.size() > room) {
        throw Error(ErrorKind::input,
                    "a text of " + std::to_string(tokens.size()) +
                        " tokens is longer than the context of " + std::to_string(room),
                    "input", "shorten it, or raise --ctx");
    }
    const model::ModelInfo& info = session.model().info();
    RowSum sum(info.layers - 1, info.width);
    model::LayerHook* const hooks[] = {&sum};
    // the last block holds only rows whose logits are asked for, each a vocabulary wide: few a call
    const std::size_t share =
        std::min<std::size_t>(64, static_cast<std::size_t>(session.options().batch));
    session.clear();
    for (std::size_t begin = 0; begin < tokens.size(); begin += share) {
        std::vector<model::Row> rows;
        for (std::size_t i = begin; i < std::min(tokens.size(), begin + share); ++i) {
            rows.push_back({tokens[i], static_cast<std::int32_t>(i), 0, 0, true});
        }
        session.decode(rows, hooks);
    }
    double square = 0;
    for (const double x : sum.sum()) square += x * x;
    if (!(square > 0) || !std::isfinite(square)) {
        throw Error(ErrorKind::input, "a text's state is not finite", "input");
    }
    std::vector<float> unit;
    for (const double x : sum.sum()) unit.push_back(static_cast<float>(x / std::sqrt(square)));
    return unit;
}

}  // namespace axia::capture
