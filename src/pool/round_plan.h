#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "mining/sub_batches.h"
#include "sampling/sampler.h"

namespace massface {

// The images that each step of an offline round trains on. The round's triplets are shuffled and cut into sub-batches;
// when all of them have been trained on, another pass over them begins in another order. As with every sampler, a batch
// is a function of the step; batch() may be called from several threads.
class RoundPlan : public Sampler {
 public:
  // triplets: at least one, of image indices, ascending by anchor. first_step: of the round, within its phase.
  RoundPlan(Triplets triplets, int64_t max_images, uint64_t seed, int64_t round, int64_t first_step);

  std::shared_ptr<const SubBatch> at(int64_t step) const;

  std::vector<ImageIndex> batch(int64_t step) const override { return at(step)->images; }
  int64_t batch_size() const override { return max_images_; }  // a maximum; a batch may be smaller
  int64_t batches_per_epoch() const override { return 1; }     // a pass's length is unknown before it is cut

 private:
  SubBatches begin_pass(int64_t pass) const;

  const Triplets triplets_;
  const int64_t max_images_;
  const uint64_t seed_;
  const int64_t round_;
  const int64_t first_step_;
  mutable std::mutex mutex_;
  mutable int64_t pass_ = 0;  // guarded by mutex_, like the members below
  mutable SubBatches uncut_;
  mutable std::vector<std::shared_ptr<const SubBatch>> cut_;
};

}  // namespace massface
