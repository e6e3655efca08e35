// Cards of prepared copies as files.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "axia/model/prepare.h"

namespace axia::model {

std::filesystem::path prepared_folder();
/// <prepared_folder>/<first 16 digits of the hash>-<rest>. Throws Error{usage} for no hash.
std::filesystem::path prepared_path(std::string_view source_hash, std::string_view rest);

/// What was measured for one source on one machine, and what was chosen.
struct Choice {
    std::string source_hash, axia_version, processor;
    double max_kl = 0, min_gain = 0;
    std::vector<PreparedCard> cards;
    std::map<std::string, std::string> chosen;  // purpose -> format or "source"
};

/// Nothing when the file is missing or is none of ours: then it is made again.
std::optional<Choice> read_choice(const std::filesystem::path& path);
void write_choice(const std::filesystem::path& path, const Choice& choice);

std::optional<PreparedCard> read_prepared_card(const std::filesystem::path& path);
void write_prepared_card(const std::filesystem::path& path, const PreparedCard& card);

}  // namespace axia::model
