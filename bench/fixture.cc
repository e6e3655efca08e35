#include "fixture.h"

#include <llama.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>

#include "axia/capture/capture.h"
#include "axia/core/files.h"
#include "axia/data/value_system.h"
#include "axia/model/open.h"
#include "source_dir.h"
#include "support/random_vector.h"

namespace axia::bench {

using model::Row;
using model::Token;

namespace {

constexpr double target = 4.59512;  // logit(.99)

std::string value_name(int k) {
    return "value-" + std::to_string(k);
}

std::vector<vectors::ValueVector> random_vectors(const model::ModelInfo& info, int values,
                                                 std::uint64_t seed) {
    std::vector<vectors::ValueVector> pool;
    for (int k = 0; k < values; ++k) {
        pool.push_back(test::random_vector(info, value_name(k),
                                           1000 * seed + static_cast<std::uint64_t>(k), .005));
    }
    return pool;
}

/// The smallest reading of every visited row above the target, over all values.
struct Reader final : model::LayerHook {
    const std::vector<vectors::ValueVector>& pool;
    std::vector<int> own;
    double least = INFINITY;

    Reader(const std::vector<vectors::ValueVector>& vectors, std::span<const int> layers)
        : pool(vectors), own(layers.begin(), layers.end()) {}
    std::span<const int> layers() const override { return own; }
    void visit(int layer, const model::LayerRows& rows) override {
        for (const vectors::ValueVector& vector : pool) {
            const vectors::LayerVector& layer_vector = vector.layer(layer);
            for (std::size_t i = 0; i < rows.count; ++i) {
                double reading = layer_vector.intercept - target;
                for (std::size_t j = 0; j < rows.width; ++j) {
                    reading += static_cast<double>(layer_vector.probe[j]) *
                               static_cast<double>(rows.row(i)[j]);
                }
                least = std::min(least, reading);
            }
        }
    }
};

std::vector<Row> rows_of(std::span<const Token> tokens) {
    std::vector<Row> rows;
    for (std::size_t p = 0; p < tokens.size(); ++p) {
        rows.push_back({tokens[p], static_cast<std::int32_t>(p), 0, 0, p + 1 == tokens.size()});
    }
    return rows;
}

}  // namespace

std::filesystem::path model_file() {
    const char* file = std::getenv("AXIA_TEST_MODEL_FILE");
    if (file != nullptr && *file != '\0') return file;
    return core::data_folder() / "models" / "smollm2.gguf";
}

std::shared_ptr<const model::Model> open_model(Run& run, model::Purpose purpose,
                                               const std::string& weights) {
    static std::map<std::pair<model::Purpose, std::string>, std::shared_ptr<const model::Model>>
        loaded;
    const auto key = std::make_pair(purpose, weights);
    if (loaded.contains(key)) return loaded[key];
    const std::filesystem::path file = model_file();
    if (!std::filesystem::exists(file)) {
        run.skip("no model at " + file.string() + " (AXIA_TEST_MODEL_FILE)");
        return nullptr;
    }
    model::OpenOptions options;
    options.weights = weights.empty() ? settings().weights : weights;
    options.purpose = purpose;
    options.allow_download = false;
    options.prepare.threads = settings().threads;
    const auto model = model::open_model(file.string(), options);
    std::string& said = settings().model_weights;
    said += (said.empty() ? model->info().name + ", " : "; ") + model->info().weights + " for " +
            std::string(model::purpose_name(purpose));
    return loaded[key] = model;
}

double status_bytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.rfind(key + ":", 0) == 0) return 1024 * std::stod(line.substr(key.size() + 1));
    }
    return 0;
}

model::SessionOptions session_options(model::SessionOptions options) {
    options.threads = settings().threads;
    return options;
}

