#include "axia/data/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "data/surface.h"
#include "source_dir.h"
#include "unit/data/scratch.h"

namespace axia::data {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

ContrastPair pair_of(std::size_t line, const std::string& positive, const std::string& negative,
                     Split split = Split::learn) {
    ContrastPair pair;
    pair.id = pair.group = "p" + std::to_string(line);
    pair.value = "security";
    pair.other = "stimulation";
    pair.positive = positive;
    pair.negative = negative;
    pair.split = split;
    pair.line = line;
    return pair;
}

const ContrastPair clean =
    pair_of(1, "Amina keeps two keys at the baker's.", "Amina trades her map for a raft.");
const ContrastPair also_clean = pair_of(2, "We checked every hinge on Monday.",
                                        "We rowed toward the loud falls.", Split::heldout);

PairCheck checked(std::vector<ContrastPair> pairs) {
    CheckOptions options;
    options.file = "f.jsonl";
    return check_pairs(pairs, options);
}

TEST(Check, Words) {
    EXPECT_THAT(words_of("Don't-stop, it's 3 o'clock; 'tis Jos\xC3\xA9's 'x'"),
                ElementsAre("don't", "stop", "it's", "o'clock", "tis", "jos", "s", "x"));
    EXPECT_EQ(characters_of("Jos\xC3\xA9"), 4u);
}

TEST(Check, CleanPairsHaveNoProblems) {
    const PairCheck check = checked({clean, also_clean});
    EXPECT_THAT(check.problems, IsEmpty());
    EXPECT_EQ(check.value, "security");
    EXPECT_EQ(check.pairs, 2u);
    EXPECT_EQ(check.learn, 1u);
    EXPECT_EQ(check.heldout, 1u);
    EXPECT_EQ(check.others.at("stimulation"), 2u);
}

TEST(Check, EachRuleFindsItsFault) {
    struct Fault {
        const char* name;
        ContrastPair pair;
        std::string problem;
    };
    ContrastPair stray = pair_of(9, "Otto locked up.", "Otto ran off.");
    stray.value = "power";
    ContrastPair self = pair_of(9, "Otto locked up.", "Otto ran off.");
    self.other = "security";
    ContrastPair both = pair_of(9, "Otto locked up.", "Otto ran off.", Split::heldout);
    both.group = "p1";
    const std::vector<Fault> faults = {
        {"characters", pair_of(9, "Otto locked the cellar.", "Otto ran off today."),
         "f.jsonl:9: the sides have 23 and 19 characters, more than 15 % apart"},
        {"words", pair_of(9, "Ada went in to see it.", "Philippa wandered in."),
         "f.jsonl:9: the sides have 6 and 3 words, more than 15 % apart"},
        {"same words",
         pair_of(9, "We checked every hinge, on Monday!", "We rode along the far coast road."),
         "f.jsonl:9: positive has the same words as the positive text of line 2"},
        {"same words, other side",
         pair_of(9, "Amina trades her map for a raft.", "Amina opens her shop for a week."),
         "f.jsonl:9: positive has the same words as the negative text of line 1"},
        {"near duplicate across the splits",
         pair_of(9, "We checked every hinge on Sunday.", "We took off for an island."),
         "f.jsonl:9: positive nearly repeats the positive text of line 2 (60 % of their 3-grams), "
         "across the splits"},
        {"names a value",
         pair_of(9, "Otto put security up front.", "Otto put some music up front."),
         "f.jsonl:9: positive names the value 'security', show it instead"},
        {"names the other", pair_of(9, "Otto wants a calm evening.", "Otto wants Stimulation now."),
         "f.jsonl:9: negative names the value 'stimulation', show it instead"},
        {"another value", stray, "f.jsonl:9: value is 'power' in a file of 'security'"},
        {"against itself", self, "f.jsonl:9: other is the same value, 'security'"},
        {"scene in both splits", both, "f.jsonl:9: scene 'p1' is in both splits, also on line 1"},
    };
    for (const Fault& fault : faults) {
        SCOPED_TRACE(fault.name);
        EXPECT_THAT(checked({clean, also_clean, fault.pair}).problems, Contains(fault.problem));
    }
}

// 3-grams of "a b c d e f": 4. Changing the last word keeps 3 of 5 (60 %); of the last two, 2 of 6.
TEST(Check, NearDuplicateThreshold) {
    const std::string base = "one two three four five six";
    const auto problems = [&](const std::string& text, double limit) {
        CheckOptions options;
        options.near_duplicate = limit;
        return check_pairs(std::vector{pair_of(1, base, "other words stand on this side"),
                                       pair_of(2, text, "nothing here is found up there")},
                           options)
            .problems;
    };
    EXPECT_THAT(problems("one two three four five ten", 0.4), Contains(HasSubstr("60 %")));
    EXPECT_THAT(problems("one two three four ten nine", 0.4), IsEmpty());  // 2 / 6
    EXPECT_THAT(problems("one two three four ten nine", 0.33), Contains(HasSubstr("33 %")));
    EXPECT_THAT(problems("one two three four five ten", 0.6), IsEmpty());
}

TEST(Check, NearDuplicatesWithinAGroupAreMeant) {
    ContrastPair first =
        pair_of(1, "one two three four five six", "red green blue pink grey brown");
    ContrastPair second =
        pair_of(2, "one two three four five ten", "red green blue pink grey white");
    EXPECT_THAT(checked({first, second}).problems, Contains(HasSubstr("nearly repeats")));
    first.group = second.group = "scene";
    EXPECT_THAT(checked({first, second}).problems, Not(Contains(HasSubstr("nearly repeats"))));
}

TEST(Check, PersonsBetweenSides) {
    std::vector<ContrastPair> pairs;
    for (std::size_t i = 1; i <= 20; ++i) {
        const std::string n(i, 'x');
        pairs.push_back(pair_of(i, "I saw q" + n + " by my gate", "Ann saw r" + n + " by the hut"));
    }
    EXPECT_THAT(checked(pairs).problems,
                Contains("f.jsonl: first-person words stand 40 times in the positive and 0 times "
                         "in the negative texts"));
    for (std::size_t i = 0; i < 20; i += 2) std::swap(pairs[i].positive, pairs[i].negative);
    EXPECT_THAT(checked(pairs).problems, Not(Contains(HasSubstr("first-person"))));
    EXPECT_THAT(checked(pairs).warnings, Not(Contains(HasSubstr("first-person"))));
}

// Reference: scikit-learn 1.9.1, LogisticRegression(C=1, tol=1e-10, max_iter=10000), binary bag of
// words or standardised (words, characters), leave one scene out: 37 and 21 of 48 texts right, 22
// of 24 pairs in order. With one scene a fold there is no chance in the folds, so the numbers must
// agree exactly. Wilson: scipy 1.17.1 binomtest(37 or 21, 48).proportion_ci(method="wilson").
TEST(Check, SurfaceAgreesWithScikitLearn) {
    const std::string file = AXIA_SOURCE_DIR "/tests/unit/data/surface_pairs.jsonl";
    CheckOptions options;
    options.folds = 1000;
    options.repeats = 2;
    const PairCheck check = check_pairs(read_pairs(file), options);
    EXPECT_DOUBLE_EQ(check.bag_of_words.accuracy, 37.0 / 48);
    EXPECT_NEAR(check.bag_of_words.ci.lo, 0.6346073590999655, 1e-9);
    EXPECT_NEAR(check.bag_of_words.ci.hi, 0.8669217373308875, 1e-9);
    EXPECT_DOUBLE_EQ(check.bag_of_words_paired, 22.0 / 24);
    EXPECT_DOUBLE_EQ(check.length_only.accuracy, 21.0 / 48);
    EXPECT_NEAR(check.length_only.ci.lo, 0.30701269040654244, 1e-9);
    EXPECT_NEAR(check.mean_length_ratio, 1.009653073143636, 1e-12);
    const std::vector<CueWord> cues = {
        {"don't", 1.478962440196607, 9, 0},  {"can't", -1.3452688704387719, 0, 6},
        {"again", 1.1221951361471332, 6, 0}, {"bright", -0.9702024900921096, 0, 7},
        {"later", -0.893396892606901, 1, 6}, {"warm", 0.8647598533077381, 3, 0}};
    ASSERT_GE(check.cues.size(), cues.size());
    for (std::size_t i = 0; i < cues.size(); ++i) {
        EXPECT_EQ(check.cues[i].word, cues[i].word);
        EXPECT_NEAR(check.cues[i].weight, cues[i].weight, 1e-5) << cues[i].word;
        EXPECT_EQ(check.cues[i].positive, cues[i].positive) << cues[i].word;
        EXPECT_EQ(check.cues[i].negative, cues[i].negative) << cues[i].word;
    }
    EXPECT_THAT(check.problems,
                Contains(HasSubstr("the choice of words alone tells the sides apart "
                                   "with accuracy 0.771, at most 0.700")));
}

TEST(Check, FoldsAreSeededAndDoNotDependOnOrder) {
    std::vector<ContrastPair> pairs =
        read_pairs(AXIA_SOURCE_DIR "/tests/unit/data/surface_pairs.jsonl");
    const PairCheck one = check_pairs(pairs), same = check_pairs(pairs);
    EXPECT_EQ(to_json(one), to_json(same));
    std::reverse(pairs.begin(), pairs.end());
    const PairCheck reversed = check_pairs(pairs);
    EXPECT_NEAR(one.bag_of_words.accuracy, reversed.bag_of_words.accuracy, 1e-12);
    EXPECT_NEAR(one.bag_of_words_paired, reversed.bag_of_words_paired, 1e-12);
}

TEST(Check, OneGroupGivesNoIndex) {
    const PairCheck check = checked({clean});
    EXPECT_EQ(check.bag_of_words.accuracy, 0.5);
    EXPECT_EQ(check.bag_of_words.ci.lo, 0.0);
    EXPECT_EQ(check.bag_of_words.ci.hi, 1.0);
    EXPECT_THAT(check.cues, IsEmpty());
    EXPECT_EQ(checked({}).pairs, 0u);
}

TEST(Check, SystemGathersWhatIsWrong) {
    const Scratch scratch;
    const std::string value = R"(, definition: d, prompt: p, opposite_prompt: o})";
    scratch.write("s.yaml",
                  "schema: axia.value-system\nversion: 1\nname: s\ntitle: t\n"
                  "licence: l\nvalues:\n  - {id: calm-life, name: Calm" +
                      value + "\n  - {id: play, name: Play" + value + "\n");
    const auto calm = scratch.write(
        "pairs/calm-life.jsonl",
        R"({"value":"calm-life","other":"sport","positive":"A calm life, a lamp.",)"
        R"("negative":"A long road, a rope."})"
        "\n"
        R"({"value":"calm-life","positive":"I read, for play.","negative":"I sing at noon."})"
        "\n");
    const auto play = scratch.write("pairs/play.jsonl", "{\"value\":\"play\"}\n");
    const auto dilemmas = scratch.write(
        "dilemmas/calm-life.jsonl",
        R"({"id":"d1","value":"calm-life","other":"sport","situation":"s","toward":"t?",)"
        R"("away":"a?","options":{"toward":"T","away":"A"}})");
    scratch.write("neutral_prompts.jsonl", R"({"text":"What is 2 + 2?"})");
    scratch.write("neutral_texts.jsonl", R"({"text":"Four."})");
    const SystemCheck check = check_value_system(read_value_system(scratch.path));
    ASSERT_EQ(check.values.size(), 2u);
    EXPECT_THAT(
        check.values[0].problems,
        ElementsAre(calm.string() + ":1: positive names the value 'Calm', show it instead",
                    calm.string() + ":1: positive names the value 'calm-life', show it instead",
                    calm.string() + ":2: positive names the value 'play', show it instead",
                    calm.string() + ":1: other is 'sport', which is no value of the system"));
    EXPECT_EQ(check.values[1].value, "play");
    EXPECT_THAT(check.values[1].problems,
                ElementsAre(play.string() + ":1: has no field 'positive' (add it)"));
    EXPECT_THAT(
        check.problems,
        ElementsAre(dilemmas.string() + ": holds 1 dilemmas, at least 20 are wanted",
                    dilemmas.string() + ":1: other is 'sport', which is no value of the system",
                    HasSubstr("play.jsonl: no such file"),
                    HasSubstr("controls.jsonl: no such file")));
    EXPECT_EQ(check.problem_count(), 9u);

    const auto json = nlohmann::json::parse(to_json(check));
    EXPECT_EQ(json["schema"], "axia.data-check");
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["problem_count"], 9);
    EXPECT_EQ(json["values"][0]["pairs"], 2);
    EXPECT_EQ(json["values"][0]["bag_of_words"]["ci"].size(), 2u);
    EXPECT_EQ(json["values"][0]["others"]["sport"], 1);
}

}  // namespace
}  // namespace axia::data
