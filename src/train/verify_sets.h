#pragma once

#include <functional>
#include <set>
#include <string>

#include "checkpoint/checkpoint.h"
#include "recipe/training_setup.h"

namespace massface {

// Called with a figure's name, such as "lfw_accuracy", and its value.
using RecordVerification = std::function<void(const std::string& name, double value)>;

// The sets to measure.
enum class VerificationSets { kDue, kAll };

// Measures the [[verification]] sets of the setup that are due after `phase_step` steps of a phase, or all of them, and
// logs their figures. recorded: the names of figures that are recorded for this step already; their sets are left out.
// A set that fails is a warning.
void verify_sets(const TrainingSetup& setup, const Model& model, const RunPosition& position, VerificationSets sets,
                 const std::set<std::string>& recorded, const RecordVerification& record);

}  // namespace massface
