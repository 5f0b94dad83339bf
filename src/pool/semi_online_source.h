#pragma once

#include "mining/sub_batches.h"
#include "pool/batch_source.h"
#include "pool/phase_sampler.h"

namespace massface {

// Loads `mining.scale` batches of the sampler and embeds them with the current network, without gradient and in
// evaluation mode; selects triplets from all of them; then trains on the same augmented images in sub-batches of at
// most a batch's size, one per step. Pool k consists of the sampler's batches k scale .. (k + 1) scale - 1. Each
// process of a training loads all images of the pool, since the sub-batches mix them, and embeds and trains on its
// share.
class SemiOnlineSource : public BatchSource {
 public:
  SemiOnlineSource(const PhaseContext& phase, const Objective& objective);

  StepBatch next(int64_t step) override;

  // Holds the sampler's state and the triplets of the current pool, whose images are loaded again from their batches.
  NamedTensors state() const override;
  void restore(const NamedTensors& state) override;

  int64_t batch_size() const override { return sampler_.sampler().batch_size(); }
  int64_t batches_per_epoch() const override { return sampler_.sampler().batches_per_epoch(); }
  double seconds_waited() const override { return loader_ == nullptr ? 0 : loader_->seconds_waited(); }
  std::vector<UnreadableImage> take_bad_images() override;

 private:
  struct PoolInHand {
    int64_t number = -1;  // -1: no pool yet
    int64_t first_step = 0;
    Triplets triplets;
    std::vector<SubBatch> sub_batches;
    Batch images;  // not loaded after restore(), until the next step

    // A pool without triplets counts as one step, so that the phase ends.
    int64_t steps() const { return std::max<int64_t>(static_cast<int64_t>(sub_batches.size()), 1); }
    bool is_over(int64_t step) const { return number < 0 || step >= first_step + steps(); }
  };

  PoolReport begin_pool(int64_t number, int64_t step);
  Batch load(int64_t pool_number);
  std::vector<SubBatch> cut(const Triplets& triplets, int64_t pool_number) const;

  PhaseContext phase_;
  PhaseSampler sampler_;
  BadImageList bad_images_;
  std::unique_ptr<SharedBatches> loader_;  // created with the first pool
  PoolInHand pool_;
};

}  // namespace massface
