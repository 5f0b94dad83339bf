#pragma once

#include <cstdint>

#include "dataset/unreadable_image.h"

namespace massface {

// Returns the largest number of the dataset's images that may be unreadable (dataset.max_bad_fraction).
int64_t max_bad_images(double max_bad_fraction, const Dataset& dataset);

// Throws Error if more than max_bad_images() were found unreadable. last: the one that the message names.
void require_few_bad_images(const Dataset& dataset, double max_bad_fraction, int64_t found,
                            const UnreadableImage& last);

}  // namespace massface
