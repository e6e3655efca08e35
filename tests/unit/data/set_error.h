// What a loader of a public data set says of a wrong file.
#pragma once

#include "unit/data/scratch.h"

namespace axia::data {

using Reader = std::function<void(const std::filesystem::path&)>;

inline void expect_set_error(const Reader& read, const std::string& name, const std::string& text,
                             const std::string& place, const std::string& says) {
    SCOPED_TRACE(text);
    const Scratch scratch;
    const std::filesystem::path file = scratch.write(name, text);
    expect_error([&] { read(file); }, core::ErrorKind::input, file.string() + place, says);
}

}  // namespace axia::data
