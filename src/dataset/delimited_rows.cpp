#include "dataset/delimited_rows.h"

#include "core/text_lines.h"

namespace massface {
namespace {

std::string_view first_line_of(std::string_view text) {
  for (const TextLine& line : text_lines(text)) {
    if (!trim(line.text).empty()) return line.text;
  }
  return "";
}

}  // namespace

std::vector<CsvRow> delimited_rows(std::string_view text) {
  const std::string_view first = first_line_of(text);
  for (const char separator : {'\t', ','}) {
    if (first.find(separator) != std::string_view::npos) return parse_csv(text, separator);
  }
  std::vector<CsvRow> rows;
  for (const TextLine& line : text_lines(text)) {
    CsvRow row{.line = line.number};
    for (const std::string_view field : cut_fields(line.text)) row.fields.emplace_back(field);
    if (!row.fields.empty()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace massface
