#pragma once

#include <vector>

#include "core/random.h"
#include "synthetic/mask.h"

namespace massface {

// Where people stand in a photograph.
struct SyntheticComposition {
  Frame person;                   // size of the picture, and where the person's aligned face lies in it
  std::vector<Frame> bystanders;  // beside the person, smaller
  int orientation;                // EXIF's: 1, or how a camera was held that was not upright
};

// bystanders: the share of compositions that may have them.
SyntheticComposition compose_synthetic_photograph(Random& random, double bystanders);

}  // namespace massface
