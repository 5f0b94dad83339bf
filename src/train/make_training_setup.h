#pragma once

#include "recipe/training_setup.h"

namespace massface {

// Makes what a run of the recipe needs: open_training_setup(), then the number of steps of each phase, and where
// pipeline.device_cache asks for it, the decoded training set. Throws Error for everything that can be known to be
// wrong before the first step, in later phases too.
TrainingSetup make_training_setup(const Recipe& recipe, bool initial_weights);

}  // namespace massface
