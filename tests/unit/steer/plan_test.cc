#include "axia/steer/plan.h"

#include <gtest/gtest.h>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "support/tiny_model.h"

namespace axia::steer {
namespace {

using core::Error;
using core::ErrorKind;

Plan sample() {
    Plan plan;
    plan.name = "security";
    plan.model_name = "tiny";
    plan.model_hash = std::string(64, 'a');
    plan.layers = {3, 5, 9};
    plan.values.push_back({"security", std::string(64, 'b'), Rule::at_least, 4.5, 1});
    plan.values.push_back({"power", "", Rule::hold, 0, 1});
    plan.notes = R"({"seed":1})";
    return plan;
}

TEST(Plan, RoundTripKeepsEverythingAndTheHash) {
    const Plan plan = sample();
    const Plan back = parse_plan(to_json(plan), "plan.json");
    EXPECT_EQ(to_json(back), to_json(plan));
    EXPECT_EQ(plan_hash(back), plan_hash(plan));
}

TEST(Plan, HashCoversWhatActsAndNothingElse) {
    const Plan plan = sample();
    Plan renamed = plan;
    renamed.name = "another";
    renamed.notes = R"({"seed":2})";
    EXPECT_EQ(plan_hash(renamed), plan_hash(plan));
    Plan moved = plan;
    moved.values[0].log_odds += 1e-9;
    EXPECT_NE(plan_hash(moved), plan_hash(plan));
    moved = plan;
    moved.layers.pop_back();
    EXPECT_NE(plan_hash(moved), plan_hash(plan));
    EXPECT_EQ(plan_hash(Plan{}), "none");
}

TEST(Plan, P0IsReadAsLogOdds) {
    const Plan plan = parse_plan(
        R"({"schema":"axia.plan","version":1,"layers":[2],"values":[{"value":"a","p0":0.99}]})",
        "p.json");
    EXPECT_NEAR(plan.values[0].log_odds, 4.59511985, 1e-8);  // ln(.99/.01)
}

struct Bad {
    const char* name;
    const char* json;
    const char* place;  // must stand in the error's line
    ErrorKind kind;
};

const Bad bad_plans[] = {
    {"not json", "{", "plan.json", ErrorKind::input},
    {"a list", "[]", "plan.json", ErrorKind::input},
    {"no schema", R"({"version":1})", "schema", ErrorKind::input},
    {"another schema", R"({"schema":"x","version":1})", "schema", ErrorKind::input},
    {"newer", R"({"schema":"axia.plan","version":2,"layers":[],"values":[]})", "version",
     ErrorKind::unsupported},
    {"unknown field", R"({"schema":"axia.plan","version":1,"layrs":[],"values":[]})", "layrs",
     ErrorKind::input},
    {"p0 of 1",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","p0":1}]})", "p0",
     ErrorKind::input},
    {"p0 below 0",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","p0":-0.1}]})", "p0",
     ErrorKind::input},
    {"p0 and log_odds",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","p0":0.5,"log_odds":1}]})",
     "p0", ErrorKind::input},
    {"layers fall", R"({"schema":"axia.plan","version":1,"layers":[2,1],"values":[{"value":"a"}]})",
     "layers", ErrorKind::input},
    {"layer is text",
     R"({"schema":"axia.plan","version":1,"layers":["x"],"values":[{"value":"a"}]})", "layers",
     ErrorKind::input},
    {"huge layer",
     R"({"schema":"axia.plan","version":1,"layers":[99999999999],"values":[{"value":"a"}]})",
     "layers", ErrorKind::input},
    {"value twice",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a"},{"value":"a"}]})",
     "values", ErrorKind::input},
    {"only held",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","rule":"hold"}]})",
     "values", ErrorKind::input},
    {"bad rule",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","rule":"up"}]})",
     "rule", ErrorKind::input},
    {"bad direction",
     R"({"schema":"axia.plan","version":1,"direction":"up","layers":[1],"values":[{"value":"a"}]})",
     "direction", ErrorKind::input},
    {"below without constant",
     R"({"schema":"axia.plan","version":1,"below":true,"layers":[1],"values":[{"value":"a"}]})",
     "below", ErrorKind::input},
    {"negative strength",
     R"({"schema":"axia.plan","version":1,"layers":[1],"values":[{"value":"a","strength":-1}]})",
     "strength", ErrorKind::input},
    {"alpha of 0",
     R"({"schema":"axia.plan","version":1,"alpha":0,"layers":[1],"values":[{"value":"a"}]})",
     "alpha", ErrorKind::input},
};

TEST(Plan, BadPlansGetOneClearLine) {
    for (const Bad& bad : bad_plans) {
        try {
            parse_plan(bad.json, "plan.json");
            ADD_FAILURE() << bad.name << " was accepted";
        } catch (const Error& error) {
            const std::string line = error.what();
            EXPECT_EQ(error.kind(), bad.kind) << bad.name << ": " << line;
            EXPECT_NE(line.find("plan.json"), std::string::npos) << bad.name << ": " << line;
            EXPECT_NE(line.find(bad.place), std::string::npos) << bad.name << ": " << line;
            EXPECT_EQ(line.find('\n'), std::string::npos) << bad.name;
        }
    }
}

TEST(Plan, WritingChecksFirstAndLeavesTheOldFile) {
    const test::ScratchFolder scratch;
    const auto file = scratch.path / "plan.json";
    write_plan(sample(), file);
    Plan broken = sample();
    broken.layers = {4, 4};
    EXPECT_THROW(write_plan(broken, file), Error);
    EXPECT_EQ(read_plan(file).layers, sample().layers);
}

TEST(Plan, HoldingOthersAddsWhatIsNotNamed) {
    std::vector<vectors::ValueVector> vectors(20);
    std::vector<const vectors::ValueVector*> pool;
    for (std::size_t i = 0; i < vectors.size(); ++i) {
        vectors[i].card.value = i == 1 ? "security" : "value " + std::to_string(i);
        vectors[i].card.context = i == 2 ? capture::Context::bare : capture::Context::chat;
        vectors[i].file_hash = "hash " + std::to_string(i);
        pool.push_back(&vectors[i]);
    }
    Plan plan;
    plan.layers = {3};
    plan.values.push_back({"security", "", Rule::at_least, 4.5, 1});
    EXPECT_FALSE(plan.holds());
    hold_others(plan, pool);
    EXPECT_TRUE(plan.holds());
    ASSERT_EQ(plan.values.size(), Plan::most_values);
    EXPECT_EQ(plan.values[1].value, "value 0");
    EXPECT_EQ(plan.values[1].vector_hash, "hash 0");
    EXPECT_EQ(plan.values[1].rule, Rule::hold);
    EXPECT_EQ(plan.values[2].value, "value 3");
    check_plan(plan);
}

TEST(Plan, Presets) {
    vectors::ValueVector vector;
    vector.card.value = "a";
    vector.chosen = {9, 10, 11};
    const Plan conva = preset_plan("conva", vector, 2, 1);
    EXPECT_EQ(conva.amount, Amount::prompt);
    EXPECT_EQ(conva.rows, Rows::all);
    EXPECT_EQ(conva.layers, vector.chosen);
    const Plan caa = preset_plan("caa", vector, 0, 2);
    EXPECT_EQ(caa.layers, std::vector<int>{10});
    EXPECT_EQ(caa.direction, vectors::Direction::mean);
    EXPECT_THROW(preset_plan("magic", vector, 0, 1), Error);
}

}  // namespace
}  // namespace axia::steer
