#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/image.h"
#include "synthetic/canvas.h"

namespace massface {

// One photograph of a person who does not exist: 112x112 RGB, aligned to the five-point template.
struct SyntheticFace {
  Image image;
  int jpeg_quality;                  // the camera's, 55 to 95
  std::array<Point2f, 5> landmarks;  // eyes, nose tip and mouth corners where they were drawn, in the template's order
};

// A pure function of the three numbers, with the same bytes on every machine and in every thread. The identity decides
// the face, the image pose, light, expression, what hides a part of it, the background and the camera.
// identity: 0 to 2^52 - 1. image: 0 to 2^32 - 1.
SyntheticFace photograph_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

// The pixels alone, before they are compressed.
Image draw_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

// The JPEG file of this photograph.
std::vector<uint8_t> encode_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

}  // namespace massface
