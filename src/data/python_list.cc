#include <charconv>
#include <cstdint>
#include <string>
#include <vector>

#include "axia/core/error.h"
#include "axia/core/files.h"
#include "axia/data/battery_sets.h"

namespace axia::data {

namespace {

constexpr std::size_t max_entries = 100'000;

/// repr() of a list of strings, read byte by byte.
class ListParser {
  public:
    ListParser(std::string_view text, const std::string& where) : text_(text), where_(where) {}

    std::vector<std::string> run() {
        std::vector<std::string> list;
        expect('[');
        skip_blanks();
        while (!next_is(']')) {
            if (list.size() == max_entries) fail("has too many entries");
            list.push_back(entry());
            skip_blanks();
            if (next_is(']')) break;
            expect(',');
            skip_blanks();
        }
        ++at_;
        skip_blanks();
        if (at_ != text_.size()) fail("goes on after its end");
        return list;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw core::Error(core::ErrorKind::input,
                          "the list " + what + " at byte " + std::to_string(at_ + 1), where_,
                          "a Python list of texts is wanted: ['a', 'b']");
    }

    bool next_is(char c) const { return at_ < text_.size() && text_[at_] == c; }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' ||
                                      text_[at_] == '\n' || text_[at_] == '\r')) {
            ++at_;
        }
    }

    void expect(char c) {
        skip_blanks();
        if (!next_is(c)) fail(std::string("wants '") + c + "'");
        ++at_;
    }

    bool word(std::string_view wanted) {
        if (!text_.substr(at_).starts_with(wanted)) return false;
        at_ += wanted.size();
        return true;
    }

    std::string entry() {
        if (word("nan") || word("None")) return {};
        if (!next_is('\'') && !next_is('"')) fail("holds something that is no text");
        const char quote = text_[at_++];
        std::string out;
        for (;;) {
            if (at_ >= text_.size()) fail("ends inside a text");
            const char c = text_[at_++];
            if (c == quote) return out;
            if (c == '\\') {
                escape(out);
            } else {
                out += c;
            }
        }
    }

    void escape(std::string& out) {
        if (at_ >= text_.size()) fail("ends inside a text");
        const char c = text_[at_++];
        switch (c) {
            case 'n':
                out += '\n';
                break;
            case 't':
                out += '\t';
                break;
            case 'r':
                out += '\r';
                break;
            case '\\':
            case '\'':
            case '"':
                out += c;
                break;
            case 'x':
                code_point(2, out);
                break;
            case 'u':
                code_point(4, out);
                break;
            case 'U':
                code_point(8, out);
                break;
            default:
                fail("has an escape that repr does not write");
        }
    }

    void code_point(std::size_t digits, std::string& out) {
        const std::string_view hex = text_.substr(at_, digits);
        std::uint32_t code = 0;
        const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
        if (hex.size() != digits || error != std::errc() || end != hex.data() + digits) {
            fail("has a broken escape");
        }
        if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
            fail("has an escape that is no character");
        }
        at_ += digits;
        const auto byte = [&](std::uint32_t bits) { out += static_cast<char>(bits); };
        if (code < 0x80) {
            byte(code);
        } else if (code < 0x800) {
            byte(0xC0 | (code >> 6));
            byte(0x80 | (code & 0x3F));
        } else if (code < 0x10000) {
            byte(0xE0 | (code >> 12));
            byte(0x80 | ((code >> 6) & 0x3F));
            byte(0x80 | (code & 0x3F));
        } else {
            byte(0xF0 | (code >> 18));
            byte(0x80 | ((code >> 12) & 0x3F));
            byte(0x80 | ((code >> 6) & 0x3F));
            byte(0x80 | (code & 0x3F));
        }
    }

    std::string_view text_;
    const std::string& where_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> parse_python_list(std::string_view text, const std::string& where) {
    if (!core::is_utf8(text)) {
        throw core::Error(core::ErrorKind::input, "is not valid UTF-8", where);
    }
    return ListParser(text, where).run();
}

}  // namespace axia::data
