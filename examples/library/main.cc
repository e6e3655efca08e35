// The library in one page: a model, a value vector, one prompt read twice in the same batch, once
// as it is and once steered; prints which next tokens that moved. Usage: logits MODEL.gguf
// VECTOR.gguf [PROMPT]
#include <axia/core/error.h>
#include <axia/model/session.h>
#include <axia/steer/steering.h>
#include <axia/vectors/value_vector.h>

#include <algorithm>
#include <cstdio>
#include <numeric>

namespace {

using namespace axia;

/// Shift of the log-probability of every token, in nats.
std::vector<double> shifts(std::span<const float> bare, std::span<const float> steered) {
    const double bare_sum = model::log_sum_exp(bare), steered_sum = model::log_sum_exp(steered);
    std::vector<double> result(bare.size());
    for (std::size_t i = 0; i < bare.size(); ++i) {
        result[i] = (steered[i] - steered_sum) - (bare[i] - bare_sum);
    }
    return result;
}

void run(const char* model_file, const char* vector_file, const char* prompt) {
    const std::shared_ptr<const model::Model> model = model::Model::load(model_file);
    const model::ModelInfo& info = model->info();
    const vectors::ValueVector vector = vectors::read_value_vector(vector_file);

    // raise the value's reading to log-odds 4.6 (p = .99) at the layers the vector proposes
    steer::Plan plan;
    plan.model_hash = info.source_hash;
    plan.context = vector.card.context;
    plan.layers = vector.chosen;
    plan.values.resize(1);
    plan.values[0].value = vector.card.value;
    plan.values[0].log_odds = 4.6;
    const vectors::ValueVector* const pool[] = {&vector};
    const steer::CompiledPlan steering(plan, pool, info);  // refuses a vector of another model

    const model::Message messages[] = {{"user", prompt}};
    const std::vector<model::Token> tokens = model->chat_prompt(messages);
    steer::SequenceState state;
    std::vector<model::Row> rows;
    std::vector<steer::RowSteer> what;
    for (int sequence = 0; sequence < 2; ++sequence) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            model::Row row;
            row.token = tokens[i];
            row.position = static_cast<std::int32_t>(i);
            row.sequence = sequence;
            row.logits = i + 1 == tokens.size();
            rows.push_back(row);
            what.push_back(sequence == 0 ? steer::RowSteer{}
                                         : steer::row_steer(&steering, &state, i, tokens.size()));
            what.back().trace = sequence == 1;
        }
    }
    steer::SteerHook hook;
    hook.set_rows(what);
    model::LayerHook* const hooks[] = {&hook};
    model::Session session(model);
    session.decode(rows, hooks);

    const std::span<const float> bare = session.logits(tokens.size() - 1);
    const std::span<const float> steered = session.logits(2 * tokens.size() - 1);
    const std::vector<double> shift = shifts(bare, steered);
    const double sum = model::log_sum_exp(bare);

    for (const steer::TraceEntry& entry : state.trace) {
        std::printf("layer %2d  p %.3f -> %.3f  d %+.2f\n", entry.layer, entry.p_before,
                    entry.p_after, entry.d);
    }
    // the likeliest tokens of the bare model, by how far they moved
    std::vector<std::size_t> order(bare.size());
    std::iota(order.begin(), order.end(), 0U);
    const std::size_t count = std::min<std::size_t>(12, order.size());
    const auto middle = order.begin() + static_cast<std::ptrdiff_t>(count);
    std::partial_sort(order.begin(), middle, order.end(),
                      [&](std::size_t a, std::size_t b) { return bare[a] > bare[b]; });
    std::sort(order.begin(), middle,
              [&](std::size_t a, std::size_t b) { return shift[a] > shift[b]; });
    std::printf("%-16s %10s %10s\n", "token", "log p", "shift");
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t token = order[i];
        std::printf("%-16s %10.3f %+10.3f\n",
                    model->token_bytes(static_cast<model::Token>(token)).c_str(), bare[token] - sum,
                    shift[token]);
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        std::fprintf(stderr, "usage: logits MODEL.gguf VECTOR.gguf [PROMPT]\n");
        return 2;
    }
    try {
        run(argv[1], argv[2],
            argc > 3 ? argv[3] : "Should I take the safe job or the exciting one?");
        return 0;
    } catch (const core::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return core::exit_code(error.kind());
    }
}
