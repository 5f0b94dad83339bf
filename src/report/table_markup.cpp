#include <fmt/format.h>

#include "core/error.h"
#include "report/chart_markup.h"
#include "report/html_text.h"

namespace massface {
namespace {

void add_table_row(PageText& page, const std::vector<std::string>& cells, const char* element, const char* scope) {
  std::string row;
  for (const std::string& cell : cells) {
    row += fmt::format("<{}{}>{}</{}>", element, scope, html_text(cell), element);
  }
  page.add("<tr>{}</tr>", row);
}

}  // namespace

void add_table(PageText& page, const ReportTable& table) {
  // What scrolls must be reachable by keyboard, and what is reachable must have a name.
  page.add(
      "<div class=\"table\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table>\n<caption>{}</caption>\n<thead>",
      html_text(table.caption), html_text(table.caption));
  add_table_row(page, table.header, "th", " scope=\"col\"");
  page.add("</thead>\n<tbody>");
  for (const auto& row : table.rows) {
    check(row.size() == table.header.size(), "a row has a cell for each column");
    add_table_row(page, row, "td", "");
  }
  page.add("</tbody>\n</table></div>");
}

}  // namespace massface
