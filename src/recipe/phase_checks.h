#pragma once

#include "recipe/recipe.h"

namespace massface {

// Throws Error if options of a phase cannot be combined. The message begins with "phase NAME: ".
void check_phases(const Recipe& recipe);

// Returns whether the phase ends with the best of its weights on the held-out pairs, its first ones included.
bool keeps_best(const Recipe& recipe, const PhaseOptions& phase);

}  // namespace massface
