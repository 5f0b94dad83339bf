#pragma once

#include "image/image.h"

namespace massface {

// Resizes with area weights when shrinking and bilinearly when enlarging, each axis independently (sample positions at
// pixel centres). height, width: at least 1.
Image resize(const Image& image, int64_t height, int64_t width);

}  // namespace massface
