// A value profile of any text: sentences, what each says of each value, means (S024).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/answers/perceptions.h"
#include "axia/measure/measure.h"

namespace axia::measure {

/// The sentences of a text, without blank ones: ends at . ! ? before a space and at line ends, not
/// after "e.g.", "Dr.", initials and numbers of lists.
std::vector<std::string> split_sentences(std::string_view text);

/// Probability of supporting minus that of opposing, in [-1, 1]. Nothing when the sentence is not
/// relevant (.5 or less), when "either" is the strict maximum, or when there was no answer.
std::optional<double> perception_score(const answers::Perception& perception);

struct Evidence {
    std::size_t sentence = 0;
    double score = 0;
};

struct ProfileValue {
    std::string value;
    /// Mean over the scored sentences, bootstrap over distinct sentences; a single one gets
    /// [-1, 1]. "no evidence" when there is none.
    Figure score;
    std::size_t relevant = 0, scored = 0;
    std::vector<Evidence> evidence;  // the sentences that say most, strongest first, at most 3
};

struct Profile {
    std::vector<std::string> sentences;
    std::vector<ProfileValue> values;
    /// The reader's own reliability, over sentences and values: correlation of supports - opposes
    /// between the two forms of asking (Fisher's z), and the share of pairs that both forms find
    /// relevant, or neither does (Wilson).
    Figure valence_agreement, relevance_agreement;
    std::size_t unanswered = 0;  // sentence and value pairs without an answer
    answers::RunCounts counts;
};

/// Throws Error{mismatch} when a perception is of no sentence or value given.
Profile measure_profile(std::span<const std::string> sentences,
                        std::span<const answers::SoughtValue> values,
                        const answers::Perceived& perceived, std::uint64_t seed = 0,
                        std::size_t draws = 1000);

/// JSON with schema axia.profile, version 1.
std::string to_json(const Profile& profile);

}  // namespace axia::measure
