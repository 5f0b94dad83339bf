#pragma once

#include <cstdint>
#include <span>

namespace massface {

// Composites pixels over black, rounded to nearest: the way in which transparency is treated everywhere in the program.
// rgba: four bytes per pixel, alpha not premultiplied; rgb: three bytes per pixel.
inline void put_over_black(std::span<const uint8_t> rgba, uint8_t* rgb) {
  for (size_t i = 0; i < rgba.size(); i += 4, rgb += 3) {
    for (size_t c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>((rgba[i + c] * rgba[i + 3] + 127) / 255);
  }
}

}  // namespace massface
