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
  std::array<Point2f, 5> landmarks;  // eyes, nose tip and mouth corners as drawn, in the template's order
};

// Draws a face as a pure function of the three numbers; the bytes are the same on every machine and in every thread.
// The identity determines the face. The image determines pose, light, expression, what hides a part of the face,
// background and camera.
// identity: 0 to 2^52 - 1. image: 0 to 2^32 - 1.
SyntheticFace photograph_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

// Returns only the pixels, before compression.
Image draw_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

// Returns the JPEG file of this photograph.
std::vector<uint8_t> encode_synthetic_face(uint64_t seed, int64_t identity, int64_t image);

}  // namespace massface
