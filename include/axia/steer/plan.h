// The plan: what to do to the model while it answers. JSON, with schema, version and hash.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "axia/vectors/value_vector.h"

namespace axia::steer {

/// How far a row is shifted.
enum class Amount {
    row,       // the least amount, measured at every row
    prompt,    // the least amount, measured once at the last prompt row and kept (S001)
    constant,  // strength times the class gap (CAA)
};

/// Which rows are shifted.
enum class Rows {
    all,     // prompt and answer (S001)
    onward,  // from the last prompt row on: the prompt's prefix stays shareable
};

/// What is asked of a value's reading w.h + b.
enum class Rule {
    at_least,  // raise it to the target
    at_most,   // lower it to the target
    hold,      // leave it where it is while others move
};

enum class GateMode { always, learned, never };

struct PlanValue {
    std::string value;
    std::string vector_hash;  // SHA-256 of the vector file; empty = whatever file is given
    Rule rule = Rule::at_least;
    double log_odds = 0;  // s0 = logit(p0): target for row and prompt, bound for `below`
    double strength = 1;  // for constant: multiples of the class gap, >= 0
};

struct Plan {
    static constexpr int schema_version = 1;
    static constexpr std::size_t most_values = 16;

    std::string name;
    std::string model_name, model_hash;
    capture::Context context = capture::Context::chat;  // of the vectors
    vectors::Direction direction = vectors::Direction::probe;
    Amount amount = Amount::row;
    bool below = false;  // constant only: leave rows that already read on the target's side
    Rows rows = Rows::onward;
    std::vector<int> layers;  // ascending, 0-based blocks
    std::vector<PlanValue> values;
    GateMode gate = GateMode::always;
    double alpha = .05;  // false-open rate of the learned gate
    std::string notes;   // JSON object of how it was found; not part of the hash

    bool empty() const noexcept { return layers.empty() || values.empty(); }
    /// True when the reading of some value is to stay where it is.
    bool holds() const noexcept;
};

std::string_view amount_name(Amount amount);
std::string_view rows_name(Rows rows);
std::string_view rule_name(Rule rule);
std::string_view gate_name(GateMode mode);
Amount parse_amount(std::string_view name);
Rows parse_rows(std::string_view name);
GateMode parse_gate(std::string_view name);

/// Throws Error{usage} naming the field for everything out of range or contradictory.
void check_plan(const Plan& plan);

/// Adds a row that holds the reading of every value in `pool` (of the plan's context) that the plan
/// does not name, in the pool's order, as far as the plan has room.
void hold_others(Plan& plan, std::span<const vectors::ValueVector* const> pool);

/// JSON with two-space indent and a final newline.
std::string to_json(const Plan& plan);
/// `name` stands in errors. Throws Error{input} naming file and field, Error{unsupported} for a
/// newer schema.
Plan parse_plan(std::string_view json, std::string_view name);
Plan read_plan(const std::filesystem::path& path);
void write_plan(const Plan& plan, const std::filesystem::path& path);

/// SHA-256 over everything that acts (not name, notes, model name). "none" for the empty plan.
std::string plan_hash(const Plan& plan);

/// The method presets of the papers for one value of this vector: "conva" (S001) or "caa".
Plan preset_plan(std::string_view preset, const vectors::ValueVector& vector, double log_odds,
                 double strength);

}  // namespace axia::steer
