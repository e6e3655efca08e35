#include "axia/steer/score.h"

#include <Eigen/Core>

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "axia/core/error.h"
#include "axia/model/prefix_batch.h"

namespace axia::steer {

using core::Error;
using core::ErrorKind;
using model::Leaf;
using model::Token;

namespace {

bool acts(const CompiledPlan* plan) {
    return plan != nullptr && !plan->plan().empty();
}

/// What is read from a batch: one continuation of a request. `leaf` is its sequence.
struct Member {
    std::size_t request = 0, continuation = 0, context_size = 0;
    const CompiledPlan* plan = nullptr;
    std::vector<Token> text{};  // scored after the context
    std::size_t leaf = 0;
};

/// Fills batches of sequences and decodes them under their plans. Add them in an order that puts
/// common prefixes side by side: the last sequence of a batch is carried over to the next one.
class PlannedBatches {
  public:
    using Done = std::function<void(const model::PrefixBatch&, const std::vector<Member>&)>;

    /// `done` reads the logits of each decoded batch.
    PlannedBatches(model::Session& session, std::size_t pack_rows, Done done)
        : session_(session),
          pack_(std::min(pack_rows, static_cast<std::size_t>(session.options().batch))),
          done_(std::move(done)) {
        session_.clear();
        begin({});
    }

    /// The member's text goes on from the context; of its last token no row is needed.
    void add(const std::vector<Token>& context, Member member) {
        const auto batch = static_cast<std::size_t>(session_.options().batch);
        std::vector<Token> tokens = context;
        if (!member.text.empty()) {
            tokens.insert(tokens.end(), member.text.begin(), member.text.end() - 1);
        }
        if (context.empty()) {
            throw Error(ErrorKind::input, "an empty context cannot be scored",
                        "item " + std::to_string(member.request));
        }
        if (tokens.size() > batch) {
            throw Error(ErrorKind::input,
                        "the context and text have " + std::to_string(tokens.size()) +
                            " tokens, more than a batch of " + std::to_string(batch),
                        "item " + std::to_string(member.request), "shorten it or raise --batch");
        }
        member.context_size = context.size();
        Leaf leaf;
        leaf.tokens = std::move(tokens);
        leaf.first_logit = member.context_size - 1;
        leaf.group = group_of(member);
        if (!acts(member.plan)) {
            leaf.free_rows = leaf.tokens.size();
        } else if (member.plan->plan().rows == Rows::onward) {
            leaf.free_rows = member.context_size - 1;
        }
        least += leaf.tokens.size() - model::shared_rows(previous_, leaf);
        previous_ = leaf;
        const Leaf& last = batch_.leaf(batch_.leaves() - 1);
        const bool same = !members_.empty() && last.group == leaf.group &&
                          last.free_rows == leaf.free_rows && last.tokens == leaf.tokens &&
                          last.first_logit == leaf.first_logit;
        if (!same) {
            if (!members_.empty() &&
                (batch_.rows() + batch_.cost(leaf) > pack_ ||
                 batch_.leaves() >= static_cast<std::size_t>(session_.options().sequences))) {
                flush();
            }
            batch_.add(std::move(leaf));
        }
        member.leaf = batch_.leaves() - 1;
        members_.push_back(std::move(member));
    }

