#pragma once

#include "core/tensor.h"

namespace massface {

// Random bytes, uint8 [count, height, width, 3]; the same in every call.
Tensor noise_images(int64_t count, int64_t height, int64_t width);

}  // namespace massface
