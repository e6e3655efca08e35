#include "axia/model/model.h"

#include <llama.h>

#include <chat.h>

#include <array>
#include <chrono>
#include <mutex>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/data/gguf.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

struct Model::State {
    struct Deleter {
        void operator()(llama_model* model) const { llama_model_free(model); }
    };
    std::unique_ptr<llama_model, Deleter> model;
    const llama_vocab* vocabulary = nullptr;
    common_chat_templates_ptr templates;
    bool has_template = false;
};

namespace {

void initialise_backend_once() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set([](ggml_log_level, const char*, void*) {}, nullptr);
        llama_backend_init();
    });
}

std::string metadata(const llama_model* model, const char* key) {
    std::array<char, 512> buffer{};
    const int size = llama_model_meta_val_str(model, key, buffer.data(), buffer.size());
    return size > 0 ? std::string(buffer.data()) : std::string();
}

}  // namespace

Model::Model() : state_(std::make_unique<State>()) {}
Model::~Model() = default;

std::shared_ptr<const Model> Model::load(const std::filesystem::path& file,
                                         const ModelOptions& options) {
    if (!options.checked) data::check_model_file(file);
    initialise_backend_once();

    std::shared_ptr<Model> model(new Model());
    State& state = *model->state_;
    const llama_model_params params = llama_model_default_params();
    state.model.reset(llama_model_load_from_file(file.c_str(), params));
    if (!state.model) {
        throw Error(ErrorKind::unsupported, "libllama cannot load this model", file.string(),
                    "is the architecture known to this build?");
    }
    llama_model* handle = state.model.get();
    if (!llama_model_has_decoder(handle) || llama_model_has_encoder(handle)) {
        throw Error(ErrorKind::unsupported, "is not a decoder-only language model", file.string());
    }
    state.vocabulary = llama_model_get_vocab(handle);

    ModelInfo& info = model->info_;
    info.file = file;
    info.architecture = metadata(handle, "general.architecture");
    info.name = !options.name.empty() ? options.name : metadata(handle, "general.name");
    info.source_hash = !options.source_hash.empty() ? options.source_hash : core::sha256_file(file);
    std::array<char, 256> description{};
    llama_model_desc(handle, description.data(), description.size());
    info.weights = description.data();
    info.layers = llama_model_n_layer(handle);
    info.width = llama_model_n_embd(handle);
    info.vocabulary = llama_vocab_n_tokens(state.vocabulary);
    info.train_context = llama_model_n_ctx_train(handle);
    info.bytes = llama_model_size(handle);

    const char* source = llama_model_chat_template(handle, nullptr);
    state.has_template = source != nullptr;
    info.template_id = state.has_template ? core::sha256_hex(source).substr(0, 12) : "none";
    if (state.has_template) {
        try {
            state.templates = common_chat_templates_init(handle, "");
        } catch (const std::exception& error) {
            throw Error(ErrorKind::unsupported,
                        std::string("the model's chat template cannot be read: ") + error.what(),
                        file.string());
        }
    }
    return model;
}

llama_model* Model::handle() const noexcept {
    return state_->model.get();
}

SpecialTokens Model::special_tokens() const {
    const auto text = [&](Token token) {
        const char* const name =
            token == LLAMA_TOKEN_NULL ? nullptr : llama_vocab_get_text(state_->vocabulary, token);
        return std::string(name != nullptr ? name : "");
    };
    return {text(llama_vocab_bos(state_->vocabulary)), text(llama_vocab_eos(state_->vocabulary)),
            llama_vocab_get_add_bos(state_->vocabulary)};
}

std::string Model::chat_template() const {
    const char* const source = llama_model_chat_template(state_->model.get(), nullptr);
    return source != nullptr ? source : "";
}

bool Model::has_chat_template() const noexcept {
    return state_->has_template;
}

std::vector<Token> Model::tokenize(std::string_view text, bool special, bool parse) const {
    std::vector<Token> tokens(text.size() + 8);
    int count = llama_tokenize(state_->vocabulary, text.data(), static_cast<int>(text.size()),
                               tokens.data(), static_cast<int>(tokens.size()), special, parse);
    if (count < 0) {
        tokens.resize(static_cast<std::size_t>(-count));
        count = llama_tokenize(state_->vocabulary, text.data(), static_cast<int>(text.size()),
                               tokens.data(), static_cast<int>(tokens.size()), special, parse);
    }
    if (count < 0) throw Error(ErrorKind::internal, "the tokenizer failed");
    tokens.resize(static_cast<std::size_t>(count));
    return tokens;
}

std::string Model::token_bytes(Token token) const {
    std::string bytes(64, '\0');
    int size = llama_token_to_piece(state_->vocabulary, token, bytes.data(),
                                    static_cast<int>(bytes.size()), 0, false);
    if (size < 0) {
        bytes.resize(static_cast<std::size_t>(-size));
        size = llama_token_to_piece(state_->vocabulary, token, bytes.data(),
                                    static_cast<int>(bytes.size()), 0, false);
    }
    bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
    return bytes;
}

std::string_view Model::token_text(Token token) const {
    const char* const text = llama_vocab_get_text(state_->vocabulary, token);
    return text != nullptr ? text : "";
}

bool Model::is_end(Token token) const {
    return llama_vocab_is_eog(state_->vocabulary, token);
}

std::string Model::chat_text(std::span<const Message> messages) const {
    if (!state_->has_template) {
        std::string text;
        for (const Message& message : messages) text += message.content + "\n\n";
        return text;
    }
    const auto render = [&](std::span<const Message> turns) {
        common_chat_templates_inputs inputs;
        for (const Message& turn : turns) {
            common_chat_msg message;
            message.role = turn.role;
            message.content = turn.content;
            inputs.messages.push_back(std::move(message));
        }
        inputs.add_generation_prompt = true;
        inputs.use_jinja = true;
        inputs.enable_thinking = false;
        inputs.now = std::chrono::system_clock::from_time_t(1735732800);  // 2025-01-01 12:00 UTC
        return common_chat_templates_apply(state_->templates.get(), inputs).prompt;
    };
    try {
        return render(messages);
    } catch (const std::exception& error) {
        // some templates (Gemma's older ones) raise on a system turn
        if (messages.size() >= 2 && messages[0].role == "system") {
            std::vector<Message> merged(messages.begin() + 1, messages.end());
            merged[0].content = messages[0].content + "\n\n" + merged[0].content;
            try {
                return render(merged);
            } catch (const std::exception&) {
            }
        }
        throw Error(
            ErrorKind::input,
            std::string("the model's chat template refuses this conversation: ") + error.what(),
            info_.name);
    }
}

std::string library_version() {
    return llama_version();
}

std::vector<Token> Model::chat_prompt(std::span<const Message> messages) const {
    return tokenize(chat_text(messages), true, true);
}

}  // namespace axia::model
