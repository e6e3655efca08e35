#include "axia/measure/measure.h"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "axia/core/error.h"
#include "measure/table.h"

namespace axia::measure {

using core::Error;
using core::ErrorKind;
using data::ItemKind;
using data::Scoring;

namespace {

constexpr std::size_t most_rows = 5000;
constexpr std::size_t most_scale_answers = 1000000;  // of one arm, for alpha

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

int yes_option(const data::Item& item) {
    if (item.options.size() != 2) return -1;
    const std::string first = lower(item.options[0].text), second = lower(item.options[1].text);
    return first == "yes" && second == "no" ? 0 : first == "no" && second == "yes" ? 1 : -1;
}

Shape shape_of(const data::Item& item, Names& values) {
    Shape shape;
    shape.kind = item.kind;
    shape.options = item.options.size();
    shape.key = item.key;
    shape.right = item.correct ? static_cast<int>(*item.correct) : -1;
    shape.yes = yes_option(item);
    if (!item.value.empty()) shape.value = values.add(item.value);
    if (item.kind == ItemKind::free) shape.places = {0, 10};
    for (const data::ItemOption& option : item.options) {
        shape.tags.emplace_back();
        for (const data::ValueTag& tag : option.values) {
            shape.tags.back().emplace_back(values.add(tag.value), tag.weight);
        }
        if (item.kind == ItemKind::rating) shape.places.push_back(option.score);
    }
    return shape;
}

std::string signature(const Shape& shape) {
    std::string text = std::to_string(static_cast<int>(shape.kind)) + " " +
                       std::to_string(shape.options) + " " + std::to_string(shape.value) + " " +
                       std::to_string(shape.key) + " " + std::to_string(shape.right) + " " +
                       std::to_string(shape.yes);
    for (const double place : shape.places) text += " " + std::to_string(place);
    for (const auto& option : shape.tags) {
        text += " |";
        for (const auto& [value, weight] : option) {
            text += " " + std::to_string(value) + ":" + std::to_string(weight);
        }
    }
    return text;
}

std::vector<int> values_of(const Shape& shape) {
    std::vector<int> values;
    if (shape.value >= 0) values.push_back(shape.value);
    for (const auto& option : shape.tags) {
        for (const auto& [value, weight] : option) values.push_back(value);
    }
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    return values;
}

/// As Table::risky keeps it.
std::uint32_t risky_bits(const data::Item& item) {
    const std::vector<bool> risky = data::risky_options(item);
    std::uint32_t bits = risky.empty() ? 0 : risk_said;
    for (std::size_t option = 0; option < risky.size(); ++option) {
        if (risky[option]) bits |= std::uint32_t{1} << option;
    }
    return bits;
}

void check_record(const data::Item& item, const Shape& shape, const answers::Record& record) {
    const std::string where = "item '" + item.id + "', arm '" + record.arm + "'";
    if (record.item != item.id) {
        throw Error(ErrorKind::mismatch, "an answer to item '" + record.item + "'", where);
    }
    if (!(record.invalid >= 0 && record.invalid <= 1)) {
        throw Error(ErrorKind::input, "invalid is not a probability", where);
    }
    if (record.order < 0 || record.repeat < 0) {
        throw Error(ErrorKind::input, "an order or repeat below 0", where);
    }
    if (shape.kind == ItemKind::likelihood) {
        if (!record.options.empty() && record.options.size() != shape.options) {
            throw Error(ErrorKind::mismatch, "scores of other options than the item's", where);
        }
        for (const answers::OptionScore& option : record.options) {
            if (!std::isfinite(option.sum) || option.tokens <= 0 || option.bytes <= 0) {
                throw Error(ErrorKind::input, "an option score that is not a number", where);
            }
        }
        return;
    }
    if (shape.kind == ItemKind::free) {
        if (!(record.rating <= 10)) {
            throw Error(ErrorKind::input, "a rating that is not 0 to 10", where);
        }
        return;
    }
    if (record.p.empty()) return;
    if (record.p.size() != shape.options) {
        throw Error(ErrorKind::mismatch,
                    std::to_string(record.p.size()) + " probabilities for " +
                        std::to_string(shape.options) + " options",
                    where);
    }
    double sum = 0;
    for (const double p : record.p) {
        if (!(p >= 0 && p <= 1)) {
            throw Error(ErrorKind::input, "a probability that is not between 0 and 1", where);
        }
        sum += p;
    }
    if (!(std::abs(sum - 1) < 1e-6)) {
        throw Error(ErrorKind::input, "probabilities that do not add up to 1", where);
    }
}

/// Who or what answers all items of a scale alike.
std::string replicate_name(const answers::Record& record) {
    if (!record.respondent.empty()) return "by " + record.respondent;
    return record.wording + "\n" + std::to_string(record.order) + "\n" +
           std::to_string(record.repeat);
}

std::string unit_of(const Table& table) {
    switch (table.card.scoring) {
        case Scoring::preference:
            return "preference, -1 against to 1 for, 0 indifferent";
        case Scoring::accuracy:
        case Scoring::exact_match:
            return "probability of the right answer";
        case Scoring::likelihood:
            return "log-probability per token, first option minus the others, nats";
        case Scoring::judged:
            return "judge's rating, 0 to 10";
        case Scoring::mean:
            break;
    }
    double least = INFINITY, most = -INFINITY;
    bool alike = true;
    const Shape* first = nullptr;
    for (const Shape& shape : table.shapes) {
        if (!shape.scale()) continue;
        if (first == nullptr) first = &shape;
        alike = alike && shape.places == first->places;
        least = std::min(least, shape.places.front());
        most = std::max(most, shape.places.back());
    }
    if (first == nullptr || !alike) return "points of each item's own scale";
    const auto text = [](double x) {
        const std::string whole = std::to_string(x);
        return whole.substr(0, whole.find_last_not_of('0') + 1);
    };
    const auto number = [&](double x) {
        return x == std::round(x) ? std::to_string(static_cast<long long>(x)) : text(x);
    };
    return "points, " + number(least) + " to " + number(most);
}

}  // namespace

struct Measurer::State : Table {};

Measurer::Measurer(data::BatteryCard card, std::vector<Arm> arms, Circle circle,
                   MeasureOptions options)
    : state_(std::make_unique<State>()) {
    if (options.draws == 0) throw Error(ErrorKind::usage, "0 bootstrap draws", "draws");
    if (!(options.level > 0 && options.level < 1)) {
        throw Error(ErrorKind::usage, "a level that is not between 0 and 1", "level");
    }
    if (arms.empty()) throw Error(ErrorKind::input, "no arm to measure", "arms");
    for (const Arm& arm : arms) {
        if (state_->arm_names.find(arm.name) >= 0) {
            throw Error(ErrorKind::input, "two arms are called '" + arm.name + "'", "arms");
        }
        state_->arm_names.add(arm.name);
    }
    state_->card = std::move(card);
    state_->arms = std::move(arms);
    state_->circle = std::move(circle);
    state_->options = std::move(options);
    state_->tables.resize(state_->arms.size());
    for (const std::string& value : state_->card.values) state_->values.add(value);
}

Measurer::~Measurer() = default;

void Measurer::add(const data::Item& item, std::span<const answers::Record> records) {
    State& state = *state_;
    Shape fresh = shape_of(item, state.values);
    const auto [at, is_new] = state.shape_numbers.try_emplace(
        signature(fresh), static_cast<std::uint32_t>(state.shapes.size()));
    if (is_new) state.shapes.push_back(std::move(fresh));
    const Shape& shape = state.shapes[at->second];

    // all of it checked before any of it is kept
    std::vector<std::vector<Answer>> answers(state.arms.size());
    std::vector<int> arm_numbers;
    const std::uint32_t risky = risky_bits(item);
    for (const answers::Record& record : records) {
        check_record(item, shape, record);
        arm_numbers.push_back(state.arm_of(record.arm));
        if (arm_numbers.back() < 0) {
            throw Error(ErrorKind::mismatch, "an answer under the unknown arm '" + record.arm + "'",
                        "item '" + item.id + "'");
        }
    }

    const auto index = static_cast<std::uint32_t>(state.items.size());
    const bool on_scale = shape.scale() && shape.value >= 0;
    for (std::size_t i = 0; i < records.size(); ++i) {
        const answers::Record& record = records[i];
        const auto arm = static_cast<std::size_t>(arm_numbers[i]);
        ArmTable& table = state.tables[arm];
        ++table.asked;
        Answer answer;
        if (record.reason.empty()) answer.numbers = numbers_of(shape, record);
        if (answer.numbers.empty()) {
            ++table.unanswered;
            ++table.reasons[record.reason.empty() ? "no answer" : record.reason];
            continue;
        }
        ++state.answers;
        ++state.how[std::string(answers::how_name(record.how))];
        answer.wording = state.wordings.add(record.wording);
        if (static_cast<std::size_t>(answer.wording) == state.letters.size()) {
            const auto& letters = state.options.letter_wordings;
            state.letters.push_back(std::find(letters.begin(), letters.end(), record.wording) !=
                                    letters.end());
        }
        answer.letters = state.letters[static_cast<std::size_t>(answer.wording)];
        answer.order = record.order;
        answer.repeat = record.repeat;
        answer.invalid = record.invalid;
        if (on_scale) {
            table.scale_too_long |= table.scale.size() >= most_scale_answers;
            if (!table.scale_too_long) {
                table.scale.push_back({index, state.replicates.add(replicate_name(record)),
                                       static_cast<float>(item_number(shape, answer.numbers))});
            }
        }
        answers[arm].push_back(std::move(answer));
    }

    ItemFacts facts;
    facts.stem = short_hash(item.stem.empty() ? item.id : item.stem);
    facts.shape = at->second;
    facts.numbers = static_cast<std::uint32_t>(state.tables[0].numbers.size());
    state.items.push_back(facts);
    const auto tag = [&](const char* name, std::deque<std::uint64_t>& hashes) {
        const auto found = item.tags.find(name);
        if (found == item.tags.end() && hashes.empty()) return;
        hashes.resize(index, 0);
        hashes.push_back(found == item.tags.end() ? 0 : short_hash(found->second));
    };
    if (risky != 0 || !state.risky.empty()) {
        state.risky.resize(index, 0);
        state.risky.push_back(risky);
    }
    tag("original", state.originals);
    tag("group", state.groups);
    tag("original_english", state.translations);
    tag("language", state.languages);
    const auto branch = item.tags.find("branch");
    if (branch != item.tags.end() || !state.branches.empty()) {
        state.branches.resize(index, -1);
        state.branches.push_back(
            branch == item.tags.end() ? -1 : state.branch_names.add(branch->second));
    }
    state.item_of.resize(state.values.list().size());
    for (const int value : values_of(shape)) {
        state.item_of[static_cast<std::size_t>(value)].push_back(index);
    }

    ItemRow row;
    const int baseline = std::max(0, state.arm_of(state.options.baseline));
    for (std::size_t arm = 0; arm < state.arms.size(); ++arm) {
        ArmTable& table = state.tables[arm];
        std::vector<double> mean(shape.width());
        const ItemScore score = score_item(shape, answers[arm], mean, state.options.spread);
        table.numbers.insert(table.numbers.end(), mean.begin(), mean.end());
        table.items.push_back(score);
        if (index >= most_rows || !score.answered()) continue;
        row.number[state.arms[arm].name] = score.number;
        if (static_cast<int>(arm) != baseline) continue;
        const auto put = [](std::optional<double>& field, float x) {
            if (!std::isnan(x)) field = x;
        };
        put(row.flip, score.wording_flip);
        put(row.spread, score.spread);
        put(row.invalid, score.invalid);
    }
    if (index >= most_rows) return;
    row.item = item.id;
    row.stem = item.stem.empty() ? item.id : item.stem;
    row.text = item.text;
    state.rows.push_back(std::move(row));
}

Measures Measurer::finish() {
    State& state = *state_;
    if (state.items.empty()) {
        throw Error(ErrorKind::input, "no item to measure", "battery '" + state.card.name + "'");
    }
    state.number_stems();
    state.item_of.resize(state.values.list().size());
    Measures measures;
    measures.card = state.card;
    measures.circle = state.circle;
    measures.options = state.options;
    measures.unit = unit_of(state);
    measures.items = state.items.size();
    measures.stems = state.stem_count;
    measures.answers = state.answers;
    measures.chance = chance_level(state);
    measures.how = state.how;
    for (std::size_t arm = 0; arm < state.arms.size(); ++arm) {
        ArmMeasures row;
        row.arm = state.arms[arm];
        row.values = score_values(state, arm);
        row.ranking = rank_values(state, arm);
        row.duels = duels_of(state, arm, row.ranking);
        row.risks = risks_of(state, arm);
        row.worths = worths_of(state, arm);
        row.dimensions = score_dimensions(state, arm);
        score_answers(state, arm, row);
        row.branches = score_branches(state, arm);
        row.robustness = measure_robustness(state, arm);
        measures.arms.push_back(std::move(row));
    }
    measures.differences = measure_differences(state);
    measures.doses = measure_doses(state);
    measures.rows = state.rows;
    measures.rows_left_out = state.items.size() - state.rows.size();
    return measures;
}

}  // namespace axia::measure
