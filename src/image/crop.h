#pragma once

#include "image/image.h"

namespace massface {

// Returns the middle of an image. If an odd number of rows or columns is left out, one more is left out at the end.
// height, width: 1 to the image's own.
Image crop_center(const Image& image, int64_t height, int64_t width);

}  // namespace massface
