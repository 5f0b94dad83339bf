#pragma once

#include "benchmark/speed.h"

namespace massface {

// A whole training step in float32 on the CPU: bytes to pixels, forward, softmax over 1,207 identities (those of
// the recipe's training set), backward, SGD with momentum. Images are random: the work does not depend on them.
SpeedBenchmark benchmark_step(const SpeedOptions& options);

}  // namespace massface
