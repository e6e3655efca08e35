// Pairs from anywhere: read, or one clear error. What is read keeps what the header promises.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <string_view>

#include "axia/core/error.h"
#include "axia/data/check.h"
#include "axia/data/pairs.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    data::ReadPairsOptions options;
    options.max_line = 4096;
    for (const char* value : {"", "security"}) {
        options.value = value;
        try {
            const auto pairs = data::parse_pairs_jsonl(text, "fuzz", options);
            std::set<std::string> ids;
            std::map<std::string, data::Split> splits;
            for (const data::ContrastPair& pair : pairs) {
                if (!ids.insert(pair.id).second || pair.positive == pair.negative) std::abort();
                if (pair.positive.empty() || pair.negative.empty() || pair.value.empty() ||
                    pair.group.empty() || pair.line == 0) {
                    std::abort();
                }
                if (splits.try_emplace(pair.group, pair.split).first->second != pair.split) {
                    std::abort();
                }
            }
            data::CheckOptions few;
            few.folds = 2;
            few.repeats = 1;
            data::to_json(data::check_pairs(pairs, few));
        } catch (const core::Error& error) {
            if (error.kind() == core::ErrorKind::internal) std::abort();
        }
    }
    return 0;
}
