#include "report/report.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/testing_text.h"
#include "report/html_text.h"
#include "report/testing_page.h"

namespace massface {
namespace {

constexpr char kHostile[] = "<script>alert(\"1\")</script> & 'co' \xff\n";

Report hostile_report() {
  return {.title = kHostile,
          .summary = kHostile,
          .sections = {{.heading = kHostile,
                        .paragraphs = {kHostile},
                        .tables = {{.caption = kHostile, .header = {kHostile, "n"}, .rows = {{kHostile, "3"}}}},
                        .charts = {{.heading = kHostile,
                                    .description = kHostile,
                                    .x = {.label = kHostile},
                                    .y = {.label = kHostile},
                                    .series = {{.name = kHostile, .points = {{1, 2}, {3, 4}}}},
                                    .markers = {{.x = 2, .label = kHostile}}}},
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
  // Title (twice), summary, contents, heading, paragraph, table (4), chart (heading and description twice each, both
  // axes, series, marker), case (2), label, alt, caption.
  EXPECT_EQ(count_of(page, html_text(kHostile)), 23);
  expect_well_formed(page);
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
  expect_well_formed(page);
}

TEST(Report, PutsSmallCasesSideBySide) {
  Report report = hostile_report();
  EXPECT_FALSE(has(to_html(report), "<div class=\"cases\">"));
  report.sections[0].small_cases = true;
  EXPECT_TRUE(has(to_html(report), "<div class=\"cases\">\n<article>"));
  expect_well_formed(to_html(report));
}

TEST(Report, APngIsCalledOne) {
  Report report = hostile_report();
  report.sections[0].cases[0].strips[0].pictures[0].bytes = {0x89, 'P', 'N', 'G'};
  EXPECT_TRUE(has(to_html(report), "data:image/png;base64,iVBORw==\""));
}

}  // namespace
}  // namespace massface
