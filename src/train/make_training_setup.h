#pragma once

#include "recipe/training_setup.h"

namespace massface {

// Creates everything that a run of the recipe needs: open_training_setup(), then the number of steps of each phase and,
// if pipeline.device_cache asks for it, the decoded training set. Throws Error for every mistake that can be found
// before the first step, including those of later phases.
TrainingSetup make_training_setup(const Recipe& recipe, bool initial_weights,
                                  std::shared_ptr<Processes> processes = single_process());

// Throws Error, which names the nearest sizes that can be, if this many processes cannot share a batch of this many
// images equally: the others would wait for the one that has more.
void require_equal_shares(int64_t processes, const PhaseOptions& phase, int64_t batch);

}  // namespace massface
