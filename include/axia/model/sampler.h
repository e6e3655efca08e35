// Draws the next token from a row of logits.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "axia/model/model.h"

namespace axia::model {

struct SamplerOptions {
    double temperature = 0;  // 0 = the likeliest token
    int top_k = 40;          // 0 = off
    double top_p = .95;      // 1 = off
    double min_p = .05;      // 0 = off
    std::uint32_t seed = 0;
    std::vector<std::pair<Token, float>> bias{};  // added to the logits before all else
    std::string grammar{};                        // GBNF with a rule `root`; empty = any text
};

/// The GBNF grammar of texts that are JSON of this schema; "{}" takes any value. Of oneOf it holds
/// that one fits, not that no other does. Throws Error{input} for what is no schema and for what no
/// answer can be held to; `where` is the path within the schema, as "properties.age.multipleOf".
std::string schema_grammar(const std::string& json_schema);

/// libllama's own sampler chain: bias, top-k, top-p, min-p, temperature, draw. Same seed, same
/// draws. With a grammar, a token that it refuses is drawn anew among those that it takes.
class Sampler {
  public:
    /// Throws Error{usage} naming the option that is out of range, Error{input} for a grammar that
    /// cannot be read.
    Sampler(const Model& model, const SamplerOptions& options);
    ~Sampler();
    Sampler(Sampler&&) noexcept;

    Token draw(std::span<const float> logits);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace axia::model
