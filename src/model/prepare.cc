#include "axia/model/prepare.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/gguf.h"
#include "axia/model/model.h"
#include "model/compare.h"
#include "model/copy.h"
#include "model/prepared_cards.h"
#include "model/store.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
namespace fs = std::filesystem;

namespace {

constexpr double prompt_tokens_per_decoded = 8;
constexpr Purpose purposes[] = {Purpose::automatic, Purpose::prompt, Purpose::decode};

fs::path copy_path(std::string_view hash, std::string_view format) {
    return prepared_path(hash, std::string(format) + ".gguf");
}
fs::path card_path(std::string_view hash, std::string_view format) {
    return prepared_path(hash, std::string(format) + ".json");
}
fs::path choice_path(std::string_view hash) {
    return prepared_path(hash, "choice.json");
}
fs::path lock_path(std::string_view hash) {
    return prepared_folder() / ".locks" / prepared_path(hash, "lock").filename();
}

void check_formats(const std::vector<std::string>& formats) {
    for (const std::string& format : formats) {
        const auto& known = copy_formats();
        if (std::find(known.begin(), known.end(), format) != known.end()) continue;
        const std::string near = core::nearest_names(format, known);
        throw Error(ErrorKind::usage, "no format is called '" + format + "'", "formats",
                    near.empty() ? "write q8_0, bf16 or f16" : "did you mean " + near + "?");
    }
}

std::string in_mib(std::uint64_t bytes) {
    return std::to_string((bytes + (1 << 19)) >> 20) + " MiB";
}

PreparedCard source_card(const PulledModel& model) {
    PreparedCard card;
    card.name = model.name;
    card.source_hash = model.sha256;
    card.format = "source";
    card.file = model.file;
    std::error_code code;
    const std::uint64_t size = fs::file_size(model.file, code);
    card.bytes = code ? model.bytes : size;
    card.axia_version = AXIA_VERSION;
    return card;
}

/// Makes and measures copies of one source. The caller holds the lock.
class Preparer {
  public:
    Preparer(const PulledModel& model, const PrepareOptions& options, const core::Watch& watch)
        : model_(model),
          options_(options),
          watch_(watch),
          gguf_(data::check_model_file(model.file)),
          processor_(processor_description()) {}

    const data::GgufFile& gguf() const { return gguf_; }
    const std::string& processor() const { return processor_; }

    /// Empty when there is room for the copy, else why not.
    std::string obstacle(const std::string& format) const {
        const std::uint64_t bytes = copy_bytes(gguf_, format);
        const std::uint64_t memory = free_memory() / 2;
        if (bytes > memory) {
            return "the copy of " + in_mib(bytes) + " takes more than half of the free memory (" +
                   in_mib(memory) + ")";
        }
        std::error_code code;
        fs::create_directories(prepared_folder(), code);
        const fs::space_info space = fs::space(prepared_folder(), code);
        if (!code && bytes + bytes / 20 > space.available) {
            return "the copy of " + in_mib(bytes) + " does not fit the disk (" +
                   in_mib(space.available) + " free)";
        }
        return {};
    }

    /// True when the copy was written now, false when it was there.
    bool ensure(const std::string& format) {
        const fs::path target = copy_path(model_.sha256, format);
        if (is_copy_of(target, model_.sha256, format)) return false;
        watch_.check();
        write_copy(model_.file, model_.sha256, format, target, options_.threads);
        watch_.check();
        return true;
    }

    PreparedCard measure(const std::string& format, double seconds) {
        PreparedCard card = blank(format);
        card.file = copy_path(model_.sha256, format);
        std::error_code code;
        card.bytes = fs::file_size(card.file, code);
        if (!source_) source_ = load(model_.file);
        compare_models(source_, load(card.file), seconds, options_.threads, watch_, card);
        return card;
    }

    PreparedCard blank(const std::string& format) const {
        PreparedCard card = source_card(model_);
        card.format = format;
        card.file.clear();
        card.bytes = 0;
        card.processor = processor_;
        return card;
    }

  private:
    std::shared_ptr<const Model> load(const fs::path& file) const {
        ModelOptions options;
        options.source_hash = model_.sha256;
        options.name = model_.name;
        return Model::load(file, options);
    }

