#pragma once

#include <cstddef>

#include "recipe/recipe.h"

namespace massface {

// Returns whether the phase goes on with a network that has been trained before, with a loss that draws identities: it
// is not the first phase, or the recipe has initial weights.
bool fine_tunes(const Recipe& recipe, size_t phase);

// Sets those options of a phase that fine-tunes to the values which do not harm a good network (docs/results.md,
// "Fine-tuning a published network"): the running statistics of BatchNorm, a rate of 0.005 that falls as a cosine (0.01
// with a new classifier, which has all to learn), and the moving average of the weights. Whatever a recipe says itself
// is to be set after it.
void set_fine_tuning_defaults(PhaseOptions& phase);

}  // namespace massface
