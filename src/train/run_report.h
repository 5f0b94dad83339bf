#pragma once

#include <filesystem>
#include <vector>

#include "report/report.h"

namespace massface {

// The page about one or several runs, and what was found for it.
struct RunReport {
  Report page;
  std::vector<std::filesystem::path> files;  // that were read
  int64_t evaluations = 0;
  int64_t damaged_lines = 0;  // of the metrics
};

// Reads the runs' measurements, what `massface evaluate --record` left in them, and the options in which they differ. A
// damaged line or evaluation is left out with a warning. Throws Error for a folder that is no run, and for a run in
// which nothing was measured.
RunReport make_run_report(const std::vector<std::filesystem::path>& runs);

}  // namespace massface
