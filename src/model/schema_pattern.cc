#include "schema_pattern.h"

#include <json-schema-to-grammar.h>

#include <cstdint>

#include "axia/core/error.h"

namespace axia::model {

using core::Error;
using core::ErrorKind;

namespace {

constexpr const char* unspeakable =
    "\\x22\\x5C\\x00-\\x1F";  // quote, backslash, control characters

bool needs_escape(std::uint32_t c) {
    return c < 0x20 || c == '"' || c == '\\';
}

bool spans_escape(std::uint32_t from, std::uint32_t to) {
    return from < 0x20 || (from <= '"' && to >= '"') || (from <= '\\' && to >= '\\');
}

class PatternReader {
  public:
    PatternReader(const std::string& pattern, const std::string& where)
        : pattern_(pattern), where_(where) {}

    std::string read() {
        while (at_ < pattern_.size()) {
            if (pattern_[at_] == '[') {
                read_class();
            } else if (pattern_[at_] == '.') {
                out_ += std::string("[^") + unspeakable + "]";
                ++at_;
            } else if (const std::string shorthand = read_shorthand(); !shorthand.empty()) {
                out_ += "[" + shorthand + "]";
            } else if (needs_escape(read_character())) {
                refuse_escape();
            }
        }
        return out_;
    }

  private:
    [[noreturn]] void refuse(const std::string& what, const std::string& hint = {}) const {
        throw Error(ErrorKind::input, what, where_, hint);
    }
    [[noreturn]] void refuse_escape() const {
        refuse("takes a quote, a backslash or a control character",
               "these stand escaped in JSON, which a pattern cannot be held to");
    }

    /// \d and \w, as the inside of a class; empty when it is something else.
    std::string read_shorthand() {
        if (pattern_[at_] != '\\' || at_ + 1 == pattern_.size()) return {};
        const char name = pattern_[at_ + 1];
        if (name != 'd' && name != 'w') return {};
        at_ += 2;
        return name == 'd' ? "0-9" : "A-Za-z0-9_";
    }

    /// Copies one character, written as it is or escaped; gives its code, or 0x80 and more for
    /// those beyond ASCII.
    std::uint32_t read_character() {
        const std::size_t begin = at_;
        std::uint32_t code = static_cast<unsigned char>(pattern_[at_++]);
        if (code == '\\') {
            if (at_ == pattern_.size()) refuse("ends in a backslash");
            const char name = pattern_[at_++];
            code = static_cast<unsigned char>(name);
            if (name == 't' || name == 'n' || name == 'r' || name == 'f' || name == 'v') code = 0;
            if (name == 'x' || name == 'u') code = read_hex(name == 'x' ? 2 : 4);
        }
        out_ += pattern_.substr(begin, at_ - begin);
        return code;
    }

    std::uint32_t read_hex(std::size_t digits) {
        std::uint32_t code = 0;
        for (const std::size_t end = at_ + digits; at_ < end; ++at_) {
            const std::string known = "0123456789abcdef0123456789ABCDEF";
            const std::size_t found =
                at_ < pattern_.size() ? known.find(pattern_[at_]) : known.npos;
            if (found == known.npos) refuse("has an escape that is cut");
            code = code * 16 + static_cast<std::uint32_t>(found % 16);
        }
        return code;
    }

    void read_class() {
        out_ += pattern_[at_++];
        const bool negated = at_ < pattern_.size() && pattern_[at_] == '^';
        if (negated) out_ += pattern_[at_++];
        std::uint32_t last = 0;
        bool range = false;  // a range goes on from `last`
        for (bool first = true; at_ < pattern_.size() && pattern_[at_] != ']'; first = false) {
            if (pattern_[at_] == '-' && !first && !range) {
                out_ += pattern_[at_++];
                range = true;
                continue;
            }
            if (const std::string shorthand = read_shorthand(); !shorthand.empty()) {
                const bool ranged =
                    at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']';
                if (range || ranged) refuse("has a range that ends in no character");
                out_ += shorthand;
                last = '_';
                continue;
            }
            const std::uint32_t code = read_character();
            const bool hit = range ? spans_escape(last, code) : needs_escape(code);
            if (hit && !negated) refuse_escape();
            last = code;
            range = false;
        }
        if (at_ == pattern_.size()) refuse("has a class that does not end");
        if (negated) out_ += unspeakable;
        out_ += pattern_[at_++];
    }

    const std::string& pattern_;
    const std::string& where_;
    std::size_t at_ = 0;
    std::string out_;
};

/// Whether the converter makes a rule of the pattern. For one that it does not know it writes a
/// line on stderr and takes any text; asked in the middle of making a grammar it does neither.
bool converts(const std::string& pattern) {
    struct Asked {
        bool known;
    };
    try {
        build_grammar([&](const common_grammar_builder& builder) {
            common_chat_schema_string text;
            text.pattern = pattern;
            const std::string name = builder.add_schema("text", text);
            // a rule of that name with that body is there already, or the name changes
            throw Asked{!name.empty() && builder.add_rule(name, "string") != name};
        });
    } catch (const Asked& asked) {
        return asked.known;
    } catch (const std::exception&) {
        return false;
    }
    return false;
}

}  // namespace

std::string held_pattern(const std::string& pattern, const std::string& where) {
    std::string held = PatternReader(pattern, where).read();
    if (!held.empty() && !converts(held)) {
        throw Error(
            ErrorKind::input, "an answer cannot be held to this pattern", where,
            "it must start with ^ and end with $; groups, classes, \\d, \\w, |, ?, *, + and "
            "{} may stand between");
    }
    return held;
}

}  // namespace axia::model
