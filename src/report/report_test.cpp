#include "report/report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "report/html_text.h"

namespace massface {
namespace {

constexpr char kHostile[] = "<script>alert(\"1\")</script> & 'co' \xff\n";

bool has(const std::string& page, const std::string& text) { return page.find(text) != std::string::npos; }

int64_t count_of(const std::string& page, const std::string& text) {
  int64_t count = 0;
  for (size_t at = page.find(text); at != std::string::npos; at = page.find(text, at + 1)) ++count;
  return count;
}

Report hostile_report() {
  return {.title = kHostile,
          .summary = kHostile,
          .sections = {{.heading = kHostile,
                        .paragraphs = {kHostile},
                        .tables = {{.caption = kHostile, .header = {kHostile, "n"}, .rows = {{kHostile, "3"}}}},
                        .cases = {{.heading = kHostile,
                                   .text = kHostile,
                                   .strips = {{.label = kHostile,
                                               .pictures = {{.bytes = {0xFF, 0xD8, 0xFF},
                                                             .width = 96,
                                                             .height = 112,
                                                             .alt = kHostile,
                                                             .caption = kHostile,
                                                             .mark = ReportMark::kInQuestion}}}}}}},
                       {.heading = "Second"}}};
}

TEST(Report, NamesCannotBreakThePage) {
  EXPECT_EQ(html_text(kHostile), "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;co&#39; \\xff\\n");
  const std::string page = to_html(hostile_report());
  EXPECT_FALSE(has(page, "<script"));
  EXPECT_FALSE(has(page, "\xff"));
  // Title (twice), summary, contents, heading, paragraph, table (3), case (2), label, alt, caption.
  EXPECT_EQ(count_of(page, html_text(kHostile)), 14);
}

TEST(Report, IsOnePageWithItsPictures) {
  const std::string page = to_html(hostile_report());
  EXPECT_TRUE(has(page,
                  "<figure class=\"in-question\"><img src=\"data:image/jpeg;base64,/9j/\" width=\"96\" "
                  "height=\"112\" alt=\"&lt;script"));
  EXPECT_FALSE(has(page, "http"));
  EXPECT_FALSE(has(page, "url("));
  EXPECT_TRUE(has(page, "prefers-color-scheme: dark"));
  EXPECT_TRUE(has(page, "@media print"));
  EXPECT_TRUE(has(page, "name=\"viewport\""));
  EXPECT_TRUE(has(page, "<a href=\"#section-1\">Second</a>"));
  EXPECT_TRUE(has(page, "<section id=\"section-1\">\n<h2>Second</h2>"));
  for (const char* element :
       {"html", "head",   "body",       "main", "section", "article", "table", "tr", "td", "th",
        "div",  "figure", "figcaption", "ul",   "li",      "nav",     "p",     "h1", "h2", "h3"}) {
    const std::string name = element;
    EXPECT_EQ(count_of(page, "<" + name + ">") + count_of(page, "<" + name + " "), count_of(page, "</" + name + ">"))
        << name;
  }
}

TEST(Report, APngIsCalledOne) {
  Report report = hostile_report();
  report.sections[0].cases[0].strips[0].pictures[0].bytes = {0x89, 'P', 'N', 'G'};
  EXPECT_TRUE(has(to_html(report), "data:image/png;base64,iVBORw==\""));
}

}  // namespace
}  // namespace massface
