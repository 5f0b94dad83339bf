#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "image/image.h"

namespace massface {

// Baseline JPEG, with 4:2:0 chroma below quality 90 and 4:4:4 from there. quality: 1 to 100. Throws Error if a side has
// more than 65535 pixels.
std::vector<uint8_t> encode_jpeg(const Image& image, int quality);

// RGB PNG, 8 bits per channel.
std::vector<uint8_t> encode_png(const Image& image);

// Throws Error if the name does not end with .jpg, .jpeg or .png, in upper or lower case. option: what the message
// names.
void require_image_name(const std::string& name, const std::string& option);

// Encodes the image in the format that the name ends with: a JPEG of quality 85, or a PNG.
std::vector<uint8_t> encode_for_name(const std::string& name, const Image& image);

}  // namespace massface