    const PulledModel& model_;
    const PrepareOptions& options_;
    const core::Watch& watch_;
    data::GgufFile gguf_;
    std::string processor_;
    std::shared_ptr<const Model> source_;
};

std::string summary(const PreparedCard& card) {
    char text[240];
    std::snprintf(text, sizeof text,
                  "%s: %.0f prompt and %.0f decoded tokens per second%s (the file itself %.0f "
                  "and %.0f), KL %.4f +- %.4f nats",
                  card.format.c_str(), card.prompt.best, card.decode.best,
                  card.threads == 1 ? " of one thread" : "", card.source_prompt.best,
                  card.source_decode.best, card.mean_kl, card.kl_error);
    return text;
}

/// Every format measured, and a format chosen for each purpose.
Choice make_choice(const PulledModel& model, const PrepareOptions& options,
                   const core::Watch& watch) {
    Preparer preparer(model, options, watch);
    Choice choice;
    choice.source_hash = model.sha256;
    choice.axia_version = AXIA_VERSION;
    choice.processor = preparer.processor();
    std::vector<std::string> made;  // by this call, or for an earlier choice
    if (const auto earlier = read_choice(choice_path(model.sha256))) {
        for (const auto& [purpose, format] : earlier->chosen) {
            const bool seen = std::find(made.begin(), made.end(), format) != made.end();
            if (format != "source" && !seen) made.push_back(format);
        }
    }
    const auto drop = [&](const std::string& format) {
        std::error_code code;
        fs::remove(copy_path(model.sha256, format), code);
        fs::remove(card_path(model.sha256, format), code);
    };
    try {
        std::uint64_t done = 0;
        for (const std::string& format : options.formats) {
            watch.step("prepare: measuring " + format, done++, options.formats.size(), "formats");
            PreparedCard card = preparer.blank(format);
            card.note = has_format(preparer.gguf(), format) ? "the file has this format already"
                                                            : preparer.obstacle(format);
            if (card.note.empty()) {
                try {
                    if (preparer.ensure(format)) made.push_back(format);
                    card = preparer.measure(
                        format, options.seconds / static_cast<double>(options.formats.size()));
                    watch.info(summary(card));
                } catch (const Error& error) {
                    const ErrorKind kind = error.kind();  // these two may pass; not remembered
                    if (kind == ErrorKind::cancelled || kind == ErrorKind::io) throw;
                    card.note = error.what();
                }
            }
            if (!card.note.empty()) watch.info(format + ": " + card.note);
            choice.cards.push_back(std::move(card));
        }
        watch.step("prepare: measuring", done, options.formats.size(), "formats");
    } catch (...) {
        for (const std::string& format : made) drop(format);
        throw;
    }
    choice.max_kl = options.max_kl;
    choice.min_gain = options.min_gain;
    std::string wanted;
    for (const Purpose purpose : purposes) {
        const std::size_t best =
            choose_card(choice.cards, purpose, options.max_kl, options.min_gain);
        const std::string format =
            best < choice.cards.size() ? choice.cards[best].format : "source";
        choice.chosen[std::string(purpose_name(purpose))] = format;
        if (purpose == options.purpose) wanted = format;
    }
    for (const std::string& format : made) {
        if (format != wanted) drop(format);
    }
    for (PreparedCard& card : choice.cards) {
        std::error_code code;
        if (!fs::exists(card.file, code)) {
            card.file.clear();
        } else {
            write_prepared_card(card_path(model.sha256, card.format), card);
        }
    }
    return choice;
}

/// The remembered choice when it still holds for this machine and these options.
std::optional<Choice> remembered(const PulledModel& model, const PrepareOptions& options) {
    std::optional<Choice> choice = read_choice(choice_path(model.sha256));
    if (!choice || choice->source_hash != model.sha256 || choice->axia_version != AXIA_VERSION ||
        choice->processor != processor_description()) {
        return std::nullopt;
    }
    std::vector<std::string> measured, wanted = options.formats;
    for (const PreparedCard& card : choice->cards) measured.push_back(card.format);
    std::sort(measured.begin(), measured.end());
    std::sort(wanted.begin(), wanted.end());
    if (measured != wanted) return std::nullopt;
    if (choice->max_kl != options.max_kl || choice->min_gain != options.min_gain) {
        for (const Purpose purpose : purposes) {
            const std::size_t best =
                choose_card(choice->cards, purpose, options.max_kl, options.min_gain);
            choice->chosen[std::string(purpose_name(purpose))] =
                best < choice->cards.size() ? choice->cards[best].format : "source";
        }
    }
    return choice;
}

/// The card that the choice names for this purpose; its copy may have to be written first.
std::optional<PreparedCard> chosen_card(const PulledModel& model, const PrepareOptions& options,
                                        const Choice& choice) {
    const auto found = choice.chosen.find(std::string(purpose_name(options.purpose)));
    if (found == choice.chosen.end()) return std::nullopt;
    if (found->second == "source") return source_card(model);
    for (PreparedCard card : choice.cards) {
        if (card.format != found->second) continue;
        card.name = model.name;
        card.file = copy_path(model.sha256, card.format);
        return card;
    }
    return std::nullopt;
}

void remove_partials(std::string_view hash) {
    const std::string prefix = prepared_path(hash, "").filename().string();
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(prepared_folder(), code)) {
        const std::string name = entry.path().filename().string();
        std::error_code gone;
        if (name.starts_with(prefix) && name.find(".partial.") != std::string::npos) {
            fs::remove(entry.path(), gone);
        }
    }
}

}  // namespace

