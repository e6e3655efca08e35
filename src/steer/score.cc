#include "axia/steer/score.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <map>

#include "axia/core/error.h"
#include "axia/model/prefix_batch.h"

namespace axia::steer {

using core::Error;
using core::ErrorKind;
using model::Leaf;
using model::Token;

namespace {

struct Member {
    std::size_t item = 0, arm = 0, continuation = 0, context_size = 0;
};

bool acts(const CompiledPlan* plan) {
    return plan != nullptr && !plan->plan().empty();
}

/// Fills batches of leaves and decodes them under their arms' plans.
class ArmedBatches {
  public:
    ArmedBatches(model::Session& session, std::span<const CompiledPlan* const> arms,
                 std::size_t pack_rows)
        : session_(session),
          arms_(arms),
          pack_(std::min(pack_rows, static_cast<std::size_t>(session.options().batch))) {}

    /// Decodes what is pending when the leaf does not fit; `done(batch, members)` reads the logits.
    template <typename Done>
    void add(std::vector<Token> tokens, const Member& member, bool last_logit, Done&& done) {
        Leaf leaf;
        leaf.tokens = std::move(tokens);
        leaf.first_logit = member.context_size - 1;
        leaf.last_logit = last_logit;
        const CompiledPlan* plan = arms_[member.arm];
        if (!acts(plan)) {
            leaf.free_rows = leaf.tokens.size();
        } else if (plan->plan().rows == Rows::onward) {
            leaf.free_rows = member.context_size - 1;
        }
        // amounts kept from a prompt differ by item, so only its own continuations share rows
        const bool own = acts(plan) && plan->plan().amount == Amount::prompt;
        leaf.group = static_cast<int>(member.arm +
                                      (own ? arms_.size() * (member.item + 1) : std::size_t{0}));
        if (leaf.tokens.size() > static_cast<std::size_t>(session_.options().batch)) {
            throw Error(ErrorKind::input,
                        "the context and text have " + std::to_string(leaf.tokens.size()) +
                            " tokens, more than a batch of " +
                            std::to_string(session_.options().batch),
                        "item " + std::to_string(member.item), "shorten it or raise --batch");
        }
        if (!batch_.empty() &&
            (batch_.rows() + batch_.cost(leaf) > pack_ ||
             batch_.leaves() >= static_cast<std::size_t>(session_.options().sequences))) {
            flush(done);
        }
        batch_.add(std::move(leaf));
        members_.push_back(member);
    }

    template <typename Done>
    void flush(Done&& done) {
        if (batch_.empty()) return;
        const std::vector<model::Row>& rows = batch_.build();
        std::vector<RowSteer> steer(rows.size());
        std::map<std::pair<std::size_t, std::size_t>, SequenceState*> state_of;
        states_.clear();
        bool any = false;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const CompiledPlan* plan = arms_[members_[i].arm];
            if (!acts(plan)) continue;
            SequenceState*& state = state_of[{members_[i].arm, members_[i].item}];
            if (state == nullptr) state = &states_.emplace_back();
            for (std::size_t p = 0; p < batch_.leaf(i).tokens.size(); ++p) {
                const RowSteer own = row_steer(plan, state, p, members_[i].context_size);
                if (own.plan == nullptr) continue;
                RowSteer& entry = steer[batch_.row_of(i, p)];
                if (entry.plan == nullptr) entry = own;
                any = true;
            }
        }
        session_.clear();
        if (any) {
            hook_.set_rows(std::move(steer));
            model::LayerHook* const hooks[] = {&hook_};
            session_.decode(rows, hooks);
        } else {
            session_.decode(rows);
        }
        for (const SequenceState& state : states_) infeasible += state.infeasible;
        done(batch_, members_);
        batch_.clear();
        members_.clear();
    }

    std::uint64_t infeasible = 0;

  private:
    model::Session& session_;
    std::span<const CompiledPlan* const> arms_;
    std::size_t pack_;
    model::PrefixBatch batch_;
    std::vector<Member> members_;
    std::deque<SequenceState> states_;
    SteerHook hook_;
};

}  // namespace

