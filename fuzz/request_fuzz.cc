// Bodies of requests from any bytes: what is read keeps its bounds, or axia's own error.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

#include "axia/core/error.h"
#include "server/library.h"
#include "server/request.h"

namespace {

using namespace axia;

template <typename Read>
void read(Read parse) {
    try {
        parse();
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::internal) std::abort();
    }
}

void check(const server::CompletionRequest& request) {
    if (request.n < 1 || request.arms.empty()) std::abort();
    for (const auto& [value, target] : request.wish.steer) {
        if (!std::isfinite(target) || std::abs(target) <= 0 || std::abs(target) >= 1) std::abort();
    }
    if (!std::isfinite(request.wish.alpha)) std::abort();
    if (request.options.max_tokens < 0) std::abort();
    if (request.wish.key() != server::SteerWish(request.wish).key()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    read([&] { check(server::parse_chat_request(body)); });
    read([&] { check(server::parse_completion_request(body)); });
    read([&] {
        if (server::parse_embedding_request(body).inputs.empty()) std::abort();
    });
    read([&] { server::parse_tokenize_request(body); });
    read([&] {
        for (const model::Token token : server::parse_detokenize_request(body)) {
            if (token < 0) std::abort();
        }
    });
    read([&] {
        auto root = server::parse_object(body);
        if (server::pairs_jsonl(root["pairs"], "fuzz").empty()) std::abort();
    });
    return 0;
}
