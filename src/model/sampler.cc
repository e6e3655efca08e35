#include "axia/model/sampler.h"

#include <llama.h>

#include <json-schema-to-grammar.h>

#include <Eigen/Core>

#include <cmath>

#include "axia/core/error.h"
#include "schema.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

namespace {

struct SamplerDeleter {
    void operator()(llama_sampler* sampler) const { llama_sampler_free(sampler); }
};
using SamplerHandle = std::unique_ptr<llama_sampler, SamplerDeleter>;

}  // namespace

struct Sampler::State {
    SamplerHandle chain, grammar, bias;
    bool greedy = false;
    std::vector<llama_token_data> candidates;

    llama_token_data_array fill(std::span<const float> logits) {
        candidates.resize(logits.size());
        for (std::size_t i = 0; i < logits.size(); ++i) {
            candidates[i] = {static_cast<llama_token>(i), logits[i], 0};
        }
        llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
        if (bias) llama_sampler_apply(bias.get(), &array);
        return array;
    }
    Token choose(llama_token_data_array& array) const {
        llama_sampler_apply(chain.get(), &array);
        if (array.selected < 0) throw Error(ErrorKind::internal, "the sampler chose nothing");
        return array.data[array.selected].id;
    }
    bool takes(Token token) const {
        llama_token_data one{token, 1, 0};
        llama_token_data_array array{&one, 1, -1, false};
        llama_sampler_apply(grammar.get(), &array);
        return std::isfinite(one.logit);
    }
};

Sampler::Sampler(const Model& model, const SamplerOptions& options)
    : state_(std::make_unique<State>()) {
    const auto check = [](bool good, const char* field, const char* range) {
        if (!good) throw Error(ErrorKind::usage, std::string("must be ") + range, field);
    };
    check(options.temperature >= 0 && options.temperature <= 100, "temperature", "0 to 100");
    check(options.top_k >= 0, "top_k", "0 (off) or more");
    check(options.top_p > 0 && options.top_p <= 1, "top_p", "above 0 and at most 1");
    check(options.min_p >= 0 && options.min_p <= 1, "min_p", "0 to 1");
    const llama_vocab* vocabulary = llama_model_get_vocab(model.handle());
    if (!options.bias.empty()) {
        std::vector<llama_logit_bias> biases;
        for (const auto& [token, value] : options.bias) {
            check(token >= 0 && token < model.info().vocabulary, "logit_bias",
                  "of tokens that the model has");
            biases.push_back({token, value});
        }
        state_->bias.reset(llama_sampler_init_logit_bias(
            model.info().vocabulary, static_cast<std::int32_t>(biases.size()), biases.data()));
    }
    if (!options.grammar.empty()) {
        state_->grammar.reset(
            llama_sampler_init_grammar(vocabulary, options.grammar.c_str(), "root"));
        if (!state_->grammar) {
            throw Error(ErrorKind::input, "the grammar cannot be read", "grammar");
        }
    }
    state_->greedy = options.temperature == 0;
    state_->chain.reset(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    llama_sampler* chain = state_->chain.get();
    if (state_->greedy) {
        llama_sampler_chain_add(chain, llama_sampler_init_greedy());
        return;
    }
    if (options.top_k > 0) llama_sampler_chain_add(chain, llama_sampler_init_top_k(options.top_k));
    if (options.top_p < 1) {
        llama_sampler_chain_add(chain,
                                llama_sampler_init_top_p(static_cast<float>(options.top_p), 1));
    }
    if (options.min_p > 0) {
        llama_sampler_chain_add(chain,
                                llama_sampler_init_min_p(static_cast<float>(options.min_p), 1));
    }
    llama_sampler_chain_add(chain,
                            llama_sampler_init_temp(static_cast<float>(options.temperature)));
    llama_sampler_chain_add(chain, llama_sampler_init_dist(options.seed));
}

Sampler::~Sampler() = default;
Sampler::Sampler(Sampler&&) noexcept = default;

Token Sampler::draw(std::span<const float> logits) {
    State& state = *state_;
    if (state.greedy && !state.bias && !state.grammar) {
        const Eigen::Map<const Eigen::ArrayXf> values(logits.data(),
                                                      static_cast<Eigen::Index>(logits.size()));
        Eigen::Index best = 0;
        values.maxCoeff(&best);
        return static_cast<Token>(best);
    }
    llama_token_data_array array = state.fill(logits);
    Token token = state.choose(array);
    if (state.grammar) {
        // asking the grammar about one token is cheap, about a vocabulary it is not
        if (!state.takes(token)) {
            array = state.fill(logits);
            llama_sampler_apply(state.grammar.get(), &array);
            token = state.choose(array);
        }
        llama_sampler_accept(state.grammar.get(), token);
    }
    llama_sampler_accept(state.chain.get(), token);
    return token;
}

std::string schema_grammar(const std::string& json_schema) {
    try {
        return json_schema_to_grammar(common_json::parse(held_schema(json_schema)));
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        throw Error(ErrorKind::input, std::string("the schema cannot be used: ") + error.what());
    }
}

}  // namespace axia::model
