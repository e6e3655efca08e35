#include "axia/capture/capture.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "axia/core/error.h"
#include "axia/model/prefix_batch.h"

namespace axia::capture {

using core::Error;
using core::ErrorKind;
using model::Token;

namespace {

constexpr std::string_view neutral_request = "Tell me something about people and what they do.";

/// Adds the wanted rows of every layer of the batch in progress into its texts' states.
class StateReader final : public model::LayerHook {
  public:
    StateReader(std::vector<int> layers, std::vector<math::Matrix>& states)
        : layers_(std::move(layers)), states_(states) {}

    std::span<const int> layers() const override { return layers_; }

    /// Texts that row i counts for, each with its weight.
    std::vector<std::vector<std::pair<std::int32_t, float>>> texts_of_row;

    void visit(int layer, const model::LayerRows& rows) override {
        const auto place = std::lower_bound(layers_.begin(), layers_.end(), layer);
        math::Matrix& out = states_[static_cast<std::size_t>(place - layers_.begin())];
        for (std::size_t i = 0; i < rows.count; ++i) {
            for (const auto& [text, weight] :
                 texts_of_row[static_cast<std::size_t>(rows.index[i])]) {
                const std::span<const float> row = rows.row(i);
                const std::span<float> sum = out.row(static_cast<std::size_t>(text));
                for (std::size_t j = 0; j < row.size(); ++j) sum[j] += weight * row[j];
            }
        }
    }

  private:
    std::vector<int> layers_;
    std::vector<math::Matrix>& states_;
};

}  // namespace

std::string_view context_name(Context context) {
    return context == Context::bare ? "bare" : "chat";
}

Context parse_context(std::string_view name) {
    if (name == "bare") return Context::bare;
    if (name == "chat") return Context::chat;
    throw Error(ErrorKind::usage, "'" + std::string(name) + "' is not a context", "context",
                "it can be bare or chat");
}

std::vector<Token> context_tokens(const model::Model& model, Context context,
                                  std::string_view request, std::string_view system) {
    if (context == Context::bare) return model.tokenize("", true);
    std::vector<model::Message> messages;
    if (!system.empty()) messages.push_back({"system", std::string(system)});
    messages.push_back({"user", std::string(request.empty() ? neutral_request : request)});
    return model.chat_prompt(messages);
}

std::vector<Token> text_tokens(const model::Model& model, Context context, std::string_view request,
                               std::string_view text) {
    if (context == Context::bare) return model.tokenize(text, true);
    std::vector<Token> tokens = context_tokens(model, context, request);
    const std::vector<Token> own = model.tokenize(text, false);
    tokens.insert(tokens.end(), own.begin(), own.end());
    return tokens;
}

Activations capture_last_states(model::Session& session, std::span<const std::vector<Token>> texts,
                                const CaptureOptions& options, const core::Watch& watch) {
    const model::ModelInfo& info = session.model().info();
    Activations result;
    result.layers = options.layers;
    if (result.layers.empty()) {
        result.layers.resize(static_cast<std::size_t>(info.layers));
        std::iota(result.layers.begin(), result.layers.end(), 0);
    }
    std::sort(result.layers.begin(), result.layers.end());
    result.states.assign(result.layers.size(),
                         math::Matrix(texts.size(), static_cast<std::size_t>(info.width)));

    if (options.pooling == Pooling::mean && !result.layers.empty() &&
        result.layers.back() == info.layers - 1) {
        throw Error(ErrorKind::usage, "the last block keeps too few rows for a mean", "layers");
    }
    StateReader reader(result.layers, result.states);
    model::LayerHook* const hooks[] = {&reader};
    const auto batch_limit = static_cast<std::size_t>(session.options().batch);
    const std::size_t pack = std::min(batch_limit, options.pack_rows);
    const std::uint64_t before = session.rows_decoded();

    model::PrefixBatch batch;
    std::vector<std::int32_t> members;
    const auto flush = [&] {
        if (batch.empty()) return;
        watch.check();
        const std::vector<model::Row>& rows = batch.build();
        reader.texts_of_row.assign(rows.size(), {});
        for (std::size_t i = 0; i < batch.leaves(); ++i) {
            const std::size_t last = batch.leaf(i).tokens.size() - 1;
            const std::size_t first =
                options.pooling == Pooling::last ? last : std::min<std::size_t>(1, last);
            const float weight = 1.0F / static_cast<float>(last - first + 1);
            for (std::size_t p = first; p <= last; ++p) {
                reader.texts_of_row[batch.row_of(i, p)].emplace_back(members[i], weight);
            }
        }
        session.clear();
        session.decode(rows, hooks);
        batch.clear();
        members.clear();
    };
    for (std::size_t t = 0; t < texts.size(); ++t) {
        if (texts[t].empty()) {
            throw Error(ErrorKind::input, "the text has no tokens", "text " + std::to_string(t));
        }
        if (texts[t].size() > batch_limit) {
            throw Error(ErrorKind::input,
                        "the text has " + std::to_string(texts[t].size()) +
                            " tokens, more than a batch of " + std::to_string(batch_limit),
                        "text " + std::to_string(t), "shorten it or raise --batch");
        }
        model::Leaf leaf;
        leaf.tokens = texts[t];
        leaf.free_rows = leaf.tokens.size();
        leaf.first_logit = leaf.tokens.size() - 1;
        if (!batch.empty() &&
            (batch.rows() + batch.cost(leaf) > pack ||
             batch.leaves() >= static_cast<std::size_t>(session.options().sequences))) {
            flush();
            watch.step("reading texts", t, texts.size(), "texts");
        }
        result.tokens += leaf.tokens.size();
        members.push_back(static_cast<std::int32_t>(t));
        batch.add(std::move(leaf));
    }
    flush();
    watch.step("reading texts", texts.size(), texts.size(), "texts");
    result.rows_decoded = session.rows_decoded() - before;

    for (std::size_t k = 0; k < result.layers.size(); ++k) {
        for (std::size_t t = 0; t < texts.size(); ++t) {
            for (const float x : result.states[k].row(t)) {
                if (!std::isfinite(x)) {
                    throw Error(ErrorKind::input,
                                "the state after block " + std::to_string(result.layers[k]) +
                                    " is not finite",
                                "text " + std::to_string(t), "is the model file damaged?");
                }
            }
        }
    }
    return result;
}

}  // namespace axia::capture
