// Looking things up in what was read.
#include <limits>

#include "axia/data/gguf.h"

namespace axia::data {

namespace {

std::optional<std::int64_t> narrowed(std::uint64_t value) {
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
    }
    return static_cast<std::int64_t>(value);
}

}  // namespace

const GgufTensor* GgufFile::tensor(std::string_view wanted) const {
    for (const GgufTensor& one : tensors) {
        if (one.name == wanted) return &one;
    }
    return nullptr;
}

const GgufValue* GgufFile::find(std::string_view key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
}

std::optional<std::string> GgufFile::text(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr || !std::holds_alternative<std::string>(value->data)) return std::nullopt;
    return std::get<std::string>(value->data);
}

std::optional<std::int64_t> GgufFile::integer(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* one = std::get_if<std::int64_t>(&value->data)) return *one;
    if (const auto* one = std::get_if<std::uint64_t>(&value->data)) return narrowed(*one);
    return std::nullopt;
}

std::optional<double> GgufFile::number(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* one = std::get_if<double>(&value->data)) return *one;
    if (const auto* one = std::get_if<std::int64_t>(&value->data)) return static_cast<double>(*one);
    if (const auto* one = std::get_if<std::uint64_t>(&value->data)) {
        return static_cast<double>(*one);
    }
    return std::nullopt;
}

std::optional<bool> GgufFile::boolean(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr || !std::holds_alternative<bool>(value->data)) return std::nullopt;
    return std::get<bool>(value->data);
}

std::optional<std::vector<std::int64_t>> GgufFile::integers(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value->data)) return *list;
    const auto* list = std::get_if<std::vector<std::uint64_t>>(&value->data);
    if (list == nullptr) return std::nullopt;
    std::vector<std::int64_t> result;
    for (const std::uint64_t one : *list) {
        const std::optional<std::int64_t> small = narrowed(one);
        if (!small) return std::nullopt;
        result.push_back(*small);
    }
    return result;
}

std::optional<std::vector<double>> GgufFile::numbers(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    if (const auto* list = std::get_if<std::vector<double>>(&value->data)) return *list;
    const std::optional<std::vector<std::int64_t>> list = integers(key);
    if (!list) return std::nullopt;
    return std::vector<double>(list->begin(), list->end());
}

std::optional<std::vector<std::string>> GgufFile::texts(std::string_view key) const {
    const GgufValue* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto* list = std::get_if<std::vector<std::string>>(&value->data);
    if (list == nullptr) return std::nullopt;
    return *list;
}

}  // namespace axia::data
