// What is read must come back the same when written with every field quoted.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "axia/core/error.h"
#include "axia/data/csv.h"

namespace {

void append_row(std::string& to, const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) {
        to += i > 0 ? ",\"" : "\"";
        for (const char c : row[i]) to += c == '"' ? "\"\"" : std::string(1, c);
        to += '"';
    }
    to += "\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace axia;
    data::CsvTable table;
    try {
        table = data::parse_csv({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const core::Error&) {
        return 0;
    }
    if (table.lines.size() != table.rows.size()) std::abort();
    std::string again;
    append_row(again, table.header);
    for (const auto& row : table.rows) {
        if (row.size() != table.header.size()) std::abort();
        append_row(again, row);
    }
    const data::CsvTable copy = data::parse_csv(again, "again");
    if (copy.header != table.header || copy.rows != table.rows) std::abort();
    return 0;
}
