// Seeded random numbers whose bytes do not depend on the standard library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace axia::core {

/// xoshiro256** seeded by splitmix64 (Blackman and Vigna). Same seed, same stream, everywhere.
class Rng {
  public:
    explicit Rng(std::uint64_t seed);

    std::uint64_t next();
    /// Uniform in [0, bound), without modulo bias. bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Uniform in [0, 1), 53 bits.
    double uniform();
    /// Standard normal (Box-Muller).
    double normal();

    /// One of each of `wanted` equal stretches of 0 to count - 1, ascending. wanted <= count.
    std::vector<std::size_t> one_of_each_stretch(std::size_t wanted, std::size_t count);

    template <typename T>
    void shuffle(std::vector<T>& items) {
        for (std::size_t i = items.size(); i > 1; --i) {
            std::swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
        }
    }

  private:
    std::uint64_t state_[4];
};

}  // namespace axia::core
