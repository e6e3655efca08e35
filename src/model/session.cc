#include "axia/model/session.h"

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <llama.h>

#include <Eigen/Core>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <exception>
#include <thread>

#include "axia/core/error.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

namespace {

struct ContextDeleter {
    void operator()(llama_context* context) const { llama_free(context); }
};
struct PoolDeleter {
    void operator()(ggml_threadpool* pool) const { ggml_threadpool_free(pool); }
};

/// Block number of a tensor named "l_out-<n>", or -1.
int hooked_layer(const ggml_tensor* tensor) {
    const char* name = tensor->name;
    if (std::strncmp(name, "l_out-", 6) != 0) return -1;
    int layer = -1;
    const char* end = name + std::strlen(name);
    const auto [stop, code] = std::from_chars(name + 6, end, layer);
    return code == std::errc() && stop == end ? layer : -1;
}

}  // namespace

struct Session::State {
    std::shared_ptr<const Model> model;
    SessionOptions options;
    std::unique_ptr<ggml_threadpool, PoolDeleter> pool;  // outlives the context
    std::unique_ptr<llama_context, ContextDeleter> context;

    // the decode call in progress
    std::vector<std::vector<LayerHook*>> hooks_of_layer;
    std::vector<char> visited;
    std::vector<std::int32_t> all_rows, output_rows;
    std::vector<std::int32_t> output_of_row;
    std::vector<float> staging;
    std::exception_ptr failure;
    bool hooked = false;
    std::uint64_t rows_decoded = 0;

    // batch storage
    std::vector<llama_token> tokens;
    std::vector<llama_pos> positions;
    std::vector<std::int32_t> sequence_counts;
    std::vector<llama_seq_id> sequence_ids;
    std::vector<llama_seq_id*> sequence_pointers;
    std::vector<std::int8_t> outputs;

    static bool callback(ggml_tensor* tensor, bool ask, void* user) {
        State& state = *static_cast<State*>(user);
        if (!state.hooked) return !ask;
        const int layer = hooked_layer(tensor);
        const bool wanted = layer >= 0 &&
                            static_cast<std::size_t>(layer) < state.hooks_of_layer.size() &&
                            !state.hooks_of_layer[static_cast<std::size_t>(layer)].empty();
        if (ask) return wanted;
        if (wanted && !state.failure) {
            try {
                state.visit(tensor, layer);
            } catch (...) {
                state.failure = std::current_exception();
            }
        }
        return true;  // false would leave the rest of the graph running on garbage
    }

    void visit(ggml_tensor* tensor, int layer) {
        const auto width = static_cast<std::size_t>(model->info().width);
        if (tensor->type != GGML_TYPE_F32 || !ggml_is_contiguous(tensor) ||
            static_cast<std::size_t>(tensor->ne[0]) != width) {
            throw Error(ErrorKind::unsupported,
                        "block " + std::to_string(layer) + " gives no plain F32 rows",
                        model->info().architecture);
        }
        const auto count = static_cast<std::size_t>(ggml_nelements(tensor)) / width;
        LayerRows rows;
        rows.count = count;
        rows.width = width;
        if (count == all_rows.size()) {
            rows.index = all_rows.data();
        } else if (count == output_rows.size()) {
            rows.index = output_rows.data();
        } else {
            throw Error(ErrorKind::unsupported,
                        "block " + std::to_string(layer) + " has " + std::to_string(count) +
                            " rows where " + std::to_string(all_rows.size()) + " were given",
                        model->info().architecture);
        }
        visited[static_cast<std::size_t>(layer)] = 1;
        const bool host = tensor->buffer != nullptr && ggml_backend_buffer_is_host(tensor->buffer);
        if (host) {
            rows.data = static_cast<float*>(tensor->data);
        } else {
            staging.resize(count * width);
            ggml_backend_tensor_get(tensor, staging.data(), 0, ggml_nbytes(tensor));
            rows.data = staging.data();
        }
        for (LayerHook* hook : hooks_of_layer[static_cast<std::size_t>(layer)]) {
            hook->visit(layer, rows);
        }
        if (!host) ggml_backend_tensor_set(tensor, staging.data(), 0, ggml_nbytes(tensor));
    }
};

