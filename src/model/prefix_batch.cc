#include "axia/model/prefix_batch.h"

#include <algorithm>
#include <utility>

namespace axia::model {

namespace {

bool wants_logits(const Leaf& leaf, std::size_t position) {
    return position >= leaf.first_logit &&
           position < leaf.tokens.size() - (leaf.last_logit ? 0 : 1);
}

}  // namespace

std::size_t shared_rows(const Leaf& a, const Leaf& b) {
    std::size_t limit = std::min(a.tokens.size(), b.tokens.size());
    if (a.group != b.group) limit = std::min({limit, a.free_rows, b.free_rows});
    std::size_t n = 0;
    while (n < limit && a.tokens[n] == b.tokens[n]) ++n;
    // within a group, rows are equal only where they are free in both or in neither
    if (a.group == b.group && a.free_rows != b.free_rows) {
        n = std::min({n, a.free_rows, b.free_rows});
    }
    return n;
}

std::size_t PrefixBatch::shared_with_last(const Leaf& leaf) const {
    if (leaves_.empty()) return 0;
    const std::size_t shared = shared_rows(leaves_.back(), leaf);
    // a carried row has no logits in this batch: a leaf that wants some there parts before it
    return leaf.first_logit < carried_.back() ? std::min(shared, leaf.first_logit) : shared;
}

void PrefixBatch::carry(Leaf leaf) {
    carried_.push_back(leaf.tokens.size());
    shared_.push_back(0);
    leaves_.push_back(std::move(leaf));
}

std::size_t PrefixBatch::cost(const Leaf& leaf) const {
    return leaf.tokens.size() - shared_with_last(leaf);
}

void PrefixBatch::add(Leaf leaf) {
    shared_.push_back(shared_with_last(leaf));
    carried_.push_back(leaves_.empty() ? 0 : std::min(carried_.back(), shared_.back()));
    rows_ += leaf.tokens.size() - shared_.back();
    leaves_.push_back(std::move(leaf));
}

void PrefixBatch::clear() {
    leaves_.clear();
    shared_.clear();
    carried_.clear();
    built_.clear();
    row_of_.clear();
    rows_ = 0;
}

const std::vector<Row>& PrefixBatch::build() {
    built_.clear();
    built_.reserve(rows_);
    row_of_.assign(leaves_.size(), {});
    for (std::size_t i = 0; i < leaves_.size(); ++i) row_of_[i].resize(leaves_[i].tokens.size());
    emit(0, leaves_.size(), 0);
    return built_;
}

void PrefixBatch::emit(std::size_t first, std::size_t last, std::size_t position) {
    // leaves [first, last) share all rows before `position`; split them where they part
    std::size_t begin = first;
    while (begin < last) {
        std::size_t end = begin + 1;
        while (end < last && shared_[end] > position) ++end;
        std::size_t common = leaves_[begin].tokens.size();
        for (std::size_t i = begin + 1; i < end; ++i) common = std::min(common, shared_[i]);
        for (std::size_t p = std::max(position, carried_[begin]); p < common; ++p) {
            Row row;
            row.token = leaves_[begin].tokens[p];
            row.position = static_cast<std::int32_t>(p);
            row.sequence = static_cast<std::int32_t>(begin);
            row.sequence_end = static_cast<std::int32_t>(end);
            for (std::size_t i = begin; i < end; ++i) {
                if (p < leaves_[i].tokens.size()) {
                    row_of_[i][p] = built_.size();
                    row.logits = row.logits || wants_logits(leaves_[i], p);
                }
            }
            built_.push_back(row);
        }
        if (end - begin > 1) emit(begin, end, common);
        begin = end;
    }
}

}  // namespace axia::model
