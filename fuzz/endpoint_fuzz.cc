// Bodies of an endpoint from any bytes: read or refused with axia's own error, and what passes for
// log-probabilities is some.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "axia/core/error.h"
#include "axia/model/endpoint_reply.h"

namespace {

void check(const axia::model::EndpointReply& reply) {
    if (reply.choices.empty()) std::abort();
    for (const axia::model::EndpointChoice& choice : reply.choices) {
        if (choice.implausible) continue;
        for (const axia::model::ScoredToken& token : choice.tokens) {
            double sum = 0;
            for (const axia::model::TokenChance& chance : token.top) {
                sum += std::exp(chance.log_probability);
            }
            if (!(sum < 1.02)) std::abort();
        }
    }
}

template <typename Call>
void swallow(Call call) {
    try {
        call();
    } catch (const axia::core::Error& error) {
        if (error.kind() != axia::core::ErrorKind::network) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body{reinterpret_cast<const char*>(data), size};
    swallow([&] { check(axia::model::parse_chat_reply(body)); });
    swallow([&] { check(axia::model::parse_completion_reply(body)); });
    swallow([&] { axia::model::parse_models_reply(body); });
    if (axia::model::parse_error_reply(body).size() > 200) std::abort();
    return 0;
}