    void flush() {
        if (members_.empty()) return;
        const std::vector<model::Row>& rows = batch_.build();
        std::vector<RowSteer> steer(rows.size());
        std::map<std::pair<const CompiledPlan*, std::size_t>, SequenceState*> state_of;
        states_.clear();
        bool any = false;
        for (std::size_t i = 1; i < batch_.leaves(); ++i) {
            if (batch_.carried(i) > 0) {
                session_.copy(0, static_cast<int>(i), static_cast<int>(batch_.carried(i)));
            }
        }
        for (const Member& member : members_) {
            if (!acts(member.plan)) continue;
            SequenceState*& state = state_of[{member.plan, member.request}];
            if (state == nullptr) state = &states_.emplace_back();
            for (std::size_t p = batch_.carried(member.leaf);
                 p < batch_.leaf(member.leaf).tokens.size(); ++p) {
                const RowSteer own = row_steer(member.plan, state, p, member.context_size);
                if (own.plan == nullptr) continue;
                RowSteer& entry = steer[batch_.row_of(member.leaf, p)];
                if (entry.plan == nullptr) entry = own;
                any = true;
            }
        }
        session_.cut(0);  // what others took of it stays
        if (any) {
            hook_.set_rows(std::move(steer));
            model::LayerHook* const hooks[] = {&hook_};
            session_.decode(rows, hooks);
        } else {
            session_.decode(rows);
        }
        for (const SequenceState& state : states_) infeasible += state.infeasible;
        done_(batch_, members_);

        const std::size_t last = batch_.leaves() - 1;
        Leaf next = batch_.leaf(last);
        const auto spare = static_cast<std::size_t>(
            std::max(0, session_.options().context - session_.options().batch));
        next.tokens.resize(std::min(next.tokens.size(), spare));
        next.free_rows = std::min(next.free_rows, next.tokens.size());
        for (std::size_t i = 1; i < last; ++i) session_.cut(static_cast<int>(i));
        if (!next.tokens.empty()) {
            session_.copy(static_cast<int>(last), 0, static_cast<int>(next.tokens.size()));
        }
        session_.cut(static_cast<int>(last));
        begin(std::move(next));
    }

    std::uint64_t infeasible = 0;
    std::uint64_t least = 0;  // rows of the prefix tree

  private:
    /// Sequences of one group may share rows that a plan acts on. Amounts kept from a prompt differ
    /// by request, so there only its own continuations may.
    int group_of(const Member& member) {
        const bool own = acts(member.plan) && member.plan->plan().amount == Amount::prompt;
        const auto key = std::make_pair(acts(member.plan) ? member.plan : nullptr,
                                        own ? member.request + 1 : std::size_t{0});
        return groups_.try_emplace(key, static_cast<int>(groups_.size())).first->second;
    }

    void begin(Leaf carried) {
        batch_.clear();
        batch_.carry(std::move(carried));
        members_.clear();
    }

    model::Session& session_;
    std::size_t pack_;
    Done done_;
    model::PrefixBatch batch_;  // leaf 0 is the carried one
    std::vector<Member> members_;
    std::map<std::pair<const CompiledPlan*, std::size_t>, int> groups_;
    std::deque<SequenceState> states_;
    Leaf previous_;
    SteerHook hook_;
};

/// Request numbers in the order of the prefix tree: contexts side by side that begin alike. A plan
/// that acts on the prompt's rows shares them with nobody, so its requests stand together.
std::vector<std::size_t> tree_order(std::span<const ScoringRequest> requests) {
    std::map<const CompiledPlan*, std::size_t> trees;
    std::vector<std::size_t> tree, order(requests.size());
    for (const ScoringRequest& request : requests) {
        const bool own = acts(request.plan) && request.plan->plan().rows == Rows::all;
        tree.push_back(own ? trees.try_emplace(request.plan, trees.size() + 1).first->second : 0);
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return tree[a] != tree[b] ? tree[a] < tree[b]
                                  : requests[a].item.context < requests[b].item.context;
    });
    return order;
}

/// Continuation numbers likewise.
std::vector<std::size_t> tree_order(const std::vector<std::vector<Token>>& continuations) {
    std::vector<std::size_t> order(continuations.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return continuations[a] < continuations[b];
    });
    return order;
}

}  // namespace

