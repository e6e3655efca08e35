// Runs texts through a Session and keeps the residual stream of each text: its last row, or the
// mean.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/core/log.h"
#include "axia/math/matrix.h"
#include "axia/model/session.h"

namespace axia::capture {

/// How a text is put before the model.
enum class Context {
    bare,  // the tokenizer's BOS and the text (S001)
    chat,  // the text as the assistant's turn of the model's own template, after a user's turn
};

std::string_view context_name(Context context);
/// Throws Error{usage} naming the two.
Context parse_context(std::string_view name);

/// The tokens before a text: BOS for `bare`; the template up to the assistant's turn for `chat`.
/// An empty request stands for a neutral one; `system` is left out when empty.
std::vector<model::Token> context_tokens(const model::Model& model, Context context,
                                         std::string_view request, std::string_view system = {});

/// context_tokens followed by the text's own tokens.
std::vector<model::Token> text_tokens(const model::Model& model, Context context,
                                      std::string_view request, std::string_view text);

/// What is kept of a text's rows.
enum class Pooling {
    last,  // the last token's row (S001)
    mean,  // the mean of all rows but the first (BOS); not on the model's last block
};

struct CaptureOptions {
    std::vector<int> layers;  // 0-based blocks; empty = all
    Pooling pooling = Pooling::last;
    std::size_t pack_rows = 256;  // rows per batch; 0 = one text at a time
};

/// states[k] = texts x width after block layers[k], pooled as asked.
struct Activations {
    std::vector<int> layers;
    std::vector<math::Matrix> states;
    std::uint64_t tokens = 0;        // of all texts
    std::uint64_t rows_decoded = 0;  // less, where prefixes were shared
};

/// Clears the session. Neighbouring texts with a common prefix share its rows.
/// Throws Error{usage} for mean pooling on the last block, Error{input} naming the text (from 0)
/// that is empty or longer than a batch, or whose state is not finite.
Activations capture_last_states(model::Session& session,
                                std::span<const std::vector<model::Token>> texts,
                                const CaptureOptions& options = {}, const core::Watch& watch = {});

/// The residual stream after the last block, meaned over a text's rows and scaled to unit length:
/// width numbers. Clears the session. Throws Error{input} for a text that is empty or longer than
/// the context, or whose state is not finite.
std::vector<float> embed(model::Session& session, std::span<const model::Token> tokens);

}  // namespace axia::capture
