#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace massface {

struct TextLine {
  int64_t number;  // from 1
  std::string_view text;
};

// The lines of a text that may come from Windows: without \n, without \r before it, without a byte order mark in
// front. A \n at the very end starts no further line. Views into `text`.
std::vector<TextLine> text_lines(std::string_view text);

// Without the blanks and tabs at both ends. A view into `text`.
std::string_view trim(std::string_view text);

}  // namespace massface
