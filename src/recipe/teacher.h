#pragma once

#include <cstdint>

#include "model/model.h"
#include "recipe/phase_options.h"

namespace massface {

// A network that a phase learns from (distill.teacher).
struct Teacher {
  Model model;               // on the student's device
  uint64_t hash_of_weights;  // not of what a file says besides, such as a table of thresholds
};

// Throws Error if the weights cannot be loaded or take images of another size than the student.
Teacher open_teacher(const DistillOptions& options, const Model& student);

}  // namespace massface
