#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace massface {

struct TextLine {
  int64_t number;  // from 1
  std::string_view text;
};

// Splits a text, which may come from Windows, into lines without \n, without \r before it and without a byte order mark
// at the beginning. A \n at the very end does not start another line. The lines are views into `text`.
std::vector<TextLine> text_lines(std::string_view text);

// Cuts a line into its fields: at its tabs if it has any, so that a field may contain spaces, otherwise at its spaces.
// Fields are trimmed, and empty ones are left out. Views into `line`.
std::vector<std::string_view> cut_fields(std::string_view line);

// The same with the given separators, any of which ends a field.
std::vector<std::string_view> cut_fields(std::string_view line, std::string_view separators);

// Removes spaces and tabs at both ends. Returns a view into `text`.
std::string_view trim(std::string_view text);

}  // namespace massface
