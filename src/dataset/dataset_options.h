#pragma once

#include <string>

#include "core/options.h"

namespace massface {

struct DatasetOptions {
  std::string path;                // as for open_dataset()
  std::string same_names = "ask";  // as for parse_same_names()
  double max_bad_fraction = 0.01;  // of the images; the run stops if more are unreadable
  bool cache = true;               // keep the scan of the folders for the next start

  void describe(OptionTable& table);
};

}  // namespace massface
