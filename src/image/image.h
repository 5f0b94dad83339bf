#pragma once

#include <cstdint>
#include <vector>

namespace massface {

// Pixels as rows of RGB bytes (HWC), without padding: pixels.size() == height * width * 3.
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;
};

}  // namespace massface
