#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"

namespace massface {

// Baseline JPEG, chroma 4:2:0 below quality 90 and 4:4:4 from there. quality: 1 to 100.
std::vector<uint8_t> encode_jpeg(const Image& image, int quality);

// RGB PNG, 8 bits a channel.
std::vector<uint8_t> encode_png(const Image& image);

}  // namespace massface