std::string_view purpose_name(Purpose purpose) {
    switch (purpose) {
        case Purpose::automatic:
            return "auto";
        case Purpose::prompt:
            return "prompt";
        case Purpose::decode:
            return "decode";
    }
    return "unknown";
}

Purpose purpose_of(std::string_view name) {
    for (const Purpose purpose : purposes) {
        if (purpose_name(purpose) == name) return purpose;
    }
    throw Error(ErrorKind::usage, "no purpose is called '" + std::string(name) + "'", "purpose",
                "write auto, prompt or decode");
}

double PreparedCard::gain(Purpose purpose) const {
    const double rates[] = {prompt.best, decode.best, source_prompt.best, source_decode.best};
    if (std::any_of(std::begin(rates), std::end(rates), [](double r) { return !(r > 0); })) {
        return 1;
    }
    // time = prompt tokens / prompt rate + decoded tokens / decode rate
    const double p = purpose == Purpose::decode ? 0 : prompt_tokens_per_decoded;
    const double d = purpose == Purpose::prompt ? 0 : 1;
    return (p / source_prompt.best + d / source_decode.best) / (p / prompt.best + d / decode.best);
}

std::size_t choose_card(std::span<const PreparedCard> cards, Purpose purpose, double max_kl,
                        double min_gain) {
    std::size_t best = cards.size();
    double best_gain = min_gain;
    for (std::size_t i = 0; i < cards.size(); ++i) {
        const PreparedCard& card = cards[i];
        if (!card.note.empty() || card.kl_tokens == 0 || !(card.mean_kl < max_kl)) continue;
        const double gain = card.gain(purpose);
        if (gain < best_gain || (best < cards.size() && gain == best_gain)) continue;
        best = i;
        best_gain = gain;
    }
    return best;
}

PreparedCard prepare_model(const PulledModel& model, const PrepareOptions& options,
                           const core::Watch& watch) {
    check_formats(options.formats);
    PreparedCard source = source_card(model);
    if (source.bytes < options.min_bytes || options.formats.empty()) return source;

    if (!options.again) {
        if (const auto choice = remembered(model, options)) {
            const auto card = chosen_card(model, options, *choice);
            if (card &&
                (card->format == "source" || is_copy_of(card->file, model.sha256, card->format))) {
                return *card;
            }
        }
    }
    const auto lock = wait_for_lock(lock_path(model.sha256), options.lock_seconds,
                                    "preparing '" + model.name + "'", watch);
    remove_partials(model.sha256);
    std::optional<Choice> choice;
    if (!options.again) choice = remembered(model, options);
    if (!choice) {
        choice = make_choice(model, options, watch);
        write_choice(choice_path(model.sha256), *choice);
    }
    const auto card = chosen_card(model, options, *choice);
    if (!card) throw Error(ErrorKind::internal, "a choice without its card");
    if (card->format == "source") return *card;
    Preparer preparer(model, options, watch);
    if (!is_copy_of(card->file, model.sha256, card->format)) {
        const std::string obstacle = preparer.obstacle(card->format);
        if (!obstacle.empty()) throw Error(ErrorKind::io, obstacle, model.name);
        preparer.ensure(card->format);
    }
    write_prepared_card(card_path(model.sha256, card->format), *card);
    return *card;
}

