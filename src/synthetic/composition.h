#pragma once

#include <vector>

#include "core/random.h"
#include "synthetic/mask.h"

namespace massface {

// The positions of people in a photograph.
struct SyntheticComposition {
  Frame person;                   // the size of the picture, and the position of the person's aligned face
  std::vector<Frame> bystanders;  // next to the person, smaller
  int orientation;                // EXIF's: 1, or how the camera was held if not upright
};

// bystanders: the share of compositions that may have them.
SyntheticComposition compose_synthetic_photograph(Random& random, double bystanders);

}  // namespace massface
