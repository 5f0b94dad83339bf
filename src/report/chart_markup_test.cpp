#include "report/chart_markup.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/testing_text.h"
#include "report/testing_page.h"

namespace massface {
namespace {

std::string markup_of(const ReportChart& chart) {
  PageText page;
  add_chart(page, chart, "chart");
  return page.take();
}

ReportChart line_chart() {
  return {.heading = "Loss",
          .description = "What falls.",
          .x = {.label = "Step"},
          .y = {.label = "Loss"},
          .series = {{.name = "first", .points = {{0, 0, 0, 1}, {5, 1, 0.5, 1.5}, {10, 2, 2, 2}}}}};
}

// The drawing is 360 x 240 with margins of 54 and 20, 24 and 38: x from 54 to 340, y from 202 up to 24. The axes reach
// from 0 to 10 and from 0 to 2.
TEST(ChartMarkup, PutsValuesWhereTheAxesSay) {
  const std::string page = markup_of(line_chart());
  EXPECT_TRUE(has(page, "<polyline class=\"line c0\" points=\"54.0,202.0 197.0,113.0 340.0,24.0\"/>")) << page;
  // Up along the upper ends of the intervals, back along the lower ones.
  EXPECT_TRUE(has(page,
                  "<polygon class=\"band c0\" points=\"54.0,113.0 197.0,68.5 340.0,24.0 340.0,24.0 197.0,157.5 "
                  "54.0,202.0\"/>"))
      << page;
  expect_well_formed(page);
}

TEST(ChartMarkup, SaysWhatItShowsToWhoeverDoesNotSeeIt) {
  ReportChart chart = line_chart();
  EXPECT_FALSE(has(markup_of(chart), "<details>"));
  chart.numbers = {.caption = "All of it", .header = {"Step", "Loss"}, .rows = {{"0", "0.5"}, {"10", "2"}}};
  const std::string page = markup_of(chart);
  EXPECT_TRUE(has(page, "role=\"img\" aria-labelledby=\"chart-title chart-text\""));
  EXPECT_TRUE(has(page, "<title id=\"chart-title\">Loss</title>\n<desc id=\"chart-text\">What falls.</desc>"));
  EXPECT_TRUE(has(page, "<summary>Numbers: Loss</summary>"));
  EXPECT_TRUE(has(page, "<tr><td>10</td><td>2</td></tr>"));
  EXPECT_TRUE(has(page, "role=\"region\" tabindex=\"0\" aria-label=\"All of it\""));
  expect_well_formed(page);
}

TEST(ChartMarkup, TellsSeriesApartWithoutColours) {
  ReportChart chart = line_chart();
  chart.series.push_back(chart.series.front());
  chart.series.back().colour = 7;  // the second colour again
  chart.series.back().pattern = 1;
  const std::string page = markup_of(chart);
  EXPECT_EQ(count_of(page, "<polyline class=\"line c1\" stroke-dasharray=\"6 3\""), 1);
  EXPECT_EQ(count_of(page, "<line class=\"line c1\" stroke-dasharray=\"6 3\""), 1);  // in the legend
}

TEST(ChartMarkup, LeavesOutWhatIsNotFinite) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  ReportChart chart = line_chart();
  chart.series[0].points = {{0, 1}, {nan, 1}, {5, infinity}, {7, 2, nan, infinity}, {10, 3}};
  chart.markers = {{nan, "nowhere"}, {5, "phase"}};
  const std::string page = markup_of(chart);
  EXPECT_FALSE(has(page, "nan"));
  EXPECT_FALSE(has(page, "inf"));
  EXPECT_FALSE(has(page, "nowhere"));
  EXPECT_TRUE(has(page, ">phase</text>"));
  EXPECT_EQ(count_of(page, "<polyline"), 1);
  EXPECT_EQ(count_of(page, "<polygon"), 0);
}

TEST(ChartMarkup, DrawsPointsWithWhiskersAndAreasDownToTheAxis) {
  ReportChart chart = line_chart();
  chart.series[0].form = SeriesForm::kPoints;
  const std::string points = markup_of(chart);
  EXPECT_TRUE(has(points, "<line class=\"whisker c0\" x1=\"197.0\" x2=\"197.0\" y1=\"157.5\" y2=\"68.5\"/>")) << points;
  EXPECT_EQ(count_of(points, "<line class=\"whisker"), 2);  // the last has no interval
  EXPECT_EQ(count_of(points, "<circle class=\"dot c0\""), 4);
  chart.series[0].form = SeriesForm::kArea;
  const std::string area = markup_of(chart);
  EXPECT_TRUE(
      has(area, "<polygon class=\"area c0\" points=\"54.0,202.0 197.0,113.0 340.0,24.0 340.0,202.0 54.0,202.0\"/>"))
      << area;
  chart.series[0] = {.name = "alone", .points = {{3, 1}}};
  EXPECT_EQ(count_of(markup_of(chart), "<circle"), 1);  // a line of one point would be invisible
}

}  // namespace
}  // namespace massface
