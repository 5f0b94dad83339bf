#pragma once

#include <string>
#include <vector>

#include "report/report_chart.h"

namespace massface {

// An axis with its range: where values lie on it, and which of them are written.
class ChartAxis {
 public:
  // values: those to be shown, in any order; the range contains them. Values that are not finite are ignored, on a
  // logarithmic axis also those that are not above 0. Without any value, the range is 0 to 1, or 1e-3 to 1.
  ChartAxis(const ReportAxis& axis, const std::vector<double>& values);

  // Returns the place of a value between the low end, 0, and the high end, 1. Values beyond an end lie at it.
  double place_of(double value) const;

  // Round values within the range, ascending: at most eight.
  const std::vector<double>& ticks() const { return ticks_; }
  // Returns the value as the axis writes it: "0.01", "1e-06", or "0.1 %".
  std::string text_of(double value) const;

  double low() const { return low_; }
  double high() const { return high_; }

 private:
  void fit_linear(const ReportAxis& axis, const std::vector<double>& values);
  void fit_logarithmic(const ReportAxis& axis, const std::vector<double>& values);

  AxisScale scale_;
  AxisUnit unit_;
  double low_ = 0, high_ = 1;
  std::vector<double> ticks_;
};

// Returns a value as a chart's axis of this unit writes it.
std::string axis_text(double value, AxisUnit unit);

}  // namespace massface
