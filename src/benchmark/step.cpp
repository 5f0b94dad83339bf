#include "benchmark/step.h"

#include "benchmark/measured_step.h"
#include "kernels/precision.h"

namespace massface {

SpeedBenchmark benchmark_step(const SpeedOptions& options) {
  MeasuredStep step(options);
  SpeedBenchmark result = measure_speed(options, step.flops_per_image(), [&] { step.run(); });
  result.fused_share = step.fused_share();
  result.precision = describe_precision(step.bf16(), at::kCPU, options.kernels);
  return result;
}

}  // namespace massface
