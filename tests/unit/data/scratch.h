// A temporary folder, and the error a call throws.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "axia/core/error.h"

namespace axia::data {

struct Scratch {
    std::filesystem::path path;
    Scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "axia-data-XXXXXX").string();
        path = ::mkdtemp(name.data());
    }
    ~Scratch() { std::filesystem::remove_all(path); }

    std::filesystem::path write(const std::string& name, std::string_view bytes) const {
        const std::filesystem::path file = path / name;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return file;
    }
};

inline std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

/// Kind, place and words of the error of `call`, which must be one line.
inline void expect_error(const std::function<void()>& call, core::ErrorKind kind,
                         const std::string& where, const std::string& says) {
    try {
        call();
        ADD_FAILURE() << "no error, wanted: " << where << ": " << says;
    } catch (const core::Error& error) {
        const std::string line = error.what();
        EXPECT_EQ(core::error_kind_name(error.kind()), core::error_kind_name(kind)) << line;
        EXPECT_EQ(error.where(), where) << line;
        EXPECT_NE(line.find(says), std::string::npos) << line << "\nwanted: " << says;
        EXPECT_EQ(line.find('\n'), std::string::npos) << line;
        EXPECT_LT(line.size(), 400u) << line;
    }
}

}  // namespace axia::data
