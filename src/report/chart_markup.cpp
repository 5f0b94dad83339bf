#include "report/chart_markup.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/chart_axis.h"
#include "report/html_text.h"

namespace massface {
namespace {

// The drawing's units. A phone shows them as pixels, a wide screen enlarges them, so letters stay readable on both.
constexpr double kWidth = 360, kHeight = 240;
constexpr double kLeft = 54, kRight = 20, kTop = 24, kBottom = 38;
constexpr double kPointRadius = 2.6;
constexpr size_t kColours = 6;
// Of lines, by the pattern of a series; the first is a whole line.
constexpr const char* kDashes[] = {"", "6 3", "2 2.5", "9 3 2 3", "1 4", "12 4"};

std::string colour_class(const ReportSeries& series) { return fmt::format("c{}", series.colour % kColours); }

std::string dash_of(const ReportSeries& series) {
  const char* dashes = kDashes[series.pattern % std::size(kDashes)];
  return *dashes == '\0' ? "" : fmt::format(" stroke-dasharray=\"{}\"", dashes);
}

bool is_drawn(const ReportPoint& point) { return std::isfinite(point.x) && std::isfinite(point.y); }
bool has_interval(const ReportPoint& point) {
  return std::isfinite(point.low) && std::isfinite(point.high) && point.low < point.high;
}

class ChartDrawing {
 public:
  explicit ChartDrawing(const ReportChart& chart)
      : chart_(chart), x_(chart.x, values_of(chart, /*of_x=*/true)), y_(chart.y, values_of(chart, /*of_x=*/false)) {}

  void add_to(PageText& page, const std::string& id) const {
    page.add("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{}-title {}-text\">", kWidth, kHeight, id, id);
    page.add("<title id=\"{}-title\">{}</title>\n<desc id=\"{}-text\">{}</desc>", id, html_text(chart_.heading), id,
             html_text(chart_.description));
    add_axes(page);
    for (const ReportSeries& series : chart_.series) add_intervals(page, series);
    for (const ReportSeries& series : chart_.series) add_values(page, series);
    for (size_t i = 0; i < chart_.markers.size(); ++i) add_marker(page, chart_.markers[i], i);
    page.add("</svg>");
  }

 private:
  static std::vector<double> values_of(const ReportChart& chart, bool of_x) {
    std::vector<double> values;
    for (const ReportSeries& series : chart.series) {
      for (const ReportPoint& point : series.points) {
        if (!is_drawn(point)) continue;
        values.push_back(of_x ? point.x : point.y);
        if (of_x || !has_interval(point)) continue;
        values.push_back(point.high);
        // The lower end of an interval may lie many decades below everything else.
        if (chart.y.scale == AxisScale::kLinear) values.push_back(point.low);
      }
      if (!of_x && series.form == SeriesForm::kArea) values.push_back(0);
    }
    return values;
  }

  double across(double x) const { return kLeft + x_.place_of(x) * (kWidth - kLeft - kRight); }
  double down(double y) const { return kHeight - kBottom - y_.place_of(y) * (kHeight - kTop - kBottom); }

  void add_axes(PageText& page) const {
    for (const double tick : y_.ticks()) {
      page.add("<line class=\"grid\" x1=\"{}\" x2=\"{}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>", kLeft, kWidth - kRight,
               down(tick), down(tick));
      page.add("<text x=\"{}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kLeft - 5, down(tick) + 3.5,
               y_.text_of(tick));
    }
    for (const double tick : x_.ticks()) {
      page.add("<line class=\"grid\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", across(tick), across(tick),
               kTop, kHeight - kBottom);
      page.add("<text x=\"{:.1f}\" y=\"{}\" text-anchor=\"middle\">{}</text>", across(tick), kHeight - kBottom + 13,
               x_.text_of(tick));
    }
    page.add("<text class=\"axis\" x=\"4\" y=\"11\">{}</text>", html_text(chart_.y.label));
    page.add("<text class=\"axis\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", kWidth - kRight, kHeight - 7,
             html_text(chart_.x.label));
  }

  // Returns the points of a polygon or a line as SVG writes them.
  template <class Value>
  void append_points(std::string& path, const ReportPoint& point, Value value) const {
    fmt::format_to(std::back_inserter(path), "{}{:.1f},{:.1f}", path.empty() ? "" : " ", across(point.x), down(value));
  }

