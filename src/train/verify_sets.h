#pragma once

#include <functional>
#include <string>

#include "checkpoint/checkpoint.h"
#include "recipe/training_setup.h"

namespace massface {

// Called with a figure's name, such as "lfw_accuracy", and its value.
using RecordVerification = std::function<void(const std::string& name, double value)>;

// Measures those [[verification]] sets of the setup that are due after `phase_step` steps of a phase, or all of them at
// its end, and logs their figures. A set that fails is a warning.
void verify_sets(const TrainingSetup& setup, const Model& model, const RunPosition& position, bool at_end,
                 const RecordVerification& record);

}  // namespace massface
