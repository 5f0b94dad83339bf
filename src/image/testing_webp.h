#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// For tests of modules that use this one: a complete, lossless WebP file of one transparent pixel.
inline std::vector<uint8_t> smallest_webp() {
  return {'R', 'I', 'F',  'F', 26, 0, 0,    0,    'W',  'E',  'B',  'P',  'V',  'P',  '8',  'L', 13, 0,
          0,   0,   0x2F, 0,   0,  0, 0x10, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0xFE, 0x07, 0,   0};
}

}  // namespace massface
