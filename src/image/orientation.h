#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"

namespace massface {

// How a photograph has to be turned to be seen upright: EXIF's tag 0x0112, 1 (as it is) to 8. 1 where there is none.
// bytes: a JPEG, WebP or PNG (its eXIf chunk); of other formats none is read. Throws nothing for damaged bytes.
int read_orientation(std::span<const uint8_t> bytes);

// The image turned and mirrored as the tag says; other numbers than 2 to 8 leave it as it is.
Image upright(Image image, int orientation);

// The tag whose turn undoes this one's: upright(upright(image, tag), opposite_orientation(tag)) is the image.
int opposite_orientation(int orientation);

// The JPEG with an EXIF segment that holds this one tag. jpeg: without EXIF, as encode_jpeg() writes it.
std::vector<uint8_t> with_orientation(std::vector<uint8_t> jpeg, int orientation);

}  // namespace massface
