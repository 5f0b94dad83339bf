#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace massface {

// The content of a chart of a report. Texts are plain text in any bytes.

enum class AxisScale { kLinear, kLogarithmic };
enum class AxisUnit { kNumber, kPercent };  // kPercent: values are fractions and written as percentages

// The range of an axis is that of the chart's points, unless low or high say otherwise. On a logarithmic axis, values
// that are not above its low end, such as 0, are drawn at that end.
struct ReportAxis {
  std::string label;
  AxisScale scale = AxisScale::kLinear;
  AxisUnit unit = AxisUnit::kNumber;
  std::optional<double> low = {}, high = {};
};

// A value with the interval that a band or a whisker shows. Points with x or y that are not finite are left out; an
// interval that is not finite is none.
struct ReportPoint {
  double x = 0;
  double y = 0;
  double low = y;
  double high = y;
};

enum class SeriesForm {
  kLine,    // points joined by straight lines, in a band of their intervals
  kArea,    // the same, filled down to the axis, without intervals
  kPoints,  // points with whiskers
};

// Series are told apart by their colour (0 to 5, then from the beginning again) and by the pattern of their line, so
// that they stay distinct in print and to everybody's eyes.
struct ReportSeries {
  std::string name;
  std::vector<ReportPoint> points;  // by ascending x
  SeriesForm form = SeriesForm::kLine;
  size_t colour = 0;
  size_t pattern = 0;  // 0: a whole line
};

// A vertical line.
struct ReportMarker {
  double x = 0;
  std::string label;
};

struct ReportTable {
  std::string caption;
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  // as many cells as the header; all but the first are aligned right
};

struct ReportChart {
  std::string heading;
  std::string description;  // what a reader who does not see the chart should know about it
  ReportAxis x, y;
  std::vector<ReportSeries> series;
  std::vector<ReportMarker> markers = {};
  ReportTable numbers = {};  // the values, for readers who cannot or would rather not look; none if it has no rows
};

}  // namespace massface
