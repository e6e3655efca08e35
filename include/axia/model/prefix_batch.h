// Many token sequences as one batch in which a shared prefix is computed once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "axia/model/session.h"

namespace axia::model {

/// One sequence to decode.
struct Leaf {
    std::vector<Token> tokens;
    /// Rows before `free_rows` may be shared with any other leaf (nothing of `group` acts on them);
    /// later rows only with leaves of the same group. Rows differ between groups, e.g. by steering.
    std::size_t free_rows = 0;
    int group = 0;
    /// Logits are wanted at rows [first_logit, tokens.size() - skip_last).
    std::size_t first_logit = 0;
    bool last_logit = true;
};

/// Rows from the start that two leaves share.
std::size_t shared_rows(const Leaf& a, const Leaf& b);

/// Neighbouring leaves share their longest common prefix, so give them in an order that puts
/// similar ones side by side. Sequence i of the batch is leaf i.
class PrefixBatch {
  public:
    /// The first leaf, before any other: its rows stand in the cache already as sequence 0, from an
    /// earlier batch, and are not decoded again. Rows whose logits a later leaf wants are.
    void carry(Leaf leaf);
    /// Rows [0, carried(leaf)) come from the carried leaf: copy them from sequence 0 before
    /// decoding.
    std::size_t carried(std::size_t leaf) const { return carried_[leaf]; }

    /// Rows that adding the leaf after the last one would cost.
    std::size_t cost(const Leaf& leaf) const;
    void add(Leaf leaf);

    std::size_t rows() const noexcept { return rows_; }
    std::size_t leaves() const noexcept { return leaves_.size(); }
    bool empty() const noexcept { return leaves_.empty(); }
    const Leaf& leaf(std::size_t i) const { return leaves_[i]; }

    /// The rows, in an order in which every sequence's positions ascend.
    const std::vector<Row>& build();
    /// Row number of position `position` of leaf `leaf`, after build(); not of carried positions.
    std::size_t row_of(std::size_t leaf, std::size_t position) const {
        return row_of_[leaf][position];
    }
    void clear();

  private:
    std::size_t shared_with_last(const Leaf& leaf) const;
    void emit(std::size_t first, std::size_t last, std::size_t position);

    std::vector<Leaf> leaves_;
    std::vector<std::size_t> shared_;   // with the leaf before, in rows
    std::vector<std::size_t> carried_;  // rows that the cache holds already
    std::vector<Row> built_;
    std::vector<std::vector<std::size_t>> row_of_;
    std::size_t rows_ = 0;
};

}  // namespace axia::model
