#pragma once

#include <string>

#include "recipe/recipe.h"

namespace massface {

// `massface train RECIPE --find-rate PHASE`: prints the numbers, or all of them as JSON, and writes a chart.
// chart: a PNG file. Throws Error if it cannot be written, before the test begins.
void run_rate_test(const Recipe& recipe, const std::string& phase, const std::string& chart, bool json);

}  // namespace massface
