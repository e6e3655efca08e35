// A store of the server in a folder of its own, for targets that need what requests may name.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "axia/core/files.h"
#include "axia/data/value_system.h"
#include "server/library.h"
#include "source_dir.h"

namespace axia::fuzz {

/// One plan "held" of the value "thrift", which has pairs of its own; nothing is learnt.
class ServedStore {
  public:
    ServedStore() : folder_(make_folder()) {
        core::write_file(
            folder_ / "plans/held.json",
            R"({"schema":"axia.plan","version":1,"layers":[2],"values":[{"value":"thrift"}]})");
        core::write_file(folder_ / "pairs/thrift.jsonl",
                         R"({"value":"thrift","positive":"a b","negative":"c d"})"
                         "\n");
    }
    ~ServedStore() {
        std::error_code code;
        std::filesystem::remove_all(folder_, code);
    }
    ServedStore(const ServedStore&) = delete;
    ServedStore& operator=(const ServedStore&) = delete;

    const std::filesystem::path& folder() const { return folder_; }
    server::Library library() const {
        const auto system = std::filesystem::path(AXIA_SOURCE_DIR) / "values/schwartz";
        return {data::read_value_system(system),
                model::ModelInfo{},
                512,
                {folder_ / "vectors", folder_ / "plans", folder_ / "runs", folder_ / "pairs"}};
    }

  private:
    static std::filesystem::path make_folder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "axia_fuzz_XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) std::abort();
        return pattern;
    }

    std::filesystem::path folder_;
};

}  // namespace axia::fuzz
