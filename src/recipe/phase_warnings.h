#pragma once

#include <string>
#include <vector>

#include "recipe/recipe.h"

namespace massface {

// Returns warnings about combinations of a phase's options that are allowed but hardly intended: an option that differs
// from its default although the phase's loss or pool does not use it, and BatchNorm with the statistics of a pool's
// sub-batches. Each warning is a sentence that begins with "phase NAME: ". They are not errors, because overrides of a
// recipe may switch losses and pools.
std::vector<std::string> phase_warnings(const Recipe& recipe);

// Logs the warnings of phase_warnings().
void warn_of_phases(const Recipe& recipe);

}  // namespace massface
