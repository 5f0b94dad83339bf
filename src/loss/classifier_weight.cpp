#include "loss/classifier_weight.h"

#include <torch/torch.h>

#include <cmath>

#include "core/random.h"

namespace massface {

Tensor draw_classifier_weight(int64_t rows, int64_t columns, uint64_t seed) {
  // A backbone's parameters are numbered from 0; the classifier must not draw the same random numbers.
  constexpr uint64_t kParameterIndex = 1'000'000;
  const float bound = 1.0f / std::sqrt(static_cast<float>(columns));
  Random random(seed, RandomStream::kParameterInit, kParameterIndex);
  Tensor weight = torch::empty({rows, columns});
  float* values = weight.data_ptr<float>();
  for (int64_t i = 0; i < weight.numel(); ++i) values[i] = random.uniform(-bound, bound);
  return weight;
}

}  // namespace massface
