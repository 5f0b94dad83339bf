#pragma once

#include "cli/evaluate_arguments.h"

namespace massface {

// What `massface evaluate` does with --templates or with --gallery and --probes: comparisons of templates, and the
// search of a gallery for probes. Throws Error if other sets are given besides.
void evaluate_templates(const EvaluateArguments& arguments);

}  // namespace massface