Scores score(model::Session& session, std::span<const ScoringItem> items,
             std::span<const CompiledPlan* const> arms, const ScoreOptions& options,
             const core::Watch& watch) {
    Scores result;
    result.log_probability.resize(arms.size());
    for (auto& per_item : result.log_probability) {
        for (const ScoringItem& item : items) {
            per_item.emplace_back(item.continuations.size(), 0.0);
        }
    }
    const std::uint64_t before = session.rows_decoded();
    ArmedBatches batches(session, arms, options.pack_rows);
    std::vector<double> normaliser;
    const auto read = [&](const model::PrefixBatch& batch, const std::vector<Member>& members) {
        normaliser.assign(batch.rows(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t i = 0; i < members.size(); ++i) {
            const Member& member = members[i];
            const std::vector<Token>& tokens = batch.leaf(i).tokens;
            double sum = 0;
            for (std::size_t p = member.context_size - 1; p + 1 < tokens.size(); ++p) {
                const std::size_t row = batch.row_of(i, p);
                const std::span<const float> logits = session.logits(row);
                if (std::isnan(normaliser[row])) normaliser[row] = model::log_sum_exp(logits);
                sum += static_cast<double>(logits[static_cast<std::size_t>(tokens[p + 1])]) -
                       normaliser[row];
            }
            result.log_probability[member.arm][member.item][member.continuation] = sum;
        }
        watch.check();
    };
    for (std::size_t item = 0; item < items.size(); ++item) {
        for (std::size_t arm = 0; arm < arms.size(); ++arm) {
            for (std::size_t c = 0; c < items[item].continuations.size(); ++c) {
                if (items[item].context.empty() || items[item].continuations[c].empty()) {
                    throw Error(ErrorKind::input, "an empty context or text cannot be scored",
                                "item " + std::to_string(item));
                }
                std::vector<Token> tokens = items[item].context;
                tokens.insert(tokens.end(), items[item].continuations[c].begin(),
                              items[item].continuations[c].end());
                batches.add(std::move(tokens), {item, arm, c, items[item].context.size()}, false,
                            read);
            }
        }
        watch.step("scoring", item + 1, items.size(), "texts");
    }
    batches.flush(read);
    result.rows_decoded = session.rows_decoded() - before;
    result.infeasible = batches.infeasible;
    return result;
}

Divergences next_token_divergence(model::Session& session,
                                  std::span<const std::vector<Token>> prompts,
                                  std::span<const CompiledPlan* const> arms,
                                  const ScoreOptions& options, const core::Watch& watch) {
    Divergences result;
    result.kl.assign(arms.size(), std::vector<double>(prompts.size(), 0.0));
    std::vector<const CompiledPlan*> all{nullptr};
    all.insert(all.end(), arms.begin(), arms.end());
    const std::uint64_t before = session.rows_decoded();
    ArmedBatches batches(session, all, options.pack_rows);
    // the bare model's log-probabilities of each prompt whose arms are still to come
    std::map<std::size_t, Eigen::ArrayXf> bare;
    const auto read = [&](const model::PrefixBatch& batch, const std::vector<Member>& members) {
        for (std::size_t i = 0; i < members.size(); ++i) {
            const Member& member = members[i];
            const std::span<const float> logits =
                session.logits(batch.row_of(i, member.context_size - 1));
            const Eigen::Map<const Eigen::ArrayXf> x(logits.data(),
                                                     static_cast<Eigen::Index>(logits.size()));
            const Eigen::ArrayXf log_p = x - static_cast<float>(model::log_sum_exp(logits));
            if (member.arm == 0) {
                bare[member.item] = log_p;
                continue;
            }
            const Eigen::ArrayXf& reference = bare.at(member.item);
            result.kl[member.arm - 1][member.item] =
                std::max(0.0, (reference.exp() * (reference - log_p)).cast<double>().sum());
            if (member.arm == arms.size()) bare.erase(member.item);
        }
        watch.check();
    };
    for (std::size_t item = 0; item < prompts.size(); ++item) {
        for (std::size_t arm = 0; arm < all.size(); ++arm) {
            batches.add(prompts[item], {item, arm, 0, prompts[item].size()}, true, read);
        }
        watch.step("comparing", item + 1, prompts.size(), "prompts");
    }
    batches.flush(read);
    result.rows_decoded = session.rows_decoded() - before;
    return result;
}

}  // namespace axia::steer
