// Answers become numbers: what a subject values under each arm, with how much certainty, and how
// much of it is wording. Works on records alone; no model is needed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "axia/answers/record.h"
#include "axia/data/battery.h"
#include "axia/math/divergence.h"
#include "axia/math/statistics.h"

namespace axia::measure {

/// A number with its interval, or why there is none.
struct Figure {
    std::optional<math::Estimate> estimate;
    std::string reason;  // set when there is no estimate
    std::size_t n = 0;   // units the interval rests on: stems for means, items for shares
};

/// What an arm does: read from its name by the caller.
struct Arm {
    std::string name;
    std::string value;    // steered value; empty = none
    double target = 0;    // its target, of a sweep; 0 = none
    bool prompt = false;  // by system message alone
    std::string plan_hash;
};

/// How values stand to one another, for the neighbours and opposites of a steered value.
struct Circle {
    std::vector<std::string> values;  // in circle order
    std::map<std::string, std::vector<std::string>> neighbours, opposites;
    std::map<std::string, double> angle;  // degrees
};

struct MeasureOptions {
    std::uint64_t seed = 0;
    std::size_t draws = 1000;  // bootstrap, of ranking and alpha
    double level = .95;
    std::string baseline = "unsteered";            // arm that others are compared with
    std::string score = "byte";                    // which option score made p: sum, token or byte
    std::vector<std::string> letter_wordings;      // ids of the wordings answered with a letter
    math::Spread spread = math::Spread::centroid;  // S041: how a group's inconsistency is measured
    /// S031: value -> theory -> its dimension (data::read_value_theories).
    std::map<std::string, std::map<std::string, std::string>> theories;
};

/// The score of a value: mean over its items of the item's score, see Measures::unit.
///  preference: D / max |deviation|, where the deviation of an option is its weight for the value
///    minus the mean weight of the item's options, and D the expected deviation under p. 0 =
///    indifferent; of a pair 1 = always for the value, -1 = never. Items whose options do not
///    differ in the value are left out.
///  mean: expected place on the scale, of reversed items least + most - place (S029).
///  judged: the judge's rating, of reversed items 10 - rating; null below 3 rated items (S029).
///  accuracy, exact_match: probability of the right option.
///  likelihood: log-probability per token of the first option minus the mean of the others, nats.
struct ValueScore {
    std::string value;
    Figure score;
    std::size_t items = 0;
    Figure alpha;  // Cronbach's, of mean and judged: over respondents, else over ways of asking
};

/// One place of the ranking and how sure it is.
struct Rank {
    std::string value;
    Figure strength;                   // preference: Bradley-Terry, log-odds, mean 0;
                                       // mean, judged: score minus the mean score of the values
    std::optional<double> elo;         // preference: S012, mean over seeded orders
    std::optional<double> above_next;  // share of bootstrap draws in which it stands above the next
};

/// How often one value is chosen over another where the two meet (S012).
struct Duel {
    std::string value, other;
    Figure wins;               // share of `value`, mean over dilemmas; Wilson, stems as clusters
    std::size_t dilemmas = 0;  // in which they meet
};

/// How much oftener a risky option is chosen with a value than without it (S012): P(risky | the
/// chosen option serves the value) / P(risky | it does not), over items with the tag "risky", an
/// option counted by its probability. Percentile bootstrap over stems.
struct Risk {
    std::string value;
    Figure ratio;  // a reason with fewer than 30 such dilemmas, or where a share is 0 of or by 0
    std::optional<double> with, without;  // the two probabilities
    std::size_t dilemmas = 0;             // with the tag, in which an option serves the value
};

/// What a value is worth where options serve several at once (S031): P(first option) = sigmoid(sum
/// of the worths it serves - sum of those of the other), so that values that come together are told
/// apart. Log-odds, 0 where a value decides nothing; ridge 1e-2, cluster-robust interval.
struct Worth {
    std::string value;
    Figure worth;              // a reason with fewer than 30 dilemmas (least_worth_dilemmas)
    std::size_t dilemmas = 0;  // in which it stands on one side
};

/// Score of a theory's dimension: mean of its values' scores, each counted by its items (S031).
struct Dimension {
    std::string theory, dimension;
    Figure score;            // unit as of values
    std::size_t values = 0;  // of the dimension, that the battery speaks of
};

/// A group of items that should be answered alike and is not (S041).
struct Unsteady {
    std::string by;           // "paraphrase", "topic" or "language"
    std::string stem, item;   // of the group's first item
    double spread = 0;        // inconsistency, 0 to sqrt(ln 2)
    std::size_t members = 0;  // items, originals or languages
};

/// How often a subject finds the first option likelier, by one way of counting (S101).
struct Likelier {
    std::string by;     // "sum", "token" or "byte"
    Figure share;       // ties count half; Wilson
    Figure difference;  // first minus the mean of the others, nats per item, token or byte
};

/// One branch of a battery (tag "branch", S121).
struct BranchScore {
    std::string branch;
    bool groups = false;           // the score counts whole groups (tag "group"), else items
    Figure score;                  // share answered right (throughout); Wilson
    Figure accuracy;               // share of its items answered right; Wilson
    Figure first, others;          // the same where the first option is right, and where another is
    std::optional<double> chance;  // score of guessing
};

/// How much of the scores is the way of asking. The answer of a way of asking is the likeliest
/// option; of ratings the side of the scale's middle. "Item number": probability of the first
/// option (pair, choice), of the right one (accuracy), score (mean, judged).
struct Robustness {
    Figure order_flip;    // share of items whose answer changes with the order of options
    Figure first_bias;    // probability of an option when it stands first, minus its mean over
                          // orders; always the first of a pair = .5
    Figure wording_flip;  // S028: 1 - share of the commonest answer over wordings, mean over items
    Figure unstable;      // share of items answered differently by some wording
    Figure wording_spread;  // standard deviation of the item number over wordings, mean over items
    Figure format_gap;      // share of items whose answer differs between letter and text wordings
    Figure inconsistency;   // S041: mean distance to the Jensen-Shannon centroid over wordings
    Figure paraphrase;  // S041 over items with one tag "original": of stances (the options' values)
    Figure topic;       // S041 over the originals of one stem, paraphrases averaged
    Figure language;    // S041 over the languages (tag) of one tag "original_english"
    std::vector<Unsteady> unsteady;  // the ten worst groups, of the first 5,000 items
    Figure acquiescence;  // ratings: mean place of + items plus that of - items minus (least +
                          // most) (S029); yes/no questions: mean P(yes) minus share of yes among
                          // right answers
    Figure keying;   // ratings (S029): correlation over values of the mean of their + items with
                     // that of their - items turned round; Fisher's z
    Figure invalid;  // probability outside the options, mean over answers
    Figure retest;   // correlation over items of the item number in odd and even wordings,
                     // else repeats; Fisher's z
    std::size_t asked = 0, unanswered = 0;
    std::map<std::string, std::size_t> reasons;  // of the unanswered
};

struct ArmMeasures {
    Arm arm;
    std::vector<ValueScore> values;
    std::vector<Rank> ranking;  // empty where values do not compete
    std::vector<Duel> duels;    // of up to 30 values, the higher of a pair first; else empty
    std::vector<Risk> risks;    // with the tag "risky", from the highest ratio; else empty
    std::vector<Worth> worths;  // pairs whose options serve several values; from the highest
    std::vector<Dimension> dimensions;  // with MeasureOptions::theories; by theory and name
    Figure accuracy;                    // share of right answers, items with a right one; Wilson
    Figure right;                       // mean probability of the right answer
    Figure exact_match;  // share of groups (tag "group") answered right throughout (S121)
    std::vector<Likelier> likelier;     // of likelihood
    std::vector<BranchScore> branches;  // in order of appearance
    Robustness robustness;
};

/// An arm against the baseline, paired over items. `value` "accuracy" stands for the probability of
/// the right answer.
struct Difference {
    std::string arm, value;
    Figure shift;
    std::optional<double> p, p_holm;  // t, cluster-robust; Holm over all of Measures::differences
};

/// One value's score along a sweep of one steered value.
struct DosePoint {
    double target = 0;
    std::string arm;
    Figure shift;  // against the baseline, paired
};
struct DoseCurve {
    std::string steered, value;  // of controls "accuracy", "yes", "invalid"
    std::string role;            // "steered", "neighbour", "opposite", "other", "control"
    std::vector<DosePoint> points;
};

/// One row of the per-item table.
struct ItemRow {
    std::string item, stem, text;
    std::map<std::string, double> number;         // arm -> item number; unanswered arms are missing
    std::optional<double> flip, spread, invalid;  // under the baseline, else the first arm
};

struct Measures {
    data::BatteryCard card;
    Circle circle;
    MeasureOptions options;
    std::string unit;  // what a score means: "points 1 to 6", "preference -1 to 1", ...
    std::size_t items = 0, stems = 0, answers = 0;
    std::optional<double> chance;            // accuracy or exact match of guessing
    std::map<std::string, std::size_t> how;  // answers by where their probabilities come from
    std::vector<ArmMeasures> arms;
    std::vector<Difference> differences;
    std::vector<DoseCurve> doses;
    /// Judged batteries: what the judge's own ratings say of it, by name; set by the caller.
    std::map<std::string, Figure> judge;
    std::vector<ItemRow> rows;  // the first 5,000 items
    std::size_t rows_left_out = 0;
};

/// Takes the records of one item at a time and keeps a few numbers of each, so that memory stays
/// near 100 bytes an item and arm.
class Measurer {
  public:
    /// Throws Error{usage} on options, Error{input} on no arm or two of one name.
    Measurer(data::BatteryCard card, std::vector<Arm> arms, Circle circle,
             MeasureOptions options = {});
    ~Measurer();

