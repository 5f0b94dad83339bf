#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/image.h"
#include "synthetic/curve.h"

namespace massface {

// A photograph before alignment: a person who does not exist, somewhere in a scene of 200 to 1000 pixels per side, with
// a tilted head, shoulders and a backdrop.
struct SyntheticPhotograph {
  Image image;                       // seen upright
  int orientation;                   // EXIF's: how the camera was held, 1, 3, 6 or 8
  int jpeg_quality;                  // the camera's, 55 to 95
  std::array<Point2f, 5> landmarks;  // of the person, in pixels of the image; the template's order
  int64_t bystanders;                // number of smaller faces, of people who are in no set
};

// Draws the face that photograph_synthetic_face() draws aligned for the same numbers; it is an equally pure function of
// them. bystanders: 0 to 1, the share of photographs that may show one or two more people if there is space.
SyntheticPhotograph take_synthetic_photograph(uint64_t seed, int64_t identity, int64_t image, double bystanders);

// Returns its JPEG file, stored as the camera was held, with EXIF's orientation if that is not upright.
std::vector<uint8_t> encode_synthetic_photograph(const SyntheticPhotograph& photograph);

}  // namespace massface
