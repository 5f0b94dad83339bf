#pragma once

#include <string>

#include "report/page_text.h"
#include "report/report_chart.h"

namespace massface {

// Appends the chart as a figure: heading, drawing (SVG, with a title and a description), legend, and the numbers in a
// table that unfolds. id: of the figure, unique in its page. Texts are escaped.
void add_chart(PageText& page, const ReportChart& chart, const std::string& id);

// Appends a table in a frame that scrolls where the screen is too narrow for it.
void add_table(PageText& page, const ReportTable& table);

}  // namespace massface
