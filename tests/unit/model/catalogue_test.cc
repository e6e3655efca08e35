#include "axia/model/catalogue.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "axia/core/error.h"
#include "source_dir.h"

namespace axia::model {
namespace {

const std::string good = R"(schema: axia.catalogue
version: 1
models:
  - name: tiny
    title: A tiny one
    architecture: llama
    layers: 2
    width: 64
    licence: MIT
    bytes: 1000
    sha256: 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff
    sources:
      - kind: pypi
        packages:
          - {name: tiny-a, version: 1.0.0, member: tiny_a/m.gguf.0}
          - {name: tiny-b, version: 1.0.0, member: tiny_b/m.gguf.1}
      - {kind: hf, repo: someone/tiny, file: q8/m.gguf}
      - {kind: file, path: models/m.gguf}
)";

std::string with(const std::string& from, const std::string& to, std::string text = good) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Catalogue, ReadsEveryField) {
    const Catalogue catalogue = parse_catalogue(good, "c.yaml");
    ASSERT_EQ(catalogue.models.size(), 1U);
    const CatalogueEntry& entry = catalogue.at("tiny");
    EXPECT_EQ(entry.title, "A tiny one");
    EXPECT_EQ(entry.architecture, "llama");
    EXPECT_EQ(entry.layers, 2);
    EXPECT_EQ(entry.width, 64);
    EXPECT_EQ(entry.licence, "MIT");
    EXPECT_FALSE(entry.base);
    EXPECT_EQ(entry.bytes, 1000U);
    ASSERT_EQ(entry.sources.size(), 3U);
    ASSERT_EQ(entry.sources[0].packages.size(), 2U);
    EXPECT_EQ(entry.sources[0].packages[1].member, "tiny_b/m.gguf.1");
    EXPECT_EQ(describe(entry.sources[0]), "pypi:tiny-a==1.0.0+tiny-b==1.0.0");
    EXPECT_EQ(describe(entry.sources[1]), "hf:someone/tiny:q8/m.gguf");
    EXPECT_EQ(describe(entry.sources[2]), "file:models/m.gguf");
}

TEST(Catalogue, TheShippedOne) {
    const std::filesystem::path file = std::filesystem::path(AXIA_SOURCE_DIR) / "models.yaml";
    const Catalogue catalogue = read_catalogue(file);
    const CatalogueEntry& smol = catalogue.at("smollm2");
    EXPECT_EQ(smol.sha256, "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53");
    EXPECT_EQ(smol.layers, 30);
    EXPECT_EQ(smol.width, 576);
    EXPECT_FALSE(smol.base);
    const CatalogueEntry& gemma = catalogue.at("gemma3-270m");
    EXPECT_TRUE(gemma.base);
    EXPECT_EQ(gemma.sources.at(0).packages.size(), 4U);
}

TEST(Catalogue, UnknownNameGivesNearest) {
    const Catalogue catalogue = parse_catalogue(good, "c.yaml");
    EXPECT_EQ(catalogue.find("tinny"), nullptr);
    try {
        catalogue.at("tinny");
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::not_found);
        EXPECT_EQ(error.hint(), "did you mean tiny?");
    }
}

