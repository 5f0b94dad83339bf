#include "core/text_lines.h"

#include <algorithm>

namespace massface {

std::vector<TextLine> text_lines(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<TextLine> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({static_cast<int64_t>(lines.size()) + 1, line});
  }
  return lines;
}

std::vector<std::string_view> cut_fields(std::string_view line) {
  return cut_fields(line, line.find('\t') == std::string_view::npos ? " " : "\t");
}

std::vector<std::string_view> cut_fields(std::string_view line, std::string_view separators) {
  std::vector<std::string_view> fields;
  for (size_t start = 0; start <= line.size();) {
    const size_t end = std::min(line.find_first_of(separators, start), line.size());
    if (const std::string_view field = trim(line.substr(start, end - start)); !field.empty()) fields.push_back(field);
    start = end + 1;
  }
  return fields;
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace massface
