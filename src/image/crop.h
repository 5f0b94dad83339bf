#pragma once

#include "image/image.h"

namespace massface {

// The middle of an image; where the rows or columns to leave out are odd in number, one more goes at the end.
// height, width: 1 to the image's own.
Image crop_center(const Image& image, int64_t height, int64_t width);

}  // namespace massface
