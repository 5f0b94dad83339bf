#pragma once

#include <cstdint>

namespace massface {

// The seed of a measured step's weights and images.
inline constexpr uint64_t kMeasuredSeed = 1;

// Learning rate of a measured step, so small that the network stays as it was initialised: once it has learnt the noise
// images by heart, its gradients become denormal numbers, which are slow.
inline constexpr double kMeasuredLearningRate = 1e-4;

}  // namespace massface
