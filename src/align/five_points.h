#pragma once

#include <array>
#include <cstdint>

#include "image/geometry.h"

namespace massface {

// Left eye, right eye, nose, left and right corner of the mouth, with left and right as in the photograph.
using FivePoints = std::array<Point, 5>;

// Positions of the five points in a crop of height x width: insightface's template for 112 x 112 (arcface_dst of its
// face_align.py), scaled by the height and centred across the width, so that 112 x 96 is the middle of 112 x 112.
FivePoints template_points(int64_t height, int64_t width);

// The similarity transform that maps `from` to `to` with the least sum of squared distances: Umeyama, "Least-squares
// estimation of transformation parameters between two point patterns", PAMI 1991, which in the plane is one complex
// division. If all points of `from` coincide, the scale is 0.
SimilarityTransform estimate_similarity(const FivePoints& from, const FivePoints& to);

}  // namespace massface
