#pragma once

#include <array>

#include "image/geometry.h"
#include "image/image.h"

namespace massface {

// The photograph seen through a transform from its pixels to those of the result, height x width: bilinear, as OpenCV's
// warpAffine with a constant border. What lies outside the photograph is `fill` (RGB). Where the transform shrinks to
// less than half, the photograph is first shrunk by areas to at most twice the result's scale: a bilinear sample of
// four pixels would skip the others. The transform's scale is above 0.
Image warp(const Image& photograph, const SimilarityTransform& transform, int64_t height, int64_t width,
           std::array<uint8_t, 3> fill = {0, 0, 0});

}  // namespace massface
