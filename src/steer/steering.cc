#include "axia/steer/steering.h"

#include <Eigen/Core>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "axia/core/error.h"
#include "axia/math/quadratic.h"
#include "axia/math/scalar.h"

namespace axia::steer {

using core::Error;
using core::ErrorKind;
using vectors::LayerVector;
using vectors::ValueVector;

/// One layer of a compiled plan: K values as rows of w and u. The direction `probe` is w itself,
/// only shorter: a decode step then reads half as much memory, and that is what it waits for.
struct CompiledPlan::Layer {
    using Rows =
        Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // K x width
    int layer = 0;
    Rows w, u;                                // u is empty where the rows of w stand for it
    Eigen::VectorXf length;                   // K: unit direction k = length_k times its row
    Eigen::VectorXf intercept;                // K
    std::vector<double> gain;                 // w_k . u_k
    std::vector<double> constant;             // K, amount constant: signed lengths
    std::unique_ptr<math::LeastShift> joint;  // more than one row

    const Rows& directions() const { return u.size() > 0 ? u : w; }
};

struct CompiledPlan::State {
    Plan plan;
    std::string hash;
    std::vector<int> layers;
    std::vector<Layer> compiled;
};

namespace {

const ValueVector& find_vector(const PlanValue& value, const Plan& plan,
                               std::span<const ValueVector* const> pool) {
    const ValueVector* by_name = nullptr;
    for (const ValueVector* vector : pool) {
        if (!value.vector_hash.empty() && vector->file_hash == value.vector_hash) return *vector;
        if (vector->card.value == value.value && vector->card.context == plan.context) {
            by_name = vector;
        }
    }
    if (by_name == nullptr) {
        throw Error(ErrorKind::not_found,
                    "no vector of '" + value.value + "' (context " +
                        std::string(capture::context_name(plan.context)) + ") is at hand",
                    "plan " + plan.name, "run axia learn " + value.value);
    }
    if (!value.vector_hash.empty()) {
        throw Error(ErrorKind::mismatch,
                    "the vector of '" + value.value + "' is not the one the plan was made with (" +
                        value.vector_hash.substr(0, 12) + " wanted, " +
                        by_name->file_hash.substr(0, 12) + " found)",
                    "plan " + plan.name, "learn and tune again, or give the vector file");
    }
    return *by_name;
}

math::RowRule row_rule(Rule rule) {
    if (rule == Rule::at_least) return math::RowRule::at_least;
    if (rule == Rule::at_most) return math::RowRule::at_most;
    return math::RowRule::equal;
}

}  // namespace

CompiledPlan::CompiledPlan(const Plan& plan, std::span<const ValueVector* const> pool,
                           const model::ModelInfo& info)
    : state_(std::make_unique<State>()) {
    check_plan(plan);
    state_->plan = plan;
    state_->hash = plan_hash(plan);
    if (plan.empty()) return;
    if (!plan.model_hash.empty() && plan.model_hash != info.source_hash) {
        throw Error(
            ErrorKind::mismatch,
            "the plan was made for another model (" +
                (plan.model_name.empty() ? plan.model_hash.substr(0, 12) : plan.model_name) + ")",
            "plan " + plan.name, "tune it for this model");
    }
    std::vector<const ValueVector*> vectors;
    for (const PlanValue& value : plan.values) {
        const ValueVector& vector = find_vector(value, plan, pool);
        vectors::check_model(vector, info.source_hash, info.width, info.layers,
                             "plan " + plan.name);
        vectors.push_back(&vector);
    }
    const auto count = static_cast<Eigen::Index>(vectors.size());
    for (const int l : plan.layers) {
        Layer layer;
        layer.layer = l;
        layer.w.resize(count, info.width);
        if (plan.direction != vectors::Direction::probe) layer.u.resize(count, info.width);
        layer.length = Eigen::VectorXf::Ones(count);
        layer.intercept.resize(count);
        std::vector<math::RowRule> rules;
        for (Eigen::Index k = 0; k < count; ++k) {
            const LayerVector& source = vectors[static_cast<std::size_t>(k)]->layer(l);
            const PlanValue& value = plan.values[static_cast<std::size_t>(k)];
            layer.w.row(k) = Eigen::Map<const Eigen::RowVectorXf>(source.probe.data(), info.width);
            if (plan.direction == vectors::Direction::probe) {
                const double norm = layer.w.row(k).cast<double>().norm();
                layer.length[k] = static_cast<float>(norm > 0 ? 1 / norm : 0);
            } else {
                const std::vector<float> unit = source.unit(plan.direction);
                layer.u.row(k) = Eigen::Map<const Eigen::RowVectorXf>(unit.data(), info.width);
            }
            layer.intercept[k] = static_cast<float>(source.intercept);
            const double gain =
                layer.w.row(k).cast<double>().dot(layer.directions().row(k).cast<double>()) *
                layer.length[k];
            if (!(gain > 0)) {
                throw Error(ErrorKind::mismatch,
                            "at layer " + std::to_string(l) + " the " +
                                std::string(vectors::direction_name(plan.direction)) +
                                " direction of '" + value.value + "' does not raise its probe",
                            "plan " + plan.name, "leave that layer out");
            }
            layer.gain.push_back(gain);
            layer.constant.push_back((value.rule == Rule::at_most ? -1 : 1) * value.strength *
                                     source.mean_gap);
            rules.push_back(row_rule(value.rule));
        }
        if (count > 1) {
            const Eigen::MatrixXd w = layer.w.cast<double>();
            const Eigen::MatrixXd u =
                layer.length.cast<double>().asDiagonal() * layer.directions().cast<double>();
            const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> gram =
                u * u.transpose();
            const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> readings =
                w * u.transpose();
            layer.joint = std::make_unique<math::LeastShift>(
                static_cast<std::size_t>(count),
                std::vector<double>(gram.data(), gram.data() + gram.size()),
                std::vector<double>(readings.data(), readings.data() + readings.size()), rules);
        }
        state_->layers.push_back(l);
        state_->compiled.push_back(std::move(layer));
    }
}

CompiledPlan::~CompiledPlan() = default;
CompiledPlan::CompiledPlan(CompiledPlan&&) noexcept = default;

const Plan& CompiledPlan::plan() const noexcept {
    return state_->plan;
}
const std::string& CompiledPlan::hash() const noexcept {
    return state_->hash;
}
std::span<const int> CompiledPlan::layers() const noexcept {
    return state_->layers;
}

namespace {

/// Amounts for one row, from its readings. False when nothing moves.
bool amounts_for(const Plan& plan, const CompiledPlan::Layer& layer, std::span<const float> reading,
                 std::span<double> amounts, SequenceState& state);

}  // namespace

void SteerHook::set_rows(std::vector<RowSteer> rows) {
    rows_ = std::move(rows);
    layers_.clear();
    const CompiledPlan* last = nullptr;
    for (const RowSteer& row : rows_) {
        if (row.plan == nullptr || row.plan == last) continue;
        last = row.plan;
        const std::span<const int> own = row.plan->layers();
        layers_.insert(layers_.end(), own.begin(), own.end());
    }
    std::sort(layers_.begin(), layers_.end());
    layers_.erase(std::unique(layers_.begin(), layers_.end()), layers_.end());
}

void SteerHook::visit(int layer_number, const model::LayerRows& rows) {
    const auto begin = std::chrono::steady_clock::now();
    const auto width = static_cast<Eigen::Index>(rows.width);
    std::array<double, math::LeastShift::limit> amounts{};
    std::array<float, math::LeastShift::limit> readings{};

    const auto shift = [&](std::size_t i, const RowSteer& steer, std::size_t place,
                           bool measuring) {
        const CompiledPlan::Layer& layer = steer.plan->state_->compiled[place];
        const Plan& plan = steer.plan->plan();
        SequenceState& state = *steer.state;
        const auto count = static_cast<std::size_t>(layer.w.rows());
        Eigen::Map<Eigen::VectorXf> h(rows.data + i * rows.width, width);
        const std::span<double> amount(amounts.data(), count);
        const bool kept = plan.amount == Amount::prompt && !measuring;
        bool moves = false;
        const auto read = [&] {
            for (std::size_t k = 0; k < count; ++k) {
                const auto at = static_cast<Eigen::Index>(k);
                readings[k] = layer.w.row(at).dot(h) + layer.intercept[at];
            }
        };
        if (!steer.watch) ++state.rows_seen;
        if (kept && !steer.watch) {
            if (state.kept.empty()) {
                throw Error(ErrorKind::unsupported,
                            "amount prompt with rows all needs the whole prompt in one batch",
                            "plan " + plan.name, "raise --batch, or use rows onward");
            }
            for (std::size_t k = 0; k < count; ++k) {
                amount[k] = state.kept[place * count + k];
                moves = moves || amount[k] != 0;
            }
        } else {
            read();
            if (steer.watch) {
                std::fill(amount.begin(), amount.end(), 0.0);
            } else {
                moves = amounts_for(plan, layer, {readings.data(), count}, amount, state);
            }
            if (plan.amount == Amount::prompt && !steer.watch) {
                state.kept.resize(steer.plan->state_->compiled.size() * count, 0.0);
                std::copy(amount.begin(), amount.end(),
                          state.kept.begin() + static_cast<std::ptrdiff_t>(place * count));
            }
        }
        if (kept && steer.trace && !steer.watch) {
            read();
        }
        const float norm = steer.trace ? h.norm() : 0.0F;
        if (moves) {
            ++state.rows_shifted;
            for (std::size_t k = 0; k < count; ++k) {
                if (amount[k] == 0) continue;
                const auto at = static_cast<Eigen::Index>(k);
                h.noalias() += static_cast<float>(amount[k] * layer.length[at]) *
                               layer.directions().row(at).transpose();
            }
        }
        if (steer.trace) {
            Eigen::VectorXd total = Eigen::VectorXd::Zero(width);
            for (std::size_t k = 0; k < count; ++k) {
                const auto at = static_cast<Eigen::Index>(k);
                total += amount[k] * layer.length[at] *
                         layer.directions().row(at).transpose().cast<double>();
            }
            for (std::size_t k = 0; k < count; ++k) {
                const auto at = static_cast<Eigen::Index>(k);
                const double after = layer.w.row(at).dot(h) + layer.intercept[at];
                state.trace.push_back({layer_number, plan.values[k].value,
                                       math::sigmoid(readings[k]), amount[k], math::sigmoid(after),
                                       norm > 0 ? total.norm() / norm : 0});
            }
        }
    };

    // the rows that measure go first: `prompt` amounts of the others depend on them
    for (const bool measuring : {true, false}) {
        for (std::size_t i = 0; i < rows.count; ++i) {
            const RowSteer& steer = rows_[static_cast<std::size_t>(rows.index[i])];
            if (steer.plan == nullptr || steer.measure != measuring) continue;
            const std::span<const int> own = steer.plan->layers();
            const auto found = std::lower_bound(own.begin(), own.end(), layer_number);
            if (found == own.end() || *found != layer_number) continue;
            shift(i, steer, static_cast<std::size_t>(found - own.begin()), measuring);
        }
    }
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

namespace {

bool amounts_for(const Plan& plan, const CompiledPlan::Layer& layer, std::span<const float> reading,
                 std::span<double> amounts, SequenceState& state) {
    const std::size_t count = amounts.size();
    if (plan.amount == Amount::constant) {
        bool moves = false;
        for (std::size_t k = 0; k < count; ++k) {
            const PlanValue& value = plan.values[k];
            const bool there = value.rule == Rule::at_most ? reading[k] <= value.log_odds
                                                           : reading[k] >= value.log_odds;
            amounts[k] = plan.below && there ? 0 : layer.constant[k];
            moves = moves || amounts[k] != 0;
        }
        return moves;
    }
    if (count == 1) {
        // d = max(0, (s0 - b - w.h) / (w.u)), mirrored for at_most (S001 step 4)
        const double gap = plan.values[0].log_odds - static_cast<double>(reading[0]);
        const double d = gap / layer.gain[0];
        amounts[0] = plan.values[0].rule == Rule::at_most ? std::min(0.0, d) : std::max(0.0, d);
        return amounts[0] != 0;
    }
    std::array<double, math::LeastShift::limit> gaps{};
    for (std::size_t k = 0; k < count; ++k) {
        gaps[k] = plan.values[k].rule == Rule::hold
                      ? 0
                      : plan.values[k].log_odds - static_cast<double>(reading[k]);
    }
    if (!layer.joint->solve({gaps.data(), count}, amounts)) {
        ++state.infeasible;
        std::fill(amounts.begin(), amounts.end(), 0.0);
        return false;
    }
    return std::any_of(amounts.begin(), amounts.end(), [](double x) { return x != 0; });
}

}  // namespace

RowSteer row_steer(const CompiledPlan* plan, SequenceState* state, std::size_t position,
                   std::size_t prompt_tokens) {
    if (plan == nullptr || plan->plan().empty()) return {};
    const std::size_t last_prompt = prompt_tokens > 0 ? prompt_tokens - 1 : 0;
    if (plan->plan().rows == Rows::onward && position < last_prompt) return {};
    return {plan, state, position == last_prompt};
}

}  // namespace axia::steer
