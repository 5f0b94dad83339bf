#pragma once

#include "benchmark/speed.h"

namespace massface {

// A whole training step in float32 on the CPU (benchmark/measured_step.h).
SpeedBenchmark benchmark_step(const SpeedOptions& options);

}  // namespace massface
