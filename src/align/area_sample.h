#pragma once

#include <cstdint>

#include "image/geometry.h"
#include "image/image.h"

namespace massface {

// Resizes the box as the networks of MTCNN take it: out[y][x][c] = (mean - 127.5) / 128, with the mean of the box's
// pixels that output pixel (x, y) touches, from floor(x w / width) up to ceil((x + 1) w / width), where w is the box's
// width (PyTorch's "area" interpolation). box: at least one pixel; what lies outside the photograph counts as grey of
// 127.5, that is, as zeros. out: height * width * 3 floats.
void sample_area(const Image& photograph, const PixelBox& box, int64_t height, int64_t width, float* out);

}  // namespace massface
