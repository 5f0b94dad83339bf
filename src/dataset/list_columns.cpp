#include "dataset/list_columns.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/text_lines.h"
#include "dataset/image_file_name.h"

namespace massface {
namespace {

// Removes the quoted column at the start of `text`, up to the separator, and returns its content. Returns nullopt if
// there is none: a name may also begin with a quote of its own.
std::optional<std::string> take_quoted(std::string_view& text, char separator) {
  std::string content;
  for (size_t i = 1; text.starts_with('"') && i < text.size(); ++i) {
    if (text[i] == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      ++i;
    } else if (text[i] == '"') {
      const size_t end = std::min(text.find_first_not_of(' ', i + 1), text.size());
      if (end < text.size() && text[end] != separator) return std::nullopt;
      text.remove_prefix(end);
      return content;
    }
    content += text[i];
  }
  return std::nullopt;
}

std::vector<std::string> columns_between(std::string_view line, char separator) {
  std::vector<std::string> columns;
  while (true) {
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (auto quoted = take_quoted(line, separator)) {
      columns.push_back(*std::move(quoted));
    } else {
      const std::string_view column = line.substr(0, line.find(separator));
      // Several tabs in a row line up the columns of some lists.
      if (separator != '\t' || !trim(column).empty()) columns.emplace_back(trim(column));
      line.remove_prefix(column.size());
    }
    if (line.empty()) return columns;
    line.remove_prefix(1);
  }
}

std::vector<std::string> cut_at_space(std::string_view line, bool identity_first) {
  const size_t cut = identity_first ? line.find(' ') : line.rfind(' ');
  if (cut == std::string_view::npos) return {};
  return {std::string(trim(line.substr(0, cut))), std::string(trim(line.substr(cut + 1)))};
}

bool has_tab(std::string_view line) { return line.find('\t') != std::string_view::npos; }

// Returns whether the line has two columns between commas, one of which is an image.
bool is_csv(std::string_view line) {
  const auto columns = columns_between(line, ',');
  if (columns.size() != 2) return false;
  return has_image_name(columns[0]) || has_image_name(columns[1]) || line.find(' ') == std::string_view::npos;
}

}  // namespace

ListColumns columns_of(std::string_view line) {
  line = trim(line);
  ListColumns columns{.commas = !has_tab(line) && is_csv(line)};
  const auto as_path_first = cut_list_line(line, columns);
  columns.identity_first = true;
  const auto as_identity_first = cut_list_line(line, columns);
  columns.identity_first = as_path_first && !has_image_name(as_path_first->path) && as_identity_first &&
                           has_image_name(as_identity_first->path);
  return columns;
}

std::optional<ListLine> cut_list_line(std::string_view line, const ListColumns& columns) {
  line = trim(line);
  std::vector<std::string> parts = has_tab(line)    ? columns_between(line, '\t')
                                   : columns.commas ? columns_between(line, ',')
                                                    : cut_at_space(line, columns.identity_first);
  if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) return std::nullopt;
  if (columns.identity_first) std::swap(parts[0], parts[1]);
  return ListLine{std::move(parts[0]), std::move(parts[1])};
}

}  // namespace massface
