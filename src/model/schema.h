// What of a JSON schema libllama's grammars can hold an answer to.
#pragma once

#include <string>

namespace axia::model {

/// The schema in the form that libllama's converter reads rightly; every answer of its grammar is
/// valid for the schema given. Throws Error{input}, `where` being the path within the schema
/// ("properties.age.minimum"), for what is no schema and for every assertion that the converter
/// would leave out. Two exceptions: oneOf is taken as anyOf, and what a draft calls annotations
/// (title, default, examples, unknown names) is passed over.
std::string held_schema(const std::string& json_schema);

}  // namespace axia::model
