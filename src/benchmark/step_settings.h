#pragma once

#include <cstdint>

namespace massface {

// The seed of a measured step's weights and images.
inline constexpr uint64_t kMeasuredSeed = 1;

// The learning rate of a measured step. It is so small that the network stays as it was initialised: once a network has
// memorised the noise images, its gradients become denormal numbers, which are slow.
inline constexpr double kMeasuredLearningRate = 1e-4;

}  // namespace massface
