#include "benchmark/step.h"

#include "benchmark/measured_step.h"

namespace massface {

SpeedBenchmark benchmark_step(const SpeedOptions& options) {
  MeasuredStep step(options);
  return measure_speed(options, step.flops_per_image(), [&] { step.run(); });
}

}  // namespace massface
