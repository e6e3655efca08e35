// The JSON files of a run folder: their names, schemas and shapes.
#pragma once

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "report/shape.h"

namespace axia::report {

struct RunFile {
    std::string_view key;  // of the page's data; the file is key + ".json"
    std::string_view schema;
    int version = 1;
    Shape shape;
};

/// run first; the others are optional.
std::span<const RunFile> run_files();

/// A run.json: what it says of how it was made, and the fields of its own kind.
Shape run_shape(std::vector<std::pair<std::string_view, Shape>> own);
Shape model_of_run();

/// Of a measurement (run.json with kind "measure"): run and measures, both needed.
std::span<const RunFile> measure_files();

/// A number with its interval, or the reason why there is none.
Shape figure_shape();

/// The result of a method that is no battery, by the run's kind ("measure-utilities"); null for
/// other kinds.
const RunFile* method_file(std::string_view kind);

}  // namespace axia::report
