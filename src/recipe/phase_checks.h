#pragma once

#include "recipe/recipe.h"

namespace massface {

// Throws Error if options of a phase cannot be combined. The message begins with "phase NAME: ".
void check_phases(const Recipe& recipe);

}  // namespace massface
