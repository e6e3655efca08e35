#include "model/prepared_cards.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t max_card = 1 << 20;

std::string text_of(const json& value) {
    return value.dump(1, ' ', false, json::error_handler_t::replace) + "\n";
}

json rate_json(const Rate& rate) {
    return {
        {"median", rate.median}, {"low", rate.low}, {"best", rate.best}, {"rounds", rate.rounds}};
}

Rate rate_from(const json& value) {
    Rate rate;
    rate.median = value.at("median").get<double>();
    rate.low = value.at("low").get<double>();
    rate.best = value.at("best").get<double>();
    rate.rounds = value.at("rounds").get<int>();
    return rate;
}

json card_json(const PreparedCard& card) {
    return {{"schema", "axia.prepared"},
            {"version", 1},
            {"name", card.name},
            {"source_hash", card.source_hash},
            {"format", card.format},
            {"file", card.file.string()},
            {"bytes", card.bytes},
            {"mean_kl_nats", card.mean_kl},
            {"kl_standard_error", card.kl_error},
            {"kl_tokens", card.kl_tokens},
            {"prompt_tokens_per_second", rate_json(card.prompt)},
            {"decode_tokens_per_second", rate_json(card.decode)},
            {"source_prompt_tokens_per_second", rate_json(card.source_prompt)},
            {"source_decode_tokens_per_second", rate_json(card.source_decode)},
            {"threads", card.threads},
            {"axia_version", card.axia_version},
            {"processor", card.processor},
            {"note", card.note}};
}

PreparedCard card_from(const json& value) {
    if (value.at("schema") != "axia.prepared" || value.at("version") != 1) {
        throw Error(ErrorKind::input, "is no card of a prepared copy");
    }
    PreparedCard card;
    card.name = value.at("name").get<std::string>();
    card.source_hash = value.at("source_hash").get<std::string>();
    card.format = value.at("format").get<std::string>();
    card.file = value.at("file").get<std::string>();
    card.bytes = value.at("bytes").get<std::uint64_t>();
    card.mean_kl = value.at("mean_kl_nats").get<double>();
    card.kl_error = value.at("kl_standard_error").get<double>();
    card.kl_tokens = value.at("kl_tokens").get<int>();
    card.prompt = rate_from(value.at("prompt_tokens_per_second"));
    card.decode = rate_from(value.at("decode_tokens_per_second"));
    card.source_prompt = rate_from(value.at("source_prompt_tokens_per_second"));
    card.source_decode = rate_from(value.at("source_decode_tokens_per_second"));
    card.threads = value.at("threads").get<int>();
    card.axia_version = value.at("axia_version").get<std::string>();
    card.processor = value.at("processor").get<std::string>();
    card.note = value.at("note").get<std::string>();
    return card;
}

}  // namespace

std::string to_json(const PreparedCard& card) {
    return text_of(card_json(card));
}

fs::path prepared_folder() {
    return core::cache_folder() / "prepared";
}

fs::path prepared_path(std::string_view source_hash, std::string_view rest) {
    if (source_hash.size() < 16 ||
        source_hash.find_first_not_of("0123456789abcdef") != std::string_view::npos) {
        throw Error(ErrorKind::usage, "is no SHA-256", std::string(source_hash.substr(0, 80)),
                    "give at least its first 16 digits");
    }
    return prepared_folder() / (std::string(source_hash.substr(0, 16)) + "-" + std::string(rest));
}

std::optional<PreparedCard> read_prepared_card(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code)) return std::nullopt;
    try {
        return card_from(json::parse(core::read_file(path, max_card)));
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void write_prepared_card(const fs::path& path, const PreparedCard& card) {
    core::write_file(path, text_of(card_json(card)));
}

std::optional<Choice> read_choice(const fs::path& path) {
    std::error_code code;
    if (!fs::exists(path, code)) return std::nullopt;
    try {
        const json value = json::parse(core::read_file(path, max_card));
        if (value.at("schema") != "axia.prepared-choice" || value.at("version") != 1) {
            return std::nullopt;
        }
        Choice choice;
        choice.source_hash = value.at("source_hash").get<std::string>();
        choice.axia_version = value.at("axia_version").get<std::string>();
        choice.processor = value.at("processor").get<std::string>();
        choice.max_kl = value.at("max_kl").get<double>();
        choice.min_gain = value.at("min_gain").get<double>();
        choice.chosen = value.at("chosen").get<std::map<std::string, std::string>>();
        for (const json& card : value.at("cards")) choice.cards.push_back(card_from(card));
        return choice;
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

void write_choice(const fs::path& path, const Choice& choice) {
    json cards = json::array();
    for (const PreparedCard& card : choice.cards) cards.push_back(card_json(card));
    core::write_file(path, text_of({{"schema", "axia.prepared-choice"},
                                    {"version", 1},
                                    {"source_hash", choice.source_hash},
                                    {"axia_version", choice.axia_version},
                                    {"processor", choice.processor},
                                    {"max_kl", choice.max_kl},
                                    {"min_gain", choice.min_gain},
                                    {"chosen", choice.chosen},
                                    {"cards", cards}}));
}

}  // namespace axia::model
