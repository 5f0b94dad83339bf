#pragma once

#include <cstdint>

#include "dataset/dataset.h"
#include "pipeline/other_size.h"

namespace massface {

// Reads the header of every image of the set, on `threads` threads, so that a training does not meet an image of
// another size after hours. Throws Error, which names the first image in order whose size `other_size` does not accept;
// unreadable images are left to the training. Costs about what reading the files costs.
void require_image_sizes(const Dataset& dataset, int64_t height, int64_t width, OtherSize other_size, int64_t threads);

}  // namespace massface