Session::Session(std::shared_ptr<const Model> model, const SessionOptions& options)
    : state_(std::make_unique<State>()) {
    State& state = *state_;
    state.model = std::move(model);
    state.options = options;
    SessionOptions& chosen = state.options;
    if (chosen.threads <= 0) {
        chosen.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    }
    chosen.sequences = std::min(chosen.sequences, static_cast<int>(llama_max_parallel_sequences()));
    chosen.context = std::max(chosen.context, 64);
    chosen.batch = std::clamp(chosen.batch, 1, chosen.context);

    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<std::uint32_t>(chosen.context);
    params.n_batch = static_cast<std::uint32_t>(chosen.batch);
    params.n_ubatch = static_cast<std::uint32_t>(chosen.batch);
    params.n_seq_max = static_cast<std::uint32_t>(chosen.sequences);
    params.n_threads = chosen.threads;
    params.n_threads_batch = chosen.threads;
    params.kv_unified = true;
    params.swa_full = true;
    params.cb_eval = &State::callback;
    params.cb_eval_user_data = &state;
    params.no_perf = true;
    if (chosen.exact) {
        params.type_k = params.type_v = GGML_TYPE_F32;
        params.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
    }
    state.context.reset(llama_init_from_model(state.model->handle(), params));
    if (!state.context) {
        throw Error(ErrorKind::unsupported,
                    "no context of " + std::to_string(chosen.context) + " tokens could be made",
                    state.model->info().name, "try a smaller --ctx");
    }
    chosen.context = static_cast<int>(llama_n_ctx(state.context.get()));
    if (chosen.polling) {
        ggml_threadpool_params pool = ggml_threadpool_params_default(chosen.threads);
        state.pool.reset(ggml_threadpool_new(&pool));
        if (state.pool) {
            llama_attach_threadpool(state.context.get(), state.pool.get(), state.pool.get());
        }
    }
}

Session::~Session() = default;

const Model& Session::model() const noexcept {
    return *state_->model;
}
std::shared_ptr<const Model> Session::shared_model() const noexcept {
    return state_->model;
}
const SessionOptions& Session::options() const noexcept {
    return state_->options;
}
std::uint64_t Session::rows_decoded() const noexcept {
    return state_->rows_decoded;
}