std::vector<data::ContrastPair> contrast_pairs(std::size_t count) {
    const data::ValueSystem system =
        data::read_value_system(std::filesystem::path(AXIA_SOURCE_DIR) / "values" / "schwartz");
    std::vector<data::ContrastPair> all;
    for (const std::string value : {"security", "benevolence"}) {
        for (data::ContrastPair& pair : system.pairs(value)) {
            if (all.size() == count) return all;
            pair.value = "security";
            all.push_back(std::move(pair));
        }
    }
    return all;
}

std::vector<std::vector<Token>> pair_texts(const model::Model& model, std::size_t count) {
    std::vector<std::vector<Token>> texts;
    for (const data::ContrastPair& pair : contrast_pairs((count + 1) / 2)) {
        for (const std::string* side : {&pair.positive, &pair.negative}) {
            if (texts.size() == count) break;
            texts.push_back(capture::text_tokens(model, capture::Context::chat, pair.scene, *side));
        }
    }
    return texts;
}

std::vector<Token> running_text(const model::Model& model, std::size_t count, std::size_t offset) {
    static std::vector<Token> all;
    if (all.empty()) {
        for (const data::ContrastPair& pair : contrast_pairs(80)) {
            const auto tokens = model.tokenize(pair.positive + " ", false);
            all.insert(all.end(), tokens.begin(), tokens.end());
        }
    }
    std::vector<Token> text;
    for (std::size_t i = 0; i < count; ++i) text.push_back(all[(offset + i) % all.size()]);
    return text;
}

steer::CompiledPlan random_plan(const model::ModelInfo& info, int first, int layers, int values,
                                steer::Rows rows, std::uint64_t seed) {
    const auto pool = random_vectors(info, values, seed);
    std::vector<const vectors::ValueVector*> pointers;
    steer::Plan plan;
    plan.name = "random";
    plan.model_hash = info.source_hash;
    plan.rows = rows;
    for (int l = first; l < first + layers; ++l) plan.layers.push_back(l);
    for (const vectors::ValueVector& vector : pool) {
        pointers.push_back(&vector);
        plan.values.push_back({vector.card.value, "", steer::Rule::at_least, target, 1});
    }
    return {plan, pointers, info};
}

int middle(const model::ModelInfo& info, int& layers) {
    layers = std::min(layers, info.layers - 2);  // the last block has fewer rows
    return std::min((info.layers + 1) / 3, info.layers - 1 - layers);
}

Decoding::Decoding(model::Session& session, int sequences, std::size_t prompt_tokens)
    : session_(session),
      sequences_(sequences),
      prompt_tokens_(prompt_tokens),
      states_(static_cast<std::size_t>(sequences)) {
    session_.clear();
    for (int s = 0; s < sequences; ++s) {
        tokens_.push_back(running_text(session.model(), prompt_tokens + limit,
                                       static_cast<std::size_t>(s) * 200));
        std::vector<Row> rows;
        for (std::size_t p = 0; p < prompt_tokens; ++p) {
            rows.push_back({tokens_.back()[p], static_cast<std::int32_t>(p), s, 0, false});
        }
        rows.back().logits = true;
        session_.decode(rows);
    }
}

double Decoding::run(int steps, std::span<const steer::CompiledPlan* const> plans,
                     std::span<model::LayerHook* const> further) {
    for (int s = 0; s < sequences_; ++s) session_.cut(s, static_cast<int>(prompt_tokens_));
    states_.assign(static_cast<std::size_t>(sequences_), {});
    const bool steered = std::any_of(plans.begin(), plans.end(), [](auto p) { return p; });
    return timed([&] {
        steer::SteerHook hook;
        std::vector<model::LayerHook*> hooks;
        if (steered) hooks.push_back(&hook);
        hooks.insert(hooks.end(), further.begin(), further.end());
        for (int step = 0; step < steps; ++step) {
            const std::size_t position = prompt_tokens_ + static_cast<std::size_t>(step);
            std::vector<Row> rows;
            std::vector<steer::RowSteer> steering;
            for (std::size_t s = 0; s < tokens_.size(); ++s) {
                rows.push_back({tokens_[s][position], static_cast<std::int32_t>(position),
                                static_cast<std::int32_t>(s), 0, true});
                if (steered) {
                    steering.push_back(steer::row_steer(s < plans.size() ? plans[s] : nullptr,
                                                        &states_[s], position, prompt_tokens_));
                }
            }
            if (steered) hook.set_rows(std::move(steering));
            session_.decode(rows, hooks);
        }
        hook_seconds_ = hook.seconds();
    });
}

