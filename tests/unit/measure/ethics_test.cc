// The five branches of ETHICS (S121), from their files to their scores.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "axia/data/battery_sets.h"
#include "planted.h"
#include "unit/data/scratch.h"

namespace axia::measure {
namespace {

using namespace planted;

struct Branch {
    const char *file, *name;
    std::size_t group;  // rows
    double chance;
};
constexpr Branch branches[] = {{"cm_test.csv", "commonsense", 1, .5},
                               {"justice_test.csv", "justice", 4, .0625},
                               {"deontology_test.csv", "deontology", 4, .0625},
                               {"virtue_test.csv", "virtue", 5, .03125},
                               {"util_test.csv", "utilitarianism", 1, .5}};

/// Sixty rows in the branch's columns, with what CSV allows inside a field: commas, quotes, ends of
/// lines; lines end in CR LF. Python 3.11's csv.reader gives 60 rows of as many fields for each.
std::string rows_of(const Branch& branch) {
    std::ostringstream out;
    const std::string name = branch.name;
    out << (name == "commonsense"      ? "label,input,is_short,edited\r\n"
            : name == "deontology"     ? "label,scenario,excuse\r\n"
            : name == "utilitarianism" ? ""
                                       : "label,scenario\r\n");
    for (int row = 0; row < 60; ++row) {
        const std::string number = std::to_string(row);
        const std::string text = "\"I said \"\"no, " + number + "\"\",\nand left" + number;
        const int label = name == "virtue" ? row % 5 == row / 5 % 5 : (row * row + row / 7) % 2;
        if (name == "utilitarianism") {
            out << text << " happy.\","
                << "I left " << number << " sad.\r\n";
            continue;
        }
        out << label << "," << text;
        if (name == "virtue") {
            out << " [SEP] trait" << number << "\"";
        } else {
            out << ".\"";
        }
        if (name == "commonsense") out << ",True,False";
        if (name == "deontology") out << ",\"But it was \"\"" << number << "\"\"\"";
        out << "\r\n";
    }
    return out.str();
}

double score_of(const Measures& measures) {
    const bool grouped = measures.card.scoring == data::Scoring::exact_match;
    return value_of(grouped ? measures.arms[0].exact_match : measures.arms[0].accuracy);
}

Measures measured(const data::Battery& battery, const Subject& subject) {
    const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
    Measurer measurer(battery.card(), arms, {},
                      {.draws = 100, .letter_wordings = {}, .theories = {}});
    battery.for_each(
        [&](const data::Item& item) { measurer.add(item, records_of(item, arms, 1, subject)); });
    return measurer.finish();
}

class EthicsBranch : public testing::TestWithParam<Branch> {};

TEST_P(EthicsBranch, RightIsOneInvertedNoneAndOneMistakeCostsAGroup) {
    const Branch& branch = GetParam();
    const data::Scratch scratch;
    const data::Battery battery = data::read_set(scratch.write(branch.file, rows_of(branch)));
    EXPECT_EQ(battery.card().name, std::string("ethics-") + branch.name);
    EXPECT_TRUE(battery.card().warnings.empty());
    const auto subject = [](bool inverted, const std::string& mistaken) {
        return [=](const Ask& ask) {
            const bool wrong = inverted != (ask.item->id == mistaken);
            return Reply{one_hot(2, wrong ? 1 - *ask.item->correct : *ask.item->correct), 0, ""};
        };
    };
    const Measures right = measured(battery, subject(false, ""));
    EXPECT_EQ(right.items, 60u);
    EXPECT_EQ(right.stems, 60 / branch.group);
    EXPECT_EQ(score_of(right), 1);
    EXPECT_NEAR(*right.chance, branch.chance, 1e-12);
    EXPECT_EQ(score_of(measured(battery, subject(true, ""))), 0);
    const Measures slip = measured(battery, subject(false, std::string(branch.name) + "-17"));
    const auto groups = static_cast<double>(60 / branch.group);
    EXPECT_NEAR(score_of(slip), 1 - 1 / groups, 1e-12);
    EXPECT_NEAR(value_of(slip.arms[0].accuracy), 59. / 60, 1e-12);
}

TEST_P(EthicsBranch, TextsComeThroughWhole) {
    const Branch& branch = GetParam();
    const data::Scratch scratch;
    const data::Battery battery = data::read_set(scratch.write(branch.file, rows_of(branch)));
    std::size_t first = 0;
    battery.for_each([&](const data::Item& item) {
        EXPECT_NE(item.text.find("I said \"no, "), std::string::npos) << item.id;
        EXPECT_NE(item.text.find("\",\nand left"), std::string::npos) << item.id;
        first += *item.correct == 0;
    });
    // the pleasant scenario stands first in every second row; one trait of five fits; labels above
    const std::string name = branch.name;
    EXPECT_EQ(first, name == "utilitarianism" ? 30u : name == "virtue" ? 12u : 26u);
}

INSTANTIATE_TEST_SUITE_P(All, EthicsBranch, testing::ValuesIn(branches),
                         [](const auto& branch) { return std::string(branch.param.name); });

}  // namespace
}  // namespace axia::measure
