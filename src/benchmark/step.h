#pragma once

#include "benchmark/speed.h"

namespace massface {

// Measures a whole training step on the CPU (benchmark/measured_step.h), in options.precision.
SpeedBenchmark benchmark_step(const SpeedOptions& options);

}  // namespace massface
