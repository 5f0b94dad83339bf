#pragma once

#include "train/recipe.h"

namespace massface {

// What a phase's options cannot be together. Throws Error that begins with "phase NAME: ".
void check_phases(const Recipe& recipe);

// The classification loss whose classifier the phase has, of a joint phase its part; "" where it has none.
std::string classifier_of(const PhaseOptions& phase);

}  // namespace massface