PreparedCard prepare_format(const PulledModel& model, std::string_view format,
                            const PrepareOptions& options, const core::Watch& watch) {
    const std::string wanted(format);
    check_formats({wanted});
    const fs::path file = copy_path(model.sha256, wanted);
    const auto known = [&]() -> std::optional<PreparedCard> {
        auto card = read_prepared_card(card_path(model.sha256, wanted));
        const bool holds = card && card->source_hash == model.sha256 &&
                           card->axia_version == AXIA_VERSION &&
                           card->processor == processor_description();
        if (!holds || options.again || !is_copy_of(file, model.sha256, wanted)) {
            return std::nullopt;
        }
        return card;
    };
    if (const auto card = known()) return *card;
    if (has_format(data::check_model_file(model.file), wanted)) return source_card(model);

    const auto lock = wait_for_lock(lock_path(model.sha256), options.lock_seconds,
                                    "preparing '" + model.name + "'", watch);
    if (const auto card = known()) return *card;
    remove_partials(model.sha256);
    Preparer preparer(model, options, watch);
    const std::string obstacle = preparer.obstacle(wanted);
    if (!obstacle.empty()) throw Error(ErrorKind::io, obstacle, model.name);
    preparer.ensure(wanted);
    const double share = 3;  // as much as one of the usual three formats gets
    PreparedCard card = preparer.measure(wanted, options.seconds / share);
    if (!card.note.empty()) throw Error(ErrorKind::unsupported, card.note, model.name, wanted);
    if (!(card.mean_kl < options.max_kl)) watch.warn("far from its source: " + summary(card));
    write_prepared_card(card_path(model.sha256, wanted), card);
    return card;
}

std::vector<std::string> prepared_formats() {
    return copy_formats();
}

std::vector<PreparedCard> list_prepared() {
    std::vector<PreparedCard> list;
    std::vector<fs::path> files;
    std::error_code code;
    for (const fs::directory_entry& entry : fs::directory_iterator(prepared_folder(), code)) {
        if (entry.path().extension() == ".gguf") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        fs::path card_file = file;
        PreparedCard card =
            read_prepared_card(card_file.replace_extension(".json")).value_or(PreparedCard{});
        card.file = file;
        const std::uint64_t size = fs::file_size(file, code);
        if (code) continue;  // gone meanwhile
        card.bytes = size;
        const std::string stem = file.stem().string();
        const std::size_t dash = stem.find('-');
        if (card.format.empty() && dash != std::string::npos) {
            card.source_hash = stem.substr(0, dash);
            card.format = stem.substr(dash + 1);
        }
        list.push_back(std::move(card));
    }
    return list;
}

std::vector<PreparedCard> show_prepared(std::string_view source_hash) {
    const auto choice = read_choice(choice_path(source_hash));
    return choice && choice->source_hash.starts_with(source_hash) ? choice->cards
                                                                  : std::vector<PreparedCard>{};
}

std::size_t remove_prepared(std::string_view source_hash) {
    const std::string prefix = prepared_path(source_hash, "").filename().string();
    std::error_code code;
    if (!fs::is_directory(prepared_folder(), code)) return 0;
    const core::FileLock lock(lock_path(source_hash));
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(prepared_folder(), code)) {
        if (entry.path().filename().string().starts_with(prefix)) files.push_back(entry.path());
    }
    std::size_t copies = 0;
    for (const fs::path& file : files) {
        if (!fs::remove(file, code) && code) {
            throw Error(ErrorKind::io, "cannot be deleted: " + code.message(), file.string());
        }
        if (file.extension() == ".gguf") ++copies;
    }
    return copies;
}

}  // namespace axia::model
