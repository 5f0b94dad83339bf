#pragma once

#include "image/image.h"

namespace massface {

// Replaces each square of divisor x divisor pixels by its mean; at the right and bottom edge, the pixels that are left
// form the last square. Works in place: no second image is held in memory. divisor: at least 1.
void shrink(Image& image, int64_t divisor);

}  // namespace massface
