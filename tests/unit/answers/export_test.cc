#include "axia/answers/export.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

#include "axia/answers/journal.h"
#include "axia/core/error.h"
#include "axia/core/hash.h"
#include "axia/data/csv.h"
#include "unit/data/scratch.h"

namespace axia::answers {
namespace {

using core::ErrorKind;
using data::expect_error;
using data::Scratch;
using nlohmann::json;

Record pair_record(const std::string& arm, int order) {
    Record record;
    record.item = "w-1";
    record.arm = arm;
    record.wording = "plain";
    record.order = order;
    record.options = {{-1.25, 3, 10}, {-2.5, 2, 7}};
    record.p = {0.75, 0.25};
    record.invalid = 0.125;
    return record;
}

JournalEntry entry_of(const Record& record, const std::string& request) {
    return {core::sha256_hex(request + record.arm), request, record};
}

const std::string pair_request =
    R"({"system":"Be kind.","plan":"none","message":"Sleep in, or carry boxes?","lead":"I ",)"
    R"("answers":["sleep in","carry boxes"]})";

/// A pair under two arms and in two orders, an open answer, and one that failed.
void fill(const std::filesystem::path& folder) {
    Journal journal(folder);
    Record open;
    open.item = "f-1";
    open.arm = "unsteered";
    open.wording = "open";
    open.how = How::text;
    open.text = "Well, \"yes\",\nand no";
    open.rating = 7.5;
    Record failed;
    failed.item = "w-2";
    failed.arm = "unsteered";
    failed.wording = "plain";
    failed.how = How::samples;
    failed.invalid = 1;
    failed.reason = "too long";
    std::string swapped = pair_request;
    swapped.replace(swapped.find("Sleep"), 5, "Lie");
    const std::vector<JournalEntry> entries{
        entry_of(pair_record("unsteered", 0), pair_request),
        entry_of(pair_record("unsteered", 1), swapped),
        entry_of(pair_record("steered", 0), pair_request),
        entry_of(open, R"({"message":"Why?","lead":"","answers":[],"seed":3})"),
        entry_of(failed, R"({"message":"Long","lead":"","answers":["a","b"]})"),
    };
    journal.add(entries);
}

std::string exported(const std::filesystem::path& folder, const std::string& format,
                     const CorrectOption& correct = {}) {
    std::ostringstream out;
    export_answers(folder, parse_export_format(format), out, correct);
    return out.str();
}

std::vector<json> lines(const std::string& text) {
    std::vector<json> all;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
    return all;
}

TEST(Export, CsvHasARowForEachOption) {
    const Scratch scratch;
    fill(scratch.path);
    EXPECT_EQ(exported(scratch.path, "csv"),
              "item,arm,wording,order,repeat,respondent,how,option,log_probability,tokens,bytes,p,"
              "invalid,rating,text,reason\n"
              "f-1,unsteered,open,0,0,,text,,,,,,0,7.5,\"Well, \"\"yes\"\",\nand no\",\n"
              "w-1,steered,plain,0,0,,logprob,0,-1.25,3,10,0.75,0.125,,,\n"
              "w-1,steered,plain,0,0,,logprob,1,-2.5,2,7,0.25,0.125,,,\n"
              "w-1,unsteered,plain,0,0,,logprob,0,-1.25,3,10,0.75,0.125,,,\n"
              "w-1,unsteered,plain,0,0,,logprob,1,-2.5,2,7,0.25,0.125,,,\n"
              "w-1,unsteered,plain,1,0,,logprob,0,-1.25,3,10,0.75,0.125,,,\n"
              "w-1,unsteered,plain,1,0,,logprob,1,-2.5,2,7,0.25,0.125,,,\n"
              "w-2,unsteered,plain,0,0,,samples,,,,,,1,,,too long\n");
    const data::CsvTable table = data::parse_csv(exported(scratch.path, "csv"), "csv");
    EXPECT_EQ(table.rows.size(), 8u);
    EXPECT_EQ(table.rows[0][*table.column("text")], "Well, \"yes\",\nand no");
}

TEST(Export, SharesAndPeopleHaveNoLogProbabilities) {
    const Scratch scratch;
    Record record = pair_record("unsteered", 0);
    record.options.clear();
    record.how = How::person;
    record.respondent = "anna, b";
    record.p = {1, 0};
    scratch.write("answers.jsonl", to_json_line(record) + "\n");
    const std::string csv = exported(scratch.path, "csv");
    EXPECT_NE(csv.find("w-1,unsteered,plain,0,0,\"anna, b\",person,0,,,,1,0.125,,,\n"),
              std::string::npos)
        << csv;
}

TEST(Export, ResultFileComesBeforeTheJournal) {
    const Scratch scratch;
    fill(scratch.path);
    const std::string result =
        to_json_line(pair_record("b", 1)) + "\n" + to_json_line(pair_record("a", 0)) + "\n";
    scratch.write("answers.jsonl", result);
    EXPECT_EQ(exported(scratch.path, "jsonl"), result);
    std::filesystem::remove(scratch.path / "answers.jsonl");
    const std::vector<json> all = lines(exported(scratch.path, "jsonl"));
    ASSERT_EQ(all.size(), 5u);
    EXPECT_EQ(all[0]["item"], "f-1");
    EXPECT_EQ(all[4]["reason"], "too long");
}

// The shape of samples_*.jsonl as logged by lm-evaluation-harness 0.4 (evaluation_tracker.py):
// arguments as gen_args_<i> of arg_0 and arg_1, inner values of resps as text, hashes of doc,
// prompt and target.
TEST(Export, LmEvalSamples) {
    const Scratch scratch;
    fill(scratch.path);
    const std::string text = exported(scratch.path, "lm-eval",
                                      [](const std::string& item) -> std::optional<std::size_t> {
                                          if (item == "w-1") return 1;
                                          return std::nullopt;
                                      });
    EXPECT_EQ(text, exported(scratch.path, "lm-eval", [](const std::string& item) {
                  return item == "w-1" ? std::optional<std::size_t>(1) : std::nullopt;
              }));
    const std::vector<json> all = lines(text);
    ASSERT_EQ(all.size(), 5u);

    const json& open = all[0];
    EXPECT_EQ(open["doc_id"], 0);
    EXPECT_EQ(open["target"], "");
    EXPECT_EQ(open["arguments"]["gen_args_0"]["arg_0"], "Why?");
    EXPECT_EQ(open["resps"], json::parse(R"([["Well, \"yes\",\nand no"]])"));
    EXPECT_EQ(open["filtered_resps"], json::parse(R"(["Well, \"yes\",\nand no"])"));
    EXPECT_FALSE(open.contains("acc"));

