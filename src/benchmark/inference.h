#pragma once

#include "benchmark/speed.h"

namespace massface {

// Measures embedding images as in evaluation and deployment (model/embedder.h): BatchNorm folded, without flips, in
// options.precision. Throws Error for a memory budget, which only training has.
SpeedBenchmark benchmark_inference(const SpeedOptions& options);

}  // namespace massface
