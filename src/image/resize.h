#pragma once

#include "image/image.h"

namespace massface {

// Area-weighted when shrinking, bilinear when growing, each axis by itself (sample positions at pixel centres).
// height, width: at least 1.
Image resize(const Image& image, int64_t height, int64_t width);

}  // namespace massface
