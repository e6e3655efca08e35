#include "axia/model/prefix_batch.h"

#include <gtest/gtest.h>

#include "axia/core/random.h"

namespace axia::model {
namespace {

TEST(PrefixBatch, SharesFreeRowsBetweenGroupsAndAllRowsWithinOne) {
    PrefixBatch batch;
    batch.add({{1, 2, 3, 4, 5}, 2, 0, 3, false});
    batch.add({{1, 2, 3, 4, 6}, 2, 0, 3, false});  // same group: shares 1 2 3 4
    batch.add({{1, 2, 3, 4, 5}, 2, 1, 3, false});  // other group: shares 1 2
    EXPECT_EQ(batch.rows(), 5u + 1u + 3u);
    const auto& rows = batch.build();
    ASSERT_EQ(rows.size(), batch.rows());
    EXPECT_EQ(rows[0].sequence, 0);
    EXPECT_EQ(rows[0].sequence_end, 3);
    EXPECT_EQ(rows[2].sequence_end, 2);
    EXPECT_EQ(batch.row_of(0, 3), batch.row_of(1, 3));
    EXPECT_NE(batch.row_of(0, 3), batch.row_of(2, 3));
    EXPECT_FALSE(rows[2].logits);
    EXPECT_TRUE(rows[batch.row_of(2, 3)].logits);
    EXPECT_FALSE(rows[batch.row_of(2, 4)].logits);
}

TEST(PrefixBatch, ALeafThatIsAPrefixOfItsNeighbour) {
    PrefixBatch batch;
    batch.add({{7, 8}, 0, 0, 1, true});
    batch.add({{7, 8, 9}, 0, 0, 2, true});
    EXPECT_EQ(batch.build().size(), 3u);
    EXPECT_EQ(batch.row_of(0, 1), 1u);
    EXPECT_EQ(batch.row_of(1, 2), 2u);
    EXPECT_TRUE(batch.build()[1].logits);
}

// Every row of every leaf must exist, carry the leaf's token and position, and belong to its
// sequence.
TEST(PrefixBatch, RandomBatchesAreComplete) {
    core::Rng rng(3);
    for (int round = 0; round < 300; ++round) {
        PrefixBatch batch;
        const int leaves = 1 + static_cast<int>(rng.below(12));
        for (int i = 0; i < leaves; ++i) {
            Leaf leaf;
            leaf.group = static_cast<int>(rng.below(3));
            const std::size_t length = 1 + rng.below(8);
            for (std::size_t k = 0; k < length; ++k) {
                leaf.tokens.push_back(static_cast<Token>(rng.below(2)));
            }
            leaf.free_rows = rng.below(length + 1);
            batch.add(leaf);
        }
        const auto& rows = batch.build();
        ASSERT_EQ(rows.size(), batch.rows());
        for (std::size_t i = 0; i < batch.leaves(); ++i) {
            for (std::size_t p = 0; p < batch.leaf(i).tokens.size(); ++p) {
                const Row& row = rows[batch.row_of(i, p)];
                ASSERT_EQ(row.token, batch.leaf(i).tokens[p]);
                ASSERT_EQ(row.position, static_cast<int>(p));
                ASSERT_LE(row.sequence, static_cast<int>(i));
                ASSERT_GT(row.sequence_end, static_cast<int>(i));
                if (p > 0) {
                    ASSERT_GT(batch.row_of(i, p), batch.row_of(i, p - 1));
                }
                // a shared row past the free part is shared within one group only
                for (int s = row.sequence; s < row.sequence_end; ++s) {
                    const Leaf& other = batch.leaf(static_cast<std::size_t>(s));
                    if (p >= batch.leaf(i).free_rows) {
                        ASSERT_EQ(other.group, batch.leaf(i).group);
                    }
                }
            }
        }
    }
}

// Rows of a carried leaf are not decoded again, except where a later leaf reads their logits; what
// is carried and what is decoded make up every leaf.
TEST(PrefixBatch, CarriedRowsAreNotDecodedAgain) {
    PrefixBatch batch;
    batch.carry({{1, 2, 3, 4}, 4, 0, 3, true});
    batch.add({{1, 2, 3, 7}, 4, 0, 3, true});
    EXPECT_EQ(batch.carried(1), 3u);
    EXPECT_EQ(batch.rows(), 1u);
    batch.add({{1, 2, 9}, 3, 0, 1, true});  // wants the logits after token 2: row 1 anew
    EXPECT_EQ(batch.carried(2), 1u);
    EXPECT_EQ(batch.rows(), 3u);
    const auto& rows = batch.build();
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[batch.row_of(2, 1)].token, 2);
    EXPECT_TRUE(rows[batch.row_of(2, 1)].logits);

    core::Rng rng(5);
    for (int round = 0; round < 500; ++round) {
        PrefixBatch random;
        for (int i = 0; i < 8; ++i) {
            Leaf leaf;
            leaf.group = static_cast<int>(rng.below(2));
            const std::size_t length = 1 + rng.below(7);
            for (std::size_t k = 0; k < length; ++k) {
                leaf.tokens.push_back(static_cast<Token>(rng.below(2)));
            }
            leaf.free_rows = rng.below(length + 1);
            leaf.first_logit = rng.below(length);
            i == 0 ? random.carry(leaf) : random.add(leaf);
        }
        const auto& built = random.build();
        ASSERT_EQ(built.size(), random.rows());
        for (std::size_t i = 1; i < random.leaves(); ++i) {
            const Leaf& leaf = random.leaf(i);
            ASSERT_LE(random.carried(i), shared_rows(random.leaf(0), leaf));
            for (std::size_t p = random.carried(i); p < leaf.tokens.size(); ++p) {
                const Row& row = built[random.row_of(i, p)];
                ASSERT_EQ(row.token, leaf.tokens[p]);
                ASSERT_EQ(row.position, static_cast<int>(p));
                ASSERT_LE(row.sequence, static_cast<int>(i));
                ASSERT_GT(row.sequence_end, static_cast<int>(i));
                ASSERT_GT(row.sequence, 0) << "sequence 0 is in the cache already";
                if (p >= leaf.first_logit) {
                    ASSERT_TRUE(row.logits);
                }
            }
            ASSERT_LE(random.carried(i), leaf.first_logit);
        }
    }
}

}  // namespace
}  // namespace axia::model
