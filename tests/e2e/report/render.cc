// report_render RUN TEMPLATE OUT: the page of a run, for the tests in a browser.
#include <cstdio>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/report/report.h"

int main(int count, char** words) {
    if (count != 4) {
        std::fputs("report_render RUN TEMPLATE OUT\n", stderr);
        return 2;
    }
    try {
        axia::core::write_file(words[3], axia::report::render_report(words[1], {words[2]}));
    } catch (const axia::core::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return axia::core::exit_code(error.kind());
    }
    return 0;
}
