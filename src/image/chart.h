#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "image/canvas.h"
#include "image/image.h"

namespace massface {

struct ChartCurve {
  std::string name;                               // for the legend; empty: none
  std::vector<std::pair<double, double>> points;  // (x, y) by ascending x; those that are not finite are left out
  double thickness = 2;                           // pixels
};

struct ChartOptions {
  std::string title, x_label, y_label;
  bool logarithmic_x = false;      // x above 0
  std::optional<double> marked_x;  // a vertical line
  std::string mark;                // what is written at it
  int64_t width = 960, height = 600;
};

// Draws curves over common axes, whose range is that of the points. Throws Error if no point is finite.
Image draw_chart(const std::vector<ChartCurve>& curves, const ChartOptions& options);

}  // namespace massface
