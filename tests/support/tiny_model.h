// A real llama-architecture model of a few kilobytes in F32, made on the spot: exact arithmetic
// comparisons need weights without quantisation.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "axia/core/random.h"
#include "axia/data/gguf.h"
#include "axia/model/model.h"

namespace axia::test {

struct TinyShape {
    int layers = 6, width = 32, heads = 4, inner = 64;
    std::uint64_t seed = 1;
};

/// Folder that goes away with the object.
struct ScratchFolder {
    std::filesystem::path path;
    ScratchFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "axia-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~ScratchFolder() { std::filesystem::remove_all(path); }
    ScratchFolder(const ScratchFolder&) = delete;
    ScratchFolder& operator=(const ScratchFolder&) = delete;
};

/// Byte vocabulary (3 control tokens and 256 bytes), tied output, random weights.
inline void write_tiny_model(const std::filesystem::path& path, const TinyShape& shape = {}) {
    core::Rng rng(shape.seed);
    data::GgufWriter out;
    const auto u32 = [&](const char* key, int value) {
        out.set(key, static_cast<std::uint32_t>(value));
    };
    out.set("general.architecture", "llama");
    out.set("general.name", "tiny");
    u32("llama.block_count", shape.layers);
    u32("llama.context_length", 2048);
    u32("llama.embedding_length", shape.width);
    u32("llama.feed_forward_length", shape.inner);
    u32("llama.attention.head_count", shape.heads);
    u32("llama.attention.head_count_kv", shape.heads);
    u32("llama.rope.dimension_count", shape.width / shape.heads);
    out.set("llama.attention.layer_norm_rms_epsilon", 1e-5F);
    out.set("tokenizer.ggml.model", "llama");
    std::vector<std::string> tokens{"<unk>", "<s>", "</s>"};
    std::vector<std::int32_t> types{2, 3, 3};  // unknown, control, control
    for (int byte = 0; byte < 256; ++byte) {
        char name[8];
        std::snprintf(name, sizeof name, "<0x%02X>", byte);
        tokens.emplace_back(name);
        types.push_back(6);  // byte
    }
    const auto vocabulary = static_cast<std::uint64_t>(tokens.size());
    out.set("tokenizer.ggml.scores", std::vector<float>(tokens.size(), 0.0F));
    out.set("tokenizer.ggml.tokens", tokens);
    out.set("tokenizer.ggml.token_type", types);
    u32("tokenizer.ggml.bos_token_id", 1);
    u32("tokenizer.ggml.eos_token_id", 2);
    out.set("tokenizer.ggml.add_bos_token", true);
    out.set("tokenizer.ggml.add_space_prefix", false);
    out.set("tokenizer.chat_template",
            "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n"
            "{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}");

    const auto add = [&](const std::string& name, std::vector<std::uint64_t> dims, bool ones) {
        std::uint64_t n = 1;
        for (const std::uint64_t d : dims) n *= d;
        std::vector<float> values(n, 1.0F);
        const double scale = 1.2 / std::sqrt(static_cast<double>(dims[0]));
        if (!ones) {
            for (float& x : values) x = static_cast<float>(scale * rng.normal());
        }
        out.add_f32(name, std::move(dims), values);
    };
    const auto d = static_cast<std::uint64_t>(shape.width);
    const auto f = static_cast<std::uint64_t>(shape.inner);
    add("token_embd.weight", {d, vocabulary}, false);
    add("output_norm.weight", {d}, true);
    for (int l = 0; l < shape.layers; ++l) {
        const std::string block = "blk." + std::to_string(l) + ".";
        add(block + "attn_norm.weight", {d}, true);
        add(block + "attn_q.weight", {d, d}, false);
        add(block + "attn_k.weight", {d, d}, false);
        add(block + "attn_v.weight", {d, d}, false);
        add(block + "attn_output.weight", {d, d}, false);
        add(block + "ffn_norm.weight", {d}, true);
        add(block + "ffn_gate.weight", {d, f}, false);
        add(block + "ffn_up.weight", {d, f}, false);
        add(block + "ffn_down.weight", {f, d}, false);
    }
    out.write(path);
}

inline std::shared_ptr<const model::Model> tiny_model(const TinyShape& shape = {}) {
    static const ScratchFolder folder;
    const std::filesystem::path path =
        folder.path / ("tiny-" + std::to_string(shape.layers) + "-" + std::to_string(shape.width) +
                       "-" + std::to_string(shape.seed) + ".gguf");
    if (!std::filesystem::exists(path)) write_tiny_model(path, shape);
    return model::Model::load(path);
}

}  // namespace axia::test
