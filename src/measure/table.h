// What a Measurer keeps, and figures over it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "axia/measure/measure.h"
#include "measure/item_score.h"

namespace axia::measure {

/// Numbers of names in order of first appearance.
class Names {
  public:
    int add(const std::string& name);
    /// -1 when unknown.
    int find(const std::string& name) const;
    const std::vector<std::string>& list() const { return list_; }

  private:
    std::unordered_map<std::string, int> numbers_;
    std::vector<std::string> list_;
};

/// One answer to an item of a scale: kept whole for Cronbach's alpha.
struct ScaleAnswer {
    std::uint32_t item = 0;
    int replicate = 0;
    float score = 0;
};

struct ArmTable {
    std::deque<ItemScore> items;
    std::deque<double> numbers;  // Shape::width() of each item
    std::deque<ScaleAnswer> scale;
    bool scale_too_long = false;
    std::size_t asked = 0, unanswered = 0;
    std::map<std::string, std::size_t> reasons;
};

struct ItemFacts {
    std::uint64_t stem = 0;  // hash
    std::uint32_t shape = 0;
    std::uint32_t numbers = 0;  // where its numbers begin in ArmTable::numbers
};

/// Bit of Table::risky: somebody said which options are risky. Options are the bits below.
constexpr std::uint32_t risk_said = std::uint32_t{1} << 31;

struct Table {
    data::BatteryCard card;
    Circle circle;
    MeasureOptions options;
    std::vector<Arm> arms;
    Names arm_names, wordings, values, replicates;
    std::vector<bool> letters;  // of wordings

    std::vector<Shape> shapes;
    std::unordered_map<std::string, std::uint32_t> shape_numbers;
    std::deque<ItemFacts> items;
    std::deque<std::uint64_t> originals, groups;  // hashes, 0 = none
    Names branch_names;
    std::deque<int> branches;  // of items, -1 = none; empty when no item has one
    std::deque<std::uint64_t> translations, languages;  // of the same question; hashes, 0 = none
    std::deque<std::uint32_t> risky;                    // bits of options and risk_said, or 0
    std::vector<std::deque<std::uint32_t>> item_of;     // value -> items that speak of it
    std::vector<ArmTable> tables;
    std::size_t answers = 0;
    std::map<std::string, std::size_t> how;
    std::vector<ItemRow> rows;

    std::vector<int> stems;  // cluster of each item, set by number_stems
    std::size_t stem_count = 0;

    void number_stems();
    const Shape& shape(std::size_t item) const { return shapes[items[item].shape]; }
    std::vector<double> numbers(std::size_t arm, std::size_t item) const;
    /// Score of a value on an item, NaN when unanswered or silent.
    double value_score(std::size_t arm, std::size_t item, int value) const;
    int arm_of(const std::string& name) const { return arm_names.find(name); }
};

/// Values with the stems they belong to.
struct Sample {
    std::vector<double> values;
    std::vector<int> stems;

    void add(double value, int stem) {
        values.push_back(value);
        stems.push_back(stem);
    }
};

std::size_t count_distinct(std::vector<int> numbers);

Figure because(std::string reason);

/// Cluster-robust t; a reason with fewer than two stems, or `nothing` with no value at all.
Figure mean_figure(const Sample& sample, double level, std::string nothing);

/// Wilson's interval, ties half; n is divided by the design effect where items share stems (all of
/// one mind: n = stems).
Figure share_figure(const Sample& sample, double level, std::string nothing);

/// Numbers of all items of an arm, where `number` is one.
Sample sample_of(const Table& table, std::size_t arm,
                 const std::function<double(const ItemScore& score, std::size_t item)>& number);

/// What throws Error{input} as a figure with its reason.
Figure figure_or_reason(const std::function<Figure()>& make);

std::uint64_t short_hash(std::string_view text);

// The parts of Measurer::finish.
std::vector<ValueScore> score_values(const Table& table, std::size_t arm);
std::vector<Rank> rank_values(const Table& table, std::size_t arm);
/// `ranking` as rank_values gives it: the order of the pairs.
std::vector<Duel> duels_of(const Table& table, std::size_t arm, std::span<const Rank> ranking);
std::vector<Risk> risks_of(const Table& table, std::size_t arm);
std::vector<Worth> worths_of(const Table& table, std::size_t arm);
std::vector<Dimension> score_dimensions(const Table& table, std::size_t arm);
void score_answers(const Table& table, std::size_t arm, ArmMeasures& measures);
std::vector<BranchScore> score_branches(const Table& table, std::size_t arm);
std::optional<double> chance_level(const Table& table);
Robustness measure_robustness(const Table& table, std::size_t arm);
std::vector<Difference> measure_differences(const Table& table);
std::vector<DoseCurve> measure_doses(const Table& table);

}  // namespace axia::measure
