#pragma once

#include "core/tensor.h"

namespace massface {

// Random bytes [count, height, width, 3], always the same.
Tensor noise_images(int64_t count, int64_t height, int64_t width);

}  // namespace massface
