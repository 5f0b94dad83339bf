#pragma once

#include <algorithm>

#include "sampling/sampler.h"

namespace massface {

// Yields the given images once, in their order; the last batch may be smaller. For embedding a whole set.
class SequentialSampler : public Sampler {
 public:
  SequentialSampler(std::vector<ImageIndex> images, int64_t batch_size)
      : images_(std::move(images)), batch_size_(batch_size) {}

  std::vector<ImageIndex> batch(int64_t step) const override {
    const auto size = static_cast<int64_t>(images_.size());
    const auto at = [&](int64_t position) { return images_.begin() + std::min(position, size); };
    return {at(step * batch_size_), at((step + 1) * batch_size_)};
  }
  int64_t batch_size() const override { return batch_size_; }
  int64_t batches_per_epoch() const override {
    return (static_cast<int64_t>(images_.size()) + batch_size_ - 1) / batch_size_;
  }

 private:
  std::vector<ImageIndex> images_;
  int64_t batch_size_;
};

}  // namespace massface
