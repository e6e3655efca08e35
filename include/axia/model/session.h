// One thread's working state over a Model: a KV cache of many sequences, batches of rows, and the
// neutral hook through which other rooms read and change the residual stream.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "axia/model/model.h"

namespace axia::model {

/// Sequences [first, last) share the row: its KV is computed once for all of them.
struct Row {
    Token token = 0;
    std::int32_t position = 0;
    std::int32_t sequence = 0;
    std::int32_t sequence_end = 0;  // 0 = sequence + 1
    bool logits = false;
};

/// Rows of the residual stream after one block, in the order of the decode call.
/// `index[i]` is the place of row i among the rows of the call. On the last block only the rows
/// whose logits were asked for are present.
struct LayerRows {
    float* data = nullptr;  // count x width, row-major, writable
    std::size_t count = 0;
    std::size_t width = 0;
    const std::int32_t* index = nullptr;

    std::span<float> row(std::size_t i) const { return {data + i * width, width}; }
};

/// Reads or changes the residual stream. `layers()` is asked once per decode call.
class LayerHook {
  public:
    virtual ~LayerHook() = default;
    /// Blocks to visit, ascending, 0-based.
    virtual std::span<const int> layers() const = 0;
    virtual void visit(int layer, const LayerRows& rows) = 0;
};

struct SessionOptions {
    int context = 4096;   // KV cells shared by all sequences
    int sequences = 64;   // at most
    int batch = 1024;     // rows per decode call at most; also the physical batch
    int threads = 0;      // 0 = every core
    bool polling = true;  // a persistent polling thread pool; without it each hooked layer is dear
    bool exact = false;   // F32 cache and plain attention: for comparing numbers closely; slower
};

class Session {
  public:
    /// Throws Error{unsupported|input} when the context cannot be made.
    Session(std::shared_ptr<const Model> model, const SessionOptions& options = {});
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Model& model() const noexcept;
    std::shared_ptr<const Model> shared_model() const noexcept;
    const SessionOptions& options() const noexcept;

    /// Runs the rows through the model with the hooks, in hook order per layer. An exception of a
    /// hook surfaces here. Throws Error{unsupported} when a wanted layer cannot be hooked on this
    /// architecture, Error{input} when rows do not fit the batch or the cache.
    /// With no hooks (or hooks without layers) the computation is bit-identical to libllama's own.
    void decode(std::span<const Row> rows, std::span<LayerHook* const> hooks = {});

    /// Logits of row `row` of the last decode call; it must have asked for them.
    /// Length = vocabulary. Valid until the next decode.
    std::span<const float> logits(std::size_t row) const;

    /// Natural-log probability of `token` under the logits of `row`.
    double log_probability(std::size_t row, Token token) const;

    /// False when this architecture's cache cannot give a sequence a part of another's rows
    /// (recurrent and hybrid models).
    bool shares_prefixes() const noexcept;
    /// Makes `to` share the cells of `from` at positions [0, end); end < 0 = all. Free.
    void copy(int from, int to, int end = -1);
    /// Forgets positions [begin, infinity) of a sequence.
    void cut(int sequence, int begin = 0);
    void clear();

    /// Rows decoded since the session was made.
    std::uint64_t rows_decoded() const noexcept;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Stable log of the sum of exponentials over a logits row.
double log_sum_exp(std::span<const float> logits);

}  // namespace axia::model
