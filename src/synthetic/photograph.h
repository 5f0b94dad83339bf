#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/image.h"
#include "synthetic/curve.h"

namespace massface {

// A photograph before alignment: a person who does not exist, somewhere in a scene of 200 to 1000 pixels a side, the
// head tilted, with shoulders and what stands behind them.
struct SyntheticPhotograph {
  Image image;                       // seen upright
  int orientation;                   // EXIF's: how the camera was held, 1, 3, 6 or 8
  int jpeg_quality;                  // the camera's, 55 to 95
  std::array<Point2f, 5> landmarks;  // of the person, in pixels of the image; the template's order
  int64_t bystanders;                // smaller faces, of people that no set holds
};

// The same face as photograph_synthetic_face() of these numbers draws aligned, and as pure a function of them.
// bystanders: 0 to 1, the share of photographs that may show one or two people more, where there is room.
SyntheticPhotograph take_synthetic_photograph(uint64_t seed, int64_t identity, int64_t image, double bystanders);

// Its JPEG file, stored as the camera was held and with EXIF's orientation where that is not upright.
std::vector<uint8_t> encode_synthetic_photograph(const SyntheticPhotograph& photograph);

}  // namespace massface
