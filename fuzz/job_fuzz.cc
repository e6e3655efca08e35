// Requests for jobs from any bytes: a command whose every word is an option of ours, a name, a
// number or a file of the store; or axia's own error.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "axia/core/error.h"
#include "served_store.h"
#include "server/jobs.h"

namespace {

using namespace axia;

constexpr const char* pairs_file = "/job/pairs.jsonl";

bool is_option(const std::string& word) {
    static const std::vector<std::string> ours{"--json",    "--pairs",   "--context", "--budget",
                                               "--tokens",  "--battery", "--steer",   "--plan",
                                               "--prompts", "--limit",   "--run"};
    return std::find(ours.begin(), ours.end(), word) != ours.end();
}

void check(const std::vector<std::string>& words, const std::filesystem::path& store) {
    const std::vector<std::string> kinds{"learn", "tune", "effect", "measure"};
    if (words.empty() || std::find(kinds.begin(), kinds.end(), words[0]) == kinds.end()) {
        std::abort();
    }
    for (const std::string& word : words) {
        if (word.empty() || word.find('\0') != std::string::npos) std::abort();
        if (word[0] == '-' && !is_option(word)) std::abort();
        if (word.find('/') == std::string::npos || word == pairs_file) continue;
        const auto file = std::filesystem::path(word);
        const auto below = file.lexically_normal().lexically_relative(store);
        if (below.empty() || *below.begin() == ".." || below != file.lexically_relative(store)) {
            std::abort();
        }
    }
}

template <typename Call>
void swallow(Call call) {
    try {
        call();
    } catch (const core::Error& error) {
        if (error.kind() == core::ErrorKind::internal) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ServedStore store;
    static const server::Library library = store.library();
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    swallow([&] {
        std::string pairs;
        check(server::job_command(server::parse_object(body), library, pairs_file, pairs),
              store.folder());
        for (std::size_t at = 0; at < pairs.size();) {
            const std::size_t end = pairs.find('\n', at);
            const auto line = nlohmann::json::parse(pairs.substr(at, end - at));
            if (line.at("positive").get<std::string>().empty()) std::abort();
            at = end + 1;
        }
    });
    swallow([&] { library.check(body); });
    return 0;
}
