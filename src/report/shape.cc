#include "report/shape.h"

#include <array>
#include <cmath>
#include <cstdio>

#include "axia/core/error.h"

namespace axia::report {

using core::Error;
using core::ErrorKind;

namespace {

constexpr int deepest = 64;

[[noreturn]] void fail(std::string_view file, const std::string& path, const std::string& what) {
    std::string where(file);
    if (!path.empty()) where += ": " + path;
    throw Error(ErrorKind::input, what, where);
}

std::string printed(double x) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%g", x);
    return text.data();
}

std::string entry(const std::string& path, std::size_t index) {
    return path + "[" + std::to_string(index) + "]";
}

std::string field(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : path + "." + std::string(name);
}

void check_number(const Json& json, double lo, double hi, bool whole, std::string_view file,
                  const std::string& path) {
    if (!json.is_number()) fail(file, path, "is not a number");
    const auto x = json.get<double>();
    if (whole && x != std::floor(x)) fail(file, path, "is " + printed(x) + ", not a whole number");
    if (!(x >= lo && x <= hi)) {
        fail(file, path, "is " + printed(x) + ", outside " + printed(lo) + " to " + printed(hi));
    }
}

}  // namespace

Shape Shape::text() {
    return Shape(Kind::text);
}

Shape Shape::number(double lo, double hi) {
    Shape shape(Kind::number);
    shape.lo_ = lo;
    shape.hi_ = hi;
    return shape;
}

Shape Shape::integer(double lo, double hi) {
    Shape shape = number(lo, hi);
    shape.kind_ = Kind::integer;
    return shape;
}

Shape Shape::boolean() {
    return Shape(Kind::boolean);
}

Shape Shape::interval() {
    return Shape(Kind::interval);
}

Shape Shape::list(Shape of, std::size_t limit) {
    Shape shape(Kind::list);
    shape.limit_ = limit;
    shape.parts_.push_back(std::move(of));
    return shape;
}

Shape Shape::map(Shape of, std::size_t limit) {
    Shape shape = list(std::move(of), limit);
    shape.kind_ = Kind::map;
    return shape;
}

Shape Shape::one_of(std::vector<Shape> shapes) {
    Shape shape(Kind::one_of);
    shape.parts_ = std::move(shapes);
    return shape;
}

Shape Shape::object(const std::vector<std::pair<std::string_view, Shape>>& fields) {
    Shape shape(Kind::object);
    for (const auto& [name, part] : fields) {
        shape.fields_.emplace_back(name);
        shape.parts_.push_back(part);
    }
    return shape;
}

void Shape::check_fields(const Json& json, std::string_view file, const std::string& path) const {
    if (!json.is_object()) fail(file, path, "is not an object");
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        std::string name = fields_[i];
        const bool optional = name.back() == '?';
        if (optional) name.pop_back();
        const auto found = json.find(name);
        if (found == json.end()) {
            if (optional) continue;
            fail(file, field(path, name), "is missing");
        }
        if (optional && found->is_null()) continue;
        parts_[i].check_at(*found, file, field(path, name));
    }
}

void Shape::check_at(const Json& json, std::string_view file, const std::string& path) const {
    switch (kind_) {
        case Kind::text:
            if (!json.is_string()) fail(file, path, "is not text");
            break;
        case Kind::boolean:
            if (!json.is_boolean()) fail(file, path, "is not true or false");
            break;
        case Kind::number:
        case Kind::integer:
            check_number(json, lo_, hi_, kind_ == Kind::integer, file, path);
            break;
        case Kind::interval:
            if (!json.is_array() || json.size() != 2) fail(file, path, "is not [low, high]");
            for (std::size_t i = 0; i < 2; ++i) {
                check_number(json[i], -1e12, 1e12, false, file, entry(path, i));
            }
            if (json[0].get<double>() > json[1].get<double>()) {
                fail(file, path, "has its low end above its high end");
            }
            break;
        case Kind::list:
            if (!json.is_array()) fail(file, path, "is not a list");
            if (json.size() > limit_) {
                fail(file, path, "has more than " + std::to_string(limit_) + " entries");
            }
            for (std::size_t i = 0; i < json.size(); ++i) {
                parts_[0].check_at(json[i], file, entry(path, i));
            }
            break;
        case Kind::map:
            if (!json.is_object()) fail(file, path, "is not an object");
            if (json.size() > limit_) {
                fail(file, path, "has more than " + std::to_string(limit_) + " entries");
            }
            for (const auto& item : json.items()) {
                parts_[0].check_at(item.value(), file, field(path, item.key()));
            }
            break;
        case Kind::one_of:
            // the error is the one of the last choice
            for (std::size_t i = 0; i + 1 < parts_.size(); ++i) {
                try {
                    parts_[i].check_at(json, file, path);
                    return;
                } catch (const Error&) {
                    continue;
                }
            }
            parts_.back().check_at(json, file, path);
            break;
        case Kind::object:
            check_fields(json, file, path);
            break;
    }
}

Json parse_checked(std::string_view text, std::string_view file, std::string_view schema,
                   int version, const Shape& shape) {
    Json json;
    try {
        json = Json::parse(text, [&](int depth, Json::parse_event_t, Json&) {
            if (depth > deepest) {
                fail(file, "", "is nested more than " + std::to_string(deepest) + " deep");
            }
            return true;
        });
    } catch (const nlohmann::json::exception& error) {
        std::string what = error.what();
        if (const auto at = what.find("] "); at != std::string::npos) what = what.substr(at + 2);
        fail(file, "", "is not JSON: " + what);
    }
    Shape::object({{"schema", Shape::text()}, {"version", Shape::integer(1, 1e6)}})
        .check(json, file);
    if (json["schema"] != schema) {
        fail(file, "schema",
             "is '" + json["schema"].get<std::string>().substr(0, 60) + "', not '" +
                 std::string(schema) + "'");
    }
    if (const int found = json["version"].get<int>(); found > version) {
        throw Error(
            ErrorKind::unsupported,
            "is " + std::to_string(found) + ", this axia reads up to " + std::to_string(version),
            std::string(file) + ": version", "use a newer axia");
    }
    shape.check(json, file);
    return json;
}

}  // namespace axia::report
