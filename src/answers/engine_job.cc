#include "answers/engine_job.h"

#include <algorithm>
#include <numeric>

namespace axia::answers {

using model::Token;

bool EngineJob::whole_prompt() const {
    return plan() != nullptr && plan()->amount == steer::Amount::prompt &&
           plan()->rows == steer::Rows::all;
}

Sharing EngineJob::shares(std::size_t rows) const {
    if (plan() == nullptr) return {"", rows};
    if (plan()->rows == steer::Rows::onward) {
        return {"", std::min(rows, request.prompt.size() - 1)};
    }
    return {request.plan->hash(), whole_prompt() ? 0 : rows};
}

std::size_t common_rows(std::span<const Token> a, std::span<const Token> b) {
    const std::size_t end = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(end), b.begin()).first -
        a.begin());
}

TokenScore score_of(std::span<const float> logits, Token token, int top) {
    const double sum = model::log_sum_exp(logits);
    const auto logit = [&](Token t) { return logits[static_cast<std::size_t>(t)]; };
    TokenScore score;
    score.token = token;
    score.log_probability = static_cast<double>(logit(token)) - sum;
    if (top <= 0) return score;
    const std::size_t count = std::min(static_cast<std::size_t>(top), logits.size());
    std::vector<Token> order(logits.size());
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(
        order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
        [&](Token a, Token b) { return logit(a) != logit(b) ? logit(a) > logit(b) : a < b; });
    for (std::size_t i = 0; i < count; ++i) {
        score.top.emplace_back(order[i], static_cast<double>(logit(order[i])) - sum);
    }
    return score;
}

}  // namespace axia::answers
