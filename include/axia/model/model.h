// A GGUF model in memory: immutable, shared, with its tokens and its chat template.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct llama_model;

namespace axia::model {

using Token = std::int32_t;

struct ModelOptions {
    /// SHA-256 of the source file, when `file` is a prepared copy of it; empty = hash `file`
    /// itself.
    std::string source_hash;
    /// Name shown to people ("smollm2"); empty = the file's own.
    std::string name;
    /// The caller has just read the file's structure itself (data::check_model_file).
    bool checked = false;
};

struct ModelInfo {
    std::string name;
    std::string architecture;  // general.architecture
    std::string source_hash;   // SHA-256 of the source GGUF: the model's identity
    std::string weights;       // description of the weights in memory, e.g. "llama 135M Q8_0"
    std::string template_id;   // 12 hex digits of the chat template's SHA-256; "none" without one
    std::filesystem::path file;
    int layers = 0;  // transformer blocks
    int width = 0;   // residual stream
    int vocabulary = 0;
    int train_context = 0;    // tokens
    std::uint64_t bytes = 0;  // tensor bytes
};

struct Message {
    std::string role;  // "system", "user", "assistant"
    std::string content;
};

/// The tokenizer's own tokens as text; empty where it has none.
struct SpecialTokens {
    std::string begin, end;
    bool adds_begin = false;
};

class Model {
  public:
    /// Checks the file's structure first (libllama may abort on a bad one), then loads it.
    /// Throws Error{not_found|input|unsupported}.
    static std::shared_ptr<const Model> load(const std::filesystem::path& file,
                                             const ModelOptions& options = {});
    ~Model();
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;

    const ModelInfo& info() const noexcept { return info_; }

    /// Tokens of a text. `special` adds the tokenizer's own (BOS); `parse` reads control-token
    /// text.
    std::vector<Token> tokenize(std::string_view text, bool special, bool parse = false) const;
    /// Bytes of one token; may be a part of a UTF-8 character. Control tokens give "".
    std::string token_bytes(Token token) const;
    /// The token as the vocabulary writes it: never shorter than its bytes.
    std::string_view token_text(Token token) const;
    /// True for tokens that end an answer.
    bool is_end(Token token) const;

    SpecialTokens special_tokens() const;

    bool has_chat_template() const noexcept;
    /// Jinja source; empty without one.
    std::string chat_template() const;
    /// Tokens of a conversation in the model's own Jinja template, ready for the assistant's
    /// answer. Without a template: the contents as paragraphs. A system message that the template
    /// refuses is put in front of the first user message. The date inside templates is fixed.
    std::vector<Token> chat_prompt(std::span<const Message> messages) const;
    /// The same as text.
    std::string chat_text(std::span<const Message> messages) const;

    /// Borrowed libllama handle, for the model room only.
    llama_model* handle() const noexcept;

  private:
    struct State;
    Model();
    ModelInfo info_;
    std::unique_ptr<State> state_;
};

/// Version of the libllama in use.
std::string library_version();

}  // namespace axia::model