void Session::decode(std::span<const Row> rows, std::span<LayerHook* const> hooks) {
    State& state = *state_;
    if (rows.empty()) return;
    if (rows.size() > static_cast<std::size_t>(state.options.batch)) {
        throw Error(ErrorKind::input,
                    std::to_string(rows.size()) + " tokens do not fit one batch of " +
                        std::to_string(state.options.batch),
                    "", "shorten the text or raise --batch");
    }
    const auto layers = static_cast<std::size_t>(state.model->info().layers);
    state.hooks_of_layer.resize(layers);
    for (auto& hooks_here : state.hooks_of_layer) hooks_here.clear();
    state.visited.assign(layers, 0);
    state.hooked = false;
    for (LayerHook* hook : hooks) {
        for (const int layer : hook->layers()) {
            if (layer < 0 || static_cast<std::size_t>(layer) >= layers) {
                throw Error(ErrorKind::usage,
                            "layer " + std::to_string(layer) + " does not exist, the model has " +
                                std::to_string(layers) + " (0 to " + std::to_string(layers - 1) +
                                ")",
                            "layers");
            }
            state.hooks_of_layer[static_cast<std::size_t>(layer)].push_back(hook);
            state.hooked = true;
        }
    }

    const std::size_t n = rows.size();
    state.tokens.resize(n);
    state.positions.resize(n);
    state.sequence_counts.resize(n);
    state.sequence_pointers.resize(n);
    state.outputs.resize(n);
    state.all_rows.resize(n);
    state.output_rows.clear();
    state.output_of_row.assign(n, -1);
    std::size_t ids = 0;
    for (const Row& row : rows) {
        ids +=
            static_cast<std::size_t>(std::max(row.sequence_end, row.sequence + 1) - row.sequence);
    }
    state.sequence_ids.resize(ids);
    ids = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const Row& row = rows[i];
        state.tokens[i] = row.token;
        state.positions[i] = row.position;
        const std::int32_t end = std::max(row.sequence_end, row.sequence + 1);
        if (row.sequence < 0 || end > state.options.sequences) {
            throw Error(ErrorKind::internal, "sequence " + std::to_string(end - 1) +
                                                 " is past the session's " +
                                                 std::to_string(state.options.sequences));
        }
        state.sequence_counts[i] = end - row.sequence;
        state.sequence_pointers[i] = &state.sequence_ids[ids];
        for (std::int32_t s = row.sequence; s < end; ++s) state.sequence_ids[ids++] = s;
        state.outputs[i] = row.logits ? 1 : 0;
        state.all_rows[i] = static_cast<std::int32_t>(i);
        if (row.logits) {
            state.output_of_row[i] = static_cast<std::int32_t>(state.output_rows.size());
            state.output_rows.push_back(static_cast<std::int32_t>(i));
        }
    }
    llama_batch batch{};
    batch.n_tokens = static_cast<std::int32_t>(n);
    batch.token = state.tokens.data();
    batch.pos = state.positions.data();
    batch.n_seq_id = state.sequence_counts.data();
    batch.seq_id = state.sequence_pointers.data();
    batch.logits = state.outputs.data();

    state.failure = nullptr;
    const int code = llama_decode(state.context.get(), batch);
    llama_synchronize(state.context.get());
    if (state.failure) std::rethrow_exception(state.failure);
    if (code == 1) {
        throw Error(ErrorKind::input,
                    "the texts do not fit the context of " + std::to_string(state.options.context) +
                        " tokens",
                    "", "shorten them or raise --ctx");
    }
    if (code != 0) {
        throw Error(ErrorKind::internal, "llama_decode failed with code " + std::to_string(code));
    }
    state.rows_decoded += n;
    for (std::size_t layer = 0; layer < layers; ++layer) {
        if (!state.hooks_of_layer[layer].empty() && !state.visited[layer] &&
            !(layer + 1 == layers && state.output_rows.empty())) {
            throw Error(ErrorKind::unsupported,
                        "the residual stream after block " + std::to_string(layer) +
                            " cannot be reached on this architecture",
                        state.model->info().architecture,
                        "libllama gives it no tensor named l_out");
        }
    }
}

std::span<const float> Session::logits(std::size_t row) const {
    const State& state = *state_;
    if (row >= state.output_of_row.size() || state.output_of_row[row] < 0) {
        throw Error(ErrorKind::internal, "no logits were asked for at row " + std::to_string(row));
    }
    const float* values = llama_get_logits_ith(state.context.get(), static_cast<std::int32_t>(row));
    if (values == nullptr) throw Error(ErrorKind::internal, "libllama kept no logits");
    return {values, static_cast<std::size_t>(state.model->info().vocabulary)};
}

double log_sum_exp(std::span<const float> logits) {
    const Eigen::Map<const Eigen::ArrayXf> x(logits.data(),
                                             static_cast<Eigen::Index>(logits.size()));
    const float top = x.maxCoeff();
    return static_cast<double>(top) + std::log(static_cast<double>((x - top).exp().sum()));
}

double Session::log_probability(std::size_t row, Token token) const {
    const std::span<const float> values = logits(row);
    return static_cast<double>(values[static_cast<std::size_t>(token)]) - log_sum_exp(values);
}

bool Session::shares_prefixes() const noexcept {
    const llama_model* model = state_->model->handle();
    return !llama_model_is_recurrent(model) && !llama_model_is_hybrid(model);
}

void Session::copy(int from, int to, int end) {
    llama_memory_seq_cp(llama_get_memory(state_->context.get()), from, to, 0, end < 0 ? -1 : end);
}

void Session::cut(int sequence, int begin) {
    llama_memory_seq_rm(llama_get_memory(state_->context.get()), sequence, begin, -1);
}

void Session::clear() {
    llama_memory_clear(llama_get_memory(state_->context.get()), false);
}

}  // namespace axia::model
