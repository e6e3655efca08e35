// What is known of the served model and may be shown: values, vectors, plans, batteries, runs.
#pragma once

#include <filesystem>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "axia/data/pairs.h"
#include "axia/data/value_system.h"
#include "axia/model/model.h"
#include "axia/vectors/value_vector.h"

namespace axia::server {

struct LibraryPaths {
    std::filesystem::path vectors, plans, runs;
    std::filesystem::path own_pairs;  // VALUE.jsonl of values that clients brought, and VALUE.json
};

/// Reads the files anew at each call, so that what is learnt meanwhile is seen. Names come from
/// clients, never paths: one that is not in the list throws Error{not_found} with the nearest.
/// Any thread may call.
class Library {
  public:
    Library(data::ValueSystem system, model::ModelInfo info, int context, LibraryPaths paths);

    nlohmann::ordered_json model() const;
    nlohmann::ordered_json values() const;
    /// Says of a value that a client brought what `body` holds (OwnValue), and nothing else any
    /// more; gives it as values() does.
    nlohmann::ordered_json describe(const std::string& name, std::string_view body) const;
    nlohmann::ordered_json vectors() const;
    /// Cosines of the learnt values' probes. An empty context means chat; layer -1 the one where
    /// the probes together are surest.
    nlohmann::ordered_json similarity(std::string_view context, int layer) const;
    nlohmann::ordered_json plans() const;
    nlohmann::ordered_json plan(const std::string& name) const;
    nlohmann::ordered_json batteries() const;
    nlohmann::ordered_json battery(const std::string& name) const;
    nlohmann::ordered_json runs() const;
    /// Its measures.json, as text.
    std::string run(const std::string& name) const;
    /// HTML.
    std::string report(const std::string& name) const;
    /// What is wrong with the pairs of {"value","pairs":[...]}; nothing is stored.
    nlohmann::ordered_json check(std::string_view body) const;

    const data::ValueSystem& system() const noexcept { return system_; }
    std::vector<std::string> plan_names() const;
    std::vector<std::string> run_names() const;
    const LibraryPaths& paths() const noexcept { return paths_; }

  private:
    std::vector<axia::vectors::ValueVector> read_vectors() const;
    nlohmann::ordered_json listed_values() const;

    data::ValueSystem system_;
    model::ModelInfo info_;
    int context_ = 0;
    LibraryPaths paths_;
    mutable std::mutex mutex_;
    mutable std::string batteries_;  // they ship, so they are read once; JSON
};

/// The pairs of a request as JSON lines, checked for their form: {"pairs":[{"positive","negative",
/// "scene"?,"split"?,"other"?}]}. Throws Error{input} naming the field.
std::string pairs_jsonl(const nlohmann::ordered_json& pairs, const std::string& value);

/// Throws Error{input} for what is no JSON object, or nested so deeply that writing it would not
/// end well.
nlohmann::ordered_json parse_object(std::string_view body);

/// Throws Error{not_found} with the nearest names unless `name` is one of them.
void require_name(const std::string& name, const std::vector<std::string>& known,
                  const std::string& kind, const std::string& where);

}  // namespace axia::server
