// Prepared weights: a copy of a model in the format that this machine computes fastest, so near to
// the source that its answers are the source's. The model's identity stays the source's hash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/core/log.h"
#include "axia/model/pull.h"

namespace axia::model {

/// What the model is wanted for. `automatic` = eight prompt tokens for every decoded one.
enum class Purpose { automatic, prompt, decode };

/// "auto", "prompt", "decode".
std::string_view purpose_name(Purpose purpose);
/// Throws Error{usage} for another word.
Purpose purpose_of(std::string_view name);

struct PrepareOptions {
    Purpose purpose = Purpose::automatic;
    double max_kl = 0.01;  // nats per token, mean; a copy farther from the source is not used
    std::vector<std::string> formats{"q8_0", "bf16", "f16"};
    double seconds = 15;    // of measuring, about, in all
    double min_gain = 1.1;  // a copy must be so much faster than the source to be worth its disk
    int threads = 0;        // 0 = every core
    bool again = false;     // measure again even when a choice is remembered
    std::uint64_t min_bytes = 32 << 20;  // smaller models stay as they are
    int lock_seconds = 600;  // how long to wait for another process that prepares the same model
};

/// Tokens per second over interleaved rounds. Other programs only ever slow a round down, so `best`
/// is what compares.
struct Rate {
    double median = 0, low = 0, best = 0;
    int rounds = 0;
};

struct PreparedCard {
    std::string name, source_hash;  // of the source
    std::string format;             // "q8_0", ...; "source" = the file itself
    std::filesystem::path file;     // empty when the copy was not kept or not made
    std::uint64_t bytes = 0;        // of the file
    double mean_kl = 0;             // KL(source || copy), nats per token
    double kl_error = 0;            // standard error over the tokens
    int kl_tokens = 0;
    Rate prompt, decode;                // of this format
    Rate source_prompt, source_decode;  // of the source, in the same rounds
    int threads = 0;  // in those rounds; 1 also on a busy machine, counting its processor time
    std::string axia_version, processor;
    std::string note;  // why it is no candidate; empty = it is one

    /// Time of the source over time of this format, > 1 = faster. Best rounds.
    double gain(Purpose purpose) const;
};

/// Index of the card to use: the greatest gain among those without a note and of mean KL below
/// `max_kl`, when it reaches `min_gain`; else `cards.size()`, the source itself.
std::size_t choose_card(std::span<const PreparedCard> cards, Purpose purpose, double max_kl,
                        double min_gain);

/// Makes the copies, measures them against the source (interleaved rounds on this machine; KL over
/// built-in neutral text) and gives the card of the one to use, `format` "source" when that is the
/// model's own file. The choice is remembered by source hash, axia version and processor: later
/// calls read it, and write the copy again if it is gone. Copies made only to be measured are
/// deleted. A format whose copy would take more than half of the free memory is left out. Throws
/// Error{usage} for an unknown format; Error{io|input|unsupported|busy|cancelled}.
PreparedCard prepare_model(const PulledModel& model, const PrepareOptions& options = {},
                           const core::Watch& watch = {});

/// The copy in one named format, made when it is not there, whatever its speed; measured once.
/// Throws as above; Error{io} when memory or disk do not suffice.
PreparedCard prepare_format(const PulledModel& model, std::string_view format,
                            const PrepareOptions& options = {}, const core::Watch& watch = {});

/// Names of the formats that can be written.
std::vector<std::string> prepared_formats();

/// Cards of the copies that are there, by file name.
std::vector<PreparedCard> list_prepared();
/// Every format measured for a source, also those that were not kept; empty when none was.
std::vector<PreparedCard> show_prepared(std::string_view source_hash);
/// Deletes the copies and the remembered choice of a source. Gives the number of copies.
std::size_t remove_prepared(std::string_view source_hash);

/// {"schema":"axia.prepared","version":1,...}
std::string to_json(const PreparedCard& card);

}  // namespace axia::model
