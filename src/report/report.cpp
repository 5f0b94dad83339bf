#include "report/report.h"

#include <fmt/format.h>

#include "core/base64.h"
#include "core/error.h"
#include "report/chart_markup.h"
#include "report/html_text.h"
#include "report/page_style.h"
#include "report/page_text.h"

namespace massface {
namespace {

const char* class_of(ReportMark mark) {
  switch (mark) {
    case ReportMark::kInQuestion:
      return " class=\"in-question\"";
    case ReportMark::kMatch:
      return " class=\"match\"";
    case ReportMark::kPlain:
      return "";
  }
  check(false, "every mark has a class");
  return "";
}

void add_picture(PageText& page, const ReportPicture& picture) {
  const bool is_png = !picture.bytes.empty() && picture.bytes.front() == 0x89;
  page.add(
      "<figure{}><img src=\"data:image/{};base64,{}\" width=\"{}\" height=\"{}\" alt=\"{}\">{}"
      "</figure>",
      class_of(picture.mark), is_png ? "png" : "jpeg", base64(picture.bytes), picture.width, picture.height,
      html_text(picture.alt),
      picture.caption.empty() ? "" : fmt::format("<figcaption>{}</figcaption>", html_text(picture.caption)));
}

void add_case(PageText& page, const ReportCase& shown) {
  page.add("<article>\n<h3>{}</h3>", html_text(shown.heading));
  if (!shown.text.empty()) page.add("<p>{}</p>", html_text(shown.text));
  for (const ReportStrip& strip : shown.strips) {
    if (!strip.label.empty()) page.add("<div class=\"label\">{}</div>", html_text(strip.label));
    page.add("<div class=\"strip\">");
    for (const ReportPicture& picture : strip.pictures) add_picture(page, picture);
    page.add("</div>");
  }
  page.add("</article>");
}

void add_section(PageText& page, const ReportSection& section, size_t number) {
  page.add("<section id=\"section-{}\">\n<h2>{}</h2>", number, html_text(section.heading));
  for (const std::string& paragraph : section.paragraphs) page.add("<p>{}</p>", html_text(paragraph));
  for (const ReportTable& table : section.tables) add_table(page, table);
  if (!section.charts.empty()) {
    page.add("<div class=\"charts\">");
    for (size_t i = 0; i < section.charts.size(); ++i) {
      add_chart(page, section.charts[i], fmt::format("chart-{}-{}", number, i));
    }
    page.add("</div>");
  }
  if (section.small_cases) page.add("<div class=\"cases\">");
  for (const ReportCase& shown : section.cases) add_case(page, shown);
  if (section.small_cases) page.add("</div>");
  page.add("</section>");
}

void add_contents(PageText& page, const std::vector<ReportSection>& sections) {
  page.add("<nav aria-label=\"Sections\"><ul>");
  for (size_t i = 0; i < sections.size(); ++i) {
    page.add("<li><a href=\"#section-{}\">{}</a></li>", i, html_text(sections[i].heading));
  }
  page.add("</ul></nav>");
}

}  // namespace

std::string to_html(const Report& report) {
  PageText page;
  const std::string title = html_text(report.title);
  page.add("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">");
  page.add("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>", title);
  page.add("<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>", kPageStyle, title);
  if (!report.summary.empty()) page.add("<p class=\"soft\">{}</p>", html_text(report.summary));
  if (report.sections.size() > 1) add_contents(page, report.sections);
  for (size_t i = 0; i < report.sections.size(); ++i) add_section(page, report.sections[i], i);
  page.add("</main>\n</body>\n</html>");
  return page.take();
}

}  // namespace massface