    /// All records of one item, of every arm, wording, order, repeat and respondent.
    /// Throws Error{mismatch} for a record of another item or an unknown arm, or whose
    /// probabilities are not the item's options'; Error{input} when they are no probabilities.
    void add(const data::Item& item, std::span<const answers::Record> records);

    /// Throws Error{input} when nothing was added.
    Measures finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// How many values can get a worth when all of these items are answered.
struct WorthsAhead {
    std::size_t items = 0, values = 0;
    std::size_t enough = 0;  // of the values, with the dilemmas that a worth wants
};

/// Counts items before they are asked.
class WorthCounter {
  public:
    explicit WorthCounter(const data::BatteryCard& card);
    ~WorthCounter();

    void add(const data::Item& item);
    /// Nothing where Measures would have no list of worths.
    std::optional<WorthsAhead> ahead() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Dilemmas that a worth wants (S031).
constexpr std::size_t least_worth_dilemmas = 30;

/// JSON with schema axia.measures, version 1: every figure as {"value","lo","hi","n"} or
/// {"reason"}. Same input, same bytes.
std::string to_json(const Measures& measures);

/// Tables for people.
std::string to_markdown(const Measures& measures);

/// A line a figure: arm,value,statistic,estimate,lo,hi,n,reason.
std::string to_csv(const Measures& measures);

}  // namespace axia::measure