    const json& pair = all[1];
    EXPECT_EQ(pair["doc_id"], 1);
    EXPECT_EQ(pair["arm"], "steered");
    EXPECT_EQ(pair["system"], "Be kind.");
    EXPECT_EQ(pair["target"], "1");
    EXPECT_EQ(pair["arguments"]["gen_args_1"]["arg_0"], "Sleep in, or carry boxes?");
    EXPECT_EQ(pair["arguments"]["gen_args_1"]["arg_1"], "I carry boxes");
    EXPECT_EQ(pair["resps"], json::parse(R"([[["-1.25", "None"]], [["-2.5", "None"]]])"));
    EXPECT_EQ(pair["filtered_resps"], json::parse(R"([["-1.25", "None"], ["-2.5", "None"]])"));
    EXPECT_EQ(pair["metrics"], json::parse(R"(["acc", "invalid"])"));
    EXPECT_EQ(pair["acc"], 0);
    EXPECT_EQ(pair["invalid"], 0.125);
    // sha256sum of "Sleep in, or carry boxes?" and of "1"
    EXPECT_EQ(pair["prompt_hash"], core::sha256_hex("Sleep in, or carry boxes?"));
    EXPECT_EQ(pair["target_hash"],
              "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b");

    // one question under two arms is one document
    EXPECT_EQ(all[2]["doc_id"], 1);
    EXPECT_EQ(all[2]["arm"], "unsteered");
    EXPECT_EQ(all[2]["doc_hash"], pair["doc_hash"]);
    EXPECT_EQ(all[3]["doc_id"], 2);
    EXPECT_EQ(all[4]["doc_id"], 3);
    EXPECT_EQ(all[4]["reason"], "too long");
    EXPECT_EQ(all[4]["filtered_resps"], json::parse(R"([""])"));

    // controls are in the journal, not among the results
    scratch.write("answers.jsonl", to_json_line(pair_record("unsteered", 0)) + "\n");
    EXPECT_EQ(lines(exported(scratch.path, "lm-eval")).size(), 3u);
}

TEST(Export, WhatCannotBeExported) {
    const Scratch scratch;
    EXPECT_THROW(exported(scratch.path, "csv"), core::Error);
    expect_error([] { parse_export_format("parquet"); }, ErrorKind::unsupported, "format",
                 "export csv");
    expect_error([] { parse_export_format("xlsx"); }, ErrorKind::usage, "format", "jsonl, csv");
    const auto file =
        scratch.write("answers.jsonl", to_json_line(pair_record("a", 0)) + "\n{\"item\":1}\n");
    expect_error([&] { exported(scratch.path, "csv"); }, ErrorKind::input, file.string() + ":2",
                 "'item' is not a string");
    std::filesystem::remove(file);
    fill(scratch.path);
    const JournalEntry odd = entry_of(pair_record("odd", 0), "no JSON");
    Journal(scratch.path).add({&odd, 1});
    expect_error([&] { exported(scratch.path, "lm-eval"); }, ErrorKind::input, "answer " + odd.key,
                 "no question");
}

TEST(Export, AStreamThatFailsIsTold) {
    const Scratch scratch;
    fill(scratch.path);
    std::ostringstream out;
    out.setstate(std::ios::badbit);
    EXPECT_THROW(export_answers(scratch.path, ExportFormat::csv, out), core::Error);
}

}  // namespace
}  // namespace axia::answers
