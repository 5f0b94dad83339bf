#pragma once

#include "sampling/epoch_order.h"
#include "sampling/sampler.h"

namespace massface {

// Batches for classification: all images, shuffled at the start of each epoch. The last images of an epoch that do not
// fill a batch are left out (the next shuffle includes them again). Throws Error if the batch size is below 1 or above
// the number of images. batch() may be called from several threads.
class ShuffledSampler : public Sampler {
 public:
  ShuffledSampler(const Dataset& dataset, int64_t batch_size, uint64_t seed);
  std::vector<ImageIndex> batch(int64_t step) const override;
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override { return num_images_ / batch_size_; }

 private:
  int64_t num_images_;
  int64_t batch_size_;
  EpochOrder order_;  // of all images
};

}  // namespace massface
