#pragma once

#include "dataset/dataset.h"
#include "recipe/phase_options.h"

namespace massface {

// Limits an offline pool to some hundred images, for a trial of a few steps: embedding a whole set would take as long
// as the start of a round. Returns how many times larger the pool would be; 1 for another pool.
double shrink_offline_pool(PhaseOptions& phase, const Dataset& dataset);

}  // namespace massface
