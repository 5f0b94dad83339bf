#pragma once

#include <cstdint>

#include "core/error.h"

namespace massface {

// Throws Error unless height and width are positive multiples of `stride` pixels, the stride of a network whose last
// kernel is as large as its input there.
inline void require_multiples(int64_t stride, int64_t height, int64_t width) {
  const auto fits = [&](int64_t pixels) { return pixels > 0 && pixels % stride == 0; };
  require(
      fits(height) && fits(width),
      "input: this network takes images whose height and width are multiples of {}, not {} high and {} wide. Choose "
      "for instance 112 and 112.",
      stride, height, width);
}

}  // namespace massface
