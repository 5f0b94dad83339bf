#pragma once

#include <cstdint>
#include <string>

#include "telemetry/step_report.h"

namespace massface {

// Messages to the user about a step that was not taken because numbers are not finite. They name the step, what was
// found, that no weight is lost, and what to try, once and with the options' full names.

// report: of the failed step, with its failure. newest_checkpoint: its name, "" if there is none yet.
std::string divergence_message(const StepReport& report, const std::string& newest_checkpoint);

// For a step whose pool could not be searched. what: "3 of 640 embeddings hold ...". step: of the phase, from 1.
std::string divergence_of_pool_message(const std::string& phase, int64_t step, const std::string& what);

}  // namespace massface
