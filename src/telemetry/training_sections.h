#pragma once

#include <string>
#include <vector>

#include "report/report.h"
#include "telemetry/read_metrics.h"

namespace massface {

struct MeasuredRun {
  std::string name;
  RunMetrics metrics;
};

// The sections of a page about trainings: how far each run came and what it reached, and the curves of everything that
// was measured: of one run with its phases, of several over each other.
std::vector<ReportSection> training_sections(const std::vector<MeasuredRun>& runs);

// Many points as few: each stands for consecutive ones, with their mean, their smallest and their largest value; its x
// is the mean of their steps. At most `most` points.
std::vector<ReportPoint> reduce_points(const std::vector<MetricsPoint>& points, size_t most);

}  // namespace massface
