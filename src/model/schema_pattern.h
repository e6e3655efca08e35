// Regular expressions of JSON schemas.
#pragma once

#include <string>

namespace axia::model {

/// The pattern as libllama's converter takes it, narrowed so that what fits it can stand between
/// quotes as it is: a dot or a negated class takes no quote, backslash or control character. Throws
/// Error{input, where} for a pattern that asks for one of those, and for what the converter would
/// leave out.
std::string held_pattern(const std::string& pattern, const std::string& where);

}  // namespace axia::model