TEST(Catalogue, BadOnesNameLineAndField) {
    const std::string entry = good.substr(good.find("  - name: tiny"));
    const std::vector<std::pair<std::string, std::string>> table{
        {"", "the catalogue is not a map of fields"},
        {"[1, 2]", "the catalogue is not a map of fields"},
        {"a: [", "is not valid YAML"},
        {"\xff", "is not valid UTF-8"},
        {with("axia.catalogue", "axia.other"), "schema is 'axia.other'"},
        {with("schema", "shema"), "unknown field 'shema' (did you mean schema?)"},
        {with("version: 1", "versions: 1"), "unknown field 'versions'"},
        {with("models:", "models: []\nothers:"), "unknown field 'others'"},
        {"schema: axia.catalogue\nversion: 1\nmodels: []\n",
         "'models' is not a list with something"},
        {with("    licence: MIT\n", ""), "the model has no field 'licence'"},
        {with("    licence: MIT\n", "    licence: MIT\n    licence: MIT\n"), "'licence' twice"},
        {with("    licence: MIT\n", "    licence: MIT\n    speed: 1\n"), "unknown field 'speed'"},
        {with("name: tiny", "name: Tiny"), "field 'name' is 'Tiny'"},
        {with("name: tiny", "name: ../tiny"), "field 'name' is '../tiny'"},
        {with("name: tiny", "name: a--b"), "field 'name' is 'a--b'"},
        {with("name: tiny", "name: [a]"), "field 'name' is not a text"},
        {good + entry, "the model 'tiny' is there twice"},
        {with("layers: 2", "layers: -2"), "field 'layers' is '-2'"},
        {with("width: 64", "width: 64.5"), "field 'width' is '64.5'"},
        {with("bytes: 1000", "bytes: 0"), "field 'bytes' is '0'"},
        {with("bytes: 1000", "bytes: 99999999999999999999999"), "field 'bytes'"},
        {with("    bytes: 1000", "    base: maybe\n    bytes: 1000"), "field 'base' is 'maybe'"},
        {with("00112233", "0011223"), "field 'sha256'"},
        {with("00112233", "0011223X"), "field 'sha256'"},
        {with("00112233", "0011223A"), "field 'sha256'"},
        {with("kind: pypi", "kind: ftp"), "field 'kind' is 'ftp'"},
        {with("kind: pypi", "kin: pypi"), "unknown field 'kin'"},
        {with("kind: pypi", "kind: [pypi]"), "field 'kind' is not a text"},
        {with("{kind: hf, ", "{kind: hf, path: x, "), "unknown field 'path'"},
        {with("repo: someone/tiny", "repo: someone"), "field 'repo' is 'someone'"},
        {with("repo: someone/tiny", "repo: ../tiny"), "field 'repo' is '../tiny'"},
        {with("file: q8/m.gguf", "file: ../m.gguf"), "field 'file' is '../m.gguf'"},
        {with("file: q8/m.gguf", "file: /m.gguf"), "field 'file' is '/m.gguf'"},
        {with("name: tiny-a", "name: --index-url=x"), "field 'name' is '--index-url=x'"},
        {with("version: 1.0.0", "version: '>1'"), "field 'version' is '>1'"},
        {with("member: tiny_a/m", "member: a/../m"), "field 'member' is 'a/../m.gguf.0'"},
    };
    for (const auto& [text, expected] : table) {
        try {
            parse_catalogue(text, "c.yaml");
            ADD_FAILURE() << "accepted: " << text;
        } catch (const core::Error& error) {
            EXPECT_EQ(error.kind(), core::ErrorKind::input) << error.what();
            EXPECT_NE(std::string(error.what()).find(expected), std::string::npos)
                << error.what() << "\nwanted: " << expected;
            EXPECT_TRUE(error.where().starts_with("c.yaml")) << error.what();
        }
    }
}

TEST(Catalogue, OtherVersionIsUnsupported) {
    try {
        parse_catalogue(with("version: 1", "version: 2"), "c.yaml");
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.kind(), core::ErrorKind::unsupported);
    }
}

TEST(Catalogue, LineOfTheMistake) {
    try {
        parse_catalogue(with("kind: pypi", "kind: ftp"), "c.yaml");
        FAIL();
    } catch (const core::Error& error) {
        EXPECT_EQ(error.where(), "c.yaml:13");  // the line of "- kind: ftp"
    }
}

TEST(Catalogue, Names) {
    EXPECT_TRUE(is_model_name("a--b.Q4_1"));
    EXPECT_FALSE(is_model_name(".hidden"));
    EXPECT_FALSE(is_model_name("a/b"));
    EXPECT_TRUE(is_plain_path("a/b c.gguf"));
    EXPECT_FALSE(is_plain_path("a//b"));
    EXPECT_FALSE(is_plain_path("a/./b"));
    EXPECT_FALSE(is_plain_path("a\\b"));
    EXPECT_TRUE(is_hf_repo("User-1/some.model_x"));
    EXPECT_FALSE(is_hf_repo("a/b/c"));
    EXPECT_FALSE(is_hf_repo("a/..b"));
}

}  // namespace
}  // namespace axia::model
