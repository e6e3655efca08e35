#include "axia/measure/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "planted.h"

namespace {

std::atomic<long> live{0}, peak{0};  // bytes on the heap

}  // namespace

void* operator new(std::size_t size) {
    void* const block = std::malloc(size);
    if (block == nullptr) throw std::bad_alloc();
    live += static_cast<long>(malloc_usable_size(block));
    if (live > peak) peak = live.load();
    return block;
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}
void operator delete(void* block) noexcept {
    live -= static_cast<long>(malloc_usable_size(block));
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    operator delete(block);
}

namespace axia::measure {
namespace {

using namespace planted;
using core::Error;
using core::ErrorKind;
using data::Item;
using data::Scoring;
using testing::HasSubstr;
using testing::Not;

Setting sweep_setting() {
    Setting setting;
    setting.arms = sweep();
    setting.options.draws = 200;
    setting.options.letter_wordings = {"w0", "w1"};
    return setting;
}

MeasureOptions options_of(std::size_t draws, double level) {
    MeasureOptions options;
    options.draws = draws;
    options.level = level;
    return options;
}

Measures sweep_measures() {
    return measure(dilemmas(90), steerable(3), sweep_setting());
}

TEST(Measures, SameAnswersSameBytes) {
    const Measures first = sweep_measures(), again = sweep_measures();
    EXPECT_EQ(to_json(first), to_json(again));
    EXPECT_EQ(to_markdown(first), to_markdown(again));
    EXPECT_EQ(to_csv(first), to_csv(again));
}

TEST(Measures, JsonHoldsFiguresOrReasons) {
    const std::string text = to_json(sweep_measures());
    EXPECT_THAT(text, Not(HasSubstr(": nan")));
    const auto json = nlohmann::json::parse(text);
    EXPECT_EQ(json["schema"], "axia.measures");
    EXPECT_EQ(json["version"], 1);
    EXPECT_EQ(json["items"], 90);
    EXPECT_EQ(json["arms"].size(), 5u);
    EXPECT_EQ(json["circle"][5]["value"], "security");
    const auto& arm = json["arms"][2];
    EXPECT_EQ(arm["arm"], "security=0.5");
    EXPECT_EQ(arm["values"].size(), 10u);
    EXPECT_TRUE(arm["values"][0]["score"]["lo"].is_number());
    EXPECT_EQ(arm["values"][0]["alpha"]["reason"], "not a scale");
    EXPECT_EQ(json["rows"].size(), 90u);
    EXPECT_EQ(json["rows"][0]["number"].size(), 5u);
    std::size_t figures = 0;
    const std::function<void(const nlohmann::json&)> look = [&](const nlohmann::json& node) {
        if (node.is_object() && node.contains("lo")) {
            ++figures;
            EXPECT_LE(node["lo"].get<double>(), node["value"].get<double>());
            EXPECT_GE(node["hi"].get<double>(), node["value"].get<double>());
            EXPECT_GE(node["n"].get<int>(), 2);
        }
        if (node.is_object() && node.contains("reason")) {
            EXPECT_NE(node["reason"], "");
        }
        if (node.is_structured()) {
            for (const auto& child : node) look(child);
        }
    };
    look(json);
    EXPECT_GT(figures, 200u);
}

TEST(Measures, MarkdownAndCsvSayTheSame) {
    const Measures measures = sweep_measures();
    const std::string markdown = to_markdown(measures), csv = to_csv(measures);
    EXPECT_THAT(markdown, HasSubstr("## security=0.99"));
    EXPECT_THAT(markdown, HasSubstr("## Against unsteered"));
    EXPECT_THAT(markdown, HasSubstr("| security | security | steered | 0.5 |"));
    EXPECT_EQ(csv.substr(0, csv.find('\n')), "arm,value,statistic,estimate,lo,hi,n,reason");
    char line[200];
    const Figure& figure = score(measures, "power", 1).score;
    std::snprintf(line, sizeof line, "\nprompt:security,power,score,%.9g,%.9g,%.9g,18,\n",
                  figure.estimate->value, figure.estimate->ci.lo, figure.estimate->ci.hi);
    EXPECT_THAT(csv, HasSubstr(line));
    EXPECT_THAT(csv, HasSubstr("\nunsteered,power,alpha,,,,,not a scale\n"));
}

TEST(Measures, ABarInATextStaysInItsCell) {
    Setting setting;
    setting.arms[0].name = "a|b\"c,d";
    const Measures measures = measure(dilemmas(10), by_worth(std::vector<double>(10), 1), setting);
    EXPECT_THAT(to_markdown(measures), HasSubstr("## a\\|b\"c,d"));
    EXPECT_THAT(to_csv(measures), HasSubstr("\"a|b\"\"c,d\",,invalid,0,"));
}

// A million items of one arm have to fit into 200 MB, with all that finish() needs at once.
TEST(Measurer, KeepsFewBytesAnItem) {
    const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
    MeasureOptions options;
    options.draws = 2;
    const std::vector<Item> kinds = dilemmas(90);
    const long before = live;
    Measurer measurer(card(Scoring::preference), arms, circle(), options);
    constexpr long count = 207000;  // 2,300 of each pair of values, either way round
    const Subject subject = by_worth(std::vector<double>(10), 1);
    for (long i = 0; i < count; ++i) {
        Item item = kinds[static_cast<std::size_t>(i % 90)];
        item.id = "d" + std::to_string(i);
        measurer.add(item, records_of(item, arms, 2, subject));
    }
    EXPECT_LT(live - before, 120 * count);
    peak = live.load();
    const Measures measures = measurer.finish();
    EXPECT_LT(peak - before, 200 * count);
    EXPECT_EQ(measures.items, 207000u);
    EXPECT_EQ(measures.rows.size(), 5000u);
    EXPECT_EQ(measures.rows_left_out, 202000u);
    EXPECT_EQ(score(measures, "power").items, 41400u);
}

TEST(Measurer, RefusesWhatDoesNotFit) {
    const std::vector<Arm> arms{{"unsteered", "", 0, false, ""}};
    const auto kind_of = [](const std::function<void()>& call, const std::string& part) {
        try {
            call();
        } catch (const Error& error) {
            EXPECT_THAT(error.what(), HasSubstr(part));
            return error.kind();
        }
        ADD_FAILURE() << "nothing thrown: " << part;
        return ErrorKind::internal;
    };
    EXPECT_EQ(kind_of([&] { Measurer(card(Scoring::mean), {}, {}).finish(); }, "no arm"),
              ErrorKind::input);
    EXPECT_EQ(kind_of(
                  [&] {
                      Measurer(card(Scoring::mean), {arms[0], arms[0]}, {});
                  },
                  "two arms"),
              ErrorKind::input);
    EXPECT_EQ(kind_of([&] { Measurer(card(Scoring::mean), arms, {}).finish(); }, "no item"),
              ErrorKind::input);
    EXPECT_EQ(
        kind_of([&] { Measurer(card(Scoring::mean), arms, {}, options_of(0, .95)); }, "draws"),
        ErrorKind::usage);
    EXPECT_EQ(kind_of([&] { Measurer(card(Scoring::mean), arms, {}, options_of(1, 1)); }, "level"),
              ErrorKind::usage);

    const Item item = dilemmas(1)[0];
    Measurer measurer(card(Scoring::preference), arms, {});
    const auto add = [&](const std::function<void(answers::Record&)>& spoil) {
        std::vector<answers::Record> records =
            records_of(item, arms, 1, by_worth(std::vector<double>(10), 1));
        spoil(records[1]);
        measurer.add(item, records);
    };
    using answers::Record;
    EXPECT_EQ(kind_of([&] { add([](Record& r) { r.item = "x"; }); }, "'x'"), ErrorKind::mismatch);
    EXPECT_EQ(kind_of([&] { add([](Record& r) { r.arm = "y"; }); }, "'y'"), ErrorKind::mismatch);
    EXPECT_EQ(kind_of([&] { add([](Record& r) { r.p = {1}; }); }, "1 probabilities for 2"),
              ErrorKind::mismatch);
    EXPECT_EQ(kind_of([&] { add([](Record& r) { r.p = {.5, .6}; }); }, "add up"), ErrorKind::input);
    EXPECT_EQ(kind_of([&] { add([](Record& r) {
                                r.p = {1.5, -.5};
                            }); }, "between 0 and 1"),
              ErrorKind::input);
    EXPECT_EQ(kind_of([&] { add([](Record& r) { r.invalid = NAN; }); }, "invalid"),
              ErrorKind::input);
    // nothing of a refused item is kept
    add([](Record&) {});
    EXPECT_EQ(measurer.finish().arms[0].robustness.asked, 2u);
}

}  // namespace
}  // namespace axia::measure
