#include "axia/model/sampler.h"

#include <llama.h>

#include <cmath>

#include "axia/core/error.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

struct Sampler::State {
    struct Deleter {
        void operator()(llama_sampler* chain) const { llama_sampler_free(chain); }
    };
    std::unique_ptr<llama_sampler, Deleter> chain;
    std::vector<llama_token_data> candidates;
};

Sampler::Sampler(const SamplerOptions& options) : state_(std::make_unique<State>()) {
    const auto check = [](bool good, const char* field, const char* range) {
        if (!good) throw Error(ErrorKind::usage, std::string("must be ") + range, field);
    };
    check(options.temperature >= 0 && options.temperature <= 100, "temperature", "0 to 100");
    check(options.top_k >= 0, "top_k", "0 (off) or more");
    check(options.top_p > 0 && options.top_p <= 1, "top_p", "above 0 and at most 1");
    check(options.min_p >= 0 && options.min_p <= 1, "min_p", "0 to 1");
    state_->chain.reset(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    llama_sampler* chain = state_->chain.get();
    if (options.temperature == 0) {
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
    std::vector<llama_token_data>& candidates = state_->candidates;
    candidates.resize(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        candidates[i] = {static_cast<llama_token>(i), logits[i], 0};
    }
    llama_token_data_array array{candidates.data(), candidates.size(), -1, false};
    llama_sampler_apply(state_->chain.get(), &array);
    if (array.selected < 0) throw Error(ErrorKind::internal, "the sampler chose nothing");
    const Token token = array.data[array.selected].id;
    llama_sampler_accept(state_->chain.get(), token);
    return token;
}

}  // namespace axia::model
