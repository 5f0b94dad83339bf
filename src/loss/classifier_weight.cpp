#include "loss/classifier_weight.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/random.h"

namespace massface {

Tensor draw_classifier_weight(Share rows, int64_t columns, uint64_t seed) {
  // A backbone's parameters are numbered from 0; the classifier must not draw the same random numbers.
  constexpr uint64_t kParameterIndex = 1'000'000;
  const float bound = 1.0f / std::sqrt(static_cast<float>(columns));
  Random random(seed, RandomStream::kParameterInit, kParameterIndex);
  const int64_t before = rows.begin * columns;
  check(before / 4 <= std::numeric_limits<uint32_t>::max(),
        "the random numbers of a parameter are counted with 32 bits");
  random.seek(static_cast<uint32_t>(before / 4));
  for (int64_t i = 0; i < before % 4; ++i) random.next_u32();
  Tensor weight = torch::empty({rows.size(), columns});
  float* values = weight.data_ptr<float>();
  for (int64_t i = 0; i < weight.numel(); ++i) values[i] = random.uniform(-bound, bound);
  return weight;
}

}  // namespace massface
