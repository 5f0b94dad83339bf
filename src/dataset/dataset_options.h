#pragma once

#include <string>

#include "core/options.h"

namespace massface {

struct DatasetOptions {
  std::string path;                // what open_dataset takes
  double max_bad_fraction = 0.01;  // of the images; more unreadable ones stop the run
  bool cache = true;               // keep the scan of the folders for the next time

  void describe(OptionTable& table);
};

}  // namespace massface
