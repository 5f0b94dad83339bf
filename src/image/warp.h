#pragma once

#include <array>

#include "image/geometry.h"
#include "image/image.h"

namespace massface {

// Applies a transform from the photograph's pixels to those of the result, height x width: bilinear, like OpenCV's
// warpAffine with a constant border. Pixels outside the photograph are `fill` (RGB). If the transform shrinks to less
// than half, the photograph is first shrunk by area averaging to at most twice the result's scale, because a bilinear
// sample of four pixels would skip the others. The transform's scale must be above 0.
Image warp(const Image& photograph, const SimilarityTransform& transform, int64_t height, int64_t width,
           std::array<uint8_t, 3> fill = {0, 0, 0});

}  // namespace massface
