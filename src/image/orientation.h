#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/image.h"

namespace massface {

// Returns how a photograph has to be turned to be upright: EXIF tag 0x0112, 1 (unchanged) to 8, or 1 if there is no
// tag. bytes: a JPEG (its first EXIF segment, wherever it stands before the pixels), WebP or PNG (its EXIF chunk); the
// tag of other formats is not read. Does not throw for damaged bytes.
int read_orientation(std::span<const uint8_t> bytes);

// Returns the image, turned and mirrored according to the tag. Values other than 2 to 8 leave it unchanged.
Image upright(Image image, int orientation);

// The tag that undoes this one: upright(upright(image, tag), opposite_orientation(tag)) is the image.
int opposite_orientation(int orientation);

// Adds an EXIF segment with only this tag, 1 to 8, to a JPEG. jpeg: without EXIF, as written by encode_jpeg().
std::vector<uint8_t> with_orientation(std::vector<uint8_t> jpeg, int orientation);

}  // namespace massface
