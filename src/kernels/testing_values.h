#pragma once

#include <cstdint>
#include <random>
#include <vector>

namespace massface {

// Returns normally distributed numbers, the same for the same seed.
inline std::vector<float> normal(int64_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> values(size);
  for (float& value : values) value = distribution(generator);
  return values;
}

}  // namespace massface
