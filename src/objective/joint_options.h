#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace massface {

struct JointOptions {
  double weight = 0.5;
  std::string classifier = "softmax";
  int64_t classifier_only_epochs = 0;

  void describe(OptionTable& table);
};

}  // namespace massface