  void add_intervals(PageText& page, const ReportSeries& series) const {
    if (series.form == SeriesForm::kArea) return;
    if (series.form == SeriesForm::kPoints) {
      for (const ReportPoint& point : series.points) {
        if (!is_drawn(point) || !has_interval(point)) continue;
        page.add("<line class=\"whisker {}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{:.1f}\" y2=\"{:.1f}\"/>",
                 colour_class(series), across(point.x), across(point.x), down(point.low), down(point.high));
      }
      return;
    }
    std::string outline;
    std::vector<const ReportPoint*> points;
    for (const ReportPoint& point : series.points) {
      if (is_drawn(point) && std::isfinite(point.low) && std::isfinite(point.high)) points.push_back(&point);
    }
    if (std::ranges::none_of(points, [](const ReportPoint* point) { return has_interval(*point); })) return;
    for (const ReportPoint* point : points) append_points(outline, *point, point->high);
    for (auto point = points.rbegin(); point != points.rend(); ++point) append_points(outline, **point, (*point)->low);
    page.add("<polygon class=\"band {}\" points=\"{}\"/>", colour_class(series), outline);
  }

  void add_values(PageText& page, const ReportSeries& series) const {
    std::vector<ReportPoint> points;
    std::ranges::copy_if(series.points, std::back_inserter(points), is_drawn);
    if (points.empty()) return;
    // A single point has no line.
    if (series.form == SeriesForm::kPoints || points.size() == 1) {
      for (const ReportPoint& point : points) {
        page.add("<circle class=\"dot {}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\"/>", colour_class(series),
                 across(point.x), down(point.y), kPointRadius);
      }
      return;
    }
    std::string line;
    for (const ReportPoint& point : points) append_points(line, point, point.y);
    if (series.form == SeriesForm::kArea) {
      std::string outline = line;
      append_points(outline, points.back(), y_.low());
      append_points(outline, points.front(), y_.low());
      page.add("<polygon class=\"area {}\" points=\"{}\"/>", colour_class(series), outline);
    }
    page.add("<polyline class=\"line {}\"{} points=\"{}\"/>", colour_class(series), dash_of(series), line);
  }

  void add_marker(PageText& page, const ReportMarker& marker, size_t index) const {
    if (!std::isfinite(marker.x)) return;
    constexpr size_t kLevels = 3;  // of labels, so that those of near markers do not lie on each other
    const double x = across(marker.x);
    const bool to_left = x > (kLeft + kWidth - kRight) / 2;
    page.add("<line class=\"marker\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>", x, x, kTop, kHeight - kBottom);
    page.add("<text class=\"mark\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>", x + (to_left ? -3 : 3),
             kTop + 10 + 12 * static_cast<double>(index % kLevels), to_left ? "end" : "start", html_text(marker.label));
  }

  const ReportChart& chart_;
  ChartAxis x_, y_;
};

void add_legend(PageText& page, const ReportChart& chart) {
  page.add("<ul class=\"legend\">");
  for (const ReportSeries& series : chart.series) {
    std::string sample;
    if (series.form == SeriesForm::kPoints) {
      sample = fmt::format("<circle class=\"dot {}\" cx=\"12\" cy=\"5\" r=\"3\"/>", colour_class(series));
    } else {
      if (series.form == SeriesForm::kArea) {
        sample = fmt::format("<rect class=\"area {}\" width=\"24\" height=\"10\"/>", colour_class(series));
      }
      sample += fmt::format("<line class=\"line {}\"{} x1=\"0\" x2=\"24\" y1=\"5\" y2=\"5\"/>", colour_class(series),
                            dash_of(series));
    }
    page.add("<li><svg width=\"24\" height=\"10\" aria-hidden=\"true\">{}</svg> {}</li>", sample,
             html_text(series.name));
  }
  page.add("</ul>");
}

}  // namespace

void add_chart(PageText& page, const ReportChart& chart, const std::string& id) {
  page.add("<figure class=\"chart\" id=\"{}\">\n<h3>{}</h3>", id, html_text(chart.heading));
  ChartDrawing(chart).add_to(page, id);
  if (!chart.series.empty()) add_legend(page, chart);
  page.add("<p class=\"soft\">{}</p>", html_text(chart.description));
  if (!chart.numbers.rows.empty()) {
    page.add("<details><summary>Numbers: {}</summary>", html_text(chart.heading));
    add_table(page, chart.numbers);
    page.add("</details>");
  }
  page.add("</figure>");
}

}  // namespace massface
