// One answer of a subject to one question: what the journal keeps and statistics read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace axia::answers {

/// How likely a subject finds one whole option as its answer.
struct OptionScore {
    double sum = 0;  // natural log of the probability of all its tokens
    int tokens = 0;
    int bytes = 0;
};

/// Where the probabilities of an answer come from.
enum class How {
    logprob,  // log-probabilities of whole options
    samples,  // shares of sampled answers
    text,     // an open answer
    person,   // a person's answer
};
std::string_view how_name(How how);
How parse_how(std::string_view name);

/// Places: `order` is 0 for the item's own order of options; of a pair 1 is the other order; of k
/// options r is the cyclic shift by r. Options here are always in the item's own order.
struct Record {
    std::string item;
    std::string arm;      // "unsteered", "prompt:security", "security=0.9", a plan's name
    std::string wording;  // id of the template
    int order = 0;
    int repeat = 0;          // of a sampled or asked-again answer
    std::string respondent;  // people; empty else

    How how = How::logprob;
    std::vector<OptionScore> options;  // logprob alone; else empty
    /// Probability of each option given that one of them is answered: softmax of the named score
    /// (logprob), shares (samples), one-hot (person). Sums to 1; empty when nothing was valid.
    std::vector<double> p;
    /// Probability that none of the options is answered, in [0, 1].
    double invalid = 0;
    std::string text;    // open answers, and what could not be parsed
    double rating = -1;  // open answers: the judge's 0 to 10; below 0 = none
    std::string reason;  // why there is no answer; empty = there is one
};

/// One line of JSON without a line end; numbers to 9 significant digits, fields in fixed order,
/// empty ones left out, bytes that are not UTF-8 as U+FFFD. Written, parsed and written again it is
/// the same line. Throws Error{internal} for a number that is not finite.
std::string to_json_line(const Record& record);
/// `where` stands in errors ("file:line"). Throws Error{input} naming the field: missing, unknown,
/// of another type or out of range, or `p` that does not sum to 1.
Record parse_record(std::string_view json, std::string_view where);

}  // namespace axia::answers
