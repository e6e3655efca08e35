// Draws the next token from a row of logits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "axia/model/model.h"

namespace axia::model {

struct SamplerOptions {
    double temperature = 0;  // 0 = the likeliest token
    int top_k = 40;          // 0 = off
    double top_p = .95;      // 1 = off
    double min_p = .05;      // 0 = off
    std::uint32_t seed = 0;
};

/// libllama's own sampler chain: top-k, top-p, min-p, temperature, draw. Same seed, same draws.
class Sampler {
  public:
    /// Throws Error{usage} naming the option that is out of range.
    explicit Sampler(const SamplerOptions& options);
    ~Sampler();
    Sampler(Sampler&&) noexcept;

    Token draw(std::span<const float> logits);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::model
