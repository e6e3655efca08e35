#include "axia/answers/record.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "axia/core/error.h"
#include "axia/core/files.h"

namespace axia::answers {

using core::Error;
using core::ErrorKind;
using nlohmann::json;

namespace {

constexpr std::array<std::pair<How, std::string_view>, 4> hows{{{How::logprob, "logprob"},
                                                                {How::samples, "samples"},
                                                                {How::text, "text"},
                                                                {How::person, "person"}}};

/// Writes one object, a field after the other.
class Line {
  public:
    void text(std::string_view name, std::string_view value) {
        field(name);
        // bytes that are not UTF-8 become U+FFFD
        line_ += json(value).dump(-1, ' ', false, json::error_handler_t::replace);
    }
    void number(std::string_view name, double value) {
        field(name);
        append(name, value);
    }
    void integer(std::string_view name, int value) {
        field(name);
        line_ += std::to_string(value);
    }
    template <typename Values, typename Each>
    void list(std::string_view name, const Values& values, Each&& each) {
        field(name);
        line_ += '[';
        for (const auto& value : values) {
            if (line_.back() != '[') line_ += ',';
            each(value);
        }
        line_ += ']';
    }
    void append(std::string_view name, double value) {
        if (!std::isfinite(value)) {
            throw Error(ErrorKind::internal, "is not a finite number",
                        "record: " + std::string(name));
        }
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                       std::chars_format::general, 9);
        line_.append(digits.data(), end.ptr);
    }
    void option(const OptionScore& score) {
        line_ += "{\"sum\":";
        append("sum", score.sum);
        line_ += ",\"tokens\":" + std::to_string(score.tokens) +
                 ",\"bytes\":" + std::to_string(score.bytes) + "}";
    }
    std::string end() { return std::move(line_ += '}'); }

  private:
    void field(std::string_view name) {
        line_ += line_.size() > 1 ? ",\"" : "\"";
        line_ += name;
        line_ += "\":";
    }
    std::string line_ = "{";
};

/// Checked access to one object; every error names the place and the field.
class Fields {
  public:
    Fields(const json& object, std::string where, std::string prefix = {})
        : object_(object), where_(std::move(where)), prefix_(std::move(prefix)) {
        if (!object_.is_object()) {
            throw Error(ErrorKind::input,
                        prefix_.empty() ? "is not a JSON object"
                                        : "field '" + prefix_ + "' is not a JSON object",
                        where_);
        }
    }

    std::string text(const char* name) const {
        const json* value = find(name);
        if (value == nullptr) return {};
        if (!value->is_string()) fail(name, "is not a string");
        return value->get<std::string>();
    }
    double number(const char* name, double lo, double hi) const {
        const json* value = find(name);
        if (value == nullptr) fail(name, "is missing");
        return checked(name, *value, lo, hi);
    }
    int integer(const char* name) const {
        const json* value = find(name);
        if (value == nullptr) fail(name, "is missing");
        constexpr int most = 1'000'000'000;
        if (!value->is_number_integer() || *value < 0 || *value > most) {
            fail(name, "is not a whole number of 0 or more");
        }
        return value->get<int>();
    }
    const json& list(const char* name) const {
        static const json nothing = json::array();
        const json* value = find(name);
        if (value == nullptr) return nothing;
        if (!value->is_array()) fail(name, "is not a list");
        return *value;
    }
    double checked(const char* name, const json& value, double lo, double hi) const {
        if (!value.is_number()) fail(name, "is not a number");
        const auto x = value.get<double>();
        if (!(x >= lo && x <= hi)) fail(name, "is out of range");
        return x;
    }
    bool has(const char* name) const { return find(name) != nullptr; }
    void only(std::initializer_list<std::string_view> known) const {
        for (const auto& entry : object_.items()) {
            if (std::find(known.begin(), known.end(), entry.key()) == known.end()) {
                fail(entry.key(), "is not known");
            }
        }
    }
    [[noreturn]] void fail(std::string_view name, const std::string& what) const {
        throw Error(
            ErrorKind::input,
            "field '" + (prefix_.empty() ? "" : prefix_ + ".") + std::string(name) + "' " + what,
            where_);
    }

  private:
    const json* find(const char* name) const {
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }
    const json& object_;
    std::string where_, prefix_;
};

}  // namespace

std::string_view how_name(How how) {
    return hows.at(static_cast<std::size_t>(how)).second;
}

How parse_how(std::string_view name) {
    for (const auto& [how, known] : hows) {
        if (known == name) return how;
    }
    throw Error(ErrorKind::input, "'" + std::string(name) + "' is not known", "how",
                "it can be logprob, samples, text, person");
}

std::string to_json_line(const Record& record) {
    Line line;
    line.text("item", record.item);
    line.text("arm", record.arm);
    line.text("wording", record.wording);
    line.integer("order", record.order);
    line.integer("repeat", record.repeat);
    if (!record.respondent.empty()) line.text("respondent", record.respondent);
    line.text("how", how_name(record.how));
    if (!record.options.empty()) {
        line.list("options", record.options, [&](const OptionScore& score) { line.option(score); });
    }
    if (!record.p.empty()) line.list("p", record.p, [&](double p) { line.append("p", p); });
    line.number("invalid", record.invalid);
    if (!record.text.empty()) line.text("text", record.text);
    if (record.rating >= 0) line.number("rating", record.rating);
    if (!record.reason.empty()) line.text("reason", record.reason);
    return line.end();
}

Record parse_record(std::string_view text, std::string_view where) {
    const std::string place(where);
    if (!core::is_utf8(text)) throw Error(ErrorKind::input, "is not valid UTF-8", place);
    json object;
    try {
        object = json::parse(text);
    } catch (const json::exception&) {
        throw Error(ErrorKind::input, "is not valid JSON", place, "each line holds one answer");
    }
    const Fields in(object, place);
    in.only({"item", "arm", "wording", "order", "repeat", "respondent", "how", "options", "p",
             "invalid", "text", "rating", "reason"});
    Record record;
    record.item = in.text("item");
    if (record.item.empty()) in.fail("item", "is missing");
    record.arm = in.text("arm");
    record.wording = in.text("wording");
    record.order = in.integer("order");
    record.repeat = in.integer("repeat");
    record.respondent = in.text("respondent");
    const std::string how = in.text("how");
    if (how.empty()) in.fail("how", "is missing");
    try {
        record.how = parse_how(how);
    } catch (const Error& error) {
        throw Error(ErrorKind::input, error.message(), place + ": how", error.hint());
    }
    for (const json& entry : in.list("options")) {
        const Fields option(entry, place, "options");
        option.only({"sum", "tokens", "bytes"});
        record.options.push_back(
            {option.number("sum", -1e12, 1e12), option.integer("tokens"), option.integer("bytes")});
    }
    double total = 0;
    for (const json& entry : in.list("p")) {
        record.p.push_back(in.checked("p", entry, 0, 1));
        total += record.p.back();
    }
    // 9 digits each
    if (!record.p.empty() && std::abs(total - 1) > 1e-6) in.fail("p", "does not sum to 1");
    if (!record.p.empty() && !record.options.empty() && record.p.size() != record.options.size()) {
        in.fail("p", "has another length than 'options'");
    }
    record.invalid = in.number("invalid", 0, 1);
    record.text = in.text("text");
    if (in.has("rating")) record.rating = in.number("rating", 0, 10);
    record.reason = in.text("reason");
    return record;
}

}  // namespace axia::answers
