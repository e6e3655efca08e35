#include "axia/core/random.h"

#include <bit>
#include <cmath>
#include <numbers>

namespace axia::core {

Rng::Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
        seed += 0x9e3779b97f4a7c15ULL;
        std::uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        word = z ^ (z >> 31);
    }
}

std::uint64_t Rng::next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
}

std::uint64_t Rng::below(std::uint64_t bound) {
    const std::uint64_t limit = bound * (UINT64_MAX / bound);
    std::uint64_t draw = next();
    while (draw >= limit) draw = next();
    return draw % bound;
}

double Rng::uniform() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Rng::normal() {
    double u = uniform();
    while (u <= 0.0) u = uniform();
    return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
}

std::vector<std::size_t> Rng::one_of_each_stretch(std::size_t wanted, std::size_t count) {
    std::vector<std::size_t> drawn;
    for (std::size_t i = 0; i < wanted; ++i) {
        const std::size_t begin = i * count / wanted, end = (i + 1) * count / wanted;
        drawn.push_back(begin + below(end - begin));
    }
    return drawn;
}

}  // namespace axia::core
