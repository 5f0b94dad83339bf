#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace massface {

// What a phase's options can be together although it is hardly meant: an option that has another value than its default
// and that the phase's loss or pool does not use, BatchNorm by the statistics of a pool's sub-batches. A sentence each,
// which begins with "phase NAME: ". No errors: overrides of a recipe switch losses and pools.
std::vector<std::string> phase_warnings(const Recipe& recipe);

// The same, to the log.
void warn_of_phases(const Recipe& recipe);

}  // namespace massface
