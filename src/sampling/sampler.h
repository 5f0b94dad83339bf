#pragma once

#include <cstdint>
#include <vector>

#include "dataset/dataset.h"

namespace massface {

// Chooses the images of a step's global batch as a pure function of the step. To resume, ask for the next step. The
// batch does not depend on how many processes share it (each takes its own slice).
class Sampler {
 public:
  virtual ~Sampler() = default;
  // step >= 0, counted from the start of the phase.
  virtual std::vector<ImageIndex> batch(int64_t step) const = 0;
  virtual int64_t batch_size() const = 0;
  virtual int64_t batches_per_epoch() const = 0;
};

}  // namespace massface
