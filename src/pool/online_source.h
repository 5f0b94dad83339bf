#pragma once

#include "pool/batch_source.h"
#include "pool/phase_sampler.h"

namespace massface {

// The sampler's batches, one per step.
class OnlineSource : public BatchSource {
 public:
  OnlineSource(const PhaseContext& phase, const Objective& objective);

  StepBatch next(int64_t step) override;

  NamedTensors state() const override { return sampler_.state(); }
  void restore(const NamedTensors& state) override { sampler_.restore(state); }

  int64_t batch_size() const override { return sampler_.sampler().batch_size(); }
  int64_t batches_per_epoch() const override { return sampler_.sampler().batches_per_epoch(); }
  double seconds_waited() const override { return loader_ == nullptr ? 0 : loader_->seconds_waited(); }
  std::vector<UnreadableImage> take_bad_images() override;

 private:
  PhaseContext phase_;
  PhaseSampler sampler_;
  BadImageList bad_images_;
  std::unique_ptr<SharedBatches> loader_;  // made with the first batch
};

}  // namespace massface
