#include "axia/report/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "source_dir.h"

namespace axia::report {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;
using nlohmann::ordered_json;
using testing::EndsWith;
using testing::HasSubstr;

const fs::path sample = fs::path(AXIA_SOURCE_DIR) / "tests/e2e/report/sample_run";

/// A copy of the sample run, and a template of one line.
class Report : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = fs::temp_directory_path() /
                  ("axia_report_" + std::to_string(getpid()) + "_" +
                   testing::UnitTest::GetInstance()->current_test_info()->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        run_ = folder_ / "run";
        fs::copy(sample, run_);
        core::write_file(options_.template_file = folder_ / "page.html",
                         "<script>@@AXIA_RUN@@</script>");
    }
    void TearDown() override { fs::remove_all(folder_); }

    ordered_json read(const std::string& name) const {
        return ordered_json::parse(core::read_file(run_ / name));
    }
    void write(const std::string& name, const ordered_json& json) const {
        core::write_file(run_ / name, json.dump());
    }
    void edit(const std::string& name, const std::function<void(ordered_json&)>& change) const {
        ordered_json json = read(name);
        change(json);
        write(name, json);
    }
    std::string page() const { return render_report(run_, options_); }
    /// What stands in the template's place.
    ordered_json data() const {
        const std::string text = page();
        const std::string before = "<script>";
        const std::string after = "</script>";
        return ordered_json::parse(
            text.substr(before.size(), text.size() - before.size() - after.size()));
    }
    std::vector<std::string> notices() const { return data()["notices"]; }
    /// The error of rendering; fails the test when there is none.
    Error error() const {
        try {
            page();
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return {ErrorKind::internal, "none"};
    }

    fs::path folder_, run_;
    ReportOptions options_;
};

TEST_F(Report, HoldsEveryFileOfTheRun) {
    const ordered_json found = data();
    EXPECT_EQ(found["schema"], "axia.report-data");
    EXPECT_EQ(found["version"], 1);
    for (const char* key : {"run", "check", "vector", "tune", "plan", "effect", "answers"}) {
        EXPECT_EQ(found[key], read(std::string(key) + ".json")) << key;
    }
    EXPECT_EQ(found["plan_hash"], read("tune.json")["plan_hash"]);
    EXPECT_TRUE(found["notices"].empty()) << found["notices"];
}

TEST_F(Report, SameFilesSameBytes) {
    EXPECT_EQ(page(), page());
}

TEST_F(Report, LeavesOutWhatIsNotThere) {
    for (const char* key : {"check", "vector", "tune", "plan", "effect", "answers"}) {
        fs::remove(run_ / (std::string(key) + ".json"));
    }
    const ordered_json found = data();
    EXPECT_TRUE(found["effect"].is_null());
    EXPECT_TRUE(found["plan_hash"].is_null());
    EXPECT_EQ(found["run"]["value"], "security");
}

TEST_F(Report, NoTextOfTheRunCanEndTheScript) {
    const std::string hostile = "</script><script>alert(1)</script><!-- & \u2028 \u202e";
    edit("answers.json", [&](ordered_json& json) {
        json["questions"][0]["question"] = hostile;
        json["questions"][0]["arms"][0][hostile] = hostile;  // a field that nobody knows
    });
    const std::string text = page();
    EXPECT_EQ(text.find("</script>"), text.size() - 9);
    EXPECT_EQ(text.find("<!--"), text.npos);
    EXPECT_EQ(data()["answers"]["questions"][0]["question"], hostile);
}

TEST_F(Report, TellsWhatDoesNotFitTogether) {
    edit("tune.json", [](ordered_json& json) { json["value"] = "power"; });
    EXPECT_THAT(notices(), testing::Contains("tune.json is about power, the run about security."));
    edit("vector.json", [](ordered_json& json) { json["model"]["sha256"] = std::string(64, '0'); });
    EXPECT_THAT(notices(), testing::Contains("vector.json belongs to another model than the run."));
    edit("plan.json", [](ordered_json& json) { json["model_sha256"] = std::string(64, '0'); });
    EXPECT_THAT(notices(), testing::Contains("plan.json belongs to another model than the run."));
    edit("effect.json", [](ordered_json& json) { json["plan"] = std::string(64, '0'); });
    EXPECT_THAT(notices(),
                testing::Contains("The effect was measured with another plan than the one tuned."));
    EXPECT_THAT(notices(), testing::Contains("tune.json has changed since the run was written."));
}

TEST_F(Report, ReadsNoFileOutsideTheRun) {
    core::write_file(folder_ / "secret", "x");
    edit("run.json", [&](ordered_json& json) {
        json["files"] = {{(folder_ / "secret").string(), std::string(64, '0')},
                         {"../secret", std::string(64, '0')},
                         {"..", std::string(64, '0')}};
    });
    EXPECT_TRUE(notices().empty());
}

TEST_F(Report, NamesTheRunThatIsNone) {
    fs::remove(run_ / "run.json");
    EXPECT_EQ(error().kind(), ErrorKind::not_found);
    EXPECT_THAT(error().where(), EndsWith("run.json"));
    fs::remove_all(run_);
    EXPECT_EQ(error().kind(), ErrorKind::not_found);
    EXPECT_EQ(error().where(), run_.string());
}

TEST_F(Report, NeedsATemplateWithOnePlace) {
    for (const char* text : {"", "<script></script>", "@@AXIA_RUN@@ @@AXIA_RUN@@"}) {
        core::write_file(options_.template_file, text);
        EXPECT_EQ(error().kind(), ErrorKind::input) << text;
        EXPECT_EQ(error().where(), options_.template_file.string());
    }
    options_.template_file = folder_ / "none.html";
    EXPECT_EQ(error().kind(), ErrorKind::not_found);
}

TEST_F(Report, RefusesNewerVersions) {
    edit("tune.json", [](ordered_json& json) { json["version"] = 2; });
    EXPECT_EQ(error().kind(), ErrorKind::unsupported);
    EXPECT_THAT(error().where(), EndsWith("tune.json: version"));
}

struct Malformed {
    const char* file;
    const char* place;  // JSON pointer; "" = the whole file
    const char* json;   // what is put there; "" = taken away
    const char* where;  // end of the error's where
    const char* what;
};

TEST_F(Report, NamesFileAndFieldOfWhatIsMalformed) {
    const Malformed table[] = {
        {"run.json", "/schema", "\"axia.plan\"", "run.json: schema", "not 'axia.run'"},
        {"run.json", "/schema", "", "run.json: schema", "is missing"},
        {"run.json", "/version", "0", "run.json: version", "outside 1"},
        {"run.json", "/model/name", "7", "run.json: model.name", "is not text"},
        {"run.json", "/files/plan.json", "null", "run.json: files.plan.json", "is not text"},
        {"check.json", "/values/0/bag_of_words/accuracy", "1.2",
         "check.json: values[0].bag_of_words.accuracy", "is 1.2, outside 0 to 1"},
        {"vector.json", "/layers/3/layer", "-1", "vector.json: layers[3].layer", "outside 0"},
        {"vector.json", "/layers/3/layer", "1.5", "vector.json: layers[3].layer",
         "not a whole number"},
        {"vector.json", "/layers/3/paired_ci", "[0.9,0.1]", "vector.json: layers[3].paired_ci",
         "low end above"},
        {"vector.json", "/layers/3/paired_ci", "[0.9]", "vector.json: layers[3].paired_ci",
         "is not [low, high]"},
        {"tune.json", "/candidates/1/on_frontier", "\"yes\"",
         "tune.json: candidates[1].on_frontier", "is not true or false"},
        {"tune.json", "/candidates/1/effect", "null", "tune.json: candidates[1].effect",
         "is not a number"},
        {"tune.json", "/candidates", "{}", "tune.json: candidates", "is not a list"},
        {"plan.json", "/layers", "", "plan.json: layers", "is missing"},
        {"effect.json", "/arms/2/ci/0", "\"x\"", "effect.json: arms[2].ci[0]", "is not a number"},
        {"effect.json", "/bag_of_words", "[]", "effect.json: bag_of_words", "is not a number"},
        {"effect.json", "/left_out", "{\"caa\": 1}", "effect.json: left_out.caa", "is not text"},
        {"answers.json", "/questions/0/arms/1/gate/open", "1",
         "answers.json: questions[0].arms[1].gate.open", "is not true or false"},
        {"answers.json", "", "[]", "answers.json", "is not an object"},
    };
    for (const Malformed& one : table) {
        const ordered_json whole = read(one.file);
        ordered_json broken = whole;
        const ordered_json::json_pointer place{std::string(one.place)};
        if (*one.json == '\0') {
            broken[place.parent_pointer()].erase(place.back());
        } else {
            broken[place] = ordered_json::parse(one.json);
        }
        write(one.file, broken);
        const Error found = error();
        EXPECT_EQ(found.kind(), ErrorKind::input) << one.where;
        EXPECT_THAT(found.where(), EndsWith(one.where));
        EXPECT_THAT(found.message(), HasSubstr(one.what));
        EXPECT_THAT(found.what(), testing::Not(HasSubstr("\n")));
        write(one.file, whole);
    }
}

TEST_F(Report, AMeasurementNeedsItsMeasuresWhole) {
    fs::remove_all(run_);
    fs::copy(sample.parent_path() / "sample_measure", run_);
    EXPECT_THAT(render_report(run_, options_), HasSubstr("\"kind\":\"measure\""));
    const auto said = [&](const std::function<void(ordered_json&)>& change,
                          const std::string& file = "measures.json") {
        fs::copy(sample.parent_path() / "sample_measure", run_,
                 fs::copy_options::recursive | fs::copy_options::overwrite_existing);
        edit(file, change);
        try {
            render_report(run_, options_);
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("nothing");
    };
    EXPECT_THAT(said([](auto& m) { m["arms"][1]["values"][0]["score"] = 3; }),
                HasSubstr("measures.json: arms[1].values[0].score"));
    EXPECT_THAT(said([](auto& m) { m["differences"][0]["p_holm"] = 1.5; }),
                HasSubstr("measures.json: differences[0].p_holm"));
    EXPECT_THAT(said([](auto& m) { m["arms"] = ordered_json::array(); }),
                HasSubstr("nothing was measured"));
    EXPECT_THAT(said([](auto& m) { m["version"] = 2; }), HasSubstr("measures.json"));
    EXPECT_THAT(said([](auto& m) {
                    m["arms"][0]["likelier"] = {{{"by", "sum"}}};
                }),
                HasSubstr("measures.json: arms[0].likelier[0].share: is missing"));
    EXPECT_THAT(said([](auto& m) { m["arms"][0].erase("exact_match"); }),
                HasSubstr("measures.json: arms[0].exact_match: is missing"));
    EXPECT_THAT(said([](auto& m) { m["rows"] = std::vector(5001, m["rows"][0]); }),
                HasSubstr("measures.json: rows: has more than 5000 entries"));
    const auto in_run = [&](const std::function<void(ordered_json&)>& change) {
        return said(change, "run.json");
    };
    EXPECT_THAT(in_run([](auto& run) {
                    run["people"] = {{"respondents", -1}};
                }),
                HasSubstr("run.json: people.respondents"));
    EXPECT_THAT(in_run([](auto& run) {
                    run["endpoint"] = {{"model", 3}};
                }),
                HasSubstr("run.json: endpoint.model: is not text"));
    EXPECT_THAT(in_run([](auto& run) { run["kind"] = 3; }),
                HasSubstr("run.json: kind: is not text"));
    // of another kind it is the run of a plan
    EXPECT_THAT(in_run([](auto& run) { run["kind"] = "demo"; }),
                HasSubstr("run.json: value: is missing"));
    EXPECT_THAT(in_run([](auto& run) { run["kind"] = "measure-stance"; }),
                HasSubstr("run.json: is a run of kind 'measure-stance'"));
    fs::remove(run_ / "measures.json");
    EXPECT_THROW(render_report(run_, options_), Error);
}

TEST_F(Report, AMethodNeedsItsResultWhole) {
    fs::remove_all(run_);
    fs::copy(sample.parent_path() / "sample_measure", run_);
    edit("run.json", [](auto& run) { run["kind"] = "measure-novel"; });
    EXPECT_EQ(error().kind(), ErrorKind::not_found);
    EXPECT_THAT(error().where(), EndsWith("novel.json"));
    const ordered_json none{{"reason", "fewer than two lists have both numbers"}};
    ordered_json novel{{"schema", "axia.novel"},
                       {"version", 1},
                       {"lists", 3},
                       {"numbers", {{"none", 1}, {"rising", 1}, {"falling", 0}}},
                       {"effect", none},
                       {"p", nullptr},
                       {"up", none},
                       {"down", none},
                       {"plain", none}};
    write("novel.json", novel);
    const std::string page = render_report(run_, options_);
    EXPECT_THAT(page, HasSubstr("\"kind\":\"method\",\"method\":\"novel\""));
    EXPECT_THAT(page, HasSubstr("fewer than two lists have both numbers"));
    novel["numbers"].erase("rising");
    write("novel.json", novel);
    EXPECT_THAT(error().where(), EndsWith("novel.json: numbers.rising"));
    EXPECT_EQ(error().kind(), ErrorKind::input);
}

TEST_F(Report, SurvivesFilesThatAreNoJson) {
    const std::string deep =
        R"({"schema":"axia.effect","version":1,"x":)" + std::string(200000, '[');
    for (const std::string& text :
         {std::string(), std::string("{"), std::string("{\"schema\":\"\xff\"}"), deep,
          deep + std::string(200000, ']') + "}", std::string(R"({"schema":1e999})"),
          std::string(R"({"schema":"\ud800"})"), std::string("\0\0", 2)}) {
        core::write_file(run_ / "effect.json", text);
        EXPECT_EQ(error().kind(), ErrorKind::input) << text.substr(0, 40);
        EXPECT_THAT(error().where(), EndsWith("effect.json"));
    }
    fs::remove(run_ / "effect.json");
    fs::create_directory(run_ / "effect.json");
    EXPECT_EQ(error().kind(), ErrorKind::input);
}

}  // namespace
}  // namespace axia::report
