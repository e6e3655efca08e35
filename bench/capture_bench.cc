// Capture of all layers against the bare model on the same batches, and packed batches against one
// text at a time.
#include <algorithm>
#include <cmath>

#include "axia/capture/capture.h"
#include "axia/model/prefix_batch.h"
#include "fixture.h"

namespace axia::bench {
namespace {

using model::Row;
using model::Session;
using model::Token;
using Texts = std::vector<std::vector<Token>>;

constexpr std::size_t pack_rows = 256;

Session make_session(const std::shared_ptr<const model::Model>& model) {
    return {model, session_options({.context = 1024, .sequences = 64, .batch = 768})};
}

/// The batches that capture_last_states makes of the texts.
std::vector<std::vector<Row>> packed(const Texts& texts, std::size_t sequences) {
    std::vector<std::vector<Row>> batches;
    model::PrefixBatch batch;
    const auto flush = [&] {
        if (!batch.empty()) batches.push_back(batch.build());
        batch.clear();
    };
    for (const std::vector<Token>& text : texts) {
        model::Leaf leaf;
        leaf.tokens = text;
        leaf.free_rows = text.size();
        leaf.first_logit = text.size() - 1;
        if (!batch.empty() &&
            (batch.rows() + batch.cost(leaf) > pack_rows || batch.leaves() >= sequences)) {
            flush();
        }
        batch.add(std::move(leaf));
    }
    flush();
    return batches;
}

/// Texts of about `seconds` of raw decoding.
Texts texts_for(Session& session, double seconds, std::size_t most) {
    Texts texts = pair_texts(session.model(), most);
    const auto batches = packed({texts.begin(), texts.begin() + 8}, 64);
    const auto once = [&] {
        for (const auto& rows : batches) {
            session.clear();
            session.decode(rows);
        }
    };
    once();
    const double eight = timed(once);
    const auto count = static_cast<std::size_t>(8 * seconds / eight);
    texts.resize(std::clamp(count, std::size_t{16}, texts.size()));
    return texts;
}

void against_raw(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    Session session = make_session(model);
    const Texts texts = texts_for(session, .6, 120);
    const auto batches = packed(texts, static_cast<std::size_t>(session.options().sequences));
    const auto raw = [&] {
        for (const auto& rows : batches) {
            session.clear();
            session.decode(rows);
        }
    };
    const auto last_logits = [&] {
        const auto row = session.logits(batches.back().size() - 1);
        return std::vector<float>(row.begin(), row.end());
    };
    std::size_t rows = 0;
    for (const auto& batch : batches) rows += batch.size();
    raw();
    const std::vector<float> bare = last_logits();
    const auto states = capture::capture_last_states(session, texts);
    run.check("the same batches", states.rows_decoded == rows, std::to_string(rows) + " rows");
    run.check("the hooks change nothing", same_bits(bare, last_logits()), "bit-identical logits");
    run.check("states of all layers",
              states.layers.size() == static_cast<std::size_t>(model->info().layers) &&
                  std::all_of(states.states.begin(), states.states.end(),
                              [](const math::Matrix& m) {
                                  return std::any_of(m.values.begin(), m.values.end(),
                                                     [](float x) { return x != 0; });
                              }),
              std::to_string(states.layers.size()));
    run.speed([&] { return timed([&] { keep(capture::capture_last_states(session, texts)); }); },
              [&] { return timed(raw); });
    run.note(number("%.0f", static_cast<double>(rows) / median(run.theirs)) +
             " rows per second raw, " + std::to_string(texts.size()) + " texts");
}

struct Gap {
    double mean = 0, worst = 0;
};

/// |a - b| / |b| over all states; of `b` the text `next` places further on.
Gap gap_between(const capture::Activations& a, const capture::Activations& b,
                std::size_t next = 0) {
    Gap gap;
    double count = 0;
    for (std::size_t k = 0; k < a.states.size(); ++k) {
        for (std::size_t t = 0; t < a.states[k].rows; ++t) {
            double square = 0, length = 0;
            for (std::size_t j = 0; j < a.states[k].cols; ++j) {
                const double x = a.states[k].row(t)[j],
                             y = b.states[k].row((t + next) % b.states[k].rows)[j];
                square += (x - y) * (x - y);
                length += y * y;
            }
            const double share = std::sqrt(square / length);
            gap.worst = std::max(gap.worst, share);
            gap.mean += share;
            ++count;
        }
    }
    gap.mean /= count;
    return gap;
}

void against_single(Run& run) {
    const auto model = open_model(run, model::Purpose::prompt);
    if (!model) return;
    Session session = make_session(model);
    const Texts texts = texts_for(session, .6, 120);
    capture::CaptureOptions together, alone;
    together.pack_rows = pack_rows;
    alone.pack_rows = 0;
    const auto a = capture::capture_last_states(session, texts, together);
    const auto b = capture::capture_last_states(session, texts, alone);
    // rounding differs with the shape of a batch
    const Gap gap = gap_between(a, b);
    const Gap other = gap_between(a, b, 1);
    run.check("the same states", gap.mean < .1 * other.mean && gap.worst < .5 * other.mean,
              "apart by " + number("%.1e", gap.mean) + " of their length on average, " +
                  number("%.1e", gap.worst) + " at most; those of another text by " +
                  number("%.1e", other.mean));
    const auto side = [&](const capture::CaptureOptions& options) {
        return timed([&] { keep(capture::capture_last_states(session, texts, options)); });
    };
    run.speed([&] { return side(together); }, [&] { return side(alone); });
    const auto tokens = static_cast<double>(a.tokens);
    run.note(number("%.0f", tokens / median(run.ours)) + " tokens of text per second packed, " +
             number("%.0f", tokens / median(run.theirs)) + " one at a time; " +
             number("%.0f %%", 100 * static_cast<double>(a.rows_decoded) / tokens) +
             " of the rows are decoded where prefixes are shared");
}

const Registration raw({"capture.raw",
                        "capture of all layers / raw llama_decode on the same packed batches",
                        at_least(.97), against_raw, 9});
const Registration single({"capture.packed", "packed batches / one text at a time", at_least(1.1),
                           against_single, 7});

}  // namespace
}  // namespace axia::bench
