#pragma once

#include <cstdint>
#include <span>

#include "image/image.h"

namespace massface {

// How a photograph has to be turned to be seen upright: EXIF's tag 0x0112, 1 (as it is) to 8. 1 where there is none.
// bytes: a JPEG or WebP; of other formats none is read.
int read_orientation(std::span<const uint8_t> bytes);

// The image turned and mirrored as the tag says; other numbers than 2 to 8 leave it as it is.
Image upright(Image image, int orientation);

}  // namespace massface
