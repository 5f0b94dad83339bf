#pragma once

#include "recipe/recipe.h"

namespace massface {

// What a phase's options cannot be together. Throws Error that begins with "phase NAME: ".
void check_phases(const Recipe& recipe);

}  // namespace massface
