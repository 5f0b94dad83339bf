#pragma once

#include "benchmark/speed.h"

namespace massface {

// Images to embeddings as evaluation and deployment do it (model/embedder.h): folded, float32, without flips.
SpeedBenchmark benchmark_inference(const SpeedOptions& options);

}  // namespace massface
