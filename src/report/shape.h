// What a JSON file must look like, as data: checked before the page sees it.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace axia::report {

using Json = nlohmann::ordered_json;

/// The shape of one JSON value. Fields that a shape does not name are let through.
class Shape {
  public:
    static Shape text();
    static Shape number(double lo = -1e12, double hi = 1e12);
    static Shape integer(double lo, double hi);
    static Shape boolean();
    static Shape interval();  // [lo, hi], lo <= hi
    static Shape list(Shape of, std::size_t limit);
    static Shape map(Shape of, std::size_t limit);  // an object with any keys
    static Shape one_of(std::vector<Shape> shapes);
    /// Fields named "x?" may be missing or null.
    static Shape object(const std::vector<std::pair<std::string_view, Shape>>& fields);

    /// Throws Error{input} with "`file`: path.to[3].field" where `json` differs.
    void check(const Json& json, std::string_view file) const { check_at(json, file, ""); }

  private:
    enum class Kind { text, number, integer, boolean, interval, list, map, one_of, object };

    explicit Shape(Kind kind) : kind_(kind) {}
    void check_at(const Json& json, std::string_view file, const std::string& path) const;
    void check_fields(const Json& json, std::string_view file, const std::string& path) const;

    Kind kind_;
    double lo_ = 0, hi_ = 0;
    std::size_t limit_ = 0;
    std::vector<Shape> parts_;         // of the entries, the choices or the fields
    std::vector<std::string> fields_;  // their names, with their "?"
};

/// Throws Error{input} unless `text` is JSON of this schema, nested at most 64 deep,
/// Error{unsupported} for a version above `version`; then checks the shape. `file` stands in
/// errors.
Json parse_checked(std::string_view text, std::string_view file, std::string_view schema,
                   int version, const Shape& shape);

}  // namespace axia::report
