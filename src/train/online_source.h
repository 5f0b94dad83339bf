#pragma once

#include "train/batch_source.h"

namespace massface {

// The sampler's batches, one a step.
class OnlineSource : public BatchSource {
 public:
  OnlineSource(const PhaseContext& phase, std::unique_ptr<Sampler> sampler);

  StepBatch next(int64_t /*step*/) override { return {.batch = loader_.next()}; }
  int64_t batch_size() const override { return sampler_->batch_size(); }
  int64_t batches_per_epoch() const override { return sampler_->batches_per_epoch(); }
  double seconds_waited() const override { return loader_.seconds_waited(); }
  std::vector<BadImageReport> take_bad_images() override { return loader_.take_bad_images(); }

 private:
  std::unique_ptr<Sampler> sampler_;
  BatchLoader loader_;
};

}  // namespace massface
