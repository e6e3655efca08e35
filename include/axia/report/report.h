// The report of a run: its JSON files in one HTML page that needs nothing else.
#pragma once

#include <filesystem>
#include <string>

namespace axia::report {

struct ReportOptions {
    /// The page to fill. Empty = report/report.html of core::resource_folder(), else
    /// apps/report_page/dist/report.html there (a source tree).
    std::filesystem::path template_file;
};

/// The page of the run in folder `run`, as HTML. Reads run.json and, where they are there, check,
/// vector, tune, plan, effect and answers.json; a missing one is told on the page. Of a measurement
/// (kind "measure" in run.json) it reads measures.json, which must be there. What does not fit
/// together (another value, another model, a file changed since) is told on the page too. The same
/// files give the same bytes. No text of the run can become markup. Throws Error{not_found} for no
/// run.json, measures.json or template, {input} naming file and field for what is malformed,
/// {unsupported} for a newer version or a run of another kind.
std::string render_report(const std::filesystem::path& run, const ReportOptions& options = {});

}  // namespace axia::report
