#pragma once

#include <string>

#include "core/options.h"

namespace massface {

struct TripletLossOptions {
  double margin = 0.2;
  std::string reduction = "active";
  bool soft_margin = false;

  void describe(OptionTable& table);
};

}  // namespace massface
