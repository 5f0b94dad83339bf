#pragma once

#include <cstdint>
#include <string>

#include "core/options.h"

namespace massface {

// A [[verification]] table: a set of pairs that a training measures as it goes on. Chooses checkpoints
// only if validation.set names it, since that is training on the test.
struct VerificationOptions {
  std::string name;
  std::string pairs;
  std::string images;
  int64_t every_steps = 0;
  std::string flip = "concatenate";
  bool other_people = false;
  bool resize = false;
  bool center_crop = false;

  void describe(OptionTable& table);
};

}  // namespace massface