RequestScores score_requests(model::Session& session, std::span<const ScoringRequest> requests,
                             const ScoreOptions& options, const core::Watch& watch) {
    RequestScores result;
    for (const ScoringRequest& request : requests) {
        result.log_probability.emplace_back(request.item.continuations.size(), 0.0);
    }
    const std::uint64_t before = session.rows_decoded();
    std::vector<double> normaliser;
    PlannedBatches batches(
        session, options.pack_rows,
        [&](const model::PrefixBatch& batch, const std::vector<Member>& members) {
            normaliser.assign(batch.rows(), std::numeric_limits<double>::quiet_NaN());
            for (const Member& member : members) {
                double sum = 0;
                for (std::size_t k = 0; k < member.text.size(); ++k) {
                    const std::size_t row = batch.row_of(member.leaf, member.context_size - 1 + k);
                    const std::span<const float> logits = session.logits(row);
                    if (std::isnan(normaliser[row])) normaliser[row] = model::log_sum_exp(logits);
                    sum += static_cast<double>(logits[static_cast<std::size_t>(member.text[k])]) -
                           normaliser[row];
                }
                result.log_probability[member.request][member.continuation] = sum;
            }
            watch.check();
        });
    std::size_t done = 0;
    for (const std::size_t r : tree_order(requests)) {
        const ScoringItem& item = requests[r].item;
        for (const std::size_t c : tree_order(item.continuations)) {
            if (item.continuations[c].empty()) {
                throw Error(ErrorKind::input, "an empty text cannot be scored",
                            "item " + std::to_string(r));
            }
            batches.add(item.context, {r, c, 0, requests[r].plan, item.continuations[c]});
        }
        watch.step("scoring", ++done, requests.size(), "texts");
    }
    batches.flush();
    result.rows_decoded = session.rows_decoded() - before;
    result.rows_least = batches.least;
    result.infeasible = batches.infeasible;
    return result;
}

Scores score(model::Session& session, std::span<const ScoringItem> items,
             std::span<const CompiledPlan* const> arms, const ScoreOptions& options,
             const core::Watch& watch) {
    std::vector<ScoringRequest> requests;
    requests.reserve(items.size() * arms.size());
    for (const ScoringItem& item : items) {
        for (const CompiledPlan* arm : arms) requests.push_back({item, arm});
    }
    RequestScores scores = score_requests(session, requests, options, watch);
    Scores result;
    result.rows_decoded = scores.rows_decoded;
    result.infeasible = scores.infeasible;
    result.log_probability.resize(arms.size());
    for (std::size_t r = 0; r < requests.size(); ++r) {
        result.log_probability[r % arms.size()].push_back(std::move(scores.log_probability[r]));
    }
    return result;
}

Divergences next_token_divergence(model::Session& session,
                                  std::span<const std::vector<Token>> prompts,
                                  std::span<const CompiledPlan* const> arms,
                                  const ScoreOptions& options, const core::Watch& watch) {
    Divergences result;
    result.kl.assign(arms.size(), std::vector<double>(prompts.size(), 0.0));
    const std::uint64_t before = session.rows_decoded();
    // the bare model's log-probabilities of each prompt whose arms are still to come
    std::map<std::size_t, Eigen::ArrayXf> bare;
    PlannedBatches batches(
        session, options.pack_rows,
        [&](const model::PrefixBatch& batch, const std::vector<Member>& members) {
            for (const Member& member : members) {
                const std::size_t prompt = member.request;
                const std::size_t arm = member.continuation;  // 0 = bare
                const std::span<const float> logits =
                    session.logits(batch.row_of(member.leaf, member.context_size - 1));
                const Eigen::Map<const Eigen::ArrayXf> x(logits.data(),
                                                         static_cast<Eigen::Index>(logits.size()));
                const Eigen::ArrayXf log_p = x - static_cast<float>(model::log_sum_exp(logits));
                if (arm == 0) {
                    bare[prompt] = log_p;
                    continue;
                }
                const Eigen::ArrayXf& reference = bare.at(prompt);
                result.kl[arm - 1][prompt] =
                    std::max(0.0, (reference.exp() * (reference - log_p)).cast<double>().sum());
                if (arm == arms.size()) bare.erase(prompt);
            }
            watch.check();
        });
    for (std::size_t prompt = 0; prompt < prompts.size(); ++prompt) {
        for (std::size_t arm = 0; arm <= arms.size(); ++arm) {
            batches.add(prompts[prompt], {prompt, arm, 0, arm == 0 ? nullptr : arms[arm - 1]});
        }
        watch.step("comparing", prompt + 1, prompts.size(), "prompts");
    }
    batches.flush();
    result.rows_decoded = session.rows_decoded() - before;
    return result;
}

}  // namespace axia::steer