int Decoding::steps_for(double seconds) {
    run(4, {});
    const double one = run(8, {}) / 8;
    return std::clamp(static_cast<int>(seconds / one), 4, limit);
}

std::vector<float> Decoding::logits(int sequence) const {
    const auto row = session_.logits(static_cast<std::size_t>(sequence));
    return {row.begin(), row.end()};
}

double prefill(model::Session& session, std::span<const Token> prompt,
               const steer::CompiledPlan* plan, steer::SequenceState& state) {
    session.clear();
    state = {};
    const std::vector<Row> rows = rows_of(prompt);
    return timed([&] {
        if (plan == nullptr) {
            session.decode(rows);
            return;
        }
        steer::SteerHook hook;
        model::LayerHook* const hooks[] = {&hook};
        std::vector<steer::RowSteer> steering;
        for (std::size_t p = 0; p < rows.size(); ++p) {
            steering.push_back(steer::row_steer(plan, &state, p, rows.size()));
        }
        hook.set_rows(std::move(steering));
        session.decode(rows, hooks);
    });
}

void check_steering(Run& run, model::Session& session, const steer::CompiledPlan& plan,
                    const model::ModelInfo& info, int values, std::uint64_t seed) {
    const auto pool = random_vectors(info, values, seed);
    const std::vector<Token> prompt = running_text(session.model(), 24);
    std::vector<Row> rows = rows_of(prompt);
    steer::SequenceState state;
    steer::SteerHook hook;
    Reader reader(pool, plan.layers());
    model::LayerHook* const hooks[] = {&hook, &reader};
    // a prompt of one token: all rows are of the answer, so that `onward` acts on all too
    std::vector<steer::RowSteer> steering;
    for (std::size_t p = 0; p < rows.size(); ++p) {
        steering.push_back(steer::row_steer(&plan, &state, p, 1));
    }
    hook.set_rows(std::move(steering));
    session.clear();
    session.decode(rows, hooks);
    run.check(
        "every row reads its target on " + std::to_string(plan.layers().size()) + " layers at once",
        reader.least > -1e-2, "least " + number("%+.1e", reader.least) + " log-odds above");
    const double moved =
        static_cast<double>(state.rows_shifted) / static_cast<double>(state.rows_seen);
    run.check(
        "rows that had to be moved", moved > .5 && state.infeasible == 0,
        number("%.0f %%", 100 * moved) + ", " + std::to_string(state.infeasible) + " infeasible");
    const auto logits = session.logits(rows.size() - 1);
    run.check("finite logits", all_finite(logits), std::to_string(logits.size()));
    session.clear();
}

bool same_bits(std::span<const float> a, std::span<const float> b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size_bytes()) == 0;
}

bool all_finite(std::span<const float> x) {
    return std::all_of(x.begin(), x.end(), [](float v) { return std::isfinite(v); });
}

double cache_bytes(const model::Model& model, int context) {
    const llama_model* handle = model.handle();
    double head = static_cast<double>(llama_model_n_embd(handle)) / llama_model_n_head(handle);
    char length[32];
    const std::string key = model.info().architecture + ".attention.key_length";
    if (llama_model_meta_val_str(handle, key.c_str(), length, sizeof length) > 0) {
        head = std::stod(length);
    }
    return 2.0 * sizeof(std::uint16_t) * head * llama_model_n_head_kv(handle) * context *
           llama_model_n_layer(handle);
}

}  // namespace axia::bench
